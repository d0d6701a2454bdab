package browser_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pns"
	"github.com/fanfare-hub/fanfare/internal/pns/browser"
	"github.com/fanfare-hub/fanfare/internal/pns/pnstest"
)

// An origin that asks for a pause gets one from all its devices; the others'
// origins are sent to, and it is again when the time is over.
func TestAnOriginIsLeftAlone(t *testing.T) {
	t.Parallel()
	asked := make(chan string, 10)
	conn, now := reach(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked <- r.Host + r.URL.Path
		byPath(w, r)
	}))
	send := func(endpoint string, want pns.Result) {
		t.Helper()
		got := pnstest.Send(t, conn, batch(endpoint))[0]
		got.Reason, got.Correlation = "", ""
		if got != want {
			t.Errorf("%s: %+v, want %+v", endpoint, got, want)
		}
	}
	ok := pns.Result{Class: pns.OK, Outcome: hub.Success}
	send("https://busy.example/429", pns.Result{Class: pns.Retry, Outcome: hub.Throttled, RetryAfter: 7 * time.Second})
	now.Advance(2 * time.Second)
	send("https://BUSY.example:443/201", pns.Result{Class: pns.Retry, Outcome: hub.Throttled, RetryAfter: 5 * time.Second, Unasked: true})
	send("https://other.example/201", ok)
	now.Advance(5 * time.Second)
	send("https://busy.example/201", ok)
	close(asked)
	var all []string
	for a := range asked {
		all = append(all, a)
	}
	if want := []string{"busy.example/429", "other.example/201", "busy.example/201"}; fmt.Sprint(all) != fmt.Sprint(want) {
		t.Errorf("asked were %v, want %v", all, want)
	}
}

// Anybody can register endpoints: what is kept of their origins has a bound.
func TestPausesAreBounded(t *testing.T) {
	t.Parallel()
	if n := browser.Pauses(2*browser.MaxOrigins, time.Minute); n != browser.MaxOrigins {
		t.Errorf("%d origins are kept, want %d", n, browser.MaxOrigins)
	}
}
