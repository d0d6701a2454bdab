package template

import "fmt"

// sentence is an error that a client is shown as it stands. Where Azure's
// validator has a sentence, it is that one.
type sentence string

func (s sentence) Error() string { return string(s) }

func refuse(format string, args ...any) error { return sentence(fmt.Sprintf(format, args...)) }

// malformed is a body that cannot be read at all.
func malformed(format string, args ...any) error {
	return refuse("Failed to deserialize the body template: "+format, args...)
}
