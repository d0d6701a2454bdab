package pns_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/fanfare-hub/fanfare/internal/clock"
	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pns"
	"github.com/fanfare-hub/fanfare/internal/pns/pnstest"
)

// endpoint is a token endpoint. Its tokens are T1, T2, … and live an hour,
// unless answer says otherwise.
type endpoint struct {
	calls  atomic.Int64
	answer atomic.Pointer[http.HandlerFunc]
}

func (e *endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	n := e.calls.Add(1)
	if h := e.answer.Load(); h != nil {
		(*h)(w, r)
		return
	}
	fmt.Fprintf(w, `{"access_token":"T%d","token_type":"Bearer","expires_in":3600}`, n)
}

func (e *endpoint) set(h http.HandlerFunc) { e.answer.Store(&h) }

// setup returns an empty cache in front of an endpoint, and the clock of both.
func setup(t *testing.T) (*pns.TokenCache, *endpoint, *clock.Fake) {
	t.Helper()
	e := &endpoint{}
	env := pnstest.Start(t, e)
	return newCache(t, env), e, env.Clock.(*clock.Fake)
}

func newCache(t *testing.T, env pns.Env) *pns.TokenCache {
	t.Helper()
	c := pns.NewTokenCache(env, func(time.Time) (pns.TokenRequest, error) {
		return pns.TokenRequest{URL: "https://token.example/tenant-secret", Form: url.Values{"grant_type": {"x"}}}, nil
	})
	t.Cleanup(c.Close)
	return c
}

func wantToken(t *testing.T, get func(context.Context) (string, error), want string) {
	t.Helper()
	if got, err := get(t.Context()); got != want || err != nil {
		t.Fatalf("token %q, error %v; want %q", got, err, want)
	}
}

func TestManySendersCauseOneRequest(t *testing.T) {
	t.Parallel()
	c, e, _ := setup(t)
	arrived, release := make(chan struct{}), make(chan struct{})
	e.set(func(w http.ResponseWriter, _ *http.Request) {
		close(arrived) // a second request would panic here
		<-release
		io.WriteString(w, `{"access_token":"only","token_type":"bearer","expires_in":3600}`)
	})
	var senders sync.WaitGroup
	for range 100 {
		senders.Go(func() {
			if got, err := c.Token(t.Context()); got != "only" || err != nil {
				t.Errorf("token %q, error %v", got, err)
			}
		})
	}
	<-arrived
	close(release)
	senders.Wait()
	wantToken(t, c.Token, "only")
	if n := e.calls.Load(); n != 1 {
		t.Errorf("%d requests for a token, want 1", n)
	}
}

// TestRenewalAtNineTenthsOfLife counts what was asked for when the cache is
// closed, since nobody waits for a renewal.
func TestRenewalAtNineTenthsOfLife(t *testing.T) {
	t.Parallel()
	const nineTenths = 54 * time.Minute
	for age, want := range map[time.Duration]int64{0: 1, nineTenths - time.Second: 1, nineTenths: 2} {
		env := pnstest.Start(t, &endpoint{})
		var asked atomic.Int64
		c := pns.NewTokenCache(env, func(time.Time) (pns.TokenRequest, error) {
			asked.Add(1)
			return pns.TokenRequest{URL: "https://token.example/"}, nil
		})
		wantToken(t, c.Token, "T1")
		env.Clock.(*clock.Fake).Advance(age)
		wantToken(t, c.Token, "T1")
		c.Close()
		if n := asked.Load(); n != want {
			t.Errorf("at the age of %v: %d requests, want %d", age, n, want)
		}
	}
}

func TestATokenInUseIsRenewedBehindItsUsers(t *testing.T) {
	t.Parallel()
	c, e, clk := setup(t)
	wantToken(t, c.Token, "T1")
	arrived, release := make(chan struct{}), make(chan struct{})
	e.set(func(w http.ResponseWriter, _ *http.Request) {
		close(arrived)
		<-release
		io.WriteString(w, `{"access_token":"renewed","expires_in":3600}`)
	})
	clk.Advance(54 * time.Minute)
	wantToken(t, c.Token, "T1")
	<-arrived
	wantToken(t, c.Token, "T1")
	clk.Advance(6 * time.Minute) // now T1 has expired: this one waits
	got := make(chan string)
	go func() {
		s, _ := c.Token(t.Context())
		got <- s
	}()
	close(release)
	if s := <-got; s != "renewed" {
		t.Errorf("token %q after expiry, want the renewed one", s)
	}
	if n := e.calls.Load(); n != 2 {
		t.Errorf("%d requests, want 2", n)
	}
}

