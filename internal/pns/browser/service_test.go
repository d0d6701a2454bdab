package browser_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pns"
	"github.com/fanfare-hub/fanfare/internal/pns/browser"
	"github.com/fanfare-hub/fanfare/internal/pns/pnstest"
)

// byPath answers with the status that the endpoint's path names.
func byPath(w http.ResponseWriter, r *http.Request) {
	var status int
	if _, err := fmt.Sscanf(r.URL.Path, "/%d", &status); err != nil {
		panic(http.ErrAbortHandler)
	}
	if status == http.StatusTooManyRequests {
		w.Header().Set("Retry-After", "7")
	}
	w.WriteHeader(status)
}

func at(paths ...string) *pns.Batch {
	var out []string
	for _, p := range paths {
		out = append(out, "https://push.example/"+p)
	}
	return batch(out...)
}

func TestAnswersOfOneBatchAreKeptApart(t *testing.T) {
	t.Parallel()
	c, _ := reach(t, http.HandlerFunc(byPath))
	got := pnstest.Send(t, c, at("201", "404", "410", "403", "413", "429", "500", "503", "reset"))
	want := []pns.Result{
		{Class: pns.OK, Outcome: hub.Success},
		{Class: pns.Drop, Outcome: hub.BadChannel},
		{Class: pns.Drop, Outcome: hub.ExpiredChannel},
		{Class: pns.Credential, Outcome: hub.InvalidCredentials, Again: pns.WithFreshToken},
		{Class: pns.Body, Outcome: hub.InvalidNotificationSize},
		{Class: pns.Retry, Outcome: hub.Throttled, RetryAfter: 7 * time.Second},
		{Class: pns.Retry, Outcome: hub.PnsServerError},
		{Class: pns.Retry, Outcome: hub.PnsUnavailable},
		{Class: pns.Unknown, Outcome: hub.PnsUnreachable},
	}
	for i := range got {
		if strings.Contains(got[i].Reason, "reset") {
			t.Errorf("reason %q may hold the endpoint", got[i].Reason)
		}
		got[i].Reason = ""
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// An endpoint is anybody's: one that fails, or refuses our key, says nothing of
// Web Push, unless all that were asked refuse a key that nobody has taken.
func TestWhoseFaultARefusalIs(t *testing.T) {
	t.Parallel()
	fresh := func(b *pns.Batch) *pns.Batch { b.FreshToken = true; return b }
	for name, c := range map[string]struct {
		before *pns.Batch // sent first
		batch  *pns.Batch
		ours   bool // it is the key's
	}{
		"one that is down":                       {batch: at("503")},
		"all are down":                           {batch: at("503", "429")},
		"one that refuses the key":               {batch: at("403")},
		"all refuse a new key":                   {batch: at("403", "401"), ours: true},
		"all refuse a new key, again":            {batch: fresh(at("403", "401")), ours: true},
		"all but one refuse the key":             {batch: at("403", "403", "201")},
		"all refuse a key that others took":      {before: at("201"), batch: at("403", "403")},
		"one refuses a key that all refused":     {before: at("403", "403"), batch: at("403"), ours: true},
		"some refuse the key, some are down":     {batch: at("403", "503")},
		"a private address beside one refusing":  {batch: batch("https://10.0.0.1/", "https://push.example/403")},
		"a private address beside those that do": {batch: batch("https://10.0.0.1/", "https://push.example/403", "https://push.example/401"), ours: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn, _ := reach(t, http.HandlerFunc(byPath))
			if c.before != nil {
				pnstest.Send(t, conn, c.before)
			}
			for i, r := range pnstest.Send(t, conn, c.batch) {
				if r.Service != (c.ours && !r.Unasked) {
					t.Errorf("target %d: %+v; want it to speak of the key: %t", i, r, c.ours)
				}
			}
		})
	}
}

func TestNobodyIsReached(t *testing.T) {
	t.Parallel()
	env := pnstest.Start(t, http.NotFoundHandler())
	env.Dial = refuseAll
	c := pnstest.Connect(t, browser.New, credential(), env)
	for _, r := range pnstest.Send(t, c, at("1", "2")) {
		if r.Class != pns.Unsent || r.Outcome != hub.PnsUnreachable || r.Service || r.Unasked {
			t.Errorf("%+v", r)
		}
	}
}

// An answer counts with its head: an endpoint that never ends its body costs a
// place for as long as a request may take, and no more.
func TestAnAnswerWithoutAnEnd(t *testing.T) {
	t.Parallel()
	env := pnstest.Start(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusCreated)
		http.NewResponseController(w).Flush() //nolint:errcheck // the client is gone
		<-r.Context().Done()
	}))
	env.RequestTimeout = 2 * time.Second
	c := pnstest.Connect(t, browser.New, credential(), env)
	if r := pnstest.Send(t, c, batch("https://push.example/1"))[0]; r.Class != pns.OK {
		t.Errorf("%+v", r)
	}
}
