package acceptance_test

import (
	"testing"

	"github.com/fanfare-hub/fanfare/internal/pnssim"
)

// A device of the other environment whose first request meets the end of its
// connection is alive: the answer on the next connection still leads to the
// environment that knows it.
func TestGoAwayAndTheOtherEnvironment(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	s := services()[0]
	for i := range 12 {
		w.enrol(s, i, "sandbox", nil, "a")
	}
	w.trusted(s) // what APNs says of handles counts, and a connection is open
	if err := w.sim.GoAway(pnssim.APNs, 1); err != nil {
		t.Fatal(err)
	}
	w.counts(w.final(w.send(alert(), "a")), map[string]map[string]int64{"apns": {"Success": 12}})
	w.idle()
	left := 0
	for _, err := range w.client.RegistrationsByTag(w.ctx, "a") {
		if err != nil {
			t.Fatal(err)
		}
		left++
	}
	if left != 12 {
		t.Errorf("%d of 12 registrations are left", left)
	}
}
