package wns_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fanfare-hub/fanfare/internal/clock"
	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pns"
	"github.com/fanfare-hub/fanfare/internal/pns/pnstest"
	"github.com/fanfare-hub/fanfare/internal/pns/wns"
)

// microsoft is the far side: both token endpoints, and channels, which answer
// as the test says.
type microsoft struct {
	t       *testing.T
	channel http.HandlerFunc // nil: received

	mu     sync.Mutex
	tokens []url.Values // what was asked for; the answers are T1, T2, …
	sends  int
}

func (m *microsoft) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.Host == "login.live.com" && r.URL.Path == "/accesstoken.srf",
		r.Host == "login.microsoftonline.com" && r.URL.Path == "/contoso/oauth2/v2.0/token":
		m.token(w, r)
	case strings.HasSuffix(r.Host, ".notify.windows.com"):
		m.send(w, r)
	default:
		m.t.Errorf("a request to %s%s", r.Host, r.URL.Path)
	}
}

func (m *microsoft) token(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		m.t.Error(err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.tokens = append(m.tokens, r.PostForm)
	fmt.Fprintf(w, `{"token_type":"bearer","access_token":"T%d","expires_in":86400}`, len(m.tokens))
}

func (m *microsoft) send(w http.ResponseWriter, r *http.Request) {
	if r.ProtoMajor != 1 || r.Method != http.MethodPost || len(r.TransferEncoding) > 0 || r.ContentLength <= 0 || r.Header.Get("Expect") != "" {
		m.t.Errorf("%s over %s, encoding %v, length %d", r.Method, r.Proto, r.TransferEncoding, r.ContentLength)
	}
	m.mu.Lock()
	m.sends++
	m.mu.Unlock()
	if m.channel != nil {
		m.channel(w, r)
		return
	}
	w.Header().Set("X-WNS-Status", "received")
	w.Header().Set("X-WNS-Msg-ID", "ID")
}

func (m *microsoft) counts() (tokens, sends int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.tokens), m.sends
}

func reach(t *testing.T, m *microsoft) (pns.Connector, *clock.Fake) {
	t.Helper()
	m.t = t
	env := pnstest.Start(t, m)
	return pnstest.Connect(t, wns.New, liveCredential(packageSID, secret, ""), env), env.Clock.(*clock.Fake)
}

var hello = &pns.Message{Kind: hub.Native, Body: []byte(`<toast/>`), ContentType: "application/xml"}

func at(token string) string { return "https://db3.notify.windows.com/?token=" + token }

func TestSend(t *testing.T) {
	t.Parallel()
	m := &microsoft{}
	m.channel = func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || string(body) != "<toast/>" {
			t.Errorf("body %q: %v", body, err)
		}
		if q := r.URL.RawQuery; q != "token=AQ%2fb%2b" {
			t.Errorf("query %q", q)
		}
		for name, want := range map[string]string{
			"Authorization": "Bearer T1", "Content-Type": "text/xml", "X-WNS-Type": "wns/toast", "X-WNS-RequestForStatus": "true",
		} {
			if got := r.Header.Get(name); got != want {
				t.Errorf("%s: %q, want %q", name, got, want)
			}
		}
		w.Header().Set("X-WNS-Status", "received")
		w.Header().Set("X-WNS-Msg-ID", "ID")
	}
	c, _ := reach(t, m)
	got := pnstest.Send(t, c, &pns.Batch{Message: hello, Targets: pnstest.Targets(at("AQ%2fb%2b"))})
	want := []pns.Result{{Class: pns.OK, Outcome: hub.Success, Correlation: "ID"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {packageSID}, "client_secret": {secret}, "scope": {"notify.windows.com"}}
	if diff := cmp.Diff([]url.Values{form}, m.tokens); diff != "" {
		t.Errorf("token requests (-want +got):\n%s", diff)
	}
}

