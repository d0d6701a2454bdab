// Package tagexpr parses and evaluates tag expressions: tags joined by
// && || ! and parentheses, which choose the registrations that a send reaches.
package tagexpr

import (
	"fmt"
	"strings"
)

// Limits bounds an expression. A zero field means no limit.
type Limits struct {
	OrTags int // tags in an expression that uses || only
	Tags   int // tags in any other expression
	Tag    int // characters in one tag
	Length int // bytes in the whole text
}

// DefaultLimits are those of Azure Notification Hubs.
var DefaultLimits = Limits{OrTags: 20, Tags: 6, Tag: 120, Length: 8000}

// Node is one of *And, *Or, *Not, *Tag.
type Node interface {
	// String returns text that Parse reads as the same expression.
	String() string
	node()
}

// And matches what both sides match.
type And struct{ X, Y Node }

// Or matches what either side matches.
type Or struct{ X, Y Node }

// Not matches what X does not.
type Not struct{ X Node }

// Tag matches registrations that carry the tag, compared without regard to case.
type Tag struct {
	Name   string // as written, for instance sports or $UserId:{u1}
	Offset int    // in bytes from the start of the expression
}

func (*And) node() {}
func (*Or) node()  {}
func (*Not) node() {}
func (*Tag) node() {}

// Error says what is wrong with an expression or a tag, and where.
type Error struct {
	Offset int // in bytes from the start of the text
	Msg    string
}

// Error returns the sentence with the place, counted from 1 as people do.
func (e *Error) Error() string {
	return fmt.Sprintf("%s (at position %d)", strings.TrimSuffix(e.Msg, "."), e.Offset+1)
}
