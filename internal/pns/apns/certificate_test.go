package apns_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"encoding/pem"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	pkcs12 "software.sslmate.com/src/go-pkcs12"

	"github.com/fanfare-hub/fanfare/internal/certtest"
	"github.com/fanfare-hub/fanfare/internal/clock"
	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pns"
	"github.com/fanfare-hub/fanfare/internal/pns/apns"
)

// now is where the clocks of these tests stand; certificates expire a year on.
var now = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

// p12 is a certificate as Apple makes them: for an app, which may be "", with
// extensions by the end of their number under 1.2.840.113635.100.6.3.
func p12(t *testing.T, app string, extensions map[int][]byte) (properties map[string]string, leaf *x509.Certificate) {
	t.Helper()
	template := &x509.Certificate{
		Subject:   pkix.Name{CommonName: "Apple Push Services"},
		NotBefore: now.AddDate(0, 0, -1), NotAfter: now.AddDate(1, 0, 0),
	}
	if app != "" {
		uid := asn1.ObjectIdentifier{0, 9, 2342, 19200300, 100, 1, 1}
		template.Subject.ExtraNames = []pkix.AttributeTypeAndValue{{Type: uid, Value: app}}
	}
	for n, value := range extensions {
		id := asn1.ObjectIdentifier{1, 2, 840, 113635, 100, 6, 3, n}
		template.ExtraExtensions = append(template.ExtraExtensions, pkix.Extension{Id: id, Value: value})
	}
	cert := certtest.Make(template)
	file, err := pkcs12.Modern.Encode(cert.PrivateKey, cert.Leaf, nil, "opensesame")
	if err != nil {
		t.Fatal(err)
	}
	return map[string]string{
		"ApnsCertificate": base64.StdEncoding.EncodeToString(file), "CertificateKey": "opensesame", "Thumbprint": "whatever",
	}, cert.Leaf
}

// topics is a list as Apple writes it, each topic with one kind.
func topics(t *testing.T, all ...string) []byte {
	t.Helper()
	utf8 := func(s string) asn1.RawValue { return asn1.RawValue{Tag: asn1.TagUTF8String, Bytes: []byte(s)} }
	var list []any
	for _, topic := range all {
		list = append(list, utf8(topic), []asn1.RawValue{utf8("app")})
	}
	var members []asn1.RawValue
	for _, v := range list {
		der, err := asn1.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		members = append(members, asn1.RawValue{FullBytes: der})
	}
	der, err := asn1.Marshal(members)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func certificateCredential(properties map[string]string, change ...string) hub.Credential {
	c := hub.Credential{Platform: hub.APNs, Properties: map[string]string{}}
	for k, v := range properties {
		c.Properties[k] = v
	}
	for i := 0; i < len(change); i += 2 {
		c.Properties[change[i]] = change[i+1]
	}
	return c
}

func TestCheckCertificate(t *testing.T) {
	t.Parallel()
	const sandbox, prod = "gateway.sandbox.push.apple.com", "gateway.push.apple.com"
	null := asn1.NullBytes
	single, leaf := p12(t, "com.example.app", nil)
	dev, _ := p12(t, "com.example.app", map[int][]byte{1: null})
	live, _ := p12(t, "com.example.app", map[int][]byte{2: null})
	both, _ := p12(t, "com.example.app", map[int][]byte{1: null, 2: null, 6: topics(t, "com.example.app", "com.example.app.voip")})
	list, _ := p12(t, "", map[int][]byte{6: topics(t, "com.example.app")})
	none, _ := p12(t, "", nil)
	armoured := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: leaf.Raw}))
	for name, c := range map[string]struct {
		cred hub.Credential
		says string // "": it is good
	}{
		"one topic":                     {certificateCredential(single), ""},
		"with its app":                  {certificateCredential(single, "AppName", "com.example.app"), ""},
		"for both, in production":       {certificateCredential(both, "Endpoint", prod), ""},
		"for both, in the sandbox":      {certificateCredential(both, "Endpoint", sandbox), ""},
		"for the sandbox":               {certificateCredential(dev, "Endpoint", sandbox), ""},
		"for production":                {certificateCredential(live, "Endpoint", "https://api.push.apple.com:443/3/device"), ""},
		"a list alone":                  {certificateCredential(list), ""},
		"nothing, and an app":           {certificateCredential(none, "AppName", "com.example.app"), ""},
		"for the sandbox, at a standin": {certificateCredential(dev, "Endpoint", "https://127.0.0.1:8443"), ""},

		"a wrong password":         {certificateCredential(single, "CertificateKey", "x"), "the certificate: the password is not the one"},
		"no key":                   {certificateCredential(single, "ApnsCertificate", armoured), "holds no private key"},
		"another app":              {certificateCredential(both, "AppName", "com.example.apple"), `for "com.example.app", not for the bundle id "com.example.apple"`},
		"an app that is none":      {certificateCredential(single, "AppName", "a b"), "the bundle id"},
		"nothing, and no app":      {certificateCredential(none), "names no app"},
		"sandbox, at production":   {certificateCredential(dev, "Endpoint", prod), "for the sandbox alone"},
		"sandbox, at the default":  {certificateCredential(dev), "for the sandbox alone"},
		"production, at sandbox":   {certificateCredential(live, "Endpoint", sandbox), "for production alone"},
		"a token key as well":      {certificateCredential(single, "Token", "x"), "both a certificate and a token key"},
		"the id of a key as well":  {certificateCredential(single, "KeyId", "ABCDE12345"), "both a certificate and a token key"},
		"a password alone":         {certificateCredential(single, "ApnsCertificate", ""), "the password of a certificate is given, but no certificate"},
		"an endpoint that is none": {certificateCredential(single, "Endpoint", "ftp://x"), "the endpoint"},
	} {
		err := apns.Check(c.cred)
		if (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want …%s…", name, err, c.says)
		}
		if err != nil && strings.Contains(err.Error(), "opensesame") {
			t.Errorf("%s: it holds the password", name)
		}
	}
}

