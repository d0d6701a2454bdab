package tagexpr

// kind is what a token is; the operators are in order of their strength.
type kind uint8

const (
	endOfText kind = iota
	or
	and
	not
	open
	closing
	tag
)

// token is one piece of an expression.
type token struct {
	kind   kind
	text   string
	offset int
}
