package tagexpr

import "strings"

// Fold returns the form in which tags are compared: Azure's SDKs keep tags in
// sets that disregard letter case.
func Fold(tag string) string { return strings.ToLower(tag) }

// Match reports whether an expression holds for a registration; has is asked
// for folded tags.
func Match(n Node, has func(folded string) bool) bool {
	switch n := n.(type) {
	case *And:
		return Match(n.X, has) && Match(n.Y, has)
	case *Or:
		return Match(n.X, has) || Match(n.Y, has)
	case *Not:
		return !Match(n.X, has)
	case *Tag:
		return has(Fold(n.Name))
	}
	return false
}

// String returns text that Parse reads as the same expression.
func (n *And) String() string { return group(n.X) + " && " + group(n.Y) }

// String returns text that Parse reads as the same expression.
func (n *Or) String() string { return group(n.X) + " || " + group(n.Y) }

// String returns text that Parse reads as the same expression.
func (n *Not) String() string { return "!" + group(n.X) }

// String returns the tag as written.
func (n *Tag) String() string { return n.Name }

// group puts parentheses around everything but a tag or a negation.
func group(n Node) string {
	switch n := n.(type) {
	case *Tag:
		return n.Name
	case *Not:
		return n.String()
	case *And:
		return "(" + n.String() + ")"
	case *Or:
		return "(" + n.String() + ")"
	}
	return ""
}
