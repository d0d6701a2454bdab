package template

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Value is a compiled header value or expiry: literal text, or an expression.
type Value struct {
	parts []part
}

// part is one operand of a concatenation.
type part struct {
	kind     byte   // 0 literal, or the character of the form: $ . % #
	text     string // the literal, or the property's folded name
	def      string // the default
	length   int
	clipping bool // length is given
}

// CompileValue reads a value outside the body. Text that does not begin as an
// expression does is literal.
func CompileValue(text string) (*Value, error) {
	if !isExpression(text) {
		return &Value{[]part{{text: text}}}, nil
	}
	return compileExpression(text)
}

// Literal reports whether the value holds no expression.
func (v *Value) Literal() bool { return len(v.parts) == 1 && v.parts[0].kind == 0 }

func (v *Value) numeric() bool { return len(v.parts) == 1 && v.parts[0].kind == '#' }

// Render fills the value, without escaping it.
func (v *Value) Render(p Properties) string {
	if len(v.parts) == 1 {
		return v.parts[0].render(p)
	}
	var b strings.Builder
	for i := range v.parts {
		b.WriteString(v.parts[i].render(p))
	}
	return b.String()
}

func (x *part) render(p Properties) string {
	if x.kind == 0 {
		return x.text
	}
	value, ok := p.values[x.text]
	if !ok {
		value = x.def
	}
	switch {
	case x.kind == '%':
		return strings.ReplaceAll(url.QueryEscape(value), "+", "%20")
	case !x.clipping:
		return value
	case x.kind == '.':
		return ellipsis(value, x.length)
	}
	return clip(value, x.length)
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

func isExpression(text string) bool { return text != "" && strings.IndexByte("$.%#{", text[0]) >= 0 }

// compileExpression reads a whole value that begins as an expression does.
func compileExpression(text string) (*Value, error) {
	s := &scanner{text: text}
	if len(text) < 3 {
		return nil, s.fail("an expression has three characters at least")
	}
	if text[0] != '{' {
		x, err := s.operand()
		if err != nil {
			return nil, err
		}
		if s.blanks(); s.at == len(text) {
			return &Value{[]part{x}}, nil
		}
		return s.sum([]part{x}, len(text))
	}
	if !strings.HasSuffix(text, "}") {
		return nil, s.fail("a composite expression that begins with { must end with }")
	}
	s.at = 1
	s.blanks()
	x, err := s.operand()
	if err != nil {
		return nil, err
	}
	return s.sum([]part{x}, len(text)-1)
}

// scanner reads an expression.
type scanner struct {
	text string
	at   int
}

// fail shows the expression and says what is wrong with it.
func (s *scanner) fail(format string, args ...any) error {
	shown := s.text
	if len(shown) > 100 {
		shown = strings.ToValidUTF8(shown[:100], "") + "…"
	}
	return sentence(fmt.Sprintf("Expression is %s. %s", shown, fmt.Sprintf(format, args...)))
}

// sentence is an error in the words of Azure's validator.
type sentence string

func (s sentence) Error() string { return string(s) }

func (s *scanner) blanks() {
	for s.at < len(s.text) && (s.text[s.at] == ' ' || s.text[s.at] == '\t') {
		s.at++
	}
}

// peek returns the next byte, or 0 at the end.
func (s *scanner) peek() byte {
	if s.at < len(s.text) {
		return s.text[s.at]
	}
	return 0
}

// sum reads "+ operand" until end.
func (s *scanner) sum(parts []part, end int) (*Value, error) {
	for s.blanks(); s.at < end; s.blanks() {
		if s.text[s.at] != '+' {
			return nil, s.fail("Only valid composition operator is +.")
		}
		s.at++
		s.blanks()
		x, err := s.operand()
		if err != nil {
			return nil, err
		}
		parts = append(parts, x)
	}
	if s.at != end {
		return nil, s.fail("a composite expression that begins with { must end with }")
	}
	if len(parts) > 1 || s.text[0] == '{' {
		for _, x := range parts {
			if x.kind == '#' {
				return nil, s.fail("Token type '#(prop)' is not allowed in composite expression.")
			}
		}
	}
	return &Value{parts}, nil
}

// operand reads one form or a quoted text.
func (s *scanner) operand() (part, error) {
	switch c := s.peek(); c {
	case '\'', '"':
		return s.quoted(c)
	case '$', '.', '%', '#':
		return s.property(c)
	case 0:
		return part{}, s.fail("an operand is missing at its end")
	default:
		return part{}, s.fail("an operand is one of $(p), .(p, n), %%(p), 'text'; found %q", rune(c))
	}
}

// quoted reads a text in quotes; a doubled quote stands for one.
func (s *scanner) quoted(quote byte) (part, error) {
	var b strings.Builder
	for i := s.at + 1; i < len(s.text); i++ {
		if s.text[i] != quote {
			b.WriteByte(s.text[i])
			continue
		}
		if i+1 < len(s.text) && s.text[i+1] == quote {
			b.WriteByte(quote)
			i++
			continue
		}
		s.at = i + 1
		return part{text: b.String()}, nil
	}
	return part{}, s.fail("the quote %c is not closed", quote)
}

// maxName is Azure's limit for a property's name.
const maxName = 120

// property reads $(name), with a default and a length where the form has them.
func (s *scanner) property(form byte) (part, error) {
	if form == '$' && strings.HasPrefix(s.text[s.at:], "$body") {
		return part{}, s.fail("Expression type '$body' is not supported.")
	}
	s.at++
	if s.peek() != '(' {
		return part{}, s.fail("The character following $ or . or %% should be a (.")
	}
	s.at++
	x := part{kind: form}
	if err := s.name(&x); err != nil {
		return part{}, err
	}
	s.blanks()
	if s.peek() == ':' {
		if err := s.defaultText(&x); err != nil {
			return part{}, err
		}
		s.blanks()
	}
	if s.peek() == ',' {
		if err := s.clipLength(&x); err != nil {
			return part{}, err
		}
	}
	switch {
	case s.peek() != ')':
		return part{}, s.fail("a ) is missing after the property %s", x.text)
	case form == '.' && !x.clipping:
		return part{}, s.fail("the form .(prop, n) needs its length n")
	}
	s.at++
	return x, nil
}

func (s *scanner) name(x *part) error {
	s.blanks()
	from := s.at
	for s.at < len(s.text) && strings.IndexByte(":,)", s.text[s.at]) < 0 {
		s.at++
	}
	name := strings.TrimRight(s.text[from:s.at], " \t")
	switch {
	case name == "":
		return s.fail("the property's name is missing")
	case utf8.RuneCountInString(name) > maxName:
		return s.fail("the property's name has more than %d characters", maxName)
	}
	for _, r := range name {
		if r != '_' && (r > 'z' || !strings.ContainsRune("0123456789abcdefghijklmnopqrstuvwxyz", r|0x20)) {
			return sentence("Property name is " + name + ". Only ASCII-7 alphanumeric characters and '_' are permitted in the property name")
		}
	}
	x.text = fold(name)
	return nil
}

// defaultText reads :{text}, in which \} stands for }.
func (s *scanner) defaultText(x *part) error {
	s.at++
	s.blanks()
	if s.peek() != '{' {
		return s.fail("a default is written as :{text}")
	}
	var b strings.Builder
	for i := s.at + 1; i < len(s.text); i++ {
		switch {
		case s.text[i] == '\\' && i+1 < len(s.text) && s.text[i+1] == '}':
			b.WriteByte('}')
			i++
		case s.text[i] == '}':
			s.at = i + 1
			x.def = b.String()
			return nil
		default:
			b.WriteByte(s.text[i])
		}
	}
	return s.fail("the default is not closed: } is missing")
}

func (s *scanner) clipLength(x *part) error {
	if x.kind != '$' && x.kind != '.' {
		return s.fail("a length is not allowed in %c(prop)", x.kind)
	}
	s.at++
	s.blanks()
	from := s.at
	for s.at < len(s.text) && s.text[s.at] >= '0' && s.text[s.at] <= '9' {
		s.at++
	}
	n, err := strconv.ParseInt(s.text[from:s.at], 10, 32)
	if err != nil {
		return s.fail("the length is not a number that is zero or more")
	}
	x.length, x.clipping = int(n), true
	s.blanks()
	return nil
}
