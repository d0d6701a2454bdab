// Package fcm delivers through Firebase Cloud Messaging's HTTP v1 API: one
// POST per device over HTTP/2, with an OAuth token of a service account.
package fcm

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/fanfare-hub/fanfare/internal/hub"
)

// config is a parsed FcmV1Credential: Azure's three properties ProjectId,
// ClientEmail and PrivateKey, as in the file that Firebase gives out.
type config struct {
	project string
	email   string
	key     *rsa.PrivateKey
}

// Check says what is wrong with a credential, or nil.
func Check(cred hub.Credential) error {
	_, err := parseConfig(cred.Properties)
	return err
}

var (
	// projectForm is what can stand in the send URL's path. Ids of projects
	// under a domain have a colon.
	projectForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9.:-]{0,127}$`)
	emailForm   = regexp.MustCompile(`^[!-~]{1,256}@[!-~]{1,256}$`)
)

func parseConfig(p map[string]string) (config, error) {
	c := config{project: strings.TrimSpace(p["ProjectId"]), email: strings.TrimSpace(p["ClientEmail"])}
	switch {
	case c.project == "":
		return config{}, errors.New("FCM credential: ProjectId is missing: it is project_id in the service account's file")
	case !projectForm.MatchString(c.project):
		return config{}, errors.New("FCM credential: ProjectId is not a project id: letters, digits and - only")
	case c.email == "":
		return config{}, errors.New("FCM credential: ClientEmail is missing: it is client_email in the service account's file")
	case !emailForm.MatchString(c.email):
		return config{}, errors.New("FCM credential: ClientEmail is not an e-mail address")
	}
	key, err := parseKey(p["PrivateKey"])
	if err != nil {
		return config{}, fmt.Errorf("FCM credential: PrivateKey: %w", err)
	}
	c.key = key
	return c, nil
}

const (
	// maxKeyText bounds the private key's text, in bytes; 16,384 bits have 12,000.
	maxKeyText = 32 << 10
	// minKeyBits is the least that RS256 allows (RFC 7518 §3.3).
	minKeyBits = 2048
)

// parseKey reads an RSA key in PKCS #8 or PKCS #1, as it comes out of people's
// clipboards: with line breaks, without any, with \n written out, in quotes, or
// without the PEM armour.
func parseKey(text string) (*rsa.PrivateKey, error) {
	text = strings.Trim(strings.TrimSpace(text), `"`)
	switch {
	case text == "":
		return nil, errors.New("it is missing: it is private_key in the service account's file")
	case len(text) > maxKeyText:
		return nil, fmt.Errorf("it has more than %d bytes", maxKeyText)
	case strings.HasPrefix(text, "{"):
		return nil, errors.New("it is JSON: give only the value of private_key from the service account's file")
	}
	label, body, err := unarmour(text)
	switch {
	case err != nil:
		return nil, err
	case strings.Contains(label, "ENCRYPTED"):
		return nil, errors.New("it is encrypted: give the key without a password")
	case label != "" && !strings.HasSuffix(label, "PRIVATE KEY"):
		return nil, fmt.Errorf("it is PEM of a %s, not of a private key", strings.ToLower(label))
	}
	der, err := base64.StdEncoding.DecodeString(body)
	if err != nil {
		return nil, errors.New("what is between the BEGIN and END lines is not base64")
	}
	return parseDER(der)
}

var (
	armour = regexp.MustCompile(`^-----BEGIN ([A-Z0-9 ]{1,40})-----(.*?)-----END [A-Z0-9 ]{1,40}-----$`)
	blanks = strings.NewReplacer(`\r`, "", `\n`, "", "\r", "", "\n", "", "\t", "", " ", "")
)

// unarmour takes the BEGIN and END lines off, and every line break and blank
// out of the rest.
func unarmour(text string) (label, body string, err error) {
	joined := strings.NewReplacer(`\r`, "", `\n`, "", "\r", "", "\n", "").Replace(text)
	if m := armour.FindStringSubmatch(strings.TrimSpace(joined)); m != nil {
		return m[1], blanks.Replace(m[2]), nil
	}
	if strings.Contains(text, "-----") {
		return "", "", errors.New("its BEGIN or END line is missing or damaged")
	}
	return "", blanks.Replace(text), nil
}

func parseDER(der []byte) (*rsa.PrivateKey, error) {
	key, err := x509.ParsePKCS1PrivateKey(der)
	if err != nil {
		parsed, err := x509.ParsePKCS8PrivateKey(der)
		if err != nil {
			return nil, errors.New("it is neither PKCS #8 nor PKCS #1")
		}
		var ok bool
		if key, ok = parsed.(*rsa.PrivateKey); !ok {
			return nil, errors.New("it is not an RSA key")
		}
	}
	if key.N.BitLen() < minKeyBits {
		return nil, fmt.Errorf("it has %d bits, at least %d are needed", key.N.BitLen(), minKeyBits)
	}
	return key, nil
}
