package adm_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/fanfare-hub/fanfare/internal/clock"
	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pns"
	"github.com/fanfare-hub/fanfare/internal/pns/adm"
	"github.com/fanfare-hub/fanfare/internal/pns/pnstest"
)

// amazon is the far side: the token endpoint, and pushes, which are answered as
// the test says.
type amazon struct {
	t     *testing.T
	push  http.HandlerFunc
	token http.HandlerFunc // nil: T1, T2, …

	mu     sync.Mutex
	tokens []url.Values
	sends  int
}

func (a *amazon) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.ProtoMajor != 1 || r.Method != http.MethodPost {
		a.t.Errorf("%s over %s", r.Method, r.Proto)
	}
	switch {
	case strings.HasSuffix(r.URL.Path, "token"):
		if err := r.ParseForm(); err != nil {
			a.t.Error(err)
		}
		a.mu.Lock()
		a.tokens = append(a.tokens, r.PostForm)
		n := len(a.tokens)
		a.mu.Unlock()
		if a.token != nil {
			a.token(w, r)
			return
		}
		fmt.Fprintf(w, `{"access_token":"T%d","expires_in":3600,"scope":"messaging:push","token_type":"bearer"}`, n)
	default:
		a.mu.Lock()
		a.sends++
		a.mu.Unlock()
		a.push(w, r)
	}
}

func (a *amazon) counts() (tokens, sends int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.tokens), a.sends
}

func reach(t *testing.T, a *amazon, change ...string) (pns.Connector, *clock.Fake) {
	t.Helper()
	a.t = t
	env := pnstest.Start(t, a)
	return pnstest.Connect(t, adm.New, credential(change...), env), env.Clock.(*clock.Fake)
}

var hello = &pns.Message{Kind: hub.Native, Body: []byte(`{"data":{"a":"1"}}`), ContentType: "application/json"}

func batch(handles ...string) *pns.Batch {
	return &pns.Batch{Message: hello, Targets: pnstest.Targets(handles...)}
}

