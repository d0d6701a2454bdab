package template

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
)

// xml finds the attribute values and leaf texts of an XML body.
func (c *compiler) xml() error {
	dec := xml.NewDecoder(strings.NewReader(c.body))
	// SDKs write encoding="utf-16" into text that they send as UTF-8.
	dec.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	x := xmlBody{compiler: c}
	for {
		from := int(dec.InputOffset())
		tok, err := dec.RawToken()
		if errors.Is(err, io.EOF) {
			return x.end()
		}
		if err != nil {
			return malformed("%s", err)
		}
		if err := x.token(tok, from, int(dec.InputOffset())); err != nil {
			return err
		}
	}
}

// xmlBody follows the tokens of a body. They are raw, since the decoder's other
// ones do not tell their places; so what it would check is checked here.
type xmlBody struct {
	compiler *compiler
	open     []xml.Name // elements
	root     bool       // there was one
	text     leafText
}

func (x *xmlBody) token(tok xml.Token, from, to int) error {
	switch tok := tok.(type) {
	case xml.StartElement:
		return x.start(tok, from, to)
	case xml.EndElement:
		if n := len(x.open); n == 0 || x.open[n-1] != tok.Name {
			return malformed("the end tag </%s> is not that of the open element", shorten(tok.Name.Local))
		}
		x.open = x.open[:len(x.open)-1]
		err := x.leaf()
		x.text.reset(false)
		return err
	case xml.CharData:
		if len(x.open) == 0 && len(bytes.Trim(tok, blank+"\ufeff")) > 0 {
			return malformed("there is text outside the root element")
		}
		x.text.add(tok, from, to)
	case xml.Directive:
		return malformed("a document type is not allowed")
	}
	return nil
}

func (x *xmlBody) start(el xml.StartElement, from, to int) error {
	if len(x.open) == 0 && x.root {
		return malformed("it has more than one root element")
	}
	x.root = true
	if x.open = append(x.open, el.Name); len(x.open) > maxDepth {
		return malformed("it nests deeper than %d levels", maxDepth)
	}
	x.text.reset(true)
	return x.attributes(el.Attr, from, to)
}

func (x *xmlBody) end() error {
	switch {
	case len(x.open) > 0:
		return malformed("the element <%s> is not closed", shorten(x.open[len(x.open)-1].Local))
	case !x.root:
		return malformed("it has no root element")
	}
	return nil
}

// attributes finds the values in the start tag at body[from:to]. The decoder
// has read the tag already, so its quotes are in order.
func (x *xmlBody) attributes(attrs []xml.Attr, from, to int) error {
	seen := make(map[xml.Name]bool, len(attrs))
	for _, a := range attrs {
		if seen[a.Name] {
			return malformed("the attribute %s is given twice", shorten(a.Name.Local))
		}
		seen[a.Name] = true
		open := from + strings.IndexAny(x.compiler.body[from:to], `"'`)
		from = open + 1
		shut := from + strings.IndexByte(x.compiler.body[from:to], x.compiler.body[open])
		if err := x.compiler.leaf(a.Value, from, shut, inXMLAttr); err != nil {
			return err
		}
		from = shut + 1
	}
	return nil
}

// leaf looks at the text of an element that ends. Of a text in CDATA the markers
// go too: what takes its place is escaped.
func (x *xmlBody) leaf() error {
	if !x.text.open {
		return nil
	}
	return x.compiler.leaf(x.text.text.String(), x.text.from, x.text.to, inXML)
}

// leafText is the text of an element that has no other elements in it.
type leafText struct {
	open     bool // no element came since this one began
	text     strings.Builder
	from, to int
}

func (l *leafText) reset(open bool) { *l = leafText{open: open} }

func (l *leafText) add(text []byte, from, to int) {
	if l.text.Len() == 0 {
		l.from = from
	}
	l.text.Write(text)
	l.to = to
}
