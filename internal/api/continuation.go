package api

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/fanfare-hub/fanfare/internal/store"
)

// scope is what a continuation token belongs to: one list of one hub.
type scope struct {
	hubID  int64
	filter store.RegistrationFilter
}

// The parts of a token: a registration's number, and a sum that ties it to its
// scope.
const (
	numberBytes = 8
	sumBytes    = 4
)

// token is where a list goes on: after a registration's number. It has only
// characters that no client escapes, since clients escape it once, twice or not
// at all. It is no secret; the sum finds tokens that were damaged, or that
// belong to another list.
func (s scope) token(after int64) string {
	b := binary.BigEndian.AppendUint64(nil, uint64(after))
	return base64.RawURLEncoding.EncodeToString(append(b, s.sum(b)...))
}

// parse returns the number in a token.
func (s scope) parse(token string) (int64, error) {
	b, err := base64.RawURLEncoding.Strict().DecodeString(token)
	// The decoder passes over line breaks; a token has none.
	if err != nil || strings.ContainsAny(token, "\r\n") || len(b) != numberBytes+sumBytes || string(s.sum(b[:numberBytes])) != string(b[numberBytes:]) {
		return 0, badRequest("The continuation token is not valid for this list.")
	}
	return int64(binary.BigEndian.Uint64(b)), nil
}

func (s scope) sum(number []byte) []byte {
	// %q keeps the fields apart.
	h := sha256.Sum256(fmt.Appendf(nil, "%d %q %q %q %q %x", s.hubID, s.filter.Tag, s.filter.Handle, s.filter.P256DH, s.filter.Auth, number))
	return h[:sumBytes]
}
