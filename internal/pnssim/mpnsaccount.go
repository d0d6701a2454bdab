package pnssim

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"maps"
	"math/big"
	"net/http"
	"time"

	pkcs12 "software.sslmate.com/src/go-pkcs12"
)

const phonePassword = "simulated password"

// phoneApp is an app with authenticated channels: its certificate, as MPNS knows
// it and as the app has it.
type phoneApp struct {
	certificate *x509.Certificate
	credential  map[string]string
}

// newPhoneApp makes a certificate that lives for a year.
func newPhoneApp(name string, now time.Time) (*phoneApp, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name},
		NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(1, 0, 0),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, err
	}
	app := &phoneApp{}
	if app.certificate, err = x509.ParseCertificate(der); err != nil {
		return nil, err
	}
	file, err := pkcs12.Modern.Encode(key, app.certificate, nil, phonePassword)
	if err != nil {
		return nil, err
	}
	app.credential = map[string]string{"MpnsCertificate": base64.StdEncoding.EncodeToString(file), "CertificateKey": phonePassword}
	return app, nil
}

// MPNSCredential is an app whose certificate MPNS knows, for a year.
func (s *Sim) MPNSCredential() map[string]string { return maps.Clone(s.accounts.phone.credential) }

// ForeignMPNSCredential is an app with a certificate that MPNS does not know.
func (s *Sim) ForeignMPNSCredential() map[string]string {
	return maps.Clone(s.accounts.phoneStranger().credential)
}

// demandPhoneCertificate asks for a certificate and takes any, or none: MPNS
// refuses with a status.
func (s *Sim) demandPhoneCertificate(cfg *tls.Config) { cfg.ClientAuth = tls.RequestClientCert }

// checkCertificate returns the status with which MPNS refuses a sender, or 0.
// Channels of http are unauthenticated; those of https are of an app that shows
// its certificate.
func (s *Sim) checkCertificate(r *http.Request) int {
	switch {
	case r.TLS == nil:
		return 0
	case len(r.TLS.PeerCertificates) == 0:
		return http.StatusUnauthorized
	}
	shown := r.TLS.PeerCertificates[0]
	if !shown.Equal(s.accounts.phone.certificate) || s.cfg.Clock.Now().After(shown.NotAfter) {
		return http.StatusForbidden
	}
	return 0
}
