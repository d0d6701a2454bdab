package acceptance_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/fanfare-hub/fanfare/internal/pnssim"
	nh "github.com/fanfare-hub/fanfare/notificationhubs"
)

func (w *world) batch(n *nh.Notification, handles []string) string {
	w.Helper()
	r, err := w.client.SendDirectBatch(w.ctx, n, handles)
	if err != nil {
		w.Fatal(err)
	}
	return r.NotificationID
}

// A batch reaches devices of every service that takes one, each once.
func TestBatchOnEveryService(t *testing.T) {
	t.Parallel()
	w := newWorld(t, everybody)
	for _, s := range services() {
		if s.platform == nh.Browser {
			continue // its handles alone are not enough
		}
		var handles []string
		for i := range 20 {
			handles = append(handles, w.device(s, i, "").Handle)
		}
		handles = append(handles, handles[3])
		d := w.final(w.batch(s.message("Hi"), handles))
		if d.Count("Success") != 20 || d.Count("Skipped") != 1 || d.State != "Completed" {
			t.Errorf("%s: %s, %v", s.sim, d.State, d.Outcomes)
		}
		for _, h := range handles {
			if got := w.sim.Received(s.sim, h); len(got) != 1 {
				t.Errorf("%s: %s got %d pushes", s.sim, h, len(got))
			}
		}
	}
}

// A thousand handles, some dead, some none: each has its outcome, and what is
// registered under a dead one goes.
func TestBatchOfAThousand(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	s := services()[0]
	var handles []string
	for i := range nh.MaxBatch - 10 {
		handles = append(handles, apnsToken(i))
	}
	for i := range 5 {
		handles = append(handles, s.handle(i, "gone"), "no device token")
	}
	dead := w.register(nh.APNs, s.handle(0, "gone"))
	w.clock.Advance(time.Second) // the service's word is newer than the registration
	d := w.final(w.batch(alert(), handles))
	w.counts(d, map[string]map[string]int64{"apns": {"Success": nh.MaxBatch - 10, "ExpiredChannel": 5, "BadChannel": 5}})
	for i := range nh.MaxBatch - 10 {
		if got := w.sim.Received(pnssim.APNs, apnsToken(i)); len(got) != 1 {
			t.Errorf("device %d got %d pushes", i, len(got))
		}
	}
	w.idle()
	if there, err := w.client.RegistrationExists(w.ctx, dead.ID); there || err != nil {
		t.Errorf("the registration of a dead handle is still there: %v, %v", there, err)
	}
}

// A batch that was accepted is finished after a restart. What was in flight when
// the process ended may come twice; nothing is lost, or counted twice.
func TestBatchOverARestart(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	var handles []string
	for i := range 200 {
		handles = append(handles, fcmToken(i))
	}
	release := w.sim.Hold(pnssim.FCM)
	defer release()
	id := w.batch(message(), slices.Concat(handles, handles[:5]))
	if err := w.sim.WaitCount(w.ctx, pnssim.FCM, 1); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(w.ctx)
	cancel() // no patience at all
	if err := w.app.Stop(ctx); err != nil && !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	release()
	w.start()
	w.idle()
	w.advance(2 * time.Minute)
	d := w.final(id)
	w.counts(d, map[string]map[string]int64{"fcmv1": {"Success": 200, "Skipped": 5}})
	for _, h := range handles {
		if got := w.sim.Received(pnssim.FCM, h); len(got) == 0 {
			t.Errorf("%s got nothing", h)
		}
	}
}
