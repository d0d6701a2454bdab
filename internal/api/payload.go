package api

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/template"
)

// invalidPayload begins with Azure's sentence.
func invalidPayload(why string) error {
	return badRequest("The supplied notification payload is invalid. %s", why)
}

// checkPayload looks at a body as far as every push service of its format asks
// for, and no deeper: what is inside is between the sender and the service.
func checkPayload(f format, body []byte, h http.Header) error {
	if f.kind == hub.Template {
		if _, err := template.ParseProperties(body); err != nil {
			return invalidPayload("A flat JSON object of texts is expected: " + err.Error() + ".")
		}
		return nil
	}
	if len(bytes.TrimSpace(body)) == 0 {
		return invalidPayload("The body is empty.")
	}
	switch f.platform {
	case hub.Browser:
		return nil // any text: the page's own service worker reads it
	case hub.WNS:
		if strings.EqualFold(strings.TrimSpace(h.Get("X-WNS-Type")), "wns/raw") {
			return nil
		}
		return checkXML(body)
	case hub.MPNS:
		if rawClass(h.Get("X-NotificationClass")) {
			return nil
		}
		return checkXML(body)
	}
	return checkJSON(body)
}

// rawClass reports whether X-NotificationClass stands for a raw notification:
// the immediate and the delayed classes that the .NET SDK takes for such.
func rawClass(text string) bool {
	n, err := strconv.Atoi(strings.TrimSpace(text))
	return err == nil && (3 <= n && n <= 10 || 13 <= n && n <= 20 || 23 <= n && n <= 31)
}

func checkJSON(body []byte) error {
	if !bytes.HasPrefix(bytes.TrimLeft(body, " \t\r\n"), []byte("{")) || !json.Valid(body) {
		return invalidPayload("A JSON object is expected.")
	}
	return nil
}

// maxXMLDepth bounds the nesting of a payload; a toast has about five levels.
const maxXMLDepth = 64

// checkXML reads the whole document. What its declaration says of the encoding
// is not believed: the .NET SDK writes utf-16 over UTF-8 bytes.
func checkXML(body []byte) error {
	dec := xml.NewDecoder(bytes.NewReader(body))
	dec.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	depth, roots := 0, 0
	for {
		t, err := dec.Token()
		if errors.Is(err, io.EOF) && roots == 1 {
			return nil
		}
		switch t := t.(type) {
		case xml.StartElement:
			if depth == 0 {
				roots++
			}
			depth++
		case xml.EndElement:
			depth--
		case xml.CharData:
			if depth == 0 && len(bytes.Trim(t, " \t\r\n\ufeff")) > 0 {
				err = errors.New("text outside the root element")
			}
		case xml.Directive: // a DOCTYPE, which no push service reads
			err = errors.New("a DOCTYPE")
		}
		if err != nil || roots > 1 || depth > maxXMLDepth {
			return invalidPayload("One XML element is expected, or raw text with the header that says so.")
		}
	}
}
