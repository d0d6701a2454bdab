package acceptance_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pnssim"
	nh "github.com/fanfare-hub/fanfare/notificationhubs"
)

// template registers APNs and FCM devices of one audience, with a template each.
func (w *world) audience(n int) {
	w.Helper()
	for i := range n {
		for p, handle := range map[nh.Platform]string{nh.APNs: apnsToken(i), nh.FCMV1: fcmToken(i)} {
			body := `{"aps":{"alert":"$(a)"}}`
			if p == nh.FCMV1 {
				body = `{"message":{"data":{"a":"$(a)"}}}`
			}
			_, err := w.client.CreateRegistration(w.ctx, nh.Registration{Platform: p, Handle: handle, Tags: []string{"a"}, Template: &nh.RegistrationTemplate{Body: body}})
			if err != nil {
				w.Fatal(err)
			}
		}
	}
}

func hello() *nh.Notification {
	return nh.NewTemplateNotification(map[string]string{"a": "Hello"})
}

// each checks that every device of a service got exactly one push.
func (w *world) each(svc pnssim.Service, n int) {
	w.Helper()
	all := w.sim.All(svc)
	if len(all) != n {
		w.Errorf("%d devices of %s got a push, want %d", len(all), svc, n)
	}
	for handle, got := range all {
		if got != 1 {
			w.Errorf("%s got %d pushes", handle, got)
		}
	}
}

// listed returns how many devices stand in lists.
func (w *world) listed() (n int) {
	w.Helper()
	for _, t := range w.tasks() {
		n += t.listed
	}
	return n
}

const (
	outagePage   = 10
	outageWindow = 2
	outageSize   = 60
)

// APNs is down for less than the retry window: FCM is not delayed, and each
// APNs device is delivered to and counted once.
func TestShortOutage(t *testing.T) {
	t.Parallel()
	w := newWorld(t, small(outagePage, outageWindow))
	w.audience(outageSize)
	w.sim.StopService(pnssim.APNs)
	id := w.send(hello(), "a")
	if err := w.sim.WaitCount(w.ctx, pnssim.FCM, outageSize); err != nil {
		t.Fatal(err)
	}
	w.idle()
	w.each(pnssim.FCM, outageSize)
	if d := w.details(id); d.State != "Processing" || d.Outcomes["fcmv1"]["Success"] != outageSize || len(d.Outcomes["apns"]) != 0 {
		t.Errorf("during the outage: %+v", d)
	}
	for range 8 {
		if n := w.listed(); n > outagePage*outageWindow {
			t.Errorf("%d devices stand in lists, at most %d may", n, outagePage*outageWindow)
		}
		w.advance(time.Minute)
	}
	w.delays(id, nh.Delay{Platform: nh.APNs, Whole: true})
	parked := false
	for _, task := range w.tasks() {
		parked = parked || task.kind == "range" && task.reason != ""
	}
	if !parked {
		t.Errorf("no range is parked with a reason: %+v", w.tasks())
	}
	w.sim.StartService(pnssim.APNs)
	w.advance(2 * time.Minute)
	w.counts(w.final(id), map[string]map[string]int64{"apns": {"Success": outageSize}, "fcmv1": {"Success": outageSize}})
	w.each(pnssim.APNs, outageSize)
	w.delays(id)
}

// delays holds that a notification waits for this; the time and the reason need
// only be given.
func (w *world) delays(id string, want ...nh.Delay) {
	w.Helper()
	got, err := w.client.Delays(w.ctx, id)
	for i := range got {
		if !got[i].Until.After(w.clock.Now()) || got[i].Reason == "" {
			w.Errorf("it waits until %s, at %s, for %q", got[i].Until, w.clock.Now(), got[i].Reason)
		}
		got[i].Until, got[i].Reason = time.Time{}, ""
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" || err != nil {
		w.Errorf("%v; delays (-want +got):\n%s", err, diff)
	}
}

// Devices that are throttled are tried again, each for itself, as long as their
// push service answers. A scheduled send waits for its time alone.
func TestDelaysOfDevices(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	s := services()[0]
	w.enrol(s, 1, "throttled-9", nil, "a")
	w.enrol(s, 2, "throttled-9", nil, "a")
	id := w.send(s.message("Hi"), "a")
	w.idle()
	w.delays(id, nh.Delay{Platform: nh.APNs})
	later, err := w.client.Schedule(w.ctx, hello(), w.clock.Now().Add(time.Hour), nil)
	if err != nil {
		t.Fatal(err)
	}
	w.delays(later.NotificationID)
}

// Down in the middle of a send, when pages are in flight: what was written and
// not answered may come twice, and every device is counted once.
func TestOutageInTheMiddle(t *testing.T) {
	t.Parallel()
	w := newWorld(t, small(outagePage, outageWindow))
	w.audience(outageSize)
	release := w.sim.Hold(pnssim.APNs)
	id := w.send(hello(), "a")
	if err := w.sim.WaitCount(w.ctx, pnssim.APNs, 1); err != nil {
		t.Fatal(err)
	}
	w.sim.StopService(pnssim.APNs)
	release()
	w.idle()
	if n := w.listed(); n > outagePage*outageWindow {
		t.Errorf("%d devices stand in lists, at most %d may", n, outagePage*outageWindow)
	}
	w.sim.StartService(pnssim.APNs)
	w.advance(3 * time.Minute)
	w.counts(w.final(id), map[string]map[string]int64{"apns": {"Success": outageSize}, "fcmv1": {"Success": outageSize}})
	if got := len(w.sim.All(pnssim.APNs)); got != outageSize {
		t.Errorf("%d devices got a push, want %d", got, outageSize)
	}
}

