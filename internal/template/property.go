package template

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// property reads $(name), with a default and a length where the form has them.
func (s *scanner) property(form byte) (operand, error) {
	if strings.HasPrefix(s.text[s.at:], "$body") {
		return operand{}, s.fail("Expression type '$body' is not supported.")
	}
	if s.at++; s.peek() != '(' {
		return operand{}, s.fail("The character following $ or . or %% should be a (.")
	}
	s.at++
	x := operand{kind: form}
	if err := s.name(&x); err != nil {
		return operand{}, err
	}
	if s.peek() == ':' {
		if err := s.defaultText(&x); err != nil {
			return operand{}, err
		}
	}
	if s.peek() == ',' {
		if err := s.clipLength(&x); err != nil {
			return operand{}, err
		}
	}
	switch {
	case s.peek() != ')':
		return operand{}, s.fail("A ) is missing after the property %s.", x.text)
	case form == '.' && !x.clipping:
		return operand{}, s.fail("The form .(prop, n) needs its length n.")
	}
	s.at++
	return x, nil
}

func (s *scanner) name(x *operand) error {
	s.blanks()
	from := s.at
	for s.at < len(s.text) && strings.IndexByte(":,)", s.text[s.at]) < 0 {
		s.at++
	}
	name := strings.TrimRight(s.text[from:s.at], blank)
	if name == "" {
		return s.fail("The property's name is missing.")
	}
	x.text = fold(name)
	return CheckName(name)
}

// maxName is Azure's limit for a property's name, in characters.
const maxName = 120

// CheckName says what is wrong with the name of a property: letters and digits
// of ASCII and _ are allowed, at most 120.
func CheckName(name string) error {
	if n := utf8.RuneCountInString(name); n > maxName {
		return refuse("Property name is %s. It has %d characters; at most %d are allowed.", shorten(name), n, maxName)
	}
	for _, r := range name {
		if r != '_' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') {
			return refuse("Property name is %s. Only ASCII-7 alphanumeric characters and '_' are permitted in the property name.", name)
		}
	}
	if name == "" {
		return refuse("A property's name is empty.")
	}
	return nil
}

// defaultText reads :{text}, in which \} stands for }.
func (s *scanner) defaultText(x *operand) error {
	s.at++
	if s.blanks(); s.peek() != '{' {
		return s.fail("A default is written as :{text}.")
	}
	var b strings.Builder
	for i := s.at + 1; i < len(s.text); i++ {
		switch {
		case strings.HasPrefix(s.text[i:], `\}`):
			b.WriteByte('}')
			i++
		case s.text[i] == '}':
			s.at = i + 1
			s.blanks()
			x.def = b.String()
			return nil
		default:
			b.WriteByte(s.text[i])
		}
	}
	return s.fail("The default is not closed: } is missing.")
}

func (s *scanner) clipLength(x *operand) error {
	if x.kind != '$' && x.kind != '.' {
		return s.fail("A length is not allowed in %c(prop).", x.kind)
	}
	s.at++
	s.blanks()
	from := s.at
	for s.at < len(s.text) && s.text[s.at] >= '0' && s.text[s.at] <= '9' {
		s.at++
	}
	n, err := strconv.ParseInt(s.text[from:s.at], 10, 32)
	if err != nil {
		return s.fail("The length is not a number from 0 to %d.", 1<<31-1)
	}
	x.length, x.clipping = int(n), true
	s.blanks()
	return nil
}
