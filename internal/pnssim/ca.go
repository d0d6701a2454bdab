package pnssim

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"strings"
	"sync"
	"time"
)

// CA signs a certificate for each server name that is asked for. Several Sims
// may share one.
type CA struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	leaf *ecdsa.PrivateKey // of all certificates
	pem  []byte
	pool *x509.CertPool

	mu     sync.Mutex
	issued map[string]*tls.Certificate
}

// maxIssued bounds the certificates that are kept.
const maxIssued = 1000

// NewCA makes a certificate authority that lives for a year.
func NewCA() (*CA, error) {
	c := &CA{issued: map[string]*tls.Certificate{}, pool: x509.NewCertPool()}
	var err error
	if c.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		return nil, err
	}
	if c.leaf, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		Subject:   pkix.Name{CommonName: "Fanfare simulated push services"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(1, 0, 0),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &c.key.PublicKey, c.key)
	if err != nil {
		return nil, err
	}
	if c.cert, err = x509.ParseCertificate(der); err != nil {
		return nil, err
	}
	c.pem = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	c.pool.AddCert(c.cert)
	return c, nil
}

// certificate is a tls.Config's GetCertificate.
func (c *CA) certificate(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	name := strings.ToLower(hello.ServerName)
	c.mu.Lock()
	defer c.mu.Unlock()
	if cert := c.issued[name]; cert != nil {
		return cert, nil
	}
	template := &x509.Certificate{
		Subject: pkix.Name{CommonName: "simulated"}, DNSNames: []string{name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: c.cert.NotAfter,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, c.cert, &c.leaf.PublicKey, c.key)
	if err != nil {
		return nil, fmt.Errorf("pnssim: a certificate for %q: %w", name, err)
	}
	if len(c.issued) == maxIssued {
		clear(c.issued)
	}
	cert := &tls.Certificate{Certificate: [][]byte{der, c.cert.Raw}, PrivateKey: c.leaf}
	c.issued[name] = cert
	return cert, nil
}
