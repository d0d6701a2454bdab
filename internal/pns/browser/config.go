// Package browser delivers Web Push messages (RFC 8030): one POST to each
// subscription's own endpoint, encrypted for its browser (RFC 8291) and signed
// with the hub's VAPID key (RFC 8292).
//
// It stands on net/http's own HTTP/1.1 and HTTP/2 client and not on package h2.
// An endpoint can be at any host, and only the TLS handshake tells which of the
// two that host speaks; every message has a body and an encryption of its own,
// some 100 µs of arithmetic beside which the sender costs little; and what
// bounds us are connections in total over hosts that strangers name, where h2
// owns a set of connections to one.
package browser

import (
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"encoding/base64"
	"errors"
	"net/mail"
	"net/url"
	"strings"

	"github.com/fanfare-hub/fanfare/internal/hub"
)

// config is a parsed BrowserCredential: Azure's properties Subject,
// VapidPublicKey and VapidPrivateKey.
type config struct {
	subject string // mailto: or https:, for the operators of push services
	public  string // base64url without padding, as RFC 8292 §3.2 wants it
	key     *ecdsa.PrivateKey
}

// Check says what is wrong with a credential, or nil.
func Check(cred hub.Credential) error {
	_, err := parseConfig(cred.Properties)
	return err
}

// The lengths of keys on P-256, in bytes: an uncompressed point and a scalar.
const (
	pointBytes  = 65
	scalarBytes = 32
)

func parseConfig(p map[string]string) (*config, error) {
	c := &config{subject: strings.TrimSpace(p["Subject"])}
	if err := checkSubject(c.subject); err != nil {
		return nil, err
	}
	public, err := parseKey(p["VapidPublicKey"], "VapidPublicKey", pointBytes)
	if err != nil {
		return nil, err
	}
	if _, err := ecdh.P256().NewPublicKey(public); err != nil {
		return nil, errors.New("browser credential: VapidPublicKey is not an uncompressed point on P-256")
	}
	private, err := parseKey(p["VapidPrivateKey"], "VapidPrivateKey", scalarBytes)
	if err != nil {
		return nil, err
	}
	if c.key, err = ecdsa.ParseRawPrivateKey(elliptic.P256(), private); err != nil {
		return nil, errors.New("browser credential: VapidPrivateKey is not a private key of P-256")
	}
	own, err := c.key.PublicKey.Bytes()
	if err != nil || string(own) != string(public) {
		return nil, errors.New("browser credential: VapidPublicKey and VapidPrivateKey do not belong together")
	}
	c.public = base64.RawURLEncoding.EncodeToString(public)
	return c, nil
}

// parseKey reads base64url, padded or not. Errors never hold the key.
func parseKey(text, name string, size int) ([]byte, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return nil, errors.New("browser credential: " + name + " is missing: `npx web-push generate-vapid-keys` makes a pair")
	}
	key, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(text, "="))
	switch {
	case err != nil || strings.ContainsAny(text, "\r\n"):
		return nil, errors.New("browser credential: " + name + " is not base64url")
	case len(key) != size && size == pointBytes:
		return nil, errors.New("browser credential: VapidPublicKey is not a public key of 65 bytes")
	case len(key) != size:
		return nil, errors.New("browser credential: VapidPrivateKey is not a private key of 32 bytes")
	}
	return key, nil
}

// checkSubject holds the contact against RFC 8292 §2.1. Apple refuses every
// message under one that is not well formed.
func checkSubject(s string) error {
	if s == "" {
		return errors.New("browser credential: Subject is missing: mailto:you@example.com or https://example.com/contact, for the operators of push services")
	}
	if address, ok := strings.CutPrefix(s, "mailto:"); ok {
		if a, err := mail.ParseAddress(address); err != nil || a.Address != address {
			return errors.New("browser credential: Subject is not mailto: and an address, as in mailto:you@example.com")
		}
		return nil
	}
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "https" || u.Hostname() == "" || u.User != nil {
		return errors.New("browser credential: Subject is neither mailto: with an address nor an https: URL")
	}
	return nil
}