func TestEntra(t *testing.T) {
	t.Parallel()
	m := &microsoft{t: t}
	c := pnstest.Connect(t, wns.New, liveCredential(appID, secret, entra), pnstest.Start(t, m))
	if r := pnstest.Send(t, c, &pns.Batch{Message: hello, Targets: pnstest.Targets(at("x"))}); r[0].Class != pns.OK {
		t.Errorf("result %+v", r[0])
	}
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {appID}, "client_secret": {secret}, "scope": {"https://wns.windows.com/.default"}}
	if diff := cmp.Diff([]url.Values{form}, m.tokens); diff != "" {
		t.Errorf("token requests (-want +got):\n%s", diff)
	}
}

// TestNoTokenLeavesForAnotherHost: the far side fails the test for every host
// but Microsoft's.
func TestNoTokenLeavesForAnotherHost(t *testing.T) {
	t.Parallel()
	m := &microsoft{}
	c, _ := reach(t, m)
	foreign := []string{
		"https://evil.example/?token=x", "http://db3.notify.windows.com/?token=x", "https://evilnotify.windows.com/",
		"https://db3.notify.windows.com@evil.example/", "https://db3.notify.windows.com:8443/", "https://127.0.0.1/",
		"https://db3.notify.windows.com/\r\nHost: evil.example", "", "not a URI", "%",
	}
	got := pnstest.Send(t, c, &pns.Batch{Message: hello, Targets: pnstest.Targets(append(foreign, at("good"))...)})
	for i, h := range foreign {
		if r := got[i]; r.Class != pns.Body || r.Outcome != hub.BadChannel || r.Reason == "" {
			t.Errorf("%q: %+v", h, r)
		}
	}
	if got[len(foreign)].Class != pns.OK {
		t.Errorf("the good channel: %+v", got[len(foreign)])
	}
	if _, sends := m.counts(); sends != 1 {
		t.Errorf("%d sends, want 1", sends)
	}
}

func TestARedirectIsNotFollowed(t *testing.T) {
	t.Parallel()
	m := &microsoft{channel: func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "https://token.example/", http.StatusTemporaryRedirect)
	}}
	c, _ := reach(t, m)
	if r := pnstest.Send(t, c, &pns.Batch{Message: hello, Targets: pnstest.Targets(at("x"))})[0]; r.Class != pns.Body || r.Outcome != hub.PnsInterfaceError || !r.Astray || r.Reason != "307 Temporary Redirect: a redirect, which is not followed" {
		t.Errorf("result %+v", r)
	}
}

// A name under Microsoft's domain leads into the network only where somebody has
// taken over its look-up.
func TestANameThatLeadsIntoTheNetwork(t *testing.T) {
	t.Parallel()
	env := pnstest.Start(t, http.NotFoundHandler())
	env.Dial, env.Dialer = nil, pnstest.Names(t, [4]byte{8, 8, 8, 8}, [4]byte{169, 254, 169, 254})
	c := pnstest.Connect(t, wns.New, liveCredential(packageSID, secret, ""), env)
	if r := wns.Post(t.Context(), c, at("x")); r.Class != pns.Unsent || !strings.Contains(r.Reason, pnstest.ErrNoNetwork.Error()) {
		t.Errorf("a public address: %+v", r)
	}
	r := wns.Post(t.Context(), c, at("x"))
	if r.Class != pns.Body || r.Outcome != hub.BadChannel || !r.Astray || r.Reason != "connecting: 169.254.169.254 is not an address on the public internet" {
		t.Errorf("a private one: %+v", r)
	}
}

func TestManyBatchesShareOneToken(t *testing.T) {
	t.Parallel()
	m := &microsoft{}
	c, _ := reach(t, m)
	var batches sync.WaitGroup
	for range 100 {
		batches.Go(func() {
			results := make([]pns.Result, 1)
			c.Send(t.Context(), &pns.Batch{Message: hello, Targets: pnstest.Targets(at("x"))}, results)
			if results[0].Class != pns.OK {
				t.Errorf("result %+v", results[0])
			}
		})
	}
	batches.Wait()
	if tokens, sends := m.counts(); tokens != 1 || sends != 100 {
		t.Errorf("%d tokens for %d sends, want 1 for 100", tokens, sends)
	}
}