func TestSend(t *testing.T) {
	t.Parallel()
	const id, sum = "amzn1.adm/reg+1 ?#ü", "nvErLnYFLqAb85SnlRj+kA=="
	for name, c := range map[string]struct {
		change     []string
		host, path string
	}{
		"Amazon": {nil, "api.amazon.com", "/messaging/registrations/amzn1.adm%2Freg+1%20%3F%23%C3%BC/messages"},
		"a relay": {[]string{"AuthTokenUrl", "https://relay.example/token", "SendUrlTemplate", "https://relay.example/adm/{0}"},
			"relay.example", "/adm/amzn1.adm%2Freg+1%20%3F%23%C3%BC"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := &amazon{push: func(w http.ResponseWriter, r *http.Request) {
				body, err := io.ReadAll(r.Body)
				want := `{"data":{"a":"1"},"md5":"` + sum + `"}`
				if err != nil || string(body) != want || r.ContentLength != int64(len(want)) {
					t.Errorf("body %s, length %d: %v", body, r.ContentLength, err)
				}
				if r.Host != c.host || r.RequestURI != c.path {
					t.Errorf("to %s%s", r.Host, r.RequestURI)
				}
				for name, want := range map[string]string{
					"Authorization": "Bearer T1", "Content-Type": "application/json", "Accept": "application/json",
					"X-Amzn-Type-Version": "com.amazon.device.messaging.ADMMessage@1.0",
					"X-Amzn-Accept-Type":  "com.amazon.device.messaging.ADMSendResult@1.0",
				} {
					if got := r.Header.Get(name); got != want {
						t.Errorf("%s: %q, want %q", name, got, want)
					}
				}
				w.Header().Set("X-Amzn-RequestId", "R")
				fmt.Fprintf(w, `{"registrationID":%q}`, id)
			}}
			conn, _ := reach(t, a, c.change...)
			want := []pns.Result{{Class: pns.OK, Outcome: hub.Success, Correlation: "R"}}
			if diff := cmp.Diff(want, pnstest.Send(t, conn, batch(id))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			form := url.Values{"grant_type": {"client_credentials"}, "client_id": {clientID}, "client_secret": {secret}, "scope": {"messaging:push"}}
			if diff := cmp.Diff([]url.Values{form}, a.tokens); diff != "" {
				t.Errorf("token requests (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAnswersOfOneBatchAreKeptApart(t *testing.T) {
	t.Parallel()
	c, _ := reach(t, &amazon{push: func(w http.ResponseWriter, r *http.Request) {
		switch strings.Split(r.URL.Path, "/")[3] {
		case "gone":
			w.WriteHeader(http.StatusBadRequest)
			io.WriteString(w, `{"reason":"Unregistered"}`)
		case "moved":
			io.WriteString(w, `{"registrationID":"new"}`)
		case "down":
			w.Header().Set("Retry-After", "7")
			w.WriteHeader(http.StatusServiceUnavailable)
		case "away":
			http.Redirect(w, r, "https://token.example/", http.StatusTemporaryRedirect)
		case "reset":
			panic(http.ErrAbortHandler)
		}
	}})
	got := pnstest.Send(t, c, batch("ok", "gone", "moved", "down", "away", "reset"))
	want := []pns.Result{
		{Class: pns.OK, Outcome: hub.Success},
		{Class: pns.Drop, Outcome: hub.ExpiredChannel},
		{Class: pns.Update, Outcome: hub.Success, NewHandle: "new"},
		{Class: pns.Retry, Outcome: hub.PnsUnavailable, Service: true, RetryAfter: 7 * time.Second},
		{Class: pns.Body, Outcome: hub.PnsInterfaceError},
		{Class: pns.Unknown, Outcome: hub.PnsUnreachable},
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(pns.Result{}, "Reason")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestManyBatchesShareOneToken(t *testing.T) {
	t.Parallel()
	a := &amazon{push: func(http.ResponseWriter, *http.Request) {}}
	c, _ := reach(t, a)
	var batches sync.WaitGroup
	for range 50 {
		batches.Go(func() {
			results := make([]pns.Result, 1)
			c.Send(t.Context(), batch("x"), results)
			if results[0].Class != pns.OK {
				t.Errorf("result %+v", results[0])
			}
		})
	}
	batches.Wait()
	if tokens, sends := a.counts(); tokens != 1 || sends != 50 {
		t.Errorf("%d tokens for %d sends, want 1 for 50", tokens, sends)
	}
}

func TestARefusedTokenIsReplacedOnce(t *testing.T) {
	t.Parallel()
	a := &amazon{push: func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer T2" {
			w.WriteHeader(http.StatusUnauthorized)
			io.WriteString(w, `{"reason":"AccessTokenExpired"}`)
		}
	}}
	c, clk := reach(t, a)
	pnstest.Send(t, c, batch("warm"))
	clk.Advance(2 * time.Minute)
	b := batch("a", "b")
	for i, r := range pnstest.Send(t, c, b) {
		if r.Class != pns.Credential || r.Again != pns.WithFreshToken || r.Outcome != hub.InvalidToken {
			t.Errorf("result %d with the old token: %+v", i, r)
		}
	}
	b.FreshToken = true
	for range 2 {
		for i, r := range pnstest.Send(t, c, b) {
			if r.Class != pns.OK {
				t.Errorf("result %d with a fresh token: %+v", i, r)
			}
		}
	}
	if tokens, _ := a.counts(); tokens != 2 {
		t.Errorf("%d tokens, want 2", tokens)
	}
}

// Without a token nothing is sent, and every device waits with the service.
func TestNoToken(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status  int
		body    string
		class   pns.Class
		outcome hub.Outcome
	}{
		"refused":        {401, `{"error":"invalid_client"}`, pns.Credential, hub.InvalidCredentials},
		"not enabled":    {400, `{"error":"invalid_scope"}`, pns.Credential, hub.InvalidCredentials},
		"down":           {503, "", pns.Unsent, hub.TokenProviderUnreachable},
		"not understood": {200, "<html>", pns.Credential, hub.TokenProviderInterfaceError},
	} {
		a := &amazon{
			push: func(http.ResponseWriter, *http.Request) { t.Errorf("%s: it was sent", name) },
			token: func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(c.status)
				io.WriteString(w, c.body)
			},
		}
		conn, _ := reach(t, a)
		for _, r := range pnstest.Send(t, conn, batch("a", "b")) {
			if r.Class != c.class || r.Outcome != c.outcome || !r.Service || strings.Contains(r.Reason, secret) {
				t.Errorf("%s: %+v", name, r)
			}
		}
	}
}

func TestRefusedPayload(t *testing.T) {
	t.Parallel()
	a := &amazon{push: func(http.ResponseWriter, *http.Request) { t.Error("it was sent") }}
	c, _ := reach(t, a)
	b := batch("a", "b")
	b.Message = &pns.Message{Body: []byte(`{"data":{"a":1}}`)}
	for _, r := range pnstest.Send(t, c, b) {
		if r.Class != pns.Body || r.Outcome != hub.InvalidNotificationFormat {
			t.Errorf("%+v", r)
		}
	}
	if tokens, _ := a.counts(); tokens != 0 {
		t.Errorf("%d tokens were asked for", tokens)
	}
}

func TestTheEndOfAPage(t *testing.T) {
	t.Parallel()
	c, _ := reach(t, &amazon{push: func(http.ResponseWriter, *http.Request) {}})
	ctx, cancel := context.WithCancel(t.Context())
	pnstest.Send(t, c, batch("warm"))
	cancel()
	results := make([]pns.Result, 1)
	c.Send(ctx, batch("a"), results)
	if results[0].Class != pns.Unsent {
		t.Errorf("%+v", results[0])
	}
}
