package mpns_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/fanfare-hub/fanfare/internal/clock"
	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pns"
	"github.com/fanfare-hub/fanfare/internal/pns/mpns"
	"github.com/fanfare-hub/fanfare/internal/pns/pnstest"
)

const toastBody = `<wp:Notification xmlns:wp="WPNotification"><wp:Toast><wp:Text1>Hi</wp:Text1></wp:Toast></wp:Notification>`

var hello = &pns.Message{Kind: hub.Native, Body: []byte(toastBody), ContentType: "application/xml"}

func at(path string) string { return "https://db3.notify.live.net/unthrottledthirdparty/01.00/" + path }

func targets(handles ...string) []pns.Target {
	var out []pns.Target
	for _, h := range handles {
		out = append(out, pns.Target{Handle: h, MessageID: "id-of-" + h[strings.LastIndex(h, "/")+1:]})
	}
	return out
}

// reach returns a connector whose https channels h serves, and http ones too.
func reach(t *testing.T, cred hub.Credential, h http.HandlerFunc) (pns.Connector, pns.Env) {
	t.Helper()
	env := pnstest.Start(t, h)
	plain := httptest.NewServer(h)
	t.Cleanup(plain.Close)
	overTLS := env.Dial
	env.Dial = func(ctx context.Context, network, addr string) (net.Conn, error) {
		if strings.HasSuffix(addr, ":80") {
			var d net.Dialer
			return d.DialContext(ctx, network, plain.Listener.Addr().String())
		}
		return overTLS(ctx, network, addr)
	}
	return pnstest.Connect(t, mpns.New, cred, env), env
}

func push(t *testing.T, c pns.Connector, handles ...string) []pns.Result {
	t.Helper()
	return pnstest.Send(t, c, &pns.Batch{Message: hello, Targets: targets(handles...)})
}

func TestSend(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		cred          hub.Credential
		channel, peer string
	}{
		"with a certificate":    {credential(pfx(t), password), at("A%2fb"), "from openssl"},
		"without, over TLS":     {credential("", ""), at("A%2fb"), ""},
		"without, in the clear": {credential("", ""), "http://sn1.notify.live.net/throttledthirdparty/01.00/A%2fb", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn, _ := reach(t, c.cred, func(w http.ResponseWriter, r *http.Request) {
				body, err := io.ReadAll(r.Body)
				if err != nil || string(body) != toastBody || r.ContentLength != int64(len(toastBody)) || r.ProtoMajor != 1 || r.Method != http.MethodPost {
					t.Errorf("%s %s, length %d: %q, %v", r.Method, r.Proto, r.ContentLength, body, err)
				}
				if !strings.HasSuffix(c.channel, r.Host+r.RequestURI) {
					t.Errorf("to %s%s", r.Host, r.RequestURI)
				}
				peer := ""
				if r.TLS != nil && len(r.TLS.PeerCertificates) > 0 {
					peer = r.TLS.PeerCertificates[0].Subject.CommonName
				}
				if peer != c.peer {
					t.Errorf("the certificate is %q, want %q", peer, c.peer)
				}
				for name, want := range map[string]string{
					"X-WindowsPhone-Target": "toast", "X-NotificationClass": "2", "Content-Type": "text/xml", "X-MessageID": "id-of-A%2fb",
				} {
					if got := r.Header.Get(name); got != want {
						t.Errorf("%s: %q, want %q", name, got, want)
					}
				}
				w.Header().Set("X-NotificationStatus", "Received")
				w.Header().Set("X-MessageID", r.Header.Get("X-MessageID"))
			})
			want := []pns.Result{{Class: pns.OK, Outcome: hub.Success, Correlation: "id-of-A%2fb"}}
			if diff := cmp.Diff(want, push(t, conn, c.channel)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestTheSendersIDWins(t *testing.T) {
	t.Parallel()
	var ids []string
	c, _ := reach(t, credential("", ""), func(_ http.ResponseWriter, r *http.Request) { ids = append(ids, r.Header.Get("X-MessageID")) })
	m := *hello
	m.Headers = []hub.Header{{Name: "x-messageid", Value: "mine"}}
	c.Send(t.Context(), &pns.Batch{Message: &m, Targets: targets(at("a"))}, make([]pns.Result, 1))
	if len(ids) != 1 || ids[0] != "mine" {
		t.Errorf("ids %q", ids)
	}
}

func TestNothingLeavesForAnotherHost(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	sends := 0
	c, _ := reach(t, credential(pfx(t), password), func(http.ResponseWriter, *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		sends++
	})
	foreign := []string{
		"https://evil.example/", "http://127.0.0.1/", "https://evilnotify.live.net/", "https://db3.notify.live.net@evil.example/",
		"http://db3.notify.live.net:443/", "https://db3.notify.live.net:8443/", "ftp://db3.notify.live.net/", "not a URI", "%",
	}
	got := push(t, c, append(foreign, at("good"))...)
	for i, h := range foreign {
		if r := got[i]; r.Class != pns.Body || r.Outcome != hub.BadChannel || r.Reason == "" {
			t.Errorf("%q: %+v", h, r)
		}
	}
	if got[len(foreign)].Class != pns.OK || sends != 1 {
		t.Errorf("the good channel: %+v; %d sends", got[len(foreign)], sends)
	}
}

func TestRefusedPayload(t *testing.T) {
	t.Parallel()
	c, _ := reach(t, credential("", ""), func(http.ResponseWriter, *http.Request) { t.Error("it was sent") })
	results := make([]pns.Result, 2)
	c.Send(t.Context(), &pns.Batch{Message: &pns.Message{Body: make([]byte, 4000)}, Targets: targets(at("a"), at("b"))}, results)
	for _, r := range results {
		if r.Class != pns.Body || r.Outcome != hub.InvalidNotificationFormat {
			t.Errorf("%+v", r)
		}
	}
}

// silence is a dial function that counts, and fails.
type silence struct {
	mu    sync.Mutex
	dials map[string]int
}

func (s *silence) dial(_ context.Context, _, addr string) (net.Conn, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dials[addr]++
	return nil, &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("no such host")}
}

func (s *silence) count(addr string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.dials[addr]
}

// A service that is no more: each device has its answer at once, and a host is
// asked again a minute later, for one device at a time.
func TestUnreachable(t *testing.T) {
	t.Parallel()
	s := &silence{dials: map[string]int{}}
	clk := clock.NewFake(pnstest.Now)
	c := pnstest.Connect(t, mpns.New, credential("", ""), pns.Env{Clock: clk, Dial: s.dial, Conns: 1})
	want := pns.Result{Class: pns.Body, Outcome: hub.PnsUnreachable, Unasked: true}
	for _, n := range []int{1, 1, 2} {
		for _, r := range push(t, c, at("a"), at("b"), at("c")) {
			if diff := cmp.Diff(want, r, cmpopts.IgnoreFields(pns.Result{}, "Reason")); diff != "" || r.Reason == "" || strings.Contains(r.Reason, "unthrottled") {
				t.Errorf("reason %q (-want +got):\n%s", r.Reason, diff)
			}
		}
		if got := s.count("db3.notify.live.net:443"); got != n {
			t.Errorf("%d dials, want %d", got, n)
		}
		if n == 1 {
			clk.Advance(30 * time.Second)
		}
	}
	push(t, c, "http://sn1.notify.live.net/x")
	if s.count("sn1.notify.live.net:80") != 1 {
		t.Error("another host was not tried")
	}
}

// What ends because the sender ends is no word of the service's.
func TestTheEndOfAPage(t *testing.T) {
	t.Parallel()
	c, _ := reach(t, credential("", ""), func(http.ResponseWriter, *http.Request) {})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	results := make([]pns.Result, 1)
	c.Send(ctx, &pns.Batch{Message: hello, Targets: targets(at("a"))}, results)
	if results[0].Class != pns.Unsent || results[0].Outcome != hub.PnsUnreachable {
		t.Errorf("%+v", results[0])
	}
	if r := push(t, c, at("a")); r[0].Class != pns.OK {
		t.Errorf("afterwards: %+v", r[0])
	}
}

// A refusal counts for the credential unless the certificate was accepted for
// another device.
func TestWhoseFaultARefusalIs(t *testing.T) {
	t.Parallel()
	c, _ := reach(t, credential(pfx(t), password), func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasSuffix(r.URL.Path, "foreign"):
			w.WriteHeader(http.StatusUnauthorized)
		case strings.HasSuffix(r.URL.Path, "lost"):
			panic(http.ErrAbortHandler)
		}
	})
	const plain = "http://sn1.notify.live.net/a"
	for name, service := range map[string]bool{
		at("foreign"):                    true,
		at("foreign") + " " + plain:      true, // shows no certificate
		at("foreign") + " " + at("good"): false,
		at("foreign") + " " + at("lost"): true,
	} {
		got := push(t, c, strings.Fields(name)...)
		if got[0].Class != pns.Credential || got[0].Outcome != hub.InvalidCredentials || got[0].Service != service {
			t.Errorf("%s: %+v", name, got[0])
		}
	}
}

