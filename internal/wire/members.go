package wire

import (
	"strconv"
	"strings"
	"time"
)

// members reads the children of an element: in any order, unknown ones ignored,
// absent and i:nil ones without a value. It keeps the first error.
//
// encoding/xml alone would take one of two equal children and drop elements
// inside a text. Both are mistakes that the writer of the document must hear
// of: a template that was not escaped would be stored empty.
type members struct {
	of  *node
	err error
}

func (m *members) fail(format string, args ...any) {
	if m.err == nil {
		m.err = unreadable(format, args...)
	}
}

// child returns the only child of a name; nil if it is absent or i:nil.
func (m *members) child(name string) *node {
	var found *node
	for _, c := range m.of.children {
		if c.name != name {
			continue
		}
		if found != nil {
			m.fail("%s holds %s more than once.", m.of.name, name)
			break
		}
		found = c
	}
	if found == nil || found.isNil() {
		return nil
	}
	return found
}

// raw returns a child's text with its white space.
func (m *members) raw(name string) string {
	c := m.child(name)
	switch {
	case c == nil:
		return ""
	case len(c.children) > 0:
		m.fail("%s holds the element %.40s where a text is expected: escape the text, or put it in CDATA.", name, c.children[0].name)
		return ""
	}
	return string(c.text)
}

func (m *members) text(name string) string { return strings.TrimSpace(m.raw(name)) }

// time returns a child's date; zero if it is absent.
func (m *members) time(name string) time.Time {
	s := m.text(name)
	if s == "" {
		return time.Time{}
	}
	t, err := ParseTime(s)
	if err != nil {
		m.fail("%s: %s.", name, err)
	}
	return t
}

// number returns a child's number, which must be there.
func (m *members) number(name string) int64 {
	s := m.text(name)
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		m.fail("%s is not a number in %s: %.40q.", name, m.of.name, s)
	}
	return n
}

// each calls f with the members of every item in a list; absent is false.
func (m *members) each(list, item string, f func(*members)) bool {
	l := m.child(list)
	if l == nil {
		return false
	}
	for _, c := range l.children {
		if c.name != item {
			continue
		}
		of := members{of: c}
		if f(&of); of.err != nil && m.err == nil {
			m.err = of.err
		}
	}
	return true
}
