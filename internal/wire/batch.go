package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"strings"
)

// MaxBatch is how many handles a batch may name: Azure's limit.
const MaxBatch = 1000

// Batch is the body of a direct send to many devices, which have one
// notification.
type Batch struct {
	ContentType string // of the notification
	Body        []byte
	Handles     []string
}

// The names of a batch's parts.
const (
	partNotification = "notification"
	partDevices      = "devices"
)

// The bounds of a multipart body. RFC 2046 §5.1.1 allows 70 characters.
const (
	maxParts    = 10
	maxBoundary = 200
)

// DecodeBatch reads a batch, as its clients write it: multipart of any subtype
// (form-data too); parts in any order, found by the name in their
// Content-Disposition; lines that end without CR; a body that ends without the
// closing delimiter; the handles as a JSON array, in single quotes too. What
// cannot be read, no handle, and more than MaxBatch are a *DecodeError.
func DecodeBatch(contentType string, body []byte) (Batch, error) {
	kind, params, err := mime.ParseMediaType(contentType)
	boundary := params["boundary"]
	if err != nil || !strings.HasPrefix(kind, "multipart/") || boundary == "" || len(boundary) > maxBoundary {
		return Batch{}, unreadable("The Content-Type of a batch is multipart/mixed with a boundary of at most %d characters.", maxBoundary)
	}
	parts, err := readParts(multipart.NewReader(bytes.NewReader(body), boundary))
	if err != nil {
		return Batch{}, err
	}
	for _, name := range []string{partNotification, partDevices} {
		if parts[name] == nil {
			return Batch{}, unreadable("Could not find a part of the multipart content: %s, as Content-Disposition: inline; name=%s.", name, name)
		}
	}
	b := Batch{ContentType: parts[partNotification].contentType, Body: parts[partNotification].body}
	b.Handles, err = readHandles(parts[partDevices].body)
	return b, err
}

type part struct {
	contentType string
	body        []byte
}

// readParts reads the parts that have one of the names. Whatever cannot be read
// is the end of the body: what is missing then, the caller sees.
func readParts(r *multipart.Reader) (map[string]*part, error) {
	parts := map[string]*part{}
	for n := 0; ; n++ {
		p, err := r.NextPart()
		if err != nil {
			return parts, nil
		}
		if n == maxParts {
			return nil, unreadable("The multipart content has more than %d parts.", maxParts)
		}
		body, err := io.ReadAll(p)
		if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) { // a client in use never closes its last part
			return parts, nil
		}
		// FormName is for form-data only, and Azure's own clients write inline.
		_, disposition, _ := mime.ParseMediaType(p.Header.Get("Content-Disposition")) //nolint:errcheck // then it has no name
		name := strings.ToLower(disposition["name"])
		if name != partNotification && name != partDevices {
			continue
		}
		if parts[name] != nil {
			return nil, unreadable("The multipart content has the part %s twice.", name)
		}
		parts[name] = &part{contentType: p.Header.Get("Content-Type"), body: body}
	}
}

// readHandles reads a JSON array of texts, which may stand in single quotes:
// Azure's documentation shows them so.
func readHandles(text []byte) ([]string, error) {
	s := scanner{text: text, rest: WithoutBOM(text)}
	var handles []string
	if !s.take('[') {
		return nil, s.unexpected()
	}
	for !s.take(']') {
		if len(handles) > 0 && !s.take(',') {
			return nil, s.unexpected()
		}
		handle, ok := s.quoted()
		if !ok {
			return nil, s.unexpected()
		}
		if len(handles) == MaxBatch {
			return nil, unreadable("The part devices names more than %d handles: send to them in several batches.", MaxBatch)
		}
		handles = append(handles, handle)
	}
	switch {
	case len(s.trim()) > 0:
		return nil, s.unexpected()
	case len(handles) == 0:
		return nil, unreadable("The part devices names no handle.")
	}
	return handles, nil
}

// scanner takes the text of a list apart.
type scanner struct{ text, rest []byte }

func (s *scanner) unexpected() error {
	return unreadable("The part devices is not a JSON array of texts (at byte %d).", len(s.text)-len(s.rest))
}

func (s *scanner) trim() []byte {
	s.rest = bytes.TrimLeft(s.rest, " \t\r\n")
	return s.rest
}

// take takes a character, if it is the next one.
func (s *scanner) take(c byte) bool {
	if rest := s.trim(); len(rest) == 0 || rest[0] != c {
		return false
	}
	s.rest = s.rest[1:]
	return true
}

// quoted takes a text in quotes of either sort.
func (s *scanner) quoted() (string, bool) {
	rest := s.trim()
	if len(rest) == 0 || rest[0] != '"' && rest[0] != '\'' {
		return "", false
	}
	literal := []byte{'"'}
	for i := 1; i < len(rest); i++ {
		switch c := rest[i]; {
		case c == rest[0]:
			s.rest = rest[i+1:]
			var text string
			err := json.Unmarshal(append(literal, '"'), &text)
			return text, err == nil
		case c == '\\' && i+1 < len(rest) && rest[i+1] == '\'':
			literal, i = append(literal, '\''), i+1
		case c == '\\' && i+1 < len(rest):
			literal, i = append(literal, c, rest[i+1]), i+1
		case c == '"':
			literal = append(literal, '\\', c)
		default:
			literal = append(literal, c)
		}
	}
	return "", false
}

// AppendBatch writes a batch as Azure's own clients do. The boundary, of letters
// and digits, must not be part of it.
func AppendBatch(b []byte, boundary string, batch *Batch) (body []byte, contentType string) {
	appendPart := func(name, kind string, text []byte) {
		b = append(b, "--"+boundary+"\r\nContent-Type: "+kind+"\r\nContent-Disposition: inline; name="+name+"\r\n\r\n"...)
		b = append(append(b, text...), "\r\n"...)
	}
	appendPart(partNotification, batch.ContentType, batch.Body)
	appendPart(partDevices, "application/json", appendJSON(nil, batch.Handles))
	return append(b, "--"+boundary+"--\r\n"...), `multipart/mixed; boundary="` + boundary + `"`
}