func TestARefusedTokenIsReplacedOnce(t *testing.T) {
	t.Parallel()
	m := &microsoft{}
	m.channel = func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer T2" {
			w.WriteHeader(http.StatusUnauthorized)
		}
	}
	c, clk := reach(t, m)
	pnstest.Send(t, c, &pns.Batch{Message: hello, Targets: pnstest.Targets(at("warm"))})
	clk.Advance(2 * time.Minute)
	batch := pns.Batch{Message: hello, Targets: pnstest.Targets(at("a"), at("b"))}
	for i, r := range pnstest.Send(t, c, &batch) {
		if r.Class != pns.Credential || r.Again != pns.WithFreshToken || r.Outcome != hub.InvalidToken {
			t.Errorf("result %d with the old token: %+v", i, r)
		}
	}
	batch.FreshToken = true
	for range 3 {
		for i, r := range pnstest.Send(t, c, &batch) {
			if r.Class != pns.OK {
				t.Errorf("result %d with a fresh token: %+v", i, r)
			}
		}
	}
	if tokens, _ := m.counts(); tokens != 2 {
		t.Errorf("%d tokens, want 2", tokens)
	}
}

// TestRequestsUnderWayAreBounded: the far side holds every request until as
// many as there may be have come, and counts.
func TestRequestsUnderWayAreBounded(t *testing.T) {
	t.Parallel()
	const conns = 3
	var under, most atomic.Int64
	full := make(chan struct{})
	m := &microsoft{t: t, channel: func(http.ResponseWriter, *http.Request) {
		n := under.Add(1)
		defer under.Add(-1)
		for {
			m := most.Load()
			if n <= m || most.CompareAndSwap(m, n) {
				break
			}
		}
		if n == conns {
			close(full)
		}
		<-full
	}}
	env := pnstest.Start(t, m)
	env.Conns = conns
	c := pnstest.Connect(t, wns.New, liveCredential(packageSID, secret, ""), env)
	var batches sync.WaitGroup
	for i := range 2 {
		batches.Go(func() {
			var handles []string
			for k := range conns {
				handles = append(handles, fmt.Sprintf("https://r%d-%d.notify.windows.com/?token=x", i, k))
			}
			results := make([]pns.Result, conns)
			c.Send(t.Context(), &pns.Batch{Message: hello, Targets: pnstest.Targets(handles...)}, results)
		})
	}
	<-full
	batches.Wait()
	if n := most.Load(); n != conns {
		t.Errorf("%d requests at once, want %d", n, conns)
	}
}

