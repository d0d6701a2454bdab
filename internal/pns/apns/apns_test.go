package apns_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/fanfare-hub/fanfare/internal/clock"
	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pns"
	"github.com/fanfare-hub/fanfare/internal/pns/apns"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func der(t *testing.T, key any) []byte {
	t.Helper()
	b, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func ecKey(t *testing.T, curve elliptic.Curve) *ecdsa.PrivateKey {
	t.Helper()
	k, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func credential(key string, change ...string) hub.Credential {
	p := map[string]string{"Token": key, "KeyId": "ABCDE12345", "AppId": "TEAM567890", "AppName": "com.example.app"}
	for i := 0; i < len(change); i += 2 {
		p[change[i]] = change[i+1]
	}
	return hub.Credential{Platform: hub.APNs, Properties: p}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	good := der(t, ecKey(t, elliptic.P256()))
	bare := base64.StdEncoding.EncodeToString(good)
	armoured := string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: good}))
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	enc := base64.StdEncoding.EncodeToString
	for name, c := range map[string]struct {
		cred hub.Credential
		says string
	}{
		"bare base64":           {credential(bare), ""},
		"PEM":                   {credential(armoured), ""},
		"PEM with escaped ends": {credential(strings.ReplaceAll(armoured, "\n", `\n`)), ""},
		"PEM on one line":       {credential(strings.ReplaceAll(armoured, "\n", " ")), ""},
		"sandbox":               {credential(bare, "Endpoint", "https://api.development.push.apple.com:443/3/device"), ""},
		"the old gateway":       {credential(bare, "Endpoint", "gateway.push.apple.com"), ""},
		"no key":                {credential(""), "it is missing"},
		"not base64":            {credential("!!!"), "not base64"},
		"not PKCS#8":            {credential(enc([]byte("hello"))), "not a PKCS#8 key"},
		"RSA":                   {credential(enc(der(t, rsaKey))), "not an EC key on P-256"},
		"P-384":                 {credential(enc(der(t, ecKey(t, elliptic.P384())))), "not an EC key on P-256"},
		"short key id":          {credential(bare, "KeyId", "ABC"), "key id"},
		"no team":               {credential(bare, "AppId", ""), "team id"},
		"no bundle":             {credential(bare, "AppName", ""), "bundle id is missing"},
		"both modes":            {credential(bare, "ApnsCertificate", "x"), "both a certificate and a token key"},
		"an odd endpoint":       {credential(bare, "Endpoint", "ftp://x"), "endpoint"},
	} {
		err := apns.Check(c.cred)
		if (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want …%s…", name, err, c.says)
		}
	}
}

// push is what the test's server got.
type push struct {
	path   string
	header http.Header
	body   string
}

// service is a server that answers as it is told, and a connector to it.
type service struct {
	*testing.T
	conn  pns.Connector
	clock *clock.Fake
	key   *ecdsa.PrivateKey

	mu     sync.Mutex
	pushes []push
	answer func(push) (int, string)
}

