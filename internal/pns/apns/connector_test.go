package apns_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fanfare-hub/fanfare/internal/certtest"
	"github.com/fanfare-hub/fanfare/internal/clock"
	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pns"
	"github.com/fanfare-hub/fanfare/internal/pns/apns"
)

// apple stands for both of Apple's hosts. answer gets the host's name and the
// device token.
type apple struct {
	conn  pns.Connector
	clock *clock.Fake
	dials atomic.Int64

	mu     sync.Mutex
	asked  []string // "host token"
	tokens map[string]bool
}

func newApple(t *testing.T, answer func(host, token string) (int, string)) *apple {
	t.Helper()
	a := &apple{clock: clock.NewFake(time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)), tokens: map[string]bool{}}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, token := strings.TrimSuffix(r.Host, ":443"), strings.TrimPrefix(r.URL.Path, "/3/device/")
		a.mu.Lock()
		a.asked = append(a.asked, host+" "+token)
		a.tokens[r.Header.Get("Authorization")] = true
		a.mu.Unlock()
		status, text := answer(host, token)
		w.WriteHeader(status)
		w.Write([]byte(text)) //nolint:errcheck // the connector sees it
	}))
	cert, roots := certtest.Server("api.push.apple.com", "api.sandbox.push.apple.com")
	server.EnableHTTP2 = true
	server.TLS = &tls.Config{Certificates: []tls.Certificate{cert}}
	server.StartTLS()
	t.Cleanup(server.Close)
	a.conn = open(t, pns.Env{Clock: a.clock, Roots: roots, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		a.dials.Add(1)
		var d net.Dialer
		return d.DialContext(ctx, network, server.Listener.Addr().String())
	}})
	return a
}

func open(t *testing.T, env pns.Env) pns.Connector {
	t.Helper()
	conn, err := apns.New(credential(p8(t, ecKey(t, elliptic.P256()))), env)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	return conn
}

func p8(t *testing.T, key *ecdsa.PrivateKey) string {
	t.Helper()
	return base64.StdEncoding.EncodeToString(der(t, key))
}

var hello = &pns.Message{Body: []byte(`{"aps":{"alert":"hello"}}`)}

func sendAll(t *testing.T, c pns.Connector, b pns.Batch) []pns.Result {
	t.Helper()
	b.Message = hello
	results := make([]pns.Result, len(b.Targets))
	c.Send(t.Context(), &b, results)
	return results
}

const mainHost, otherHost = "api.push.apple.com", "api.sandbox.push.apple.com"

// Each target goes to its own environment, and gets its own answer.
func TestEnvironmentOfATarget(t *testing.T) {
	t.Parallel()
	a := newApple(t, func(host, token string) (int, string) {
		if (host == otherHost) != strings.HasPrefix(token, "dd") {
			return 400, `{"reason":"BadDeviceToken"}`
		}
		return 200, ""
	})
	got := sendAll(t, a.conn, pns.Batch{Targets: []pns.Target{
		{Handle: "aa01"}, {Handle: "dd02", OtherEnvironment: true}, {Handle: "dd03"}, {Handle: "aa04"}, {Handle: "aa05", OtherEnvironment: true},
	}})
	bad := pns.Result{Class: pns.Drop, Outcome: hub.BadChannel, Malformed: true, Again: pns.WithOtherEnvironment, Reason: "400 BadDeviceToken"}
	ok := pns.Result{Class: pns.OK, Outcome: hub.Success, Reason: "200"}
	for i, want := range []pns.Result{ok, ok, bad, ok, bad} {
		if got[i] != want {
			t.Errorf("target %d: %+v, want %+v", i, got[i], want)
		}
	}
}

// The environment that the credential does not name says nothing of the
// service: a key may be good for one of them alone.
func TestTheOtherEnvironmentIsNotTheService(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]struct {
		status int
		text   string
		class  pns.Class
	}{
		"a key of one environment": {403, `{"reason":"BadEnvironmentKeyIdInToken"}`, pns.Credential},
		"it is down":               {503, `{"reason":"ServiceUnavailable"}`, pns.Retry},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newApple(t, func(host, _ string) (int, string) {
				if host == mainHost {
					return 503, `{"reason":"ServiceUnavailable"}`
				}
				return answer.status, answer.text
			})
			got := sendAll(t, a.conn, pns.Batch{Targets: []pns.Target{
				{Handle: "01", OtherEnvironment: true}, {Handle: "02", OtherEnvironment: true}, {Handle: "03"}, {Handle: "04"},
			}})
			for i, r := range got {
				if i < 2 && (r.Class != answer.class || r.Service) || i >= 2 && (r.Class != pns.Retry || !r.Service) {
					t.Errorf("target %d: %+v", i, r)
				}
			}
		})
	}
}

// With a stand-in for Apple there is no other environment to try.
func TestAStandInHasNoOtherEnvironment(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.answer = func(push) (int, string) { return 400, `{"reason":"BadDeviceToken"}` }
	r := s.send(hello, device, pns.Target{Handle: "ff", OtherEnvironment: true})
	for i := range r {
		if r[i].Class != pns.Drop || r[i].Again != pns.No || !r[i].Malformed {
			t.Errorf("target %d: %+v", i, r[i])
		}
	}
}