// Down for longer: every device is abandoned, once, and none is sent to later.
func TestLongOutage(t *testing.T) {
	t.Parallel()
	w := newWorld(t, small(outagePage, outageWindow))
	w.audience(outageSize)
	w.sim.StopService(pnssim.APNs)
	id := w.send(hello(), "a")
	w.idle()
	w.advance(31 * time.Minute)
	w.counts(w.final(id), map[string]map[string]int64{"apns": {"AbandonedNotificationMessages": outageSize}, "fcmv1": {"Success": outageSize}})
	if left := w.tasks(); len(left) != 0 {
		t.Errorf("tasks are left: %+v", left)
	}
	w.sim.StartService(pnssim.APNs)
	w.advance(5 * time.Minute)
	if n := w.sim.Requests(pnssim.APNs); n != 0 {
		t.Errorf("%d requests came later", n)
	}
	if d := w.final(w.send(alert(), "nobody")); d.State != "NoTargetFound" {
		t.Errorf("state %s", d.State)
	}
}

// All abandoned is the state Abandoned.
func TestAbandonedState(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.register(nh.APNs, apnsToken(1), "a")
	w.sim.StopService(pnssim.APNs)
	id := w.send(alert(), "a")
	w.idle()
	w.advance(31 * time.Minute)
	if d := w.final(id); d.State != "Abandoned" {
		t.Errorf("state %s, outcomes %v", d.State, d.Outcomes)
	}
}

// A key that Apple does not know touches no handle; the right one, within the
// window, delivers everything without waiting for the due time.
func TestWrongKey(t *testing.T) {
	t.Parallel()
	right := map[string]string{}
	w := newWorld(t, func(w *world) {
		small(outagePage, outageWindow)(w)
		right = w.sim.APNsCredential()
		w.cfg.Hubs[0].Credentials[0].Properties = w.sim.ForeignAPNsCredential()
	})
	w.audience(outageSize)
	id := w.send(hello(), "a")
	w.idle()
	w.advance(5 * time.Minute)
	if d := w.details(id); d.State != "Processing" || len(d.Outcomes["apns"]) != 0 {
		t.Errorf("with the wrong key: %+v", d)
	}
	count := 0
	for _, err := range w.client.RegistrationsByTag(w.ctx, "a") {
		if err != nil {
			t.Fatal(err)
		}
		count++
	}
	if count != 2*outageSize {
		t.Errorf("%d registrations are left, want %d", count, 2*outageSize)
	}
	w.stop()
	w.cfg.Hubs[0].Credentials[0].Properties = right
	w.start()
	// The clock stands: nothing falls due.
	w.counts(w.final(id), map[string]map[string]int64{"apns": {"Success": outageSize}, "fcmv1": {"Success": outageSize}})
	w.each(pnssim.APNs, outageSize)
}

// A credential that is changed while the process runs wakes what is parked.
func TestCredentialChangedWakes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(w *world) { w.cfg.Hubs[0].Credentials[1].Properties = w.sim.ForeignFCMCredential() })
	for i, p := range []nh.Platform{nh.FCMV1, nh.GCM} {
		w.register(p, fcmToken(i), "a")
	}
	a := w.send(message(), "a")
	b := w.send(nh.NewFCMNotification(`{"data":{"a":"b"}}`), "a")
	w.idle()
	w.cfg.Hubs[0].Credentials[1] = hub.Credential{Platform: hub.FCMV1, Properties: w.sim.FCMCredential()}
	if err := w.app.Reload(w.ctx, w.cfg); err != nil {
		t.Fatal(err)
	}
	w.counts(w.final(a), map[string]map[string]int64{"fcmv1": {"Success": 1}})
	w.counts(w.final(b), map[string]map[string]int64{"gcm": {"Success": 1}})
}

// More than a fifth of fifty dead: the rest become suspects, which are tried
// again after a day, once the service is believed again.
func TestBreaker(t *testing.T) {
	t.Parallel()
	w := newWorld(t, small(100, 1))
	const dead, alive = 60, 20
	for i := range dead {
		w.register(nh.FCMV1, fmt.Sprintf("fcm%04d-fate-gone.", i), "dead")
	}
	for i := range alive {
		w.register(nh.FCMV1, fcmToken(i), "alive")
	}
	w.counts(w.final(w.send(message())), map[string]map[string]int64{"fcmv1": {"BadChannel": dead, "Success": alive}})
	w.idle()
	if n := w.registered("dead"); n != dead {
		t.Errorf("%d of %d suspects are left", n, dead)
	}
	w.counts(w.final(w.send(message(), "dead")), map[string]map[string]int64{"fcmv1": {"Dropped": dead}})
	// 300 good answers bring the window below a fifth.
	for range 15 {
		w.final(w.send(message(), "alive"))
	}
	w.counts(w.final(w.send(message(), "dead")), map[string]map[string]int64{"fcmv1": {"Dropped": dead}})
	w.sim.SetFate(pnssim.FCM, "fcm0000-fate-gone.", pnssim.Fate{})
	w.clock.Advance(24 * time.Hour)
	w.counts(w.final(w.send(message(), "dead")), map[string]map[string]int64{"fcmv1": {"BadChannel": dead - 1, "Success": 1}})
	w.idle()
	if n := w.registered("dead"); n != 1 {
		t.Errorf("%d registrations are left, want the one that lives again", n)
	}
}

func (w *world) registered(tag string) (n int) {
	w.Helper()
	for _, err := range w.client.RegistrationsByTag(w.ctx, tag) {
		if err != nil {
			w.Fatal(err)
		}
		n++
	}
	return n
}