func newService(t *testing.T) *service {
	t.Helper()
	s := &service{T: t, clock: clock.NewFake(time.Now()), key: ecKey(t, elliptic.P256())}
	server := httptest.NewUnstartedServer(http.HandlerFunc(s.serve))
	server.EnableHTTP2 = true
	server.StartTLS()
	t.Cleanup(server.Close)
	var err error
	s.conn, err = apns.New(
		credential(base64.StdEncoding.EncodeToString(der(t, s.key)), "Endpoint", server.URL),
		pns.Env{Clock: s.clock, Roots: server.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.conn.Close)
	return s
}

func (s *service) serve(w http.ResponseWriter, r *http.Request) {
	b, err := io.ReadAll(r.Body)
	if err != nil {
		s.Error(err)
	}
	p := push{r.URL.Path, r.Header, string(b)}
	s.mu.Lock()
	s.pushes = append(s.pushes, p)
	answer := s.answer
	s.mu.Unlock()
	status, text := http.StatusOK, ""
	if answer != nil {
		status, text = answer(p)
	}
	w.Header().Set("apns-id", r.Header.Get("apns-id"))
	w.WriteHeader(status)
	io.WriteString(w, text) //nolint:errcheck // the connector sees it
}

func (s *service) send(m *pns.Message, targets ...pns.Target) []pns.Result {
	s.Helper()
	results := make([]pns.Result, len(targets))
	s.conn.Send(s.Context(), &pns.Batch{Message: m, Targets: targets}, results)
	return results
}

var device = pns.Target{Handle: "00AABB", MessageID: "11111111-2222-8333-8444-555555555555"}

func TestRequest(t *testing.T) {
	t.Parallel()
	expiry := time.Unix(1893456000, 0)
	for name, c := range map[string]struct {
		m    pns.Message
		want map[string]string
	}{
		"an alert":           {pns.Message{Body: []byte(`{"aps":{"alert":"x"}}`)}, map[string]string{"apns-push-type": "alert", "apns-priority": "10", "apns-topic": "com.example.app"}},
		"only a wake-up":     {pns.Message{Body: []byte(`{"aps":{"content-available":1}}`)}, map[string]string{"apns-push-type": "background", "apns-priority": "5"}},
		"a wake-up with ado": {pns.Message{Body: []byte(`{"aps":{"content-available":1,"badge":1}}`)}, map[string]string{"apns-push-type": "alert"}},
		"headers pass": {pns.Message{Body: []byte(`{}`), Headers: []hub.Header{{Name: "APNS-Collapse-Id", Value: "c"}, {Name: "X-Apns-Priority", Value: "5"}, {Name: "X-Other", Value: "no"}}},
			map[string]string{"apns-collapse-id": "c", "apns-priority": "5", "X-Other": ""}},
		"a type with a topic of its own": {pns.Message{Body: []byte(`{}`), Headers: []hub.Header{{Name: "apns-push-type", Value: "liveactivity"}}},
			map[string]string{"apns-topic": "com.example.app.push-type.liveactivity"}},
		"another app's topic is not taken": {pns.Message{Body: []byte(`{}`), Headers: []hub.Header{{Name: "apns-topic", Value: "com.other"}}},
			map[string]string{"apns-topic": "com.example.app"}},
		"an expiry":                 {pns.Message{Body: []byte(`{}`), Expiry: expiry}, map[string]string{"apns-expiration": "1893456000"}},
		"a header before an expiry": {pns.Message{Body: []byte(`{}`), Expiry: expiry, Headers: []hub.Header{{Name: "apns-expiration", Value: "0"}}}, map[string]string{"apns-expiration": "0"}},
		"garbage for an expiration": {pns.Message{Body: []byte(`{}`), Headers: []hub.Header{{Name: "X-Apns-Expiration", Value: "\ufffd"}}}, map[string]string{"apns-expiration": ""}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newService(t)
			r := s.send(&c.m, device)
			if r[0].Class != pns.OK || r[0].Correlation != device.MessageID || len(s.pushes) != 1 {
				t.Fatalf("%+v, %d pushes", r[0], len(s.pushes))
			}
			p := s.pushes[0]
			if p.path != "/3/device/00aabb" || p.body != string(c.m.Body) || p.header.Get("apns-id") != device.MessageID {
				t.Errorf("%+v", p)
			}
			for h, want := range c.want {
				if got := p.header.Get(h); got != want {
					t.Errorf("%s: %q, want %q", h, got, want)
				}
			}
			s.checkToken(p.header.Get("Authorization"))
		})
	}
}

