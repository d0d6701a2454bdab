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

// A service that answers 500 to every device is down, whether the devices share
// a message or have one each: it is asked now and then, and the rest waits.
func TestServiceFailsForEveryDevice(t *testing.T) {
	t.Parallel()
	for name, variables := range map[string]func(i int) map[string]string{
		"one message":  func(int) map[string]string { return nil },
		"each its own": func(i int) map[string]string { return map[string]string{"v": fmt.Sprint(i)} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, small(outagePage, outageWindow))
			for i := range outageSize {
				_, err := w.client.CreateRegistration(w.ctx, nh.Registration{
					Platform: nh.APNs, Handle: apnsToken(i), Tags: []string{"a"}, PushVariables: variables(i),
					Template: &nh.RegistrationTemplate{Body: `{"aps":{"alert":"$(v)"}}`},
				})
				if err != nil {
					t.Fatal(err)
				}
				w.sim.SetFate(pnssim.APNs, apnsToken(i), pnssim.Fate{Kind: "error", Times: 1000})
			}
			id := w.send(hello(), "a")
			w.idle()
			const first = outagePage * outageWindow
			for range 10 {
				if n := w.listed(); n > first {
					t.Fatalf("%d devices stand in lists, at most %d may", n, first)
				}
				w.advance(30 * time.Second)
			}
			// In ten waits it is looked at some twenty times at most, by five devices each.
			if n := w.sim.Requests(pnssim.APNs); n > first+20*5 {
				t.Errorf("%d requests to a service that is down", n)
			}
			for i := range outageSize {
				w.sim.SetFate(pnssim.APNs, apnsToken(i), pnssim.Fate{})
			}
			w.advance(2 * time.Minute)
			w.counts(w.final(id), map[string]map[string]int64{"apns": {"Success": outageSize}})
			w.each(pnssim.APNs, outageSize)
		})
	}
}

// A service that takes requests and never answers is one that fails: when the
// retry window is over, every device is abandoned, though nearly all of that
// time went by in attempts.
func TestServiceHangs(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(w *world) {
		small(outagePage, outageWindow)(w)
		w.cfg.Dispatch.RequestTimeout = 500 * time.Millisecond
	})
	for i := range outageSize {
		w.register(nh.FCMV1, fcmToken(i), "a")
		w.sim.SetFate(pnssim.FCM, fcmToken(i), pnssim.Fate{Kind: "hang"})
	}
	id := w.send(message(), "a")
	for range 2 { // the first pages; then, parked for less than a minute, a probe
		for before := w.sim.Requests(pnssim.FCM); w.sim.Requests(pnssim.FCM) == before; {
			w.details(id)
		}
		w.clock.Advance(20 * time.Minute) // while requests hang, as in life
		w.idle()
		w.clock.Advance(time.Minute)
	}
	w.idle()
	w.counts(w.details(id), map[string]map[string]int64{"fcmv1": {"AbandonedNotificationMessages": outageSize}})
}

// In a test send, a service that hangs takes no time from the others.
func TestTestSendSideBySide(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.audience(2)
	release := w.sim.Hold(pnssim.APNs)
	defer release()
	type answer struct {
		outcome *nh.NotificationOutcome
		err     error
	}
	ended := make(chan answer, 1)
	go func() {
		o, err := w.client.TestSend(w.ctx, hello(), &nh.SendOptions{Tags: []string{"a"}})
		ended <- answer{o, err}
	}()
	if err := w.sim.WaitCount(w.ctx, pnssim.FCM, 2); err != nil {
		t.Fatal(err)
	}
	release()
	if a := <-ended; a.err != nil || a.outcome.Success != 4 {
		t.Errorf("%+v, %v: want four reached", a.outcome, a.err)
	}
}

// A direct send is Processing from its first attempt on, as any other.
func TestDirectSendIsProcessing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.sim.SetFate(pnssim.FCM, fcmToken(1), pnssim.Fate{Kind: "unavailable", Times: 1})
	r, err := w.client.SendDirect(w.ctx, message(), nh.Device{Handle: fcmToken(1)})
	if err != nil {
		t.Fatal(err)
	}
	began := w.clock.Now()
	w.idle()
	if d := w.details(r.NotificationID); d.State != "Processing" || !d.StartTime.Equal(began) {
		t.Errorf("while it waits: %s since %v", d.State, d.StartTime)
	}
	w.advance(2 * time.Minute)
	if d := w.details(r.NotificationID); d.State != "Completed" || !d.StartTime.Equal(began) || d.Count("Success") != 1 {
		t.Errorf("afterwards: %+v", d)
	}
}

// Handles of another app say nothing of whether this app's are believed: a
// malformed one deletes nothing where none was ever accepted.
func TestForeignHandlesProveNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.register(nh.APNs, apnsToken(1), "a")
	w.sim.SetFate(pnssim.APNs, apnsToken(1), pnssim.Fate{Kind: "foreign"})
	w.register(nh.APNs, apnsToken(2), "a")
	w.sim.SetFate(pnssim.APNs, apnsToken(2), pnssim.Fate{Kind: "malformed"})
	w.final(w.send(alert(), "a"))
	w.idle()
	if n := w.registered("a"); n != 2 {
		t.Errorf("%d registrations are left of 2", n)
	}
}

// A hub that the configuration does not name any more is closed to its keys,
// and keeps its devices for when it is named again.
func TestHubLeftOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.register(nh.FCMV1, fcmToken(1), "a")
	named := w.cfg
	left := w.cfg
	left.Hubs = nil
	if err := w.app.Reload(w.ctx, left); err != nil {
		t.Fatal(err)
	}
	_, err := w.client.Send(w.ctx, message(), nil)
	var re *nh.ResponseError
	if !errors.As(err, &re) || re.StatusCode != http.StatusUnauthorized {
		t.Errorf("a send to a hub that is closed: %v", err)
	}
	if err := w.app.Reload(w.ctx, named); err != nil {
		t.Fatal(err)
	}
	w.counts(w.final(w.send(message(), "a")), map[string]map[string]int64{"fcmv1": {"Success": 1}})
}
