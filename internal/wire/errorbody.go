package wire

import (
	"bytes"
	"strconv"
	"strings"
)

// AppendError writes the body of an error: no declaration, no namespace, Code
// before Detail, as the .NET SDK reads it.
func AppendError(b []byte, code int, detail string) []byte {
	b = append(b, "<Error>"...)
	b = appendElement(b, "Code", strconv.Itoa(code))
	b = appendElement(b, "Detail", detail)
	return append(b, "</Error>"...)
}

// DecodeErrorBody reads the body of an error; ok is false if it is none, as some
// errors of the service have no body or another.
func DecodeErrorBody(body []byte) (code int, detail string, ok bool) {
	n, err := readXML(bytes.NewReader(body))
	if err != nil || n.name != "Error" {
		return 0, "", false
	}
	code, err = strconv.Atoi(strings.TrimSpace(n.find("Code")))
	return code, n.find("Detail"), err == nil
}
