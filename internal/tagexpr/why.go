package tagexpr

// Why returns the part of an expression that keeps it from holding for a
// registration, as text that Parse reads: the smallest one whose change would
// be needed. Of an && it is the shorter of the sides that are false; an || is
// false as a whole, and so is a ! whose tag is carried. Of an expression that
// holds it is "". has is asked for folded tags.
func Why(n Node, has func(folded string) bool) string {
	if Match(n, has) {
		return ""
	}
	and, ok := n.(*And)
	if !ok {
		return n.String()
	}
	x, y := Why(and.X, has), Why(and.Y, has)
	if x == "" || y != "" && len(y) < len(x) {
		return y
	}
	return x
}