func TestAnswersOfOneBatchAreKeptApart(t *testing.T) {
	t.Parallel()
	m := &microsoft{channel: func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Query().Get("token") {
		case "gone":
			w.Header().Set("X-WNS-Msg-ID", "1A2B3C4D5E6F7A8B")
			w.WriteHeader(http.StatusGone)
		case "down":
			w.Header().Set("Retry-After", "7")
			w.WriteHeader(http.StatusServiceUnavailable)
		case "html":
			w.WriteHeader(http.StatusBadGateway)
			io.WriteString(w, strings.Repeat("<html>", 30<<10))
		case "cut": // complete in its headers, closed in its body
			w.Header().Set("Content-Length", "1000")
			w.Header().Set("X-WNS-Status", "dropped")
			io.WriteString(w, "half")
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		case "reset":
			panic(http.ErrAbortHandler)
		}
	}}
	c, _ := reach(t, m)
	got := pnstest.Send(t, c, &pns.Batch{Message: hello, Targets: pnstest.Targets(
		at("ok"), at("gone"), at("down"), at("html"), at("cut"), at("reset"))})
	want := []pns.Result{
		{Class: pns.OK, Outcome: hub.Success},
		{Class: pns.Drop, Outcome: hub.ExpiredChannel, Correlation: "1A2B3C4D5E6F7A8B"},
		{Class: pns.Retry, Outcome: hub.PnsUnavailable, Service: true, RetryAfter: 7 * time.Second},
		{Class: pns.Retry, Outcome: hub.PnsUnavailable, Service: true},
		{Class: pns.Hold, Outcome: hub.Dropped},
		{Class: pns.Unknown, Outcome: hub.PnsUnreachable},
	}
	for i := range got {
		if strings.Contains(got[i].Reason, "token=") {
			t.Errorf("reason %q holds the channel URI", got[i].Reason)
		}
		got[i].Reason = ""
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestWhatIsTooLargeIsNotSent(t *testing.T) {
	t.Parallel()
	m := &microsoft{}
	c, _ := reach(t, m)
	large := &pns.Message{Body: []byte("<toast>" + strings.Repeat("x", 5000) + "</toast>")}
	if r := pnstest.Send(t, c, &pns.Batch{Message: large, Targets: pnstest.Targets(at("x"))})[0]; r.Class != pns.Body || r.Outcome != hub.InvalidNotificationSize {
		t.Errorf("result %+v", r)
	}
	if tokens, sends := m.counts(); tokens != 0 || sends != 0 {
		t.Errorf("%d tokens and %d sends, want none", tokens, sends)
	}
}

func TestAnUnreachableService(t *testing.T) {
	t.Parallel()
	m := &microsoft{t: t}
	env := pnstest.Refuse(pnstest.Start(t, m), func(addr string) bool { return strings.Contains(addr, ".notify.windows.com:443") })
	c := pnstest.Connect(t, wns.New, liveCredential(packageSID, secret, ""), env)
	for i, r := range pnstest.Send(t, c, &pns.Batch{Message: hello, Targets: pnstest.Targets(at("a"), at("b"), "https://evil.example/")}) {
		if i < 2 && (r.Class != pns.Unsent || r.Outcome != hub.PnsUnreachable || !r.Service) {
			t.Errorf("result %d: %+v", i, r)
		}
	}
}

func TestTheEndOfTheContextFillsEveryResult(t *testing.T) {
	t.Parallel()
	arrived := make(chan struct{}, 1)
	m := &microsoft{t: t, channel: func(_ http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		arrived <- struct{}{}
		<-r.Context().Done()
	}}
	env := pnstest.Start(t, m)
	env.Conns = 1
	c := pnstest.Connect(t, wns.New, liveCredential(packageSID, secret, ""), env)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-arrived
		cancel()
	}()
	results := make([]pns.Result, 3)
	c.Send(ctx, &pns.Batch{Message: hello, Targets: pnstest.Targets(at("a"), at("b"), at("c"))}, results)
	want := []pns.Class{pns.Unknown, pns.Unsent, pns.Unsent}
	for i, r := range results {
		if r.Class != want[i] || r.Outcome != hub.PnsUnreachable {
			t.Errorf("result %d: %+v", i, r)
		}
	}
}

func TestNewRefusesABadCredential(t *testing.T) {
	t.Parallel()
	if _, err := wns.New(liveCredential("", secret, ""), pns.Env{}); err == nil || !strings.Contains(err.Error(), "PackageSid is missing") {
		t.Errorf("error %v", err)
	}
}

// A probe asks for a token, and for nothing else.
func TestProbe(t *testing.T) {
	t.Parallel()
	m := &microsoft{}
	c, _ := reach(t, m)
	if d := c.(pns.Prober).Probe(t.Context()); !d.OK || !strings.Contains(d.Sentence, "ms-app://S-1-15-2-") || !d.NotAfter.IsZero() {
		t.Errorf("%+v", d)
	}
	if len(m.tokens) != 1 || m.sends != 0 {
		t.Errorf("%d tokens, %d sends", len(m.tokens), m.sends)
	}
}
