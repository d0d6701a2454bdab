package fcm

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"time"

	"github.com/fanfare-hub/fanfare/internal/pns"
)

const (
	tokenURL = "https://oauth2.googleapis.com/token"
	scope    = "https://www.googleapis.com/auth/firebase.messaging"
	grant    = "urn:ietf:params:oauth:grant-type:jwt-bearer" // RFC 7523 §2.1

	// assertionLife is the most that Google allows.
	assertionLife = time.Hour
	// skew is how far Google's clock may be behind ours.
	skew = 10 * time.Second
)

// jwtHeader is {"alg":"RS256","typ":"JWT"} in base64url.
var jwtHeader = base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"RS256","typ":"JWT"}`))

// tokenRequest asks for an access token with a signed assertion, as Google's
// "OAuth 2.0 for server to server applications" says.
func (c *config) tokenRequest(now time.Time) (pns.TokenRequest, error) {
	jwt, err := c.assertion(now)
	if err != nil {
		return pns.TokenRequest{}, err
	}
	return pns.TokenRequest{URL: tokenURL, Form: url.Values{"grant_type": {grant}, "assertion": {jwt}}}, nil
}

// assertion is a JWT signed with RS256 (RFC 7515, RFC 7518 §3.3).
func (c *config) assertion(now time.Time) (string, error) {
	issued := now.Add(-skew)
	claims, err := json.Marshal(struct {
		Issuer   string `json:"iss"`
		Scope    string `json:"scope"`
		Audience string `json:"aud"`
		Issued   int64  `json:"iat"`
		Expires  int64  `json:"exp"`
	}{c.email, scope, tokenURL, issued.Unix(), issued.Add(assertionLife).Unix()})
	if err != nil {
		return "", fmt.Errorf("encoding the assertion: %w", err)
	}
	signed := jwtHeader + "." + base64.RawURLEncoding.EncodeToString(claims)
	digest := sha256.Sum256([]byte(signed))
	signature, err := rsa.SignPKCS1v15(rand.Reader, c.key, crypto.SHA256, digest[:])
	if err != nil {
		return "", fmt.Errorf("signing the assertion: %w", err)
	}
	return signed + "." + base64.RawURLEncoding.EncodeToString(signature), nil
}
