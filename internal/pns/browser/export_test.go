package browser

import (
	"crypto/ecdh"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pns"
)

// Classify is classify.
var Classify = classify

// SigningInput is signingInput.
var SigningInput = signingInput

// The limits.
const (
	MaxOrigins      = maxOrigins
	RequestsPerConn = requestsPerConn
)

// Prepare returns the headers that a message gets.
func Prepare(m *pns.Message, now time.Time) (http.Header, *pns.Result) {
	p, no := prepare(m, now)
	if no != nil {
		return nil, no
	}
	return p.header, nil
}

// Seal encrypts with a key pair and a salt of the test's own.
func Seal(plaintext []byte, keys *hub.BrowserKeys, key *ecdh.PrivateKey, salt []byte) ([]byte, error) {
	to, err := parseRecipient(keys)
	if err != nil {
		return nil, err
	}
	return seal(plaintext, to, key, salt)
}

// Authorize signs for an origin, and returns for how many tokens are kept.
func Authorize(t testing.TB, c pns.Connector, origin string) int {
	t.Helper()
	v := c.(*connector).vapid
	if _, err := v.authorization(origin, false); err != nil {
		t.Fatal(err)
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	return len(v.tokens)
}

// Pauses has n origins ask for a pause, and
// returns how many are kept.
func Pauses(n int, wait time.Duration) int {
	var p pauses
	now := time.Unix(0, 0)
	for i := range n {
		p.add(strconv.Itoa(i), wait, now)
	}
	return len(p.until)
}
