// Package mpns delivers through the Microsoft Push Notification Service for
// Windows Phone: one HTTP/1.1 POST to each device's own channel URI, with the
// app's client certificate if it has one. Microsoft has retired the service: it
// is delivered to where it, or a relay in its place, can be reached.
package mpns

import (
	"crypto/tls"
	"errors"
	"fmt"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pns"
)

// config is a parsed MpnsCredential: Azure's properties MpnsCertificate, base64
// of a .pfx file, and CertificateKey, its password. Without both, the app has
// unauthenticated channels, which take some hundred notifications a day.
type config struct {
	certificates []tls.Certificate // one, or none
}

// Check says what is wrong with a credential, or nil.
func Check(cred hub.Credential) error {
	_, err := parseConfig(cred.Properties)
	return err
}

func parseConfig(p map[string]string) (config, error) {
	file, password := p["MpnsCertificate"], p["CertificateKey"]
	switch {
	case file == "" && password == "":
		return config{}, nil
	case file == "":
		return config{}, errors.New("MPNS credential: CertificateKey is given without MpnsCertificate, the certificate whose password it is")
	}
	cert, err := pns.ParseCertificate(file, password)
	if err != nil {
		return config{}, fmt.Errorf("MPNS credential: MpnsCertificate: %w", err)
	}
	return config{certificates: []tls.Certificate{cert}}, nil
}
