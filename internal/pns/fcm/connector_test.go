package fcm_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fanfare-hub/fanfare/internal/clock"
	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pns"
	"github.com/fanfare-hub/fanfare/internal/pns/fcm"
	"github.com/fanfare-hub/fanfare/internal/pns/pnstest"
)

// connect returns a connector whose far side is g.
func connect(t *testing.T, g *google) (pns.Connector, *clock.Fake) {
	t.Helper()
	g.t = t
	env := pnstest.Start(t, g)
	g.clock = env.Clock
	return pnstest.Connect(t, fcm.New, credential(properties(t)), env), env.Clock.(*clock.Fake)
}

var hello = &pns.Message{Kind: hub.Native, Body: []byte(`{"message":{"data":{"k":"v"}}}`)}

// handle is the token that a request to messages:send names.
func handle(r *http.Request) string {
	var m struct{ Message struct{ Token string } }
	if err := json.NewDecoder(r.Body).Decode(&m); err != nil {
		return "not JSON: " + err.Error()
	}
	return m.Message.Token
}

func TestSendSplicesEachToken(t *testing.T) {
	t.Parallel()
	g := &google{}
	c, _ := connect(t, g)
	results := pnstest.Send(t, c, &pns.Batch{Message: hello, Targets: pnstest.Targets("a", "b", `c","topic":"news`+"\r\n")})
	for i, r := range results {
		want := pns.Result{Class: pns.OK, Outcome: hub.Success, Correlation: "projects/demo-project/messages/1"}
		if diff := cmp.Diff(want, r); diff != "" {
			t.Errorf("result %d (-want +got):\n%s", i, diff)
		}
	}
	want := []string{
		`{"message":{"token":"a","data":{"k":"v"}}}`,
		`{"message":{"token":"b","data":{"k":"v"}}}`,
		`{"message":{"token":"c\",\"topic\":\"news\u000d\u000a","data":{"k":"v"}}}`,
	}
	if diff := cmp.Diff(want, g.bodies()); diff != "" {
		t.Errorf("bodies (-want +got):\n%s", diff)
	}
}

func TestManyBatchesShareOneToken(t *testing.T) {
	t.Parallel()
	g := &google{}
	c, _ := connect(t, g)
	var batches sync.WaitGroup
	for i := range 100 {
		batches.Go(func() {
			results := make([]pns.Result, 1)
			c.Send(t.Context(), &pns.Batch{Message: hello, Targets: pnstest.Targets(fmt.Sprint(i))}, results)
			if results[0].Class != pns.OK {
				t.Errorf("batch %d: %+v", i, results[0])
			}
		})
	}
	batches.Wait()
	if tokens, sends := g.counts(); tokens != 1 || sends != 100 {
		t.Errorf("%d tokens for %d sends, want 1 for 100", tokens, sends)
	}
}

