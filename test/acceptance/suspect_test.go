package acceptance_test

import (
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/fanfare-hub/fanfare/internal/pnssim"
	nh "github.com/fanfare-hub/fanfare/notificationhubs"
)

// An operator sees suspects, and says of one or all whether they are dead.
func TestSuspects(t *testing.T) {
	t.Parallel()
	w := newWorld(t, small(100, 1))
	const dead = 120
	handle := func(i int) string { return fmt.Sprintf("fcm%04d-fate-gone.", i) }
	var first *nh.Registration
	for i := range dead {
		r := w.register(nh.FCMV1, handle(i), "dead")
		if i == 0 {
			first = r
		}
	}
	w.final(w.send(message()))
	w.idle()
	// The first page fills the window; all of it is judged by it.
	if n := len(w.suspects()); n != dead {
		t.Fatalf("%d suspects, want all %d", n, dead)
	}

	if n, err := w.client.ClearSuspects(w.ctx, nh.FCMV1, handle(1)); n != 1 || err != nil {
		t.Errorf("clearing one: %d, %v", n, err)
	}
	if n, err := w.client.ConfirmSuspects(w.ctx, nh.FCMV1, handle(2), handle(3)); n != 2 || err != nil {
		t.Errorf("confirming two: %d, %v", n, err)
	}
	var re *nh.ResponseError
	if _, err := w.client.ConfirmSuspects(w.ctx, nh.FCMV1, handle(1)); !errors.As(err, &re) || re.StatusCode != http.StatusNotFound {
		t.Errorf("confirming one that is none: %v", err)
	}
	if n := w.registered("dead"); n != dead-2 {
		t.Errorf("%d registrations are left, want %d", n, dead-2)
	}
	w.sim.SetFate(pnssim.FCM, handle(1), pnssim.Fate{})
	w.counts(w.final(w.send(message())), map[string]map[string]int64{"fcmv1": {"Success": 1, "Dropped": dead - 3}})

	// A device that registers again after the suspicion is not deleted with it.
	w.clock.Advance(time.Minute)
	if _, err := w.client.CreateOrUpdateRegistration(w.ctx, *first); err != nil {
		t.Fatal(err)
	}
	if n, err := w.client.ConfirmSuspects(w.ctx, nh.FCMV1); n != dead-3 || err != nil {
		t.Errorf("confirming all: %d, %v", n, err)
	}
	if n := w.registered("dead"); n != 2 {
		t.Errorf("%d registrations are left, want the cleared one and the one that came back", n)
	}
	if got := w.suspects(); got != nil {
		t.Errorf("suspects are left: %v", got)
	}
}

func (w *world) suspects() []nh.Suspect {
	w.Helper()
	var out []nh.Suspect
	for s, err := range w.client.Suspects(w.ctx, nh.FCMV1) {
		if err != nil {
			w.Fatal(err)
		}
		out = append(out, s)
	}
	return out
}
