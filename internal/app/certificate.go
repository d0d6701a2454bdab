package app

import (
	"crypto/x509"
	"fmt"
	"time"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pns"
)

// certificateNames are the properties that hold a certificate, under Azure's
// names; its password is always CertificateKey.
var certificateNames = map[hub.Platform]string{hub.APNs: "ApnsCertificate", hub.MPNS: "MpnsCertificate"}

// certificateOf returns a credential's certificate; nil: it has none that can
// be read.
func certificateOf(cred hub.Credential) *x509.Certificate {
	text := cred.Properties[certificateNames[cred.Platform]]
	if text == "" {
		return nil
	}
	pair, err := pns.ParseCertificate(text, cred.Properties["CertificateKey"])
	if err != nil {
		return nil
	}
	return pair.Leaf
}

const day = 24 * time.Hour

// certificateWarnings says, with growing urgency, that a credential's
// certificate expires within 30, 7 or 1 days, or has expired.
func certificateWarnings(now time.Time, cred hub.Credential) []string {
	cert := certificateOf(cred)
	if cert == nil {
		return nil
	}
	left := cert.NotAfter.Sub(now)
	date := cert.NotAfter.UTC().Format(time.DateOnly)
	switch {
	case left < 0:
		return []string{fmt.Sprintf("the certificate expired on %s: nothing is sent until there is a new one", date)}
	case left <= day:
		return []string{fmt.Sprintf("the certificate expires on %s, within a day: nothing is sent after that", date)}
	case left <= 7*day:
		return []string{fmt.Sprintf("the certificate expires on %s, within 7 days: it is time for a new one", date)}
	case left <= 30*day:
		return []string{fmt.Sprintf("the certificate expires on %s, within 30 days: make a new one", date)}
	}
	return nil
}

// warnOfCertificates logs what is soon to expire among the configuration's
// credentials.
func (a *App) warnOfCertificates() {
	for _, h := range a.cfg.Hubs {
		for _, c := range h.Credentials {
			for _, w := range certificateWarnings(a.opts.Clock.Now(), c) {
				a.opts.Log.Warn(w, "hub", h.Name, "platform", c.Platform)
			}
		}
	}
}