func TestARefusedTokenIsReplacedOnce(t *testing.T) {
	t.Parallel()
	g := &google{}
	g.send = func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer T2" {
			w.WriteHeader(http.StatusUnauthorized)
			io.WriteString(w, `{"error":{"code":401,"status":"UNAUTHENTICATED"}}`)
			return
		}
		io.WriteString(w, `{"name":"n"}`)
	}
	c, clk := connect(t, g)
	pnstest.Send(t, c, &pns.Batch{Message: hello, Targets: pnstest.Targets("warm")})
	clk.Advance(2 * time.Minute)
	batch := pns.Batch{Message: hello, Targets: pnstest.Targets("a", "b", "c")}
	for i, r := range pnstest.Send(t, c, &batch) {
		if r.Class != pns.Credential || r.Again != pns.WithFreshToken || !r.Service || r.Outcome != hub.InvalidToken {
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
	if tokens, _ := g.counts(); tokens != 2 {
		t.Errorf("%d tokens, want 2", tokens)
	}
}

func TestAnswersOfOneBatchAreKeptApart(t *testing.T) {
	t.Parallel()
	g := &google{}
	g.send = func(w http.ResponseWriter, r *http.Request) {
		switch handle(r) {
		case "gone":
			w.WriteHeader(http.StatusNotFound)
			io.WriteString(w, `{"error":{"code":404,"status":"NOT_FOUND","details":[{"@type":"type.googleapis.com/google.firebase.fcm.v1.FcmError","errorCode":"UNREGISTERED"}]}}`)
		case "down":
			w.Header().Set("Retry-After", "7")
			w.WriteHeader(http.StatusServiceUnavailable)
		case "html":
			w.WriteHeader(http.StatusBadGateway)
			io.WriteString(w, "<html>"+strings.Repeat("x", 20<<10))
		case "cut":
			w.Header().Set("Content-Length", "1000")
			io.WriteString(w, `{"name":"half`)
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		default:
			io.WriteString(w, `{"name":"n"}`)
		}
	}
	c, _ := connect(t, g)
	got := pnstest.Send(t, c, &pns.Batch{Message: hello, Targets: pnstest.Targets("ok", "gone", "down", "html", "cut")})
	want := []pns.Result{
		{Class: pns.OK, Outcome: hub.Success, Correlation: "n"},
		{Class: pns.Drop, Outcome: hub.BadChannel},
		{Class: pns.Retry, Outcome: hub.PnsUnavailable, Service: true, RetryAfter: 7 * time.Second},
		{Class: pns.Retry, Outcome: hub.PnsUnavailable, Service: true},
		{Class: pns.Unknown, Outcome: hub.PnsUnreachable},
	}
	for i := range got {
		got[i].Reason = ""
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("results (-want +got):\n%s", diff)
	}
}

func TestWhatIsTooLargeIsNotSent(t *testing.T) {
	t.Parallel()
	g := &google{}
	c, _ := connect(t, g)
	large := &pns.Message{Body: []byte(`{"message":{"data":{"k":"` + strings.Repeat("x", 5000) + `"}}}`)}
	for i, r := range pnstest.Send(t, c, &pns.Batch{Message: large, Targets: pnstest.Targets("a", "b")}) {
		if r.Class != pns.Body || r.Outcome != hub.InvalidNotificationSize {
			t.Errorf("result %d: %+v", i, r)
		}
	}
	if tokens, sends := g.counts(); tokens != 0 || sends != 0 {
		t.Errorf("%d tokens and %d sends, want none", tokens, sends)
	}
}

func TestAnUnreachableService(t *testing.T) {
	t.Parallel()
	var dials atomic.Int64
	env := pnstest.Refuse(pnstest.Start(t, &google{t: t, clock: clock.NewFake(pnstest.Now)}), func(addr string) bool {
		if !strings.HasPrefix(addr, "fcm.") {
			return false
		}
		dials.Add(1)
		return true
	})
	c := pnstest.Connect(t, fcm.New, credential(properties(t)), env)
	for i, r := range pnstest.Send(t, c, &pns.Batch{Message: hello, Targets: pnstest.Targets("a", "b", "c")}) {
		if r.Class != pns.Unsent || r.Outcome != hub.PnsUnreachable || !r.Service || r.Again != pns.No {
			t.Errorf("result %d: %+v", i, r)
		}
	}
	if n := dials.Load(); n != 1 {
		t.Errorf("%d dials for one batch, want 1", n)
	}
}

func TestNoTokenNothingSent(t *testing.T) {
	t.Parallel()
	env := pnstest.Start(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Host != "oauth2.googleapis.com" {
			t.Errorf("a request to %s", r.Host)
		}
		w.WriteHeader(http.StatusBadRequest)
		io.WriteString(w, `{"error":"invalid_grant","error_description":"Invalid JWT Signature."}`)
	}))
	c := pnstest.Connect(t, fcm.New, credential(properties(t)), env)
	for i, r := range pnstest.Send(t, c, &pns.Batch{Message: hello, Targets: pnstest.Targets("a", "b")}) {
		if r.Class != pns.Credential || r.Outcome != hub.InvalidCredentials || !r.Service {
			t.Errorf("result %d: %+v", i, r)
		}
	}
}

func TestTheEndOfTheContextFillsEveryResult(t *testing.T) {
	t.Parallel()
	arrived := make(chan struct{}, 1)
	g := &google{send: func(_ http.ResponseWriter, r *http.Request) {
		arrived <- struct{}{}
		<-r.Context().Done()
	}}
	c, _ := connect(t, g)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-arrived
		cancel()
	}()
	results := make([]pns.Result, 1)
	c.Send(ctx, &pns.Batch{Message: hello, Targets: pnstest.Targets("a")}, results)
	if r := results[0]; r.Class != pns.Unknown || r.Outcome != hub.PnsUnreachable || r.Service {
		t.Errorf("written and never answered: %+v", r)
	}
	c.Send(ctx, &pns.Batch{Message: hello, Targets: pnstest.Targets("a")}, results)
	if r := results[0]; r.Class != pns.Unsent || r.Again != pns.No {
		t.Errorf("never sent: %+v", r)
	}
}

func TestNewRefusesABadCredential(t *testing.T) {
	t.Parallel()
	if _, err := fcm.New(credential(nil), pns.Env{}); err == nil || !strings.Contains(err.Error(), "ProjectId is missing") {
		t.Errorf("error %v", err)
	}
}
