package hub

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/fanfare-hub/fanfare/internal/template"
)

// maxTemplateName is Azure's limit, in characters.
const maxTemplateName = 200

// Complete adds the headers that Azure's SDKs derive from a template's root
// element where the client gave none: X-WNS-Type for WNS, target and class for
// MPNS.
func (b *TemplateBody) Complete(p Platform) {
	switch p {
	case WNS:
		if t := RootWNSType([]byte(b.Body)); t != "" && b.header("X-WNS-Type") == "" {
			b.Headers = append(b.Headers, Header{"X-WNS-Type", t})
		}
	case MPNS:
		if b.header("X-NotificationClass") != "" {
			return
		}
		switch mpnsTarget([]byte(b.Body)) {
		case "Toast":
			b.Headers = append(b.Headers, Header{"X-WindowsPhone-Target", "toast"}, Header{"X-NotificationClass", "2"})
		case "Tile":
			b.Headers = append(b.Headers, Header{"X-WindowsPhone-Target", "token"}, Header{"X-NotificationClass", "1"})
		}
	}
}

// Validate says what is wrong with a template for a platform.
func (b *TemplateBody) Validate(p Platform) error {
	if n := utf8.RuneCountInString(b.Name); n > maxTemplateName {
		return invalid("The template name has %d characters; at most %d are allowed.", n, maxTemplateName)
	}
	if _, err := template.Compile(b.Body); err != nil {
		return invalid("%s", err)
	}
	isJSON := strings.HasPrefix(strings.TrimLeft(b.Body, " \t\r\n\ufeff"), "{")
	if !isJSON && p != WNS && p != MPNS {
		return invalid("The body template is not valid: a JSON object is expected.")
	}
	for _, h := range b.Headers {
		if err := validateHeader(p, h); err != nil {
			return err
		}
	}
	switch {
	case p == WNS && b.header("X-WNS-Type") == "":
		return invalid("The template needs the header X-WNS-Type: its root element is none of toast, tile, badge.")
	case p == MPNS && b.header("X-NotificationClass") == "":
		return invalid("The template needs the header X-NotificationClass.")
	}
	return b.validateAPNs()
}

// validateAPNs checks the fields that only Apple templates have.
func (b *TemplateBody) validateAPNs() error {
	v, err := template.CompileValue(b.Expiry)
	if err != nil {
		return invalid("The expiry is not valid: %s", err)
	}
	if v.Literal() {
		if _, _, err := ParseExpiry(b.Expiry); err != nil {
			return invalid("The expiry is not valid: %s", err)
		}
	}
	return validateHeader(APNs, Header{"apns-priority", b.Priority})
}

func (b *TemplateBody) header(name string) string {
	for _, h := range b.Headers {
		if strings.EqualFold(h.Name, name) {
			return h.Value
		}
	}
	return ""
}

func validateHeader(p Platform, h Header) error {
	v, err := template.CompileValue(h.Value)
	if err != nil {
		return invalid("The header %.100s is not valid: %s", h.Name, err)
	}
	if h.Name == "" || len(h.Name) > maxTag || strings.ContainsFunc(h.Name, func(r rune) bool {
		return r != '-' && r != '_' && (r > 'z' || !strings.ContainsRune("0123456789abcdefghijklmnopqrstuvwxyz", r|0x20))
	}) || strings.ContainsAny(h.Value, "\r\n\x00") {
		return invalid("The header %.100q is not valid.", h.Name)
	}
	if p != APNs {
		return nil
	}
	name := strings.ToLower(h.Name)
	if !strings.HasPrefix(name, "apns-") {
		return invalid("The header %s is not valid: the names of Apple headers begin with apns-.", h.Name)
	}
	if !v.Literal() || h.Value == "" {
		return nil
	}
	switch name {
	case "apns-priority":
		if _, err := strconv.ParseUint(h.Value, 10, 8); err != nil {
			return invalid("The priority %q is not a number from 0 to 255.", h.Value)
		}
	case "apns-expiration":
		if _, err := strconv.ParseInt(h.Value, 10, 64); err != nil {
			return invalid("The header apns-expiration is not a number of seconds: %q.", h.Value)
		}
	}
	return nil
}

// RootWNSType returns the X-WNS-Type that an XML body's root element asks for:
// wns/toast, wns/tile or wns/badge; "" for anything else.
func RootWNSType(body []byte) string {
	switch name := rootElement(body, 1); name {
	case "toast", "tile", "badge":
		return "wns/" + name
	}
	return ""
}

// mpnsTarget returns the element within a wp:Notification.
func mpnsTarget(body []byte) string { return rootElement(body, 2) }

// rootElement returns the local name of the first element at a depth.
func rootElement(body []byte, depth int) string {
	dec := xml.NewDecoder(bytes.NewReader(body))
	// SDKs write encoding="utf-16" into text that they send as UTF-8.
	dec.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	for {
		tok, err := dec.RawToken()
		if err != nil {
			return ""
		}
		if el, ok := tok.(xml.StartElement); ok {
			if depth--; depth == 0 {
				return el.Name.Local
			}
		}
	}
}

// IsJSONObject reports whether a body is one JSON object.
func IsJSONObject(body []byte) bool {
	return bytes.HasPrefix(bytes.TrimLeft(body, " \t\r\n"), []byte("{")) && json.Valid(body)
}
