package pnssim

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"encoding/base64"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// BrowserCredential is a VAPID key pair, under Azure's property names. The
// subscriptions of Subscribe are made with it, and so is every endpoint that
// nobody has subscribed.
func (s *Sim) BrowserCredential() map[string]string { return vapidCredential(s.accounts.vapid) }

// ForeignBrowserCredential is another pair: no subscription is made with it,
// but those of SubscribeAt that ask for it.
func (s *Sim) ForeignBrowserCredential() map[string]string {
	return vapidCredential(s.accounts.vapidStranger)
}

func vapidCredential(k *ecdsa.PrivateKey) map[string]string {
	private, err := k.Bytes()
	if err != nil {
		panic("pnssim: a key that was made here: " + err.Error())
	}
	return map[string]string{
		"Subject": "mailto:push@fanfare.example", "VapidPublicKey": vapidPublic(k), "VapidPrivateKey": base64.RawURLEncoding.EncodeToString(private),
	}
}

func vapidPublic(k *ecdsa.PrivateKey) string {
	public, err := k.PublicKey.Bytes()
	if err != nil {
		panic("pnssim: a key that was made here: " + err.Error())
	}
	return base64.RawURLEncoding.EncodeToString(public)
}

// maxVapidLife is how far ahead a token may end (RFC 8292 §2).
const maxVapidLife = 24 * time.Hour

// checkVapid checks the sender's token (RFC 8292 §2, §3), and that its key is
// the one that the subscription was made with (§4.2).
func (s *Sim) checkVapid(r *http.Request, endpoint string) (status int, why string) {
	scheme, rest, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "vapid") {
		return http.StatusUnauthorized, "The subscription needs a VAPID token"
	}
	params := map[string]string{}
	for part := range strings.SplitSeq(rest, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		params[name] = value
	}
	point, err := base64.RawURLEncoding.DecodeString(params["k"])
	if err != nil {
		return http.StatusForbidden, "The parameter k is not base64url"
	}
	key, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point)
	if err != nil {
		return http.StatusForbidden, "The parameter k is not an uncompressed point on P-256"
	}
	if why := s.checkVapidToken(r, params["t"], key); why != "" {
		return http.StatusForbidden, why
	}
	if params["k"] != s.boundKey(endpoint) {
		return http.StatusForbidden, "The subscription was made with another key"
	}
	return 0, ""
}

func (s *Sim) checkVapidToken(r *http.Request, token string, key *ecdsa.PublicKey) (why string) {
	claims := jwt.MapClaims{}
	audience := "https://" + strings.TrimSuffix(strings.ToLower(r.Host), ":443")
	_, err := jwt.ParseWithClaims(token, claims, func(*jwt.Token) (any, error) { return key, nil },
		jwt.WithValidMethods([]string{"ES256"}), jwt.WithTimeFunc(s.cfg.Clock.Now), jwt.WithAudience(audience), jwt.WithExpirationRequired())
	switch {
	case errors.Is(err, jwt.ErrTokenExpired):
		return "The token has expired"
	case errors.Is(err, jwt.ErrTokenInvalidAudience):
		return "The token's aud is not the endpoint's origin"
	case errors.Is(err, jwt.ErrTokenSignatureInvalid):
		return "The token's signature is not good"
	case err != nil:
		return "The token is not one of ES256 with aud and exp"
	}
	expires, err := claims.GetExpirationTime()
	if err != nil || expires.Sub(s.cfg.Clock.Now()) > maxVapidLife {
		return "The token's exp is more than 24 hours ahead"
	}
	subject, err := claims.GetSubject()
	if err != nil || !contact(subject) {
		return "The token's sub is neither a mailto: nor an https: URI"
	}
	return ""
}

// contact reports whether a sender can be reached at sub (RFC 8292 §2.1).
func contact(sub string) bool {
	if address, ok := strings.CutPrefix(sub, "mailto:"); ok {
		user, domain, _ := strings.Cut(address, "@")
		return user != "" && domain != "" && !strings.ContainsAny(address, " <>")
	}
	host, ok := strings.CutPrefix(sub, "https://")
	return ok && host != ""
}
