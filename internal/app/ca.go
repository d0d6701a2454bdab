package app

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

// authority is the local certificate authority of fanfare dev. It is made once
// in the data folder, so that a client that trusts it goes on doing so.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	file string // the certificate, PEM
}

// caYears is how long the authority is valid; its leaves last for a year.
const caYears = 10

func openAuthority(dir string) (*authority, error) {
	a := &authority{file: filepath.Join(dir, "ca.pem")}
	keyName := filepath.Join(dir, "ca-key.pem")
	pair, err := tls.LoadX509KeyPair(a.file, keyName)
	if errors.Is(err, fs.ErrNotExist) {
		made, err := makeAuthority()
		if err == nil {
			err = made.save(a.file, keyName)
		}
		if err != nil {
			return nil, fmt.Errorf("making the local certificate authority: %w", err)
		}
		return made, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the local certificate authority: %w", err)
	}
	key, ok := pair.PrivateKey.(*ecdsa.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("reading the local certificate authority: %s holds no EC key", keyName)
	}
	a.cert, a.key = pair.Leaf, key
	return a, nil
}

func makeAuthority() (*authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: "Fanfare local development CA"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(caYears, 0, 0),
		IsCA: true, BasicConstraintsValid: true, MaxPathLenZero: true,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, err
	}
	cert, err := x509.ParseCertificate(der)
	return &authority{cert: cert, key: key}, err
}

// save writes the authority into files that are not there.
func (a *authority) save(certName, keyName string) error {
	keyDER, err := x509.MarshalPKCS8PrivateKey(a.key)
	if err != nil {
		return err
	}
	// The key first: a certificate without its key would be found at the next start.
	if err := writeNew(keyName, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER})); err != nil {
		return err
	}
	a.file = certName
	return writeNew(certName, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.cert.Raw}))
}

// LocalCertificate makes a certificate for this machine's own names, and the
// authority that verifies it, in memory: for DevOptions.Certificate.
func LocalCertificate() (*tls.Certificate, *x509.Certificate, error) {
	ca, err := makeAuthority()
	if err != nil {
		return nil, nil, fmt.Errorf("making a certificate authority: %w", err)
	}
	leaf, err := ca.leaf()
	if err != nil {
		return nil, nil, fmt.Errorf("making a certificate: %w", err)
	}
	return leaf, ca.cert, nil
}

// leaf makes a certificate for this machine's own names.
func (a *authority) leaf() (*tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: "localhost"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(1, 0, 0),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, &key.PublicKey, a.key)
	if err != nil {
		return nil, err
	}
	return &tls.Certificate{Certificate: [][]byte{der, a.cert.Raw}, PrivateKey: key}, nil
}

// makeFolder makes the data folder, for its owner alone.
func makeFolder(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("making the data folder: %w", err)
	}
	return nil
}
