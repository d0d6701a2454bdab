package acceptance_test

import (
	"testing"

	"github.com/fanfare-hub/fanfare/internal/pns"
	"github.com/fanfare-hub/fanfare/internal/pnssim"
	nh "github.com/fanfare-hub/fanfare/notificationhubs"
)

// mostConnections are open at once to an origin that allows a single stream: as
// many as there are requests under way.
const mostConnections = 16 * pns.DefaultConns

// A service that allows fewer streams in the midst of a send, and leaves the
// connections that it had: every device gets the push once, over connections that
// have a bound, and so do those of the next send, within the new limit.
func TestFewerStreamsInTheMidst(t *testing.T) {
	t.Parallel()
	for _, s := range services() {
		if s.sim != pnssim.FCM && s.sim != pnssim.Browser {
			continue
		}
		if s.sim == pnssim.Browser {
			s.handle = handles("https://push.example/%s.%d") // of one origin
		}
		t.Run(string(s.sim), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, with(s.of, s.known))
			const devices = 150
			for i := range devices {
				w.enrol(s, i, "", nil, "a")
			}
			release := w.sim.Hold(s.sim)
			id := w.send(s.message("Hi"), "a")
			if err := w.sim.WaitCount(w.ctx, s.sim, 1); err != nil {
				t.Fatal(err)
			}
			if err := w.sim.SetStreams(s.sim, 1); err != nil {
				t.Fatal(err)
			}
			release()
			all := func(d *nh.NotificationDetails) {
				t.Helper()
				w.counts(d, map[string]map[string]int64{platformName(d): {"Success": devices}})
			}
			all(w.final(id))
			all(w.final(w.send(s.message("Hi"), "a")))
			for i := range devices {
				if n := len(w.sim.Received(s.sim, s.handle(i, ""))); n != 2 {
					t.Errorf("device %d got %d pushes of two sends", i, n)
				}
			}
			if n := w.sim.State(s.sim).Open; n > mostConnections {
				t.Errorf("%d connections are open, want at most %d", n, mostConnections)
			}
		})
	}
}
