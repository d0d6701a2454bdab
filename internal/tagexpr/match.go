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
