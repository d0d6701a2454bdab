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
	"net/url"
	"strings"

	"github.com/fanfare-hub/fanfare/internal/hub"
)

// The origins of Apple's two environments.
const (
	production = "https://api.push.apple.com:443"
	sandbox    = "https://api.sandbox.push.apple.com:443"
)

// config is a credential that was read and found good.
type config struct {
	key      *ecdsa.PrivateKey
	keyID    string
	teamID   string
	bundleID string
	origin   string // the environment that the credential names
	other    string // the other one
}

// Check says what is wrong with a credential.
func Check(cred hub.Credential) error {
	_, err := parseConfig(cred.Properties)
	return err
}

// parseConfig reads the properties under Azure's names.
func parseConfig(p map[string]string) (*config, error) {
	if p["ApnsCertificate"] != "" {
		return nil, errors.New("apns: certificates are not supported: give a token key (.p8)")
	}
	c := &config{keyID: p["KeyId"], teamID: p["AppId"], bundleID: p["AppName"]}
	switch {
	case len(c.keyID) != 10:
		return nil, fmt.Errorf("apns: the key id %q is not the 10 characters that Apple gives", c.keyID)
	case len(c.teamID) != 10:
		return nil, fmt.Errorf("apns: the team id %q is not the 10 characters that Apple gives", c.teamID)
	case c.bundleID == "":
		return nil, errors.New("apns: the bundle id is missing")
	}
	var err error
	if c.key, err = parseKey(p["Token"]); err != nil {
		return nil, fmt.Errorf("apns: the token key: %w", err)
	}
	c.origin, c.other, err = environments(p["Endpoint"])
	return c, err
}

// parseKey reads a .p8 with or without its PEM lines, and with any line breaks:
// Azure's portal keeps the bare base64.
func parseKey(text string) (*ecdsa.PrivateKey, error) {
	for _, line := range []string{"-----BEGIN PRIVATE KEY-----", "-----END PRIVATE KEY-----"} {
		text = strings.ReplaceAll(text, line, "")
	}
	text = strings.Join(strings.Fields(strings.ReplaceAll(text, `\n`, "\n")), "")
	if text == "" {
		return nil, errors.New("it is missing")
	}
	der, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, errors.New("it is not base64: give the content of the .p8 file that Apple made")
	}
	key, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return nil, errors.New("it is not a PKCS#8 key: give the content of the .p8 file that Apple made")
	}
	ec, ok := key.(*ecdsa.PrivateKey)
	if !ok || ec.Curve != elliptic.P256() {
		return nil, errors.New("it is not an EC key on P-256, which APNs needs")
	}
	return ec, nil
}

// environments interprets an endpoint: Azure knows the names of the retired
// binary protocol and of Apple's HTTP/2 hosts, in both environments.
func environments(endpoint string) (origin, other string, err error) {
	lower := strings.ToLower(strings.TrimSpace(endpoint))
	if strings.Contains(lower, "sandbox") || strings.Contains(lower, "development") {
		return sandbox, production, nil
	}
	host := strings.TrimPrefix(lower, "https://")
	if host == "" || strings.HasPrefix(host, "gateway.push.apple.com") || strings.HasPrefix(host, "api.push.apple.com") {
		return production, sandbox, nil
	}
	u, err := url.Parse(lower)
	if err != nil || u.Scheme != "https" || u.Hostname() == "" {
		return "", "", fmt.Errorf("apns: the endpoint %q is neither one of Apple's nor an https URL", endpoint)
	}
	if u.Port() == "" {
		u.Host += ":443"
	}
	custom := "https://" + u.Host
	return custom, custom, nil
}
