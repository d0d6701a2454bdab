package pnssim

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// Apple's rules for provider tokens: an hour old at most, changed on a
// connection once in 20 minutes, one team for each connection.
const (
	maxTokenAge  = time.Hour
	maxTokenSkew = 5 * time.Minute
	minTokenLife = 20 * time.Minute
)

// verdict is what was found out about a provider token; without a key it is no
// good.
type verdict struct {
	key    *appleKey
	issued time.Time
}

// tokenState is what a connection has learned of its client.
type tokenState struct {
	token   string // the last provider token that was taken
	changed time.Time
	team    string
}

// apnsApp is what a request may push to.
type apnsApp struct {
	bundle string
	topics []string // of a certificate; nil: whatever is the app's
}

func (a *apnsApp) has(topic string) bool {
	if a.topics != nil {
		return slices.Contains(a.topics, topic)
	}
	return topic == a.bundle || strings.HasPrefix(topic, a.bundle+".")
}

// topic is the one that a request names, or that goes without saying.
func (a *apnsApp) topic(named string) string {
	if named == "" && len(a.topics) == 1 {
		return a.topics[0]
	}
	return named
}

// checkProvider returns what a request may push to, or the refusal. Beside a
// certificate a token counts for nothing.
func (s *Sim) checkProvider(c *apnsConn, st *apnsStream) (app *apnsApp, status int, reason string) {
	if c.shown == nil {
		return s.checkToken(c, st)
	}
	if reason := c.shown.refusal(c.sandbox); reason != "" {
		return nil, http.StatusForbidden, reason
	}
	return c.shown.app, 0, ""
}

func (s *Sim) checkToken(c *apnsConn, st *apnsStream) (app *apnsApp, status int, reason string) {
	token, ok := strings.CutPrefix(st.one("authorization"), "bearer ")
	if !ok || token == "" {
		return nil, http.StatusForbidden, "MissingProviderToken"
	}
	v := s.verify(token)
	now := s.cfg.Clock.Now()
	switch {
	case v.key == nil || v.issued.Sub(now) > maxTokenSkew:
		return nil, http.StatusForbidden, "InvalidProviderToken"
	case now.Sub(v.issued) > maxTokenAge:
		return nil, http.StatusForbidden, "ExpiredProviderToken"
	case v.key.sandboxOnly && !c.sandbox:
		return nil, http.StatusForbidden, "BadEnvironmentKeyIdInToken"
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.token.team != "" && c.token.team != v.key.team:
		return nil, http.StatusForbidden, "InvalidProviderToken"
	case c.token.token != "" && c.token.token != token && now.Sub(c.token.changed) < minTokenLife:
		return nil, http.StatusTooManyRequests, "TooManyProviderTokenUpdates"
	case c.token.token != token:
		c.token = tokenState{token, now, v.key.team}
	}
	return &apnsApp{bundle: v.key.bundle}, 0, ""
}

// maxVerdicts bounds the provider tokens that are remembered.
const maxVerdicts = 1000

// verify checks a token's signature, once for each token.
func (s *Sim) verify(token string) verdict {
	s.mu.Lock()
	v, known := s.verdict[token]
	s.mu.Unlock()
	if known {
		return v
	}
	v = s.judge(token)
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.verdict) >= maxVerdicts {
		clear(s.verdict)
	}
	s.verdict[token] = v
	return v
}

func (s *Sim) judge(token string) verdict {
	var claims jwt.RegisteredClaims
	var key *appleKey
	_, err := jwt.ParseWithClaims(token, &claims, func(t *jwt.Token) (any, error) {
		if key = s.accounts.apple.keyOf(t.Header["kid"]); key == nil {
			return nil, jwt.ErrTokenUnverifiable
		}
		return &key.key.PublicKey, nil
	}, jwt.WithValidMethods([]string{"ES256"}), jwt.WithoutClaimsValidation())
	if err != nil || claims.Issuer != key.team || claims.IssuedAt == nil {
		return verdict{}
	}
	return verdict{key, claims.IssuedAt.Time}
}
