package browser

import (
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/fanfare-hub/fanfare/internal/clock"
)

const (
	// vapidLife is half of what RFC 8292 §2 allows, so that a push service whose
	// clock is hours off still takes the token.
	vapidLife = 12 * time.Hour
	// vapidMargin is how long before its end a token is replaced.
	vapidMargin = time.Hour
	// minVapidAge is how old a token is before its refusal makes us sign another:
	// an endpoint that refuses everything must not make us sign for each message.
	minVapidAge = time.Minute
	// maxOrigins bounds the tokens that are kept. Four origins have nearly all
	// browsers.
	maxOrigins = 1000
)

// vapid signs the tokens of one key, one for each origin of endpoints, and uses
// each again until shortly before it ends. It is safe for concurrent use.
type vapid struct {
	cfg   *config
	clock clock.Clock

	mu     sync.Mutex
	tokens map[string]vapidToken // by origin
}

type vapidToken struct {
	header string // Authorization
	minted time.Time
}

func newVapid(cfg *config, c clock.Clock) *vapid {
	return &vapid{cfg: cfg, clock: c, tokens: map[string]vapidToken{}}
}

// authorization returns the header for an origin. fresh asks for another than
// the last one, which was refused.
func (v *vapid) authorization(origin string, fresh bool) (string, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	now := v.clock.Now()
	t, known := v.tokens[origin]
	age := now.Sub(t.minted).Abs() // a clock that is set back does not make a token young
	if known && age < vapidLife-vapidMargin && (!fresh || age < minVapidAge) {
		return t.header, nil
	}
	header, err := v.sign(origin, now.Add(vapidLife))
	if err != nil {
		return "", err
	}
	if !known && len(v.tokens) >= maxOrigins {
		clear(v.tokens)
	}
	v.tokens[origin] = vapidToken{header: header, minted: now}
	return header, nil
}

// sign makes the vapid scheme's credentials (RFC 8292 §3): a JWT signed with
// ES256 (RFC 7518 §3.4), and the key that verifies it.
func (v *vapid) sign(origin string, expires time.Time) (string, error) {
	signed, err := signingInput(origin, v.cfg.subject, expires)
	if err != nil {
		return "", err
	}
	digest := sha256.Sum256([]byte(signed))
	r, s, err := ecdsa.Sign(rand.Reader, v.cfg.key, digest[:])
	if err != nil {
		return "", fmt.Errorf("signing a VAPID token: %w", err)
	}
	signature := make([]byte, 2*scalarBytes)
	r.FillBytes(signature[:scalarBytes])
	s.FillBytes(signature[scalarBytes:])
	return "vapid t=" + signed + "." + base64.RawURLEncoding.EncodeToString(signature) + ", k=" + v.cfg.public, nil
}

// signingInput is header and claims in the order of RFC 8292 §2.4.
func signingInput(audience, subject string, expires time.Time) (string, error) {
	var claims strings.Builder
	e := json.NewEncoder(&claims)
	e.SetEscapeHTML(false)
	err := e.Encode(struct {
		Audience string `json:"aud"`
		Expires  int64  `json:"exp"`
		Subject  string `json:"sub"`
	}{audience, expires.Unix(), subject})
	if err != nil {
		return "", fmt.Errorf("encoding a VAPID token: %w", err)
	}
	b64 := base64.RawURLEncoding.EncodeToString
	return b64([]byte(`{"typ":"JWT","alg":"ES256"}`)) + "." + b64([]byte(strings.TrimSuffix(claims.String(), "\n"))), nil
}