// checkToken verifies a provider token with the standard library alone.
func (s *service) checkToken(auth string) {
	s.Helper()
	token, _ := strings.CutPrefix(auth, "bearer ")
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		s.Fatalf("the token %q", auth)
	}
	var head struct{ Alg, Kid string }
	var claims struct {
		Iss string
		Iat int64
	}
	for i, v := range []any{&head, &claims} {
		b, err := base64.RawURLEncoding.DecodeString(parts[i])
		if err != nil || json.Unmarshal(b, v) != nil {
			s.Fatalf("part %d of the token: %v", i, err)
		}
	}
	sig, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil || len(sig) != 64 {
		s.Fatalf("a signature of %d bytes, %v", len(sig), err)
	}
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	if !ecdsa.Verify(&s.key.PublicKey, sum[:], new(big.Int).SetBytes(sig[:32]), new(big.Int).SetBytes(sig[32:])) {
		s.Error("the signature is wrong")
	}
	if head.Alg != "ES256" || head.Kid != "ABCDE12345" || claims.Iss != "TEAM567890" || claims.Iat != s.clock.Now().Unix() {
		s.Errorf("header %+v, claims %+v", head, claims)
	}
}

// A token is used for 50 minutes; a fresh one is made at most once in 20.
func TestTokenLife(t *testing.T) {
	t.Parallel()
	s := newService(t)
	m := &pns.Message{Body: []byte(`{}`)}
	token := func(fresh bool) string {
		t.Helper()
		r := make([]pns.Result, 1)
		s.conn.Send(t.Context(), &pns.Batch{Message: m, Targets: []pns.Target{device}, FreshToken: fresh}, r)
		if r[0].Class != pns.OK {
			t.Fatalf("%+v", r[0])
		}
		return s.pushes[len(s.pushes)-1].header.Get("Authorization")
	}
	first := token(false)
	if token(true) != first {
		t.Error("a second token within 20 minutes")
	}
	s.clock.Advance(49 * time.Minute)
	if token(false) != first {
		t.Error("another token before 50 minutes")
	}
	second := token(true)
	if second == first {
		t.Error("no fresh token after 49 minutes")
	}
	s.clock.Advance(50 * time.Minute)
	if token(false) == second {
		t.Error("the token is used for longer than 50 minutes")
	}
}

func TestRefusedBeforeSending(t *testing.T) {
	t.Parallel()
	s := newService(t)
	for body, want := range map[string]hub.Outcome{
		"":    hub.InvalidNotificationFormat,
		`"x"`: hub.InvalidNotificationFormat,
		`{"a":"` + strings.Repeat("x", 4096) + `"}`: hub.InvalidNotificationSize,
	} {
		if r := s.send(&pns.Message{Body: []byte(body)}, device); r[0].Class != pns.Body || r[0].Outcome != want {
			t.Errorf("%.20q: %+v", body, r[0])
		}
	}
	voip := &pns.Message{Body: []byte(`{"a":"` + strings.Repeat("x", 5000) + `"}`), Headers: []hub.Header{{Name: "apns-push-type", Value: "voip"}}}
	if r := s.send(voip, device); r[0].Class != pns.OK {
		t.Errorf("5 KB of VoIP: %+v", r[0])
	}
	if len(s.pushes) != 1 {
		t.Errorf("%d pushes were sent, want 1", len(s.pushes))
	}
}

// Every target has its own result.
func TestBatch(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.answer = func(p push) (int, string) {
		switch p.path {
		case "/3/device/01":
			return 410, `{"reason":"Unregistered","timestamp":1}`
		case "/3/device/02":
			return 503, `{"reason":"ServiceUnavailable"}`
		}
		return 200, ""
	}
	var targets []pns.Target
	for i := range 4 {
		targets = append(targets, pns.Target{Handle: fmt.Sprintf("%02x", i), MessageID: device.MessageID})
	}
	r := s.send(&pns.Message{Body: []byte(`{}`)}, targets...)
	for i, want := range []pns.Class{pns.OK, pns.Drop, pns.Retry, pns.OK} {
		if r[i].Class != want || r[i].Service != (want == pns.Retry) {
			t.Errorf("target %d: %+v", i, r[i])
		}
	}
}
