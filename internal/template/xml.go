package template

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
)

// xml finds the attribute values and leaf texts of an XML body.
func (c *compiler) xml() error {
	dec := xml.NewDecoder(strings.NewReader(c.body))
	// SDKs write encoding="utf-16" into text that they send as UTF-8.
	dec.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	depth, roots := 0, 0
	var text leafText
	for {
		from := int(dec.InputOffset())
		tok, err := dec.RawToken()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("failed to deserialize the body template: %w", err)
		}
		to := int(dec.InputOffset())
		switch tok := tok.(type) {
		case xml.StartElement:
			if depth++; depth > maxDepth {
				return fmt.Errorf("failed to deserialize the body template: it nests deeper than %d", maxDepth)
			}
			if depth == 1 {
				roots++
			}
			text = leafText{open: true}
			if err := c.attributes(from, to); err != nil {
				return err
			}
		case xml.EndElement:
			depth--
			if err := c.leafText(&text); err != nil {
				return err
			}
			text = leafText{}
		case xml.CharData:
			if depth == 0 && len(bytes.TrimSpace(bytes.TrimPrefix(tok, []byte("\ufeff")))) > 0 {
				return errors.New("failed to deserialize the body template: text outside the root element")
			}
			text.add(string(tok), from, to)
		case xml.Directive:
			return errors.New("failed to deserialize the body template: a document type is not allowed")
		default:
			text.open = false
		}
	}
	return c.wellFormed(roots)
}

// wellFormed checks what raw tokens do not: that tags match.
func (c *compiler) wellFormed(roots int) error {
	dec := xml.NewDecoder(strings.NewReader(c.body))
	dec.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	for {
		_, err := dec.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("failed to deserialize the body template: %w", err)
		}
	}
	if roots != 1 {
		return fmt.Errorf("failed to deserialize the body template: it has %d root elements", roots)
	}
	return nil
}

// leafText is the text of an element that has no other content.
type leafText struct {
	open     bool // nothing but text came since the element began
	text     string
	from, to int
	pieces   int
}

func (l *leafText) add(text string, from, to int) {
	if l.pieces == 0 {
		l.from = from
	}
	l.pieces++
	l.text += text
	l.to = to
}

// leafText looks at an element's text when the element ends. Of a text in
// CDATA the markers go too: what takes its place is escaped.
func (c *compiler) leafText(l *leafText) error {
	if !l.open || l.pieces == 0 {
		return nil
	}
	return c.leaf(l.text, l.from, l.to, inXML)
}

// attributes finds the values within a start tag. The decoder has read the tag
// already, so quotes are in order.
func (c *compiler) attributes(from, to int) error {
	tag := c.body[from:to]
	for i := 0; i < len(tag); i++ {
		if tag[i] != '"' && tag[i] != '\'' {
			continue
		}
		n := strings.IndexByte(tag[i+1:], tag[i])
		if n < 0 {
			return nil
		}
		if err := c.attribute(from+i+1, from+i+1+n); err != nil {
			return err
		}
		i += n + 1
	}
	return nil
}

func (c *compiler) attribute(from, to int) error {
	var v struct {
		A string `xml:"a,attr"`
	}
	quote := c.body[from-1 : from]
	if err := xml.Unmarshal([]byte("<x a="+quote+c.body[from:to]+quote+"/>"), &v); err != nil {
		return fmt.Errorf("failed to deserialize the body template: %w", err)
	}
	return c.leaf(v.A, from, to, inXMLAttr)
}
