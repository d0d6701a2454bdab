package pnssim

import (
	"crypto/rand"
	"encoding/binary"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// readForm reads a form that is posted: every field once, in UTF-8, as services
// that sign or count their fields want it. why is empty if it is in order.
func readForm(w http.ResponseWriter, r *http.Request, most int64) (f url.Values, why string) {
	contentType, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	if strings.TrimSpace(contentType) != "application/x-www-form-urlencoded" {
		return nil, "the Content-Type is not application/x-www-form-urlencoded"
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, most))
	if err != nil {
		return nil, "the request is too long"
	}
	f, err = url.ParseQuery(string(body))
	if err != nil {
		return nil, "the form is malformed"
	}
	for name, values := range f {
		if len(values) != 1 || strings.ToValidUTF8(values[0], "") != values[0] {
			return nil, "the field " + name + " is there twice, or is not UTF-8"
		}
	}
	return f, ""
}

// wholeNumber reports whether a field is absent, or a whole number between two.
func wholeNumber(f url.Values, name string, low, high int64) bool {
	if !f.Has(name) {
		return true
	}
	n, ok := parseInt(f.Get(name))
	return ok && n >= low && n <= high
}

func parseInt(s string) (n int64, ok bool) {
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil
}

// isHTTPStatus tells the codes of the word answer that are HTTP's from those
// of a service's own.
func isHTTPStatus(code int) bool { return code >= 200 && code <= 599 }

// randomNumber is an id of up to ten digits.
func randomNumber() uint64 {
	var b [4]byte
	rand.Read(b[:]) //nolint:errcheck // never fails
	return uint64(binary.BigEndian.Uint32(b[:])) + 1
}
