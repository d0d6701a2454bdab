package tagexpr

// String joins the sides with &&.
func (n *And) String() string { return string(appendNode(nil, n)) }

// String joins the sides with ||.
func (n *Or) String() string { return string(appendNode(nil, n)) }

// String puts ! before X.
func (n *Not) String() string { return string(appendNode(nil, n)) }

// String returns the tag as written.
func (n *Tag) String() string { return n.Name }

// appendNode writes an expression. A chain of one operator has no parentheses,
// for it is read from the left; operators that differ have them, though &&
// would bind tighter, since not every reader knows.
func appendNode(b []byte, n Node) []byte {
	switch n := n.(type) {
	case *And:
		_, chain := n.X.(*And)
		b = append(appendOperand(b, n.X, chain), " && "...)
		return appendOperand(b, n.Y, false)
	case *Or:
		_, chain := n.X.(*Or)
		b = append(appendOperand(b, n.X, chain), " || "...)
		return appendOperand(b, n.Y, false)
	case *Not:
		return appendOperand(append(b, '!'), n.X, false)
	case *Tag:
		return append(b, n.Name...)
	}
	return b
}

// appendOperand puts parentheses around everything but a tag, a negation, and
// what is bare for another reason.
func appendOperand(b []byte, n Node, bare bool) []byte {
	switch n.(type) {
	case *Tag, *Not:
		bare = true
	}
	if bare {
		return appendNode(b, n)
	}
	return append(appendNode(append(b, '('), n), ')')
}
