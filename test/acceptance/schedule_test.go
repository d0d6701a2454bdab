package acceptance_test

import (
	"errors"
	"testing"
	"time"

	"github.com/fanfare-hub/fanfare/internal/pnssim"
	nh "github.com/fanfare-hub/fanfare/notificationhubs"
)

func (w *world) schedule(after time.Duration, n *nh.Notification, o *nh.SendOptions) string {
	w.Helper()
	r, err := w.client.Schedule(w.ctx, n, w.clock.Now().Add(after), o)
	if err != nil {
		w.Fatal(err)
	}
	return r.NotificationID
}

// A schedule in each form reaches whom it is for when it is due: who came after
// the 201 gets it, who went does not.
func TestScheduleForms(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	gone := w.register(nh.APNs, apnsToken(1), "a", "b")
	everybody := w.schedule(time.Hour, alert(), nil)
	tag := w.schedule(time.Hour, alert(), &nh.SendOptions{Tags: []string{"a"}})
	expression := w.schedule(time.Hour, alert(), &nh.SendOptions{Expression: "a && !b"})
	template := w.schedule(time.Hour, nh.NewTemplateNotification(map[string]string{"who": "Ada"}), nil)
	nobody := w.schedule(time.Hour, message(), nil)
	if err := w.client.DeleteRegistration(w.ctx, gone.ID, ""); err != nil {
		t.Fatal(err)
	}
	w.register(nh.APNs, apnsToken(2), "a", "b")
	w.register(nh.APNs, apnsToken(3), "a")
	_, err := w.client.CreateRegistration(w.ctx, nh.Registration{
		Platform: nh.APNs, Handle: apnsToken(4), Template: &nh.RegistrationTemplate{Body: `{"aps":{"alert":"$(who)"}}`},
	})
	if err != nil {
		t.Fatal(err)
	}
	w.advance(time.Hour - time.Second)
	if d := w.details(everybody); d.State != "Scheduled" || d.EnqueueTime.IsZero() || !d.StartTime.IsZero() || len(w.sim.Received(pnssim.APNs, apnsToken(2))) != 0 {
		t.Errorf("before it is due: %+v", d)
	}
	w.advance(time.Second)
	for id, want := range map[string]int64{everybody: 2, tag: 2, expression: 1, template: 1} {
		w.counts(w.final(id), map[string]map[string]int64{"apns": {"Success": want}})
	}
	if d := w.final(nobody); d.State != "NoTargetFound" {
		t.Errorf("for nobody: %s", d.State)
	}
	for i, want := range []int{0, 0, 2, 3, 1} {
		if got := len(w.sim.Received(pnssim.APNs, apnsToken(i))); got != want {
			t.Errorf("device %d got %d, want %d", i, got, want)
		}
	}
}

// What falls due while no hub runs is sent when one starts again, and what was
// cancelled stays so.
func TestScheduleSurvivesRestart(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.register(nh.APNs, apnsToken(1))
	missed := w.schedule(time.Hour, alert(), nil)
	later := w.schedule(48*time.Hour, alert(), nil)
	cancelled := w.schedule(time.Hour, alert(), nil)
	if err := w.client.CancelScheduled(w.ctx, cancelled); err != nil {
		t.Fatal(err)
	}
	w.stop()
	w.clock.Advance(24 * time.Hour)
	w.start()
	w.counts(w.final(missed), map[string]map[string]int64{"apns": {"Success": 1}})
	if d := w.details(later); d.State != "Scheduled" {
		t.Errorf("the later one is %s", d.State)
	}
	if d := w.final(cancelled); d.State != "Canceled" || len(d.Outcomes) != 0 {
		t.Errorf("the cancelled one is %s %v", d.State, d.Outcomes)
	}
	err := w.client.CancelScheduled(w.ctx, missed)
	if e, ok := errors.AsType[*nh.ResponseError](err); !ok || e.StatusCode != 404 {
		t.Errorf("a cancel of what was sent: %v", err)
	}
	w.clock.Advance(24 * time.Hour)
	w.counts(w.final(later), map[string]map[string]int64{"apns": {"Success": 1}})
	if got := w.sim.Received(pnssim.APNs, apnsToken(1)); len(got) != 2 {
		t.Errorf("the device got %d, want 2", len(got))
	}
}

// The hub sleeps until a schedule is due: no other time wakes it. The clock goes
// there in one step, and nothing else is waited for.
func TestScheduleWaitsForNoTicker(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.register(nh.APNs, apnsToken(1))
	id := w.schedule(5*time.Second, alert(), nil) // sooner than leases are renewed
	w.clock.Advance(5 * time.Second)
	w.counts(w.final(id), map[string]map[string]int64{"apns": {"Success": 1}})
}
