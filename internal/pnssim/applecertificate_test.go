package pnssim_test

import (
	"crypto/tls"
	"encoding/base64"
	"strings"
	"testing"
	"time"

	pkcs12 "software.sslmate.com/src/go-pkcs12"

	"github.com/fanfare-hub/fanfare/internal/pnssim"
)

// show makes the client show a credential's certificate from now on.
func (f *fixture) show(cred map[string]string) {
	f.Helper()
	der, err := base64.StdEncoding.DecodeString(cred["ApnsCertificate"])
	if err != nil {
		f.Fatal(err)
	}
	key, leaf, _, err := pkcs12.DecodeChain(der, cred["CertificateKey"])
	if err != nil {
		f.Fatal(err)
	}
	f.shown = &tls.Certificate{Certificate: [][]byte{leaf.Raw}, PrivateKey: key, Leaf: leaf}
	f.reconnect()
}

func TestAppleCertificates(t *testing.T) {
	t.Parallel()
	const prod, dev = "https://api.push.apple.com/3/device/", "https://api.sandbox.push.apple.com/3/device/"
	const bundle = "org.example.fanfare"
	for name, c := range map[string]struct {
		credential      func(*pnssim.Sim) map[string]string
		to              string
		topic, pushType string
		status          int
		reason          string
	}{
		"an alert":              {(*pnssim.Sim).APNsCertificateCredential, prod + token, bundle, "alert", 200, ""},
		"VoIP":                  {(*pnssim.Sim).APNsCertificateCredential, prod + token, bundle + ".voip", "voip", 200, ""},
		"in the sandbox":        {(*pnssim.Sim).APNsCertificateCredential, dev + fate("fate-sandbox."), bundle, "", 200, ""},
		"none of three topics":  {(*pnssim.Sim).APNsCertificateCredential, prod + token, "", "", 400, "MissingTopic"},
		"for tokens alone":      {(*pnssim.Sim).APNsCertificateCredential, prod + token, bundle + ".push-type.liveactivity", "liveactivity", 400, "TopicDisallowed"},
		"another app":           {(*pnssim.Sim).APNsCertificateCredential, prod + token, "org.example.other", "", 400, "TopicDisallowed"},
		"the only topic":        {(*pnssim.Sim).SandboxAPNsCertificateCredential, dev + fate("fate-sandbox."), "", "alert", 200, ""},
		"a topic not listed":    {(*pnssim.Sim).SandboxAPNsCertificateCredential, dev + fate("fate-sandbox."), bundle + ".voip", "voip", 400, "TopicDisallowed"},
		"the other environment": {(*pnssim.Sim).SandboxAPNsCertificateCredential, prod + token, bundle, "", 403, "BadCertificateEnvironment"},
		"not for pushing":       {(*pnssim.Sim).SigningAPNsCertificateCredential, prod + token, bundle, "", 403, "BadCertificate"},
		"nobody's token":        {(*pnssim.Sim).APNsCertificateCredential, prod + strings.Repeat("0", 64), bundle, "", 400, "BadDeviceToken"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := setup(t)
			f.show(c.credential(f.sim))
			var headers []string
			for n, v := range map[string]string{"apns-topic": c.topic, "apns-push-type": c.pushType, "authorization": "bearer of nothing"} {
				if v != "" {
					headers = append(headers, n, v)
				}
			}
			want := ""
			if c.reason != "" {
				want = `{"reason":"` + c.reason + `"}`
			}
			if status, _, text := f.post(c.to, alert, headers...); status != c.status || text != want {
				t.Errorf("%d %s, want %d %s", status, text, c.status, want)
			}
		})
	}
}

// A certificate that Apple does not take ends the handshake, with an alert that
// says why.
func TestAppleCertificatesRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		credential func(*pnssim.Sim) map[string]string
		later      time.Duration
		alert      string
	}{
		"expired":         {(*pnssim.Sim).ExpiredAPNsCertificateCredential, 0, "expired certificate"},
		"expired by then": {(*pnssim.Sim).APNsCertificateCredential, 185 * 24 * time.Hour, "expired certificate"},
		"revoked":         {(*pnssim.Sim).RevokedAPNsCertificateCredential, 0, "bad certificate"},
		"another's":       {(*pnssim.Sim).ForeignAPNsCertificateCredential, 0, "unknown certificate authority"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := setup(t)
			f.show(c.credential(f.sim))
			f.clock.Advance(c.later)
			cfg := f.clientTLS()
			cfg.ServerName, cfg.NextProtos, cfg.MaxVersion = "api.push.apple.com", []string{"h2"}, tls.VersionTLS12
			conn, err := tls.Dial("tcp", f.sim.Addr(), cfg)
			if err == nil {
				conn.Close()
			}
			if err == nil || !strings.Contains(err.Error(), c.alert) {
				t.Errorf("%v, want …%s…", err, c.alert)
			}
		})
	}
}

// A connection with a certificate has all its streams from the beginning.
func TestAppleCertificateNeedsNoProof(t *testing.T) {
	t.Parallel()
	f := setupWith(t, pnssim.Config{APNsStreams: 7})
	f.show(f.sim.APNsCertificateCredential())
	c := f.dialAPNs()
	c.until("there was a limit", func() bool { return len(c.limits) > 0 })
	if c.limits[0] != 7 {
		t.Errorf("the first limit is %d, want 7", c.limits[0])
	}
}

// Whoever asks twice gets the same, and may change it.
func TestAppleCredentialsAreCopies(t *testing.T) {
	t.Parallel()
	f := setup(t)
	first := f.sim.APNsCertificateCredential()
	certificate := first["ApnsCertificate"]
	first["ApnsCertificate"] = ""
	if again := f.sim.APNsCertificateCredential(); again["ApnsCertificate"] != certificate || certificate == "" {
		t.Error("the second is another one")
	}
}

// A key opens its own team's apps alone.
func TestForeignTopic(t *testing.T) {
	t.Parallel()
	f := setup(t)
	c := f.sim.ForeignTopicAPNsCredential()
	if status, _, text := f.post(apns+token, alert, "authorization", f.bearerOf(c), "apns-topic", c["AppName"]); status != 400 || !strings.Contains(text, "TopicDisallowed") {
		t.Errorf("%d %s", status, text)
	}
}
