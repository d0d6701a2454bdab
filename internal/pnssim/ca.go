package pnssim

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"math/big"
	"strings"
	"sync"
	"time"
)

// ca signs a certificate for each server name that is asked for.
type ca struct {
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

func newCA() (*ca, error) {
	c := &ca{issued: map[string]*tls.Certificate{}, pool: x509.NewCertPool()}
	var err error
	if c.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		return nil, err
	}
	if c.leaf, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: "Fanfare simulated push services"},
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
func (c *ca) certificate(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	name := strings.ToLower(hello.ServerName)
	if cert := c.issued[name]; cert != nil {
		return cert, nil
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: "simulated"}, DNSNames: []string{name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(0, 6, 0),
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

// The identities that the services know.
const (
	appleKeyID  = "SIMKEY0001"
	appleTeam   = "SIMTEAM001"
	appleBundle = "org.example.fanfare"
	project     = "fanfare-simulated"
	account     = "push@fanfare-simulated.iam.gserviceaccount.com"
	packageSID  = "ms-app://S-1-15-2-1000000001-2000000002-3000000003-4000000004-5000000005-6000000006-7000000007"
	wnsSecret   = "simulated/secret+of=wns"
)

// keys are the accounts' keys, and ones that no service knows.
type keys struct {
	apple, strange      *ecdsa.PrivateKey
	google, strangerRSA *rsa.PrivateKey
}

// rsaKeys are made once in a process: each takes some 50 ms.
var rsaKeys = sync.OnceValues(func() ([2]*rsa.PrivateKey, error) {
	var pair [2]*rsa.PrivateKey
	for i := range pair {
		k, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			return pair, err
		}
		pair[i] = k
	}
	return pair, nil
})

func newKeys() (*keys, error) {
	pair, err := rsaKeys()
	if err != nil {
		return nil, err
	}
	k := &keys{google: pair[0], strangerRSA: pair[1]}
	if k.apple, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		return nil, err
	}
	k.strange, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	return k, err
}

// APNsCredential is an account that APNs knows, under Azure's property names.
func (s *Sim) APNsCredential() map[string]string { return apnsCredential(s.keys.apple) }

// ForeignAPNsCredential is well formed, with a key that APNs does not know.
func (s *Sim) ForeignAPNsCredential() map[string]string { return apnsCredential(s.keys.strange) }

func apnsCredential(k *ecdsa.PrivateKey) map[string]string {
	return map[string]string{
		"Token": base64.StdEncoding.EncodeToString(pkcs8(k)), "KeyId": appleKeyID, "AppId": appleTeam,
		"AppName": appleBundle, "Endpoint": "https://api.push.apple.com:443/3/device",
	}
}

// FCMCredential is a service account that Google knows.
func (s *Sim) FCMCredential() map[string]string { return fcmCredential(s.keys.google) }

// ForeignFCMCredential is well formed, with a key that Google does not know.
func (s *Sim) ForeignFCMCredential() map[string]string { return fcmCredential(s.keys.strangerRSA) }

func fcmCredential(k *rsa.PrivateKey) map[string]string {
	text := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8(k)})
	return map[string]string{"ProjectId": project, "ClientEmail": account, "PrivateKey": string(text)}
}

// WNSCredential is an app that WNS knows.
func (s *Sim) WNSCredential() map[string]string {
	return map[string]string{"PackageSid": packageSID, "SecretKey": wnsSecret}
}

// ForeignWNSCredential is an app with a secret that WNS does not know.
func (s *Sim) ForeignWNSCredential() map[string]string {
	return map[string]string{"PackageSid": packageSID, "SecretKey": "another secret"}
}

func pkcs8(k any) []byte {
	der, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		panic(fmt.Sprintf("pnssim: a key that was made here: %v", err))
	}
	return der
}
