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
	got := send(t, c, at("201", "404", "410", "403", "413", "429", "500", "503", "reset"))
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

// TestWhatParks: an endpoint is anybody's. One that fails says nothing of the
// others, unless all that were asked fail.
func TestWhatParks(t *testing.T) {
	t.Parallel()
	fresh := func(b *pns.Batch) *pns.Batch { b.FreshToken = true; return b }
	renewed := func(b *pns.Batch) *pns.Batch { b.NewConn = true; return b }
	for name, c := range map[string]struct {
		before *pns.Batch // sent first
		batch  *pns.Batch
		parks  bool
		wait   time.Duration
	}{
		"one that is down":                      {batch: at("503")},
		"one that refuses the key":              {batch: at("403")},
		"all are down":                          {batch: at("503", "429"), parks: true},
		"all want a pause":                      {batch: at("429", "429"), parks: true, wait: 7 * time.Second},
		"all but one are down":                  {batch: at("503", "503", "201")},
		"all but a dead one are down":           {batch: at("503", "503", "410")},
		"all are down at a second try":          {batch: renewed(at("503", "503"))},
		"all refuse a new key":                  {batch: at("403", "401"), parks: true},
		"all refuse a new key, again":           {batch: fresh(at("403", "401")), parks: true},
		"all but one refuse the key":            {batch: at("403", "403", "201")},
		"all refuse a key that others took":     {before: at("201"), batch: at("403", "403")},
		"one refuses a key that all refused":    {before: at("403", "403"), batch: at("403"), parks: true},
		"one is down where all were":            {before: at("503", "503"), batch: at("503")},
		"some refuse the key, some are down":    {batch: at("403", "503")},
		"a private address beside those down":   {batch: batch("https://10.0.0.1/", "https://push.example/503", "https://push.example/503"), parks: true},
		"a private address beside one refusing": {batch: batch("https://10.0.0.1/", "https://push.example/403")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn, _ := reach(t, http.HandlerFunc(byPath))
			if c.before != nil {
				send(t, conn, c.before)
			}
			for i, r := range send(t, conn, c.batch) {
				if parks := c.parks && r.Outcome != hub.BadChannel; r.Service != parks || parks && r.RetryAfter != c.wait {
					t.Errorf("target %d: %+v; want parked %t, wait %s", i, r, parks, c.wait)
				}
			}
		})
	}
}

func TestNobodyIsReached(t *testing.T) {
	t.Parallel()
	env := pnstest.Start(t, http.NotFoundHandler())
	env.Dial = refuseAll
	c, err := browser.New(credential(), env)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	for n, parks := range map[int]bool{1: false, 2: true} {
		for _, r := range send(t, c, at([]string{"1", "2"}[:n]...)) {
			if r.Class != pns.Unsent || r.Outcome != hub.PnsUnreachable || r.Service != parks {
				t.Errorf("%d targets: %+v", n, r)
			}
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
	c, err := browser.New(credential(), env)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	if r := send(t, c, batch("https://push.example/1"))[0]; r.Class != pns.OK {
		t.Errorf("%+v", r)
	}
}
