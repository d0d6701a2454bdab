// Package apns delivers through the Apple Push Notification service, with
// token or certificate authentication.
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

// config is a credential that was read and found good: a token key or a
// certificate.
type config struct {
	key         *ecdsa.PrivateKey // nil: a certificate
	keyID       string
	teamID      string
	certificate *certificate // nil: a token key
	bundleID    string
	origin      string // the environment that the credential names
	other       string // the other one; "": there is none
}

// Check says what is wrong with a credential. A certificate that has expired
// passes: it was right once, and the hub must start with it all the same.
func Check(cred hub.Credential) error {
	_, err := parseConfig(cred.Properties)
	return err
}

// parseConfig reads the properties under Azure's names; Thumbprint is derived
// from the certificate, and not read. Its errors show the beginning of a value
// at most: it may be a secret in the wrong place.
func parseConfig(p map[string]string) (*config, error) {
	c := &config{keyID: p["KeyId"], teamID: p["AppId"], bundleID: p["AppName"]}
	token := p["Token"] != "" || c.keyID != ""
	var err error
	if c.origin, c.other, err = environments(p["Endpoint"]); err != nil {
		return nil, fmt.Errorf("apns: the endpoint: %w", err)
	}
	switch {
	case p["ApnsCertificate"] != "" && token:
		return nil, errors.New("apns: both a certificate and a token key are given: keep one of them")
	case p["ApnsCertificate"] != "":
		err = c.readCertificate(p["ApnsCertificate"], p["CertificateKey"])
	case p["CertificateKey"] != "":
		return nil, errors.New("apns: the password of a certificate is given, but no certificate")
	default:
		err = c.readToken(p["Token"])
	}
	if err != nil {
		return nil, err
	}
	return c, nil
}

func (c *config) readToken(text string) error {
	switch {
	case !isAppleID(c.keyID):
		return fmt.Errorf("apns: the key id %.12q is not the 10 letters and digits that Apple gives", c.keyID)
	case !isAppleID(c.teamID):
		return fmt.Errorf("apns: the team id %.12q is not the 10 letters and digits that Apple gives", c.teamID)
	case c.bundleID == "":
		return errors.New("apns: the bundle id is missing")
	}
	if err := checkBundleID(c.bundleID); err != nil {
		return err
	}
	var err error
	if c.key, err = parseKey(text); err != nil {
		return fmt.Errorf("apns: the token key: %w", err)
	}
	return nil
}

// readCertificate also derives what the credential leaves to the certificate:
// the bundle id, and whether there is another environment to try.
func (c *config) readCertificate(text, password string) error {
	cert, err := readCertificate(text, password)
	if err != nil {
		return fmt.Errorf("apns: the certificate: %w", err)
	}
	switch {
	case c.bundleID == "" && cert.topics == nil:
		return errors.New("apns: the certificate names no app, so it is not one for pushing: make one under Certificates in Apple's developer account")
	case c.bundleID == "":
		c.bundleID = cert.topics[0]
	}
	if err := checkBundleID(c.bundleID); err != nil {
		return err
	}
	if cert.topics != nil && cert.topicOf(c.bundleID) == "" {
		return fmt.Errorf("apns: the certificate is for %.160q, not for the bundle id %.160q", cert.topics[0], c.bundleID)
	}
	c.certificate = cert
	return c.checkEnvironment()
}

// checkEnvironment holds what a certificate says of Apple's environments
// against the endpoint.
func (c *config) checkEnvironment() error {
	cert := c.certificate
	if c.other == "" || cert.sandbox == cert.production {
		return nil
	}
	c.other = ""
	switch named := isSandbox(c.origin); {
	case named && cert.production:
		return errors.New("apns: the certificate is for production alone, and the endpoint is the sandbox: give gateway.push.apple.com")
	case !named && cert.sandbox:
		return errors.New("apns: the certificate is for the sandbox alone, and the endpoint is production: give gateway.sandbox.push.apple.com")
	}
	return nil
}

func checkBundleID(id string) error {
	if !onlyOf(id, letters+digits+"-.") || len(id) > maxBundleID {
		return fmt.Errorf("apns: the bundle id %.40q is not one: it has at most 155 letters, digits, hyphens and periods", id)
	}
	return nil
}

// topic is where a push type goes. The app of a VoIP certificate has the suffix
// in its name.
func (c *config) topic(kind string) string {
	topic := c.bundleID + topicSuffixes[kind]
	if !c.allows(topic) && strings.HasSuffix(c.bundleID, topicSuffixes[kind]) {
		return c.bundleID
	}
	return topic
}

// allows reports whether the credential opens a topic of its app, as far as can
// be known here.
func (c *config) allows(topic string) bool {
	return c.certificate == nil || c.certificate.allows(topic)
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
