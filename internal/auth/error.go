package auth

// Code says what is wrong with a token: the names of Azure's sub-codes 40102
// to 40106, or MissingRight.
type Code string

// The codes.
const (
	MissingToken     Code = "MissingToken"
	MalformedToken   Code = "MalformedToken"
	InvalidSignature Code = "InvalidSignature"
	InvalidAudience  Code = "InvalidAudience"
	ExpiredToken     Code = "ExpiredToken"
	MissingRight     Code = "" // Azure sends this sentence without a sub-code
)

// Error is why a caller is refused. Nothing in it is secret.
type Error struct {
	Code Code
	Msg  string
}

// Error returns the sentence as Azure sends it: "InvalidSignature: The token
// has an invalid signature."
func (e *Error) Error() string {
	if e.Code == MissingRight {
		return e.Msg
	}
	return string(e.Code) + ": " + e.Msg
}
