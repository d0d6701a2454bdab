package pns

import (
	"bytes"
	"regexp"

	"github.com/fanfare-hub/fanfare/internal/hub"
)

// Refused is the result of every device of a message that its service would
// refuse from everybody, and of a device whose handle cannot be one.
func Refused(o hub.Outcome, why string) *Result {
	return &Result{Class: Body, Outcome: o, Unasked: true, Reason: Reason(why)}
}

// Stray is the result of a device whose handle leads where Fanfare does not
// connect to. Its service has said nothing of it, so it stays.
func Stray(why string) *Result {
	r := Refused(hub.BadChannel, why)
	r.Astray = true
	return r
}

// ValidHeaderValue reports whether a value can stand in a header (RFC 9110
// §5.5). A template's properties may hold anything.
func ValidHeaderValue(v string) bool {
	for i := range len(v) {
		if v[i] < ' ' && v[i] != '\t' || v[i] == 0x7f {
			return false
		}
	}
	return true
}

var (
	declaration = regexp.MustCompile(`^\s*<\?xml\s[^?]*\?>`)
	encoding    = regexp.MustCompile(`(?i)(encoding\s*=\s*)("utf-16"|'utf-16')`)
)

// UTF8Declared mends the XML declaration of the .NET SDK, which says utf-16
// over bytes that are UTF-8: a parser that believed it would refuse the body,
// which is not changed but copied.
func UTF8Declared(body []byte) []byte {
	text := bytes.TrimPrefix(body, []byte("\ufeff"))
	d := declaration.Find(text)
	if d == nil || !encoding.Match(d) {
		return body
	}
	mended := encoding.ReplaceAll(d, []byte(`${1}"utf-8"`))
	return append(mended, text[len(d):]...)
}
