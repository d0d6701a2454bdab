package template

import (
	"net/url"
	"strings"
)

// maxValue bounds a header value or expiry, in bytes.
const maxValue = 8 << 10

// Value is a compiled header value or expiry: literal text, or an expression.
// It is safe for concurrent use.
type Value struct {
	operands []operand
}

// operand is one member of a concatenation.
type operand struct {
	kind     byte   // 0 literal, or the first character of its form: $ . % #
	text     string // the literal, or the property's folded name
	def      string // the default
	length   int    // in characters
	clipping bool   // length is given
}

// CompileValue reads a value outside the body, of at most 8 KiB. Text that does
// not begin as an expression does is literal.
func CompileValue(text string) (*Value, error) {
	switch {
	case len(text) > maxValue:
		return nil, refuse("The value has %d bytes; at most %d are allowed.", len(text), maxValue)
	case !isExpression(text):
		return &Value{[]operand{{text: text}}}, nil
	}
	return compileExpression(text)
}

// Literal reports whether the value is the same whatever the properties are.
func (v *Value) Literal() bool {
	for i := range v.operands {
		if v.operands[i].kind != 0 {
			return false
		}
	}
	return true
}

func (v *Value) numeric() bool { return len(v.operands) == 1 && v.operands[0].kind == '#' }

// Render fills the value, without escaping it.
func (v *Value) Render(p Properties) string {
	if len(v.operands) == 1 {
		return v.operands[0].render(p)
	}
	var b strings.Builder
	for i := range v.operands {
		if b.Len() > maxRendered {
			break
		}
		b.WriteString(v.operands[i].render(p))
	}
	return b.String()
}

func (o *operand) render(p Properties) string {
	if o.kind == 0 {
		return o.text
	}
	value, ok := p.values[o.text]
	if !ok {
		value = o.def
	}
	switch {
	case o.kind == '%':
		return strings.ReplaceAll(url.QueryEscape(value), "+", "%20")
	case !o.clipping:
		return value
	case o.kind == '.':
		return ellipsis(value, o.length)
	}
	return clip(value, o.length)
}

// clip cuts to n characters. They are counted as .NET counts them, in UTF-16
// units, and a character of two units is kept whole or not at all.
func clip(s string, n int) string {
	units := 0
	for i, r := range s {
		units++
		if r > 0xffff {
			units++
		}
		if units > n {
			return s[:i]
		}
	}
	return s
}

// ellipsis clips to n characters including the dots that say so.
func ellipsis(s string, n int) string {
	const dots = "..."
	if len(clip(s, n)) == len(s) {
		return s
	}
	if n <= len(dots) {
		return dots[:n]
	}
	return clip(s, n-len(dots)) + dots
}
