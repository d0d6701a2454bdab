package pnssim

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// The hosts of the token endpoints.
const (
	oauthHost = "oauth2.googleapis.com"
	liveHost  = "login.live.com"
	entraHost = "login.microsoftonline.com"
)

// access is a token that was given out.
type access struct {
	service Service
	account string // at Google
	until   time.Time
}

// The lives of access tokens, as the vendors give them.
const (
	googleLife    = 3599 * time.Second
	microsoftLife = 24 * time.Hour
	maxAccess     = 10_000
)

// grant gives out a token.
func (s *Sim) grant(svc Service, life time.Duration) string { return s.grantTo(svc, "", life) }

func (s *Sim) grantTo(svc Service, account string, life time.Duration) string {
	b := make([]byte, 32)
	rand.Read(b) //nolint:errcheck // never fails
	token := hex.EncodeToString(b)
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.access) == maxAccess {
		clear(s.access)
	}
	s.access[token] = access{svc, account, s.cfg.Clock.Now().Add(life)}
	return token
}

// granted reports whether a request carries a token that is good for a service.
func (s *Sim) granted(r *http.Request, svc Service) bool {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	s.mu.Lock()
	defer s.mu.Unlock()
	a, ok := s.access[token]
	return ok && strings.EqualFold(scheme, "bearer") && a.service == svc && s.cfg.Clock.Now().Before(a.until)
}

// grantee returns the account that a request's token was given to.
func (s *Sim) grantee(r *http.Request) string {
	_, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.access[token].account
}

func oauthError(w http.ResponseWriter, status int, code, description string) {
	writeJSON(w, status, map[string]string{"error": code, "error_description": description})
}

// googleToken is the endpoint for service accounts (RFC 7523).
func (s *Sim) googleToken(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost || r.URL.Path != "/token" {
		http.NotFound(w, r)
		return
	}
	s.count(FCM, func(n *counts) { n.tokens++ })
	if s.dictatedToken(w, FCM) {
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, 16<<10)
	if err := r.ParseForm(); err != nil || r.PostForm.Get("grant_type") != "urn:ietf:params:oauth:grant-type:jwt-bearer" {
		oauthError(w, http.StatusBadRequest, "unsupported_grant_type", "Invalid grant_type")
		return
	}
	email, code, description := s.checkAssertion(r.PostForm.Get("assertion"))
	if code != "" {
		oauthError(w, http.StatusBadRequest, code, description)
		return
	}
	writeJSON(w, http.StatusOK, map[string]any{"access_token": s.grantTo(FCM, email, googleLife), "expires_in": int(googleLife.Seconds()), "token_type": "Bearer"})
}

const fcmScope = "https://www.googleapis.com/auth/firebase.messaging"

// checkAssertion returns the account of an assertion, or Google's words for what
// is wrong with it.
func (s *Sim) checkAssertion(assertion string) (email, code, description string) {
	claims := jwt.MapClaims{}
	_, err := jwt.ParseWithClaims(assertion, claims, func(*jwt.Token) (any, error) {
		if email, _ = claims["iss"].(string); email != account && email != reader {
			return nil, jwt.ErrTokenInvalidIssuer
		}
		return &s.accounts.google.PublicKey, nil
	},
		jwt.WithValidMethods([]string{"RS256"}), jwt.WithTimeFunc(s.cfg.Clock.Now), jwt.WithLeeway(time.Minute),
		jwt.WithAudience("https://"+oauthHost+"/token"), jwt.WithExpirationRequired(), jwt.WithIssuedAt())
	issued, err1 := claims.GetIssuedAt()
	expires, err2 := claims.GetExpirationTime()
	scope, _ := claims["scope"].(string)
	const grant = "invalid_grant"
	switch {
	case errors.Is(err, jwt.ErrTokenMalformed):
		return "", grant, "Invalid JWT."
	case errors.Is(err, jwt.ErrTokenInvalidIssuer):
		return "", grant, "Invalid grant: account not found"
	case errors.Is(err, jwt.ErrTokenSignatureInvalid):
		return "", grant, "Invalid JWT Signature."
	case errors.Is(err, jwt.ErrTokenInvalidAudience):
		return "", grant, "Invalid JWT: Failed audience check."
	case err != nil, err1 != nil, err2 != nil, issued == nil, expires.Sub(issued.Time) > time.Hour:
		return "", grant, "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp values in the JWT claim."
	case !slices.Contains(strings.Fields(scope), fcmScope):
		return "", "invalid_scope", "Invalid OAuth scope or ID token audience provided."
	}
	return email, "", ""
}

// microsoftToken is both of Microsoft's endpoints for WNS.
func (s *Sim) microsoftToken(w http.ResponseWriter, r *http.Request) {
	scope := "notify.windows.com"
	entra := hostOf(r) == entraHost
	if entra {
		scope = "https://wns.windows.com/.default"
	}
	if r.Method != http.MethodPost || !entra && r.URL.Path != "/accesstoken.srf" || entra && !strings.HasSuffix(r.URL.Path, "/oauth2/v2.0/token") {
		http.NotFound(w, r)
		return
	}
	s.count(WNS, func(n *counts) { n.tokens++ })
	if s.dictatedToken(w, WNS) {
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, 16<<10)
	if err := r.ParseForm(); err != nil {
		oauthError(w, http.StatusBadRequest, "invalid_request", "The body is not a form.")
		return
	}
	f := r.PostForm
	switch {
	case f.Get("grant_type") != "client_credentials":
		oauthError(w, http.StatusBadRequest, "unsupported_grant_type", "client_credentials is expected.")
	case f.Get("scope") != scope:
		oauthError(w, http.StatusBadRequest, "invalid_scope", scope+" is expected.")
	case !strings.EqualFold(f.Get("client_id"), packageSID) || f.Get("client_secret") != wnsSecret:
		oauthError(w, http.StatusBadRequest, "invalid_client", "Invalid client id or secret")
	case entra: // this endpoint gives the life as a text
		writeJSON(w, http.StatusOK, map[string]any{"access_token": s.grant(WNS, microsoftLife), "expires_in": "86399", "token_type": "Bearer"})
	default:
		writeJSON(w, http.StatusOK, map[string]any{"access_token": s.grant(WNS, microsoftLife), "expires_in": 86400, "token_type": "bearer"})
	}
}