// A name under Microsoft's domain leads into the network only where somebody has
// taken over its look-up. Its host is no silent one.
func TestANameThatLeadsIntoTheNetwork(t *testing.T) {
	t.Parallel()
	env := pns.Env{Clock: clock.NewFake(pnstest.Now), Dialer: pnstest.Names(t, [4]byte{10, 1, 2, 3}), Conns: 1}
	c := pnstest.Connect(t, mpns.New, credential("", ""), env)
	for range 2 {
		for _, r := range push(t, c, at("a"), at("b")) {
			if r.Class != pns.Body || r.Outcome != hub.BadChannel || !r.Astray || r.Reason != "connecting: 10.1.2.3 is not an address on the public internet" {
				t.Errorf("%+v", r)
			}
		}
	}
}

func TestAnswersOfOneBatchAreKeptApart(t *testing.T) {
	t.Parallel()
	c, _ := reach(t, credential("", ""), func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:] {
		case "gone":
			w.Header().Set("X-SubscriptionStatus", "Expired")
			w.WriteHeader(http.StatusNotFound)
		case "down":
			w.Header().Set("Retry-After", "7")
			w.WriteHeader(http.StatusServiceUnavailable)
		case "moved":
			http.Redirect(w, r, "https://token.example/", http.StatusTemporaryRedirect)
		case "reset":
			panic(http.ErrAbortHandler)
		}
	})
	got := push(t, c, at("ok"), at("gone"), at("down"), at("moved"), at("reset"))
	want := []pns.Result{
		{Class: pns.OK, Outcome: hub.Success},
		{Class: pns.Drop, Outcome: hub.BadChannel},
		{Class: pns.Retry, Outcome: hub.PnsUnavailable, Service: true, RetryAfter: 7 * time.Second},
		{Class: pns.Body, Outcome: hub.PnsInterfaceError, Astray: true},
		{Class: pns.Unknown, Outcome: hub.PnsUnreachable},
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(pns.Result{}, "Reason")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