func TestAFailedRenewalLeavesTheTokenInUse(t *testing.T) {
	t.Parallel()
	c, e, clk := setup(t)
	wantToken(t, c.Token, "T1")
	asked := make(chan struct{}, 10)
	e.set(func(w http.ResponseWriter, _ *http.Request) {
		asked <- struct{}{}
		w.WriteHeader(http.StatusServiceUnavailable)
	})
	clk.Advance(55 * time.Minute)
	wantToken(t, c.Token, "T1")
	<-asked
	wantToken(t, c.Token, "T1")
}

func TestFreshReplacesARefusedTokenOnce(t *testing.T) {
	t.Parallel()
	c, e, clk := setup(t)
	wantToken(t, c.Token, "T1")
	clk.Advance(2 * time.Minute)
	wantToken(t, c.Fresh, "T1") // nobody refused it
	for range 50 {
		c.Refuse("T1")
	}
	var senders sync.WaitGroup
	for range 50 {
		senders.Go(func() {
			if got, err := c.Fresh(t.Context()); got != "T2" || err != nil {
				t.Errorf("fresh token %q, error %v; want T2", got, err)
			}
		})
	}
	senders.Wait()
	c.Refuse("T1") // a late answer to the old token does not touch the new one
	clk.Advance(2 * time.Minute)
	wantToken(t, c.Fresh, "T2")
	if n := e.calls.Load(); n != 2 {
		t.Errorf("%d requests, want 2", n)
	}
}

func TestAServiceThatRefusesEveryTokenIsNotAskedForEachSend(t *testing.T) {
	t.Parallel()
	c, e, clk := setup(t)
	for range 20 {
		s, err := c.Fresh(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		c.Refuse(s)
	}
	if n := e.calls.Load(); n != 1 {
		t.Errorf("%d requests within a minute, want 1", n)
	}
	clk.Advance(time.Minute)
	wantToken(t, c.Fresh, "T2")
}

func TestACallersEndDoesNotEndTheRequest(t *testing.T) {
	t.Parallel()
	c, e, _ := setup(t)
	arrived, release := make(chan struct{}), make(chan struct{})
	e.set(func(w http.ResponseWriter, _ *http.Request) {
		close(arrived)
		<-release
		io.WriteString(w, `{"access_token":"late","expires_in":3600}`)
	})
	ctx, cancel := context.WithCancel(t.Context())
	impatient := make(chan error)
	go func() {
		_, err := c.Token(ctx)
		impatient <- err
	}()
	<-arrived
	cancel()
	if err := <-impatient; !errors.Is(err, context.Canceled) {
		t.Errorf("the caller that gave up got %v", err)
	}
	patient := make(chan string)
	go func() {
		s, _ := c.Token(t.Context())
		patient <- s
	}()
	close(release)
	if s := <-patient; s != "late" {
		t.Errorf("the other caller got %q", s)
	}
	if n := e.calls.Load(); n != 1 {
		t.Errorf("%d requests, want 1", n)
	}
}

func TestCloseEndsTheWait(t *testing.T) {
	t.Parallel()
	arrived := make(chan struct{})
	env := pnstest.Start(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		// net/http sees that the client has gone only once the body is read.
		io.Copy(io.Discard, r.Body)
		close(arrived)
		<-r.Context().Done()
	}))
	c := newCache(t, env)
	failed := make(chan error)
	go func() {
		_, err := c.Token(t.Context())
		failed <- err
	}()
	<-arrived
	c.Close()
	if err := <-failed; err == nil {
		t.Error("a token came after Close")
	}
	if _, err := c.Token(t.Context()); err == nil {
		t.Error("a closed cache gave a token")
	}
}

// Every row of testdata/answers.yaml is what an answer of a token endpoint means,
// and the reason has the endpoint's own word.
func TestTokenAnswers(t *testing.T) {
	t.Parallel()
	for _, a := range pnstest.Answers(t, ".") {
		t.Run(a.Says, func(t *testing.T) {
			t.Parallel()
			got := tokenResult(t, a.Status, a.HTTPHeader(), a.Body)
			if diff := cmp.Diff(a.Want(), got, cmpopts.IgnoreFields(pns.Result{}, "Reason")); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			word := strconv.Itoa(a.Status)
			if _, name, named := strings.Cut(a.Says, word+" "); named && strings.HasPrefix(a.Body, "{") {
				word = name
			}
			if !strings.Contains(got.Reason, word) {
				t.Errorf("reason %q does not hold %q", got.Reason, word)
			}
		})
	}
}

