package hub

import "fmt"

// Invalid says what is wrong with a value that a client gave, in a sentence
// that can be sent to it.
type Invalid struct{ Msg string }

func (e *Invalid) Error() string { return e.Msg }

func invalid(format string, args ...any) error { return &Invalid{fmt.Sprintf(format, args...)} }
