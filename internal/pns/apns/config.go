// Package apns delivers through the Apple Push Notification service, with
// token authentication.
package apns

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"github.com/fanfare-hub/fanfare/internal/hub"
)

// config is a credential that was read and found good.
type config struct {
	key      *ecdsa.PrivateKey
	keyID    string
	teamID   string
	bundleID string
	origin   string // the environment that the credential names
	other    string // the other one; "": there is none
}

// Check says what is wrong with a credential.
func Check(cred hub.Credential) error {
	_, err := parseConfig(cred.Properties)
	return err
}

// parseConfig reads the properties under Azure's names. Its errors show the
// beginning of a value at most: it may be a secret in the wrong place.
func parseConfig(p map[string]string) (*config, error) {
	if p["ApnsCertificate"] != "" || p["CertificateKey"] != "" {
		return nil, errors.New("apns: certificates are not supported: give a token key (.p8)")
	}
	c := &config{keyID: p["KeyId"], teamID: p["AppId"], bundleID: p["AppName"]}
	switch {
	case !isAppleID(c.keyID):
		return nil, fmt.Errorf("apns: the key id %.12q is not the 10 letters and digits that Apple gives", c.keyID)
	case !isAppleID(c.teamID):
		return nil, fmt.Errorf("apns: the team id %.12q is not the 10 letters and digits that Apple gives", c.teamID)
	case c.bundleID == "":
		return nil, errors.New("apns: the bundle id is missing")
	case !onlyOf(c.bundleID, letters+digits+"-.") || len(c.bundleID) > maxBundleID:
		return nil, fmt.Errorf("apns: the bundle id %.40q is not one: it has at most 155 letters, digits, hyphens and periods", c.bundleID)
	}
	var err error
	if c.key, err = parseKey(p["Token"]); err != nil {
		return nil, fmt.Errorf("apns: the token key: %w", err)
	}
	if c.origin, c.other, err = environments(p["Endpoint"]); err != nil {
		return nil, fmt.Errorf("apns: the endpoint: %w", err)
	}
	return c, nil
}

const (
	letters     = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	digits      = "0123456789"
	appleID     = 10  // characters of a key id and a team id
	maxBundleID = 155 // characters
)

func isAppleID(s string) bool {
	return len(s) == appleID && onlyOf(s, letters+digits)
}

func onlyOf(s, set string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return !strings.ContainsRune(set, r) }) < 0
}

// parseKey reads a .p8 with or without its PEM lines, and with any line breaks:
// Azure's portal keeps the bare base64. No error holds any of it.
func parseKey(text string) (*ecdsa.PrivateKey, error) {
	text = strings.ReplaceAll(text, `\n`, "\n")
	for _, line := range []string{"-----BEGIN PRIVATE KEY-----", "-----END PRIVATE KEY-----"} {
		text = strings.ReplaceAll(text, line, "")
	}
	text = strings.Join(strings.Fields(text), "")
	switch {
	case text == "":
		return nil, errors.New("it is missing")
	case strings.Contains(text, "-----"):
		return nil, errors.New("its PEM block is not a PRIVATE KEY: give the content of the .p8 file that Apple made")
	}
	der, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(text, "="))
	if err != nil {
		return nil, errors.New("it is not base64: give the content of the .p8 file that Apple made")
	}
	key, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return nil, errors.New("it is not a PKCS#8 key: give the content of the .p8 file that Apple made")
	}
	ec, ok := key.(*ecdsa.PrivateKey)
	switch {
	case !ok:
		return nil, fmt.Errorf("it is a %T, not an EC key on P-256, which APNs needs", key)
	case ec.Curve != elliptic.P256():
		return nil, fmt.Errorf("it is on %s, not an EC key on P-256, which APNs needs", ec.Curve.Params().Name)
	}
	return ec, nil
}