// A handle that is no device token must not get into the path.
func TestAHandleThatIsNoDeviceToken(t *testing.T) {
	t.Parallel()
	a := newApple(t, func(string, string) (int, string) { return 200, "" })
	handles := []string{"", "xyz", "00 11", "../../4/broadcasts/apps/a", "00?x", "00%2f", "00\r\n", "é0"}
	targets := []pns.Target{{Handle: "00AA"}}
	for _, h := range handles {
		targets = append(targets, pns.Target{Handle: h})
	}
	for i, r := range sendAll(t, a.conn, pns.Batch{Targets: targets}) {
		if i == 0 && r.Class != pns.OK || i > 0 && (r.Class != pns.Drop || r.Outcome != hub.BadChannel || !r.Malformed || r.Again != pns.No) {
			t.Errorf("%q: %+v", targets[i].Handle, r)
		}
	}
	if len(a.asked) != 1 || a.asked[0] != mainHost+" 00aa" {
		t.Errorf("Apple was asked %q", a.asked)
	}
}

func TestAppleCannotBeReached(t *testing.T) {
	t.Parallel()
	var dials atomic.Int64
	conn := open(t, pns.Env{Clock: clock.NewFake(time.Now()), Dial: func(context.Context, string, string) (net.Conn, error) {
		dials.Add(1)
		return nil, errors.New("connection refused")
	}})
	targets := make([]pns.Target, 50)
	for i := range targets {
		targets[i].Handle = "00"
	}
	for i, r := range sendAll(t, conn, pns.Batch{Targets: targets}) {
		if r.Class != pns.Unsent || r.Outcome != hub.PnsUnreachable || !r.Service || !strings.Contains(r.Reason, "connection refused") {
			t.Fatalf("target %d: %+v", i, r)
		}
	}
	if n := dials.Load(); n != 1 {
		t.Errorf("%d dials for one batch", n)
	}
}

// What was not sent when the caller's time ended says nothing of Apple.
func TestTheCallersEnd(t *testing.T) {
	t.Parallel()
	a := newApple(t, func(string, string) (int, string) { return 200, "" })
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	results := make([]pns.Result, 1)
	a.conn.Send(ctx, &pns.Batch{Message: hello, Targets: []pns.Target{device}}, results)
	if r := results[0]; r.Class != pns.Unsent || r.Service || len(a.asked) != 0 {
		t.Errorf("%+v", r)
	}
}

func TestNewConnIsAnotherConnection(t *testing.T) {
	t.Parallel()
	a := newApple(t, func(string, string) (int, string) { return 200, "" })
	for i, newConn := range []bool{false, false, true, false} {
		if r := sendAll(t, a.conn, pns.Batch{Targets: []pns.Target{device}, NewConn: newConn}); r[0].Class != pns.OK {
			t.Fatalf("send %d: %+v", i, r[0])
		}
	}
	if n := a.dials.Load(); n != 2 {
		t.Errorf("%d connections, want 2", n)
	}
}

// However many send at once, there is one token.
func TestOneTokenForEverybody(t *testing.T) {
	t.Parallel()
	a := newApple(t, func(string, string) (int, string) { return 200, "" })
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			for _, fresh := range []bool{false, true} {
				if r := sendAll(t, a.conn, pns.Batch{Targets: []pns.Target{device}, FreshToken: fresh}); r[0].Class != pns.OK {
					t.Errorf("%+v", r[0])
				}
			}
		})
	}
	wg.Wait()
	if len(a.tokens) != 1 {
		t.Errorf("%d tokens, want 1", len(a.tokens))
	}
}

// A clock that is set back a little does not make a new token; one that is set
// back far does, for Apple would not take a token of the future.
func TestAClockThatIsSetBack(t *testing.T) {
	t.Parallel()
	a := newApple(t, func(string, string) (int, string) { return 200, "" })
	for _, step := range []struct {
		by     time.Duration
		tokens int
	}{{0, 1}, {-time.Second, 1}, {-time.Minute, 1}, {2 * time.Minute, 1}, {-2 * time.Hour, 2}} {
		a.clock.Advance(step.by)
		sendAll(t, a.conn, pns.Batch{Targets: []pns.Target{device}})
		if len(a.tokens) != step.tokens {
			t.Errorf("after %v there are %d tokens, want %d", step.by, len(a.tokens), step.tokens)
		}
	}
}

// No error shows any of the key.
func TestErrorsHoldNoKey(t *testing.T) {
	t.Parallel()
	good := p8(t, ecKey(t, elliptic.P256()))
	for name, c := range map[string]struct{ key, says string }{
		"cut":                  {good[:60], "not a PKCS#8 key"},
		"with dirt":            {good[:40] + "*" + good[40:], "not base64"},
		"a SEC 1 block":        {"-----BEGIN EC PRIVATE KEY-----\n" + good + "\n-----END EC PRIVATE KEY-----", "PEM block"},
		"a broken PEM line":    {"-----BEGIN " + good, "PEM block"},
		"PEM lines, no key":    {"-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----", "it is missing"},
		"P-384, said so":       {p8(t, ecKey(t, elliptic.P384())), "P-384"},
		"unpadded, with lines": {strings.TrimRight(good[:64]+"\r\n "+good[64:], "="), ""},
	} {
		err := apns.Check(credential(c.key))
		if (err == nil) != (c.says == "") || err != nil && (!strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), good[48:56])) {
			t.Errorf("%s: %v, want …%s…", name, err, c.says)
		}
	}
	for name, change := range map[string][2]string{
		"a key id with a quote": {"KeyId", `ABC"E12345`}, "a team id in Greek": {"AppId", "ΑΒΓΔΕ"}, "a bundle id with a line break": {"AppName", "com.a\nb"},
		"a key as its id": {"KeyId", good}, "a key as the bundle id": {"AppName", good},
		"a password": {"CertificateKey", "x"}, "an endpoint with a password": {"Endpoint", "https://u:p@h/3/device"},
	} {
		if err := apns.Check(credential(good, change[0], change[1])); err == nil || strings.Contains(err.Error(), good[48:64]) || strings.Contains(err.Error(), "u:p") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