// tokenResult is what an answer of a token endpoint means for the devices. It is
// asked once, and a Location is not followed.
func tokenResult(t *testing.T, status int, header http.Header, body string) pns.Result {
	t.Helper()
	c, e, _ := setup(t)
	e.set(func(w http.ResponseWriter, _ *http.Request) {
		maps.Copy(w.Header(), header)
		w.Header().Set("Location", "https://evil.example/")
		w.WriteHeader(status)
		io.WriteString(w, body)
	})
	_, err := c.Token(t.Context())
	if err == nil {
		t.Fatal("a token came")
	}
	if n := e.calls.Load(); n != 1 {
		t.Errorf("%d requests, want 1", n)
	}
	return pns.TokenResult(err)
}

// What is not quite a token is none.
func TestTokensThatAreNone(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ body, reason string }{
		"not JSON":                  {`<html>`, "not JSON"},
		"no token":                  {`{"expires_in":3600}`, "access_token"},
		"a token with a line break": {`{"access_token":"a\r\nX-Evil: 1","expires_in":3600}`, "access_token"},
		"another type":              {`{"access_token":"a","token_type":"mac","expires_in":3600}`, "token_type"},
		"no life":                   {`{"access_token":"a"}`, "expires_in"},
		"life of nothing":           {`{"access_token":"a","expires_in":0}`, "expires_in"},
		"life that is no number":    {`{"access_token":"a","expires_in":"NaN"}`, "expires_in"},
		"too large":                 {`{"access_token":"` + strings.Repeat("x", 70<<10) + `","expires_in":3600}`, "more than"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := tokenResult(t, http.StatusOK, nil, c.body)
			want := pns.Result{Class: pns.Credential, Outcome: hub.TokenProviderInterfaceError, Service: true}
			if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(pns.Result{}, "Reason")); diff != "" || !strings.Contains(got.Reason, c.reason) {
				t.Errorf("reason %q, want …%s… (-want +got):\n%s", got.Reason, c.reason, diff)
			}
		})
	}
}

// A time to come back may be a date.
func TestATokenEndpointThatNamesADate(t *testing.T) {
	t.Parallel()
	got := tokenResult(t, http.StatusServiceUnavailable, http.Header{"Retry-After": {"Wed, 25 Nov 2026 12:00:10 GMT"}}, "")
	if got.RetryAfter != 10*time.Second {
		t.Errorf("%+v", got)
	}
}

func TestLifeAsAString(t *testing.T) {
	t.Parallel()
	c, e, clk := setup(t)
	e.set(func(w http.ResponseWriter, _ *http.Request) { // as Entra writes it
		io.WriteString(w, `{"access_token":"entra","token_type":"Bearer","expires_in":"86399"}`)
	})
	wantToken(t, c.Token, "entra")
	clk.Advance(21 * time.Hour)
	wantToken(t, c.Token, "entra")
	if n := e.calls.Load(); n != 1 {
		t.Errorf("%d requests, want 1", n)
	}
}

func TestAnUnreachableEndpoint(t *testing.T) {
	t.Parallel()
	var dials atomic.Int64
	clk := clock.NewFake(pnstest.Now)
	c := newCache(t, pns.Env{Clock: clk, Dial: func(context.Context, string, string) (net.Conn, error) {
		dials.Add(1)
		return nil, errors.New("connection refused")
	}})
	for range 10 {
		_, err := c.Token(t.Context())
		if r := pns.TokenResult(err); r.Class != pns.Unsent || r.Outcome != hub.TokenProviderUnreachable || !r.Service {
			t.Fatalf("result %+v", r)
		}
		if strings.Contains(err.Error(), "tenant-secret") {
			t.Fatalf("the error holds the URL: %v", err)
		}
	}
	if n := dials.Load(); n != 1 {
		t.Errorf("%d dials, want 1: a failure is remembered for a second", n)
	}
	clk.Advance(time.Second)
	if _, err := c.Token(t.Context()); err == nil || dials.Load() != 2 {
		t.Errorf("after a second: error %v, %d dials", err, dials.Load())
	}
}

func TestAnAssertionThatCannotBeMade(t *testing.T) {
	t.Parallel()
	c := pns.NewTokenCache(pns.Env{Clock: clock.NewFake(pnstest.Now)}, func(time.Time) (pns.TokenRequest, error) {
		return pns.TokenRequest{}, errors.New("signing failed")
	})
	defer c.Close()
	_, err := c.Token(t.Context())
	if r := pns.TokenResult(err); r.Class != pns.Credential || r.Outcome != hub.InvalidCredentials {
		t.Errorf("result %+v", r)
	}
}
