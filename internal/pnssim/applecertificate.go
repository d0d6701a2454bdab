package pnssim

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"errors"
	"fmt"
	"math/big"
	"time"

	pkcs12 "software.sslmate.com/src/go-pkcs12"
)

// appleAuthority signs the certificates of those who push.
type appleAuthority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	pool *x509.CertPool
}

func newAppleAuthority(now time.Time) (*appleAuthority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Simulated Apple Worldwide Developer Relations"},
		NotBefore: now.AddDate(-5, 0, 0), NotAfter: now.AddDate(5, 0, 0),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, err
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	pool.AddCert(cert)
	return &appleAuthority{cert, key, pool}, nil
}

// What Apple writes into certificates.
var (
	oidUserID     = asn1.ObjectIdentifier{0, 9, 2342, 19200300, 100, 1, 1}
	oidSandbox    = asn1.ObjectIdentifier{1, 2, 840, 113635, 100, 6, 3, 1}
	oidProduction = asn1.ObjectIdentifier{1, 2, 840, 113635, 100, 6, 3, 2}
	oidTopics     = asn1.ObjectIdentifier{1, 2, 840, 113635, 100, 6, 3, 6}
)

// appleCert is a certificate to be made, for an app of the first team.
type appleCert struct {
	name       string // before the bundle id
	serial     int64
	extensions []asn1.ObjectIdentifier // none: it is not for pushing
	until      time.Time
	sandbox    bool // the endpoint of its credential
}

// The serial numbers.
const (
	serialGood int64 = 101 + iota
	serialSandbox
	serialExpired
	serialRevoked
	serialSigning
)

var universal = []asn1.ObjectIdentifier{oidSandbox, oidProduction, oidTopics}

// p12Password protects the .p12 files.
const p12Password = "simulated"

// credential makes a certificate with its key, under Azure's property names.
func (a *appleAuthority) credential(c appleCert) map[string]string {
	pfx, err := a.issue(c)
	if err != nil {
		panic(fmt.Sprintf("pnssim: making a certificate: %v", err))
	}
	endpoint := "gateway.push.apple.com"
	if c.sandbox {
		endpoint = "gateway.sandbox.push.apple.com"
	}
	return map[string]string{
		"ApnsCertificate": base64.StdEncoding.EncodeToString(pfx), "CertificateKey": p12Password, "Endpoint": endpoint,
	}
}

// issue makes a .p12 file.
func (a *appleAuthority) issue(c appleCert) ([]byte, error) {
	template := &x509.Certificate{
		SerialNumber: big.NewInt(c.serial),
		Subject: pkix.Name{
			CommonName: c.name + ": " + appleBundle,
			ExtraNames: []pkix.AttributeTypeAndValue{{Type: oidUserID, Value: appleBundle}},
		},
		NotBefore: c.until.AddDate(-1, 0, 0), NotAfter: c.until,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	for _, id := range c.extensions {
		value := asn1.NullBytes
		if id.Equal(oidTopics) {
			value = marshalTopics(appleBundle, "app", appleBundle+".voip", "voip", appleBundle+".complication", "complication")
		}
		template.ExtraExtensions = append(template.ExtraExtensions, pkix.Extension{Id: id, Value: value})
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, &key.PublicKey, a.key)
	if err != nil {
		return nil, err
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	return pkcs12.Modern.Encode(key, leaf, []*x509.Certificate{a.cert}, p12Password)
}

// marshalTopics writes topics, each with the sequence of its kinds.
func marshalTopics(pairs ...string) []byte {
	var members []asn1.RawValue
	for i := 0; i < len(pairs); i += 2 {
		topic := asn1.RawValue{Tag: asn1.TagUTF8String, Bytes: []byte(pairs[i])}
		kinds := asn1.RawValue{Tag: asn1.TagSequence, IsCompound: true, Bytes: mustMarshal(asn1.RawValue{Tag: asn1.TagUTF8String, Bytes: []byte(pairs[i+1])})}
		members = append(members, topic, kinds)
	}
	return mustMarshal(members)
}

func mustMarshal(v any) []byte {
	der, err := asn1.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("pnssim: a value that was made here: %v", err))
	}
	return der
}

// demandAppleCertificate lets a client show a certificate. Whoever shows none
// has a token.
func (s *Sim) demandAppleCertificate(c *tls.Config) {
	c.ClientAuth = tls.VerifyClientCertIfGiven
	c.ClientCAs = s.accounts.apple.authority.pool
	c.Time = s.cfg.Clock.Now
	c.VerifyConnection = func(state tls.ConnectionState) error {
		if shown := state.PeerCertificates; len(shown) > 0 && shown[0].SerialNumber.Int64() == serialRevoked {
			return errors.New("pnssim: the certificate was revoked")
		}
		return nil
	}
}

// shownCertificate is what APNs knows of a client by its certificate.
type shownCertificate struct {
	app                 *apnsApp
	sandbox, production bool
}

// readShown reads the certificate of a client; nil is none.
func readShown(certs []*x509.Certificate) *shownCertificate {
	if len(certs) == 0 {
		return nil
	}
	shown := &shownCertificate{app: &apnsApp{}}
	for _, n := range certs[0].Subject.Names {
		if n.Type.Equal(oidUserID) {
			shown.app.bundle, _ = n.Value.(string)
		}
	}
	shown.app.topics = []string{shown.app.bundle}
	for _, e := range certs[0].Extensions {
		switch {
		case e.Id.Equal(oidSandbox):
			shown.sandbox = true
		case e.Id.Equal(oidProduction):
			shown.production = true
		case e.Id.Equal(oidTopics):
			shown.app.topics = readTopics(e.Value)
		}
	}
	return shown
}

func readTopics(der []byte) (topics []string) {
	var members []asn1.RawValue
	if _, err := asn1.Unmarshal(der, &members); err != nil {
		return nil
	}
	for i := 0; i < len(members); i += 2 {
		topics = append(topics, string(members[i].Bytes))
	}
	return topics
}

// refusal is what APNs says to each request of a client with this certificate.
func (c *shownCertificate) refusal(sandbox bool) (reason string) {
	switch {
	case !c.sandbox && !c.production:
		return "BadCertificate"
	case sandbox && !c.sandbox, !sandbox && !c.production:
		return "BadCertificateEnvironment"
	}
	return ""
}