// wall asks each client for a certificate, and refuses to go on with those that
// refuse says; it notes what it got.
type wall struct {
	conn  pns.Connector
	clock *clock.Fake
	dials atomic.Int64
	asked atomic.Int64
	wrong atomic.Int64 // requests without the certificate, or with a token
}

func newWall(t *testing.T, clientAuth tls.ClientAuthType) *wall {
	t.Helper()
	w := &wall{clock: clock.NewFake(now)}
	properties, leaf := p12(t, "com.example.app", nil)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		w.asked.Add(1)
		if shown := r.TLS.PeerCertificates; len(shown) != 1 || !shown[0].Equal(leaf) || r.Header.Get("Authorization") != "" || r.Header.Get("apns-topic") != "com.example.app" {
			w.wrong.Add(1)
		}
	}))
	server.EnableHTTP2 = true
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // refused handshakes are what some tests are about
	// No authority is known: those who verify refuse everybody.
	server.TLS = &tls.Config{ClientAuth: clientAuth, ClientCAs: x509.NewCertPool()}
	server.StartTLS()
	t.Cleanup(server.Close)
	var err error
	w.conn, err = apns.New(certificateCredential(properties, "Endpoint", server.URL), pns.Env{
		Clock: w.clock, Roots: server.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs,
		Dial: func(ctx context.Context, network, addr string) (net.Conn, error) {
			w.dials.Add(1)
			var d net.Dialer
			return d.DialContext(ctx, network, addr)
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.conn.Close)
	return w
}

func TestSendWithACertificate(t *testing.T) {
	t.Parallel()
	w := newWall(t, tls.RequireAnyClientCert)
	targets := make([]pns.Target, 20)
	for i := range targets {
		targets[i] = device
	}
	for i, r := range sendAll(t, w.conn, pns.Batch{Targets: targets, FreshToken: true}) {
		if r.Class != pns.OK {
			t.Errorf("target %d: %+v", i, r)
		}
	}
	if w.asked.Load() != 20 || w.wrong.Load() != 0 {
		t.Errorf("%d requests, of which %d are wrong", w.asked.Load(), w.wrong.Load())
	}
}

// A certificate that is past its time is not shown to Apple again and again.
func TestSendWithAnExpiredCertificate(t *testing.T) {
	t.Parallel()
	w := newWall(t, tls.RequireAnyClientCert)
	w.clock.Advance(366 * 24 * time.Hour)
	r := sendAll(t, w.conn, pns.Batch{Targets: []pns.Target{device, device}})
	for i := range r {
		if r[i].Class != pns.Credential || r[i].Outcome != hub.InvalidCredentials || !r[i].Service || !strings.Contains(r[i].Reason, "expired on 2027-11-25") {
			t.Errorf("target %d: %+v", i, r[i])
		}
	}
	if w.dials.Load() != 0 {
		t.Errorf("%d dials", w.dials.Load())
	}
}

// A certificate that the service does not take is the credential's fault, and
// for every device of the batch.
func TestSendWithARefusedCertificate(t *testing.T) {
	t.Parallel()
	w := newWall(t, tls.RequireAndVerifyClientCert)
	for range 3 {
		for i, r := range sendAll(t, w.conn, pns.Batch{Targets: []pns.Target{device, device, device}}) {
			if r.Class != pns.Credential || r.Outcome != hub.InvalidCredentials || !r.Service || r.Again != pns.No || !strings.Contains(r.Reason, "certificate") {
				t.Errorf("target %d: %+v", i, r)
			}
		}
	}
	if w.dials.Load() != 3 || w.asked.Load() != 0 {
		t.Errorf("%d dials for three batches, %d requests", w.dials.Load(), w.asked.Load())
	}
}

func TestProbeOfACertificate(t *testing.T) {
	t.Parallel()
	w := newWall(t, tls.RequireAnyClientCert)
	want := now.AddDate(1, 0, 0)
	if d := w.conn.(pns.Prober).Probe(t.Context()); !d.OK || !d.NotAfter.Equal(want) {
		t.Errorf("%+v", d)
	}
	w.clock.Advance(366 * 24 * time.Hour)
	if d := w.conn.(pns.Prober).Probe(t.Context()); d.OK || !d.NotAfter.Equal(want) || !strings.Contains(d.Sentence, "expired on 2027-11-25") {
		t.Errorf("%+v", d)
	}
	w = newWall(t, tls.RequireAndVerifyClientCert)
	if d := w.conn.(pns.Prober).Probe(t.Context()); d.OK || !d.NotAfter.Equal(want) || !strings.HasPrefix(d.Sentence, "APNs does not take the certificate") {
		t.Errorf("%+v", d)
	}
}
