package browser_test

import (
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/fanfare-hub/fanfare/internal/pns"
	"github.com/fanfare-hub/fanfare/internal/pns/browser"
	"github.com/fanfare-hub/fanfare/internal/pns/pnstest"
)

// Push services allow so many streams as they like: what is under way fits into
// them, on a bounded number of connections, and nobody is kept waiting.
func TestFewStreams(t *testing.T) {
	t.Parallel()
	for _, streams := range []int{1, 4, 30} {
		t.Run(fmt.Sprint(streams), func(t *testing.T) {
			t.Parallel()
			var mu sync.Mutex
			conns := map[string]int{}
			env := pnstest.StartStreams(t, streams, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				mu.Lock()
				conns[r.RemoteAddr]++
				mu.Unlock()
				w.WriteHeader(http.StatusCreated)
			}))
			env.RequestTimeout = 20 * time.Second
			c := pnstest.Connect(t, browser.New, credential(), env)
			const devices = 600
			var paths []string
			for i := range devices {
				paths = append(paths, fmt.Sprint(i))
			}
			for i, r := range pnstest.Send(t, c, at(paths...)) {
				if r.Class != pns.OK {
					t.Fatalf("device %d: %+v", i, r)
				}
			}
			if len(conns) > browser.RequestsPerConn*env.Connections() {
				t.Errorf("%d connections were made for %d devices", len(conns), devices)
			}
		})
	}
}
