// Package template compiles and renders template registrations: JSON or XML
// bodies whose values may hold the expressions $(p), .(p, n), %(p), #(p) and
// {e1 + e2}.
//
// An expression is recognised by the first character of a JSON string value,
// an XML attribute's value or an XML element's text; a value that begins with
// anything else is copied as it is. Azure's documentation tells the forms
// $(p), $(p, n), .(p, n), %(p), #(p) and {…}; the default form $(p:{text}) is
// known from the validator of its .NET SDK.
package template

import (
	"strings"
	"unicode/utf8"
)

// The bounds of a template.
const (
	MaxBody     = 256 << 10 // bytes
	maxOperands = 1000      // of all its expressions together
	maxDepth    = 64
)

// maxRendered is when the rest of a template's values stay empty, in bytes: the
// result is far more than any push service takes, and stays well formed.
const maxRendered = 1 << 20

// Template is a compiled body. It is safe for concurrent use.
type Template struct {
	segments []segment
	size     int // of the static text
	json     bool
}

// segment is text that is copied, and then a value that is rendered, if any.
type segment struct {
	text  string
	value *Value
	place place
}

// place is where a value stands, which decides how it is escaped.
type place uint8

const (
	inJSON    place = iota // between the quotes of a JSON string
	inNumber               // a whole JSON string, quotes and all: #(p)
	inXML                  // text of an XML element
	inXMLAttr              // value of an XML attribute
)

// Compile reads a body of at most MaxBody bytes: a JSON object if its first
// character is {, one XML element if it is <. An error is a sentence that says
// what is wrong.
func Compile(body string) (*Template, error) {
	start := strings.TrimLeft(body, " \t\r\n\ufeff")
	switch {
	case len(body) > MaxBody:
		return nil, refuse("The body template has %d bytes; at most %d are allowed.", len(body), MaxBody)
	case !utf8.ValidString(body):
		return nil, malformed("it is not UTF-8")
	case start == "":
		return nil, malformed("it is empty")
	}
	c := &compiler{body: body}
	var err error
	switch start[0] {
	case '{':
		c.t.json = true
		err = c.json()
	case '<':
		err = c.xml()
	default:
		err = malformed("a JSON object or an XML element is expected")
	}
	if err != nil {
		return nil, err
	}
	return c.finish(), nil
}

// JSON reports whether the body is a JSON object; else it is XML.
func (t *Template) JSON() bool { return t.json }

// compiler collects the places of expressions in a body.
type compiler struct {
	body     string
	done     int // body up to here is in segments
	operands int
	t        Template
}

// leaf looks at one value: text as it means, standing in body[from:to].
func (c *compiler) leaf(text string, from, to int, p place) error {
	if !isExpression(text) {
		return nil
	}
	v, err := compileExpression(text)
	if err != nil {
		return err
	}
	if c.operands += len(v.operands); c.operands > maxOperands {
		return refuse("The body template's expressions have more than %d operands.", maxOperands)
	}
	if p == inJSON && v.numeric() {
		from, to, p = from-1, to+1, inNumber // the quotes belong to it
	}
	c.t.segments = append(c.t.segments, segment{c.body[c.done:from], v, p})
	c.t.size += from - c.done
	c.done = to
	return nil
}

func (c *compiler) finish() *Template {
	c.t.segments = append(c.t.segments, segment{text: c.body[c.done:]})
	c.t.size += len(c.body) - c.done
	return &c.t
}

// Render fills the template. Whatever the properties are, the result is a JSON
// object or an XML document, as the template is.
func (t *Template) Render(p Properties) []byte {
	out := make([]byte, 0, t.size+64*len(t.segments))
	for i := range t.segments {
		out = append(out, t.segments[i].text...)
		out = t.segments[i].appendValue(out, p)
	}
	return out
}

func (s *segment) appendValue(out []byte, p Properties) []byte {
	if s.value == nil {
		return out
	}
	full := len(out) > maxRendered
	if s.place == inNumber {
		if full {
			return append(out, `""`...)
		}
		return appendNumber(out, s.value.Render(p))
	}
	for i := 0; i < len(s.value.operands) && !full; i++ {
		out = s.place.append(out, s.value.operands[i].render(p))
		full = len(out) > maxRendered
	}
	return out
}

func (p place) append(out []byte, text string) []byte {
	if p == inJSON {
		return appendJSON(out, text)
	}
	return appendXML(out, text, p == inXMLAttr)
}
