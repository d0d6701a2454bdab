package crash_test

import (
	"context"
	"testing"
	"time"

	nh "github.com/fanfare-hub/fanfare/notificationhubs"
)

// A schedule that was accepted, and one that was cancelled, are still so after
// kill -9 right behind the answer.
func TestKillKeepsSchedules(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	sim, arrivals := startServices(t)
	h := newHub(t, build(t), sim)
	h.start(ctx)
	if _, err := h.client.CreateRegistration(ctx, nh.Registration{Platform: nh.APNs, Handle: "00ff"}); err != nil {
		t.Fatal(err)
	}
	n := nh.NewAppleNotification(`{"aps":{"alert":"Hi"}}`, nil)
	schedule := func(after time.Duration) string {
		t.Helper()
		sent, err := h.client.Schedule(ctx, n, time.Now().Add(after), nil)
		if err != nil {
			t.Fatal(err)
		}
		return sent.NotificationID
	}
	withdrawn := schedule(time.Hour)
	if err := h.client.CancelScheduled(ctx, withdrawn); err != nil {
		t.Fatal(err)
	}
	h.kill()
	h.start(ctx)
	soon := schedule(time.Second) // due while the process starts, or soon after
	h.kill()
	h.start(ctx)
	d, err := h.client.WaitForNotification(ctx, soon)
	if err != nil || d.State != "Completed" || d.Count("Success") != 1 {
		t.Errorf("the schedule: %+v, %v", d, err)
	}
	d, err = h.client.NotificationDetails(ctx, withdrawn)
	if err != nil || d.State != "Canceled" {
		t.Errorf("the cancelled one: %+v, %v", d, err)
	}
	h.stop()
	if arrivals.copies() != 1 {
		t.Errorf("the device got %d, want 1", arrivals.copies())
	}
}
