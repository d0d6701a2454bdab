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
	"fmt"
	"strings"
	"unicode/utf8"
)

// The bounds of a template.
const (
	MaxBody        = 256 << 10 // bytes
	maxExpressions = 1000
	maxDepth       = 64
)

// Template is a compiled body. It is safe for concurrent use.
type Template struct {
	segments []segment
	size     int // of the static text
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
	inText    place = iota // as it is: a header
	inJSON                 // between the quotes of a JSON string
	inNumber               // a whole JSON string, quotes and all: #(p)
	inXML                  // text of an XML element
	inXMLAttr              // value of an XML attribute
)

// Compile reads a body: JSON if its first character is { or [, else XML.
func Compile(body string) (*Template, error) {
	switch {
	case len(body) > MaxBody:
		return nil, fmt.Errorf("the body template has %d bytes; at most %d are allowed", len(body), MaxBody)
	case !utf8.ValidString(body):
		return nil, fmt.Errorf("failed to deserialize the body template: it is not UTF-8")
	}
	c := &compiler{body: body}
	var err error
	switch start := strings.TrimLeft(body, " \t\r\n\ufeff"); {
	case start == "":
		return nil, fmt.Errorf("the body template is empty")
	case start[0] == '{' || start[0] == '[':
		err = c.json()
	default:
		err = c.xml()
	}
	if err != nil {
		return nil, err
	}
	return c.finish(), nil
}

// compiler collects the places of expressions in a body.
type compiler struct {
	body string
	done int // body up to here is in segments
	t    Template
	n    int
}

// leaf looks at one value: text as it means, standing in body[from:to].
func (c *compiler) leaf(text string, from, to int, p place) error {
	if !isExpression(text) {
		return nil
	}
	if c.n++; c.n > maxExpressions {
		return fmt.Errorf("the body template has more than %d expressions", maxExpressions)
	}
	v, err := compileExpression(text)
	if err != nil {
		return err
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

// Render fills the template.
func (t *Template) Render(p Properties) []byte {
	out := make([]byte, 0, t.size+64*len(t.segments))
	for _, s := range t.segments {
		out = append(out, s.text...)
		if s.value == nil {
			continue
		}
		text := s.value.Render(p)
		switch s.place {
		case inJSON:
			out = appendJSON(out, text)
		case inNumber:
			if isNumber(text) {
				out = append(out, text...)
			} else {
				out = append(appendJSON(append(out, '"'), text), '"')
			}
		case inXML:
			out = appendXML(out, text, false)
		case inXMLAttr:
			out = appendXML(out, text, true)
		}
	}
	return out
}
