package template

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

func isExpression(text string) bool { return text != "" && strings.IndexByte("$.%#{", text[0]) >= 0 }

// compileExpression reads a whole value that begins as an expression does.
func compileExpression(text string) (*Value, error) {
	s := &scanner{text: text}
	composite, end := text[0] == '{', len(text)
	switch {
	case len(text) < 3:
		return nil, s.fail("An expression has three characters at least.")
	case composite && !strings.HasSuffix(text, "}"):
		return nil, s.fail("A composite expression that begins with { must end with }.")
	case composite:
		s.at, end = 1, end-1
	}
	operands, err := s.sum(end)
	if err != nil {
		return nil, err
	}
	v := &Value{operands}
	for i := range operands {
		if operands[i].kind == '#' && (composite || len(operands) > 1) {
			return nil, s.fail("Token type '#(prop)' is not allowed in composite expression.")
		}
	}
	return v, nil
}

// scanner reads an expression.
type scanner struct {
	text string
	at   int
}

// fail shows the expression and says what is wrong with it.
func (s *scanner) fail(format string, args ...any) error {
	return refuse("Expression is %s. %s", shorten(s.text), fmt.Sprintf(format, args...))
}

// shorten cuts what an error repeats.
func shorten(text string) string {
	const most = 130
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}

const blank = " \t\r\n"

func (s *scanner) blanks() {
	for s.at < len(s.text) && strings.IndexByte(blank, s.text[s.at]) >= 0 {
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

// sum reads operands with + between them, up to end. None reaches beyond it, for
// none ends with the } of a composite.
func (s *scanner) sum(end int) ([]operand, error) {
	var out []operand
	for {
		s.blanks()
		x, err := s.operand()
		if err != nil {
			return nil, err
		}
		out = append(out, x)
		s.blanks()
		switch {
		case s.at == end:
			return out, nil
		case s.text[s.at] != '+':
			return nil, s.fail("Only valid composition operator is +.")
		}
		s.at++
	}
}

// operand reads one form or a quoted text.
func (s *scanner) operand() (operand, error) {
	switch c := s.peek(); c {
	case '\'', '"':
		return s.quoted(c)
	case '$', '.', '%', '#':
		return s.property(c)
	}
	if s.at == len(s.text) {
		return operand{}, s.fail("An operand is missing at its end.")
	}
	found, _ := utf8.DecodeRuneInString(s.text[s.at:])
	return operand{}, s.fail("An operand is one of $(prop), .(prop, n), %%(prop), 'text'; found %q.", found)
}

// quoted reads a text in quotes; a doubled quote stands for one.
func (s *scanner) quoted(quote byte) (operand, error) {
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
		return operand{text: b.String()}, nil
	}
	return operand{}, s.fail("The quote %c is not closed.", quote)
}
