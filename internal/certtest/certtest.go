// Package certtest makes certificates for tests.
package certtest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// Make makes a certificate that signs itself, with a key on P-256. It panics
// where that fails, so that it may stand outside of a test.
func Make(template *x509.Certificate) tls.Certificate {
	if template.SerialNumber == nil {
		template.SerialNumber = big.NewInt(1)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(fmt.Sprintf("making a key: %v", err))
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		panic(fmt.Sprintf("making a certificate: %v", err))
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		panic(fmt.Sprintf("reading a certificate: %v", err))
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

// Server makes the certificate of a server with these names, which is its own
// authority: it is good from 1990 to 2090, also where a test's clock stands
// elsewhere than the machine's.
func Server(names ...string) (cert tls.Certificate, roots *x509.CertPool) {
	cert = Make(&x509.Certificate{
		DNSNames:  names,
		NotBefore: time.Date(1990, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2090, 1, 1, 0, 0, 0, 0, time.UTC),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	})
	roots = x509.NewCertPool()
	roots.AddCert(cert.Leaf)
	return cert, roots
}

// PEM is a certificate and its key as files hold them.
func PEM(c tls.Certificate) (cert, key []byte) {
	der, err := x509.MarshalPKCS8PrivateKey(c.PrivateKey)
	if err != nil {
		panic(fmt.Sprintf("writing a key: %v", err))
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Certificate[0]}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}

// Write writes a certificate that is good for a year, up to notAfter, and its
// key into cert.pem and key.pem in a folder.
func Write(t testing.TB, dir string, notAfter time.Time) (cert, key string) {
	t.Helper()
	certPEM, keyPEM := PEM(Make(&x509.Certificate{NotBefore: notAfter.AddDate(-1, 0, 0), NotAfter: notAfter}))
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for name, content := range map[string][]byte{cert: certPEM, key: keyPEM} {
		if err := os.WriteFile(name, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key
}
