package apns

import (
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"sync"
	"time"

	"github.com/fanfare-hub/fanfare/internal/clock"
)

// A provider token is good for an hour, and may be changed once in 20 minutes.
const (
	renewAfter = 50 * time.Minute
	renewMost  = 20 * time.Minute
)

// tokens mints the provider tokens of one key (RFC 7519, ES256), one at a time
// for everybody.
type tokens struct {
	cfg   *config
	clock clock.Clock

	mu     sync.Mutex
	token  string
	minted time.Time
}

// get returns the token in use. fresh asks for a newer one, which APNs takes at
// most once in 20 minutes: before that the one in use is returned.
func (t *tokens) get(fresh bool) (string, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.clock.Now()
	age := now.Sub(t.minted).Abs() // a clock that is set back is no reason for a new token
	if t.token != "" && age < renewAfter && (!fresh || age < renewMost) {
		return t.token, nil
	}
	token, err := mint(t.cfg, now)
	if err != nil {
		return "", err
	}
	t.token, t.minted = token, now
	return token, nil
}

func mint(c *config, now time.Time) (string, error) {
	enc := base64.RawURLEncoding
	head := enc.EncodeToString(fmt.Appendf(nil, `{"alg":"ES256","kid":%q}`, c.keyID))
	claims := enc.EncodeToString(fmt.Appendf(nil, `{"iss":%q,"iat":%d}`, c.teamID, now.Unix()))
	sum := sha256.Sum256([]byte(head + "." + claims))
	r, s, err := ecdsa.Sign(rand.Reader, c.key, sum[:])
	if err != nil {
		return "", fmt.Errorf("apns: signing a provider token: %w", err)
	}
	const half = 32 // RFC 7518 §3.4
	sig := make([]byte, 2*half)
	r.FillBytes(sig[:half])
	s.FillBytes(sig[half:])
	return head + "." + claims + "." + enc.EncodeToString(sig), nil
}
