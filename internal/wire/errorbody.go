package wire

import (
	"bytes"
	"strconv"
)

// AppendError writes the body of an error: no declaration, no namespace, and
// Code, the HTTP status, before Detail: the .NET SDK reads the two in that
// order.
func AppendError(b []byte, code int, detail string) []byte {
	b = append(b, "<Error>"...)
	b = appendElement(b, "Code", strconv.Itoa(code))
	b = appendElement(b, "Detail", detail)
	return append(b, "</Error>"...)
}

// DecodeErrorBody reads the body of an error. ok is false if it is none: some
// errors of the service have no body, or another.
func DecodeErrorBody(body []byte) (code int, detail string, ok bool) {
	m, err := readMembers(bytes.NewReader(body), "Error")
	if err != nil {
		return 0, "", false
	}
	n := m.number("Code")
	detail = m.text("Detail")
	if m.err != nil || n < 100 || n > 999 {
		return 0, "", false
	}
	return int(n), detail, true
}
