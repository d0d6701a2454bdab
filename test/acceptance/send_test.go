package acceptance_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fanfare-hub/fanfare/internal/config"
	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pnssim"
	nh "github.com/fanfare-hub/fanfare/notificationhubs"
)

func small(page, window int) func(*world) {
	return func(w *world) { w.cfg.Dispatch = config.Dispatch{Page: page, Window: window} }
}

// On an idle hub a send waits for no ticker: the clock never moves.
func TestSendWaitsForNoTicker(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.register(nh.APNs, apnsToken(1), "a")
	d := w.final(w.send(alert(), "a"))
	w.counts(d, map[string]map[string]int64{"apns": {"Success": 1}})
	if got := w.sim.Received(pnssim.APNs, apnsToken(1)); len(got) != 1 {
		t.Errorf("the device got %d pushes", len(got))
	}
}

// A 201 is withheld until the commit is on disk.
func TestAcceptWaitsForTheCommit(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var gate, reached chan struct{}
	w := newWorld(t, func(w *world) {
		w.opts.BeforeCommit = func() {
			mu.Lock()
			g, r := gate, reached
			reached = nil
			mu.Unlock()
			if g != nil {
				if r != nil {
					close(r)
				}
				<-g
			}
		}
	})
	w.register(nh.APNs, apnsToken(1))
	w.idle()
	g, r := make(chan struct{}), make(chan struct{})
	mu.Lock()
	gate, reached = g, r
	mu.Unlock()
	answered := make(chan error, 1)
	go func() {
		_, err := w.client.Send(w.ctx, alert(), nil)
		answered <- err
	}()
	<-r
	select {
	case err := <-answered:
		t.Errorf("answered before the commit: %v", err)
	default:
	}
	mu.Lock()
	gate = nil
	mu.Unlock()
	close(g)
	if err := <-answered; err != nil {
		t.Error(err)
	}
}

// Two native registrations with one handle get one push, also over pages.
func TestSharedHandle(t *testing.T) {
	t.Parallel()
	for _, page := range []int{1, 100} {
		t.Run(fmt.Sprint("page ", page), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, small(page, 1))
			w.register(nh.APNs, apnsToken(1), "a")
			w.register(nh.APNs, apnsToken(2), "a")
			w.register(nh.APNs, apnsToken(1), "a", "b")
			d := w.final(w.send(alert(), "a"))
			w.counts(d, map[string]map[string]int64{"apns": {"Success": 2, "Skipped": 1}})
			if got := w.sim.Received(pnssim.APNs, apnsToken(1)); len(got) != 1 {
				t.Errorf("the shared handle got %d pushes", len(got))
			}
			// The lower one does not match: the higher one is sent to.
			w.counts(w.final(w.send(alert(), "b")), map[string]map[string]int64{"apns": {"Success": 1}})
		})
	}
}

// The hub is stopped between the first page and the one with the duplicate.
func TestSharedHandleOverARestart(t *testing.T) {
	t.Parallel()
	w := newWorld(t, small(1, 1))
	w.register(nh.APNs, apnsToken(1), "a")
	w.register(nh.APNs, apnsToken(1), "a")
	release := w.sim.Hold(pnssim.APNs)
	id := w.send(alert(), "a")
	if _, err := w.sim.Wait(w.ctx, pnssim.APNs, apnsToken(1), 1); err != nil {
		t.Fatal(err)
	}
	// The first page is answered while the hub is ending: it begins no other.
	stopped := make(chan struct{})
	go func() { defer close(stopped); w.stop() }()
	release()
	<-stopped
	w.start()
	w.counts(w.final(id), map[string]map[string]int64{"apns": {"Success": 1, "Skipped": 1}})
	if got := w.sim.Received(pnssim.APNs, apnsToken(1)); len(got) != 1 {
		t.Errorf("the device got %d pushes", len(got))
	}
}

// An upsert of every registration in the middle of a broadcast changes nothing.
func TestUpsertsDuringABroadcast(t *testing.T) {
	t.Parallel()
	w := newWorld(t, small(10, 1))
	const n = 60
	var all []*nh.Registration
	for i := range n {
		all = append(all, w.register(nh.FCMV1, fcmToken(i), "a"))
	}
	release := w.sim.Hold(pnssim.FCM)
	id := w.send(message(), "a")
	if err := w.sim.WaitCount(w.ctx, pnssim.FCM, 1); err != nil {
		t.Fatal(err)
	}
	for _, r := range all {
		if _, err := w.client.CreateOrUpdateRegistration(w.ctx, *r); err != nil {
			t.Fatal(err)
		}
	}
	release()
	w.counts(w.final(id), map[string]map[string]int64{"fcmv1": {"Success": n}})
	for handle, got := range w.sim.All(pnssim.FCM) {
		if got != 1 {
			t.Errorf("%s got %d pushes", handle, got)
		}
	}
	if got := len(w.sim.All(pnssim.FCM)); got != n {
		t.Errorf("%d devices got a push, want %d", got, n)
	}
}

// A registration that changes from Gcm to FcmV1 in the middle of sends for both
// gets one copy of each at most, and one outcome at most.
func TestPlatformChangesDuringASend(t *testing.T) {
	t.Parallel()
	w := newWorld(t, small(1, 1))
	first := w.register(nh.GCM, fcmToken(1), "a")
	moving := w.register(nh.GCM, fcmToken(2), "a")
	release := w.sim.Hold(pnssim.FCM)
	id := w.send(nh.NewFCMNotification(`{"data":{"a":"b"}}`), "a")
	if _, err := w.sim.Wait(w.ctx, pnssim.FCM, first.Handle, 1); err != nil {
		t.Fatal(err)
	}
	moving.Platform = nh.FCMV1
	if _, err := w.client.CreateOrUpdateRegistration(w.ctx, *moving); err != nil {
		t.Fatal(err)
	}
	release()
	d := w.final(id)
	if got := len(w.sim.Received(pnssim.FCM, moving.Handle)); got > 1 || d.Count("Success") != int64(1+got) {
		t.Errorf("the device got %d pushes; outcomes %v", got, d.Outcomes)
	}
}

// A device that is gone loses its registration; an installation keeps its
// document, and its channel is marked.
func TestGoneDevices(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	gone := fmt.Sprintf("%x%020x", "fate-gone.", 1)
	w.register(nh.APNs, gone, "a")
	i := nh.Installation{ID: "i-1", Platform: nh.APNs, PushChannel: fmt.Sprintf("%x%020x", "fate-gone.", 2), Tags: []string{"a"}}
	if err := w.client.PutInstallation(w.ctx, i); err != nil {
		t.Fatal(err)
	}
	w.clock.Advance(time.Second) // the service's word is newer than the registration
	w.counts(w.final(w.send(alert(), "a")), map[string]map[string]int64{"apns": {"ExpiredChannel": 2}})
	w.idle()
	for r, err := range w.client.Registrations(w.ctx) {
		t.Errorf("still registered: %+v, %v", r, err)
	}
	got, err := w.client.Installation(w.ctx, "i-1")
	if err != nil || !got.ChannelExpired {
		t.Errorf("the installation: %+v, %v", got, err)
	}
}

// Each device's own trouble is tried again in its own time.
func TestRetries(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	for i, fate := range []string{"throttled-2", "unavailable-1", "error-3"} {
		w.register(nh.APNs, fmt.Sprintf("%x%020x", "fate-"+fate+".", i), "a")
	}
	w.register(nh.APNs, apnsToken(9), "a")
	id := w.send(alert(), "a")
	w.idle()
	w.advance(15 * time.Minute)
	w.counts(w.final(id), map[string]map[string]int64{"apns": {"Success": 4}})
}

// A platform without a credential ends as InvalidCredentials; the others of a
// template send are reached.
func TestNoCredential(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(w *world) {
		w.cfg.Hubs[0].Credentials = []hub.Credential{{Platform: hub.APNs, Properties: w.sim.APNsCredential()}}
	})
	for p, handle := range map[nh.Platform]string{nh.APNs: apnsToken(1), nh.FCMV1: fcmToken(1), nh.ADM: "amzn1.adm-registration.v2.x"} {
		_, err := w.client.CreateRegistration(w.ctx, nh.Registration{Platform: p, Handle: handle, Template: &nh.RegistrationTemplate{Body: `{"aps":{"alert":"$(a)"}}`}})
		if err != nil {
			t.Fatal(err)
		}
	}
	d := w.final(w.send(nh.NewTemplateNotification(map[string]string{"a": "b"})))
	w.counts(d, map[string]map[string]int64{"apns": {"Success": 1}, "fcmv1": {"InvalidCredentials": 1}, "adm": {"InvalidCredentials": 1}})
}

// What is in flight when the process ends, and is not answered, is parked: the
// next process sends it, and each device is counted once.
func TestStopParksWhatIsInFlight(t *testing.T) {
	t.Parallel()
	w := newWorld(t, small(10, 2))
	const n = 50
	for i := range n {
		w.register(nh.FCMV1, fcmToken(i), "a")
	}
	release := w.sim.Hold(pnssim.FCM)
	defer release()
	id := w.send(message(), "a")
	if err := w.sim.WaitCount(w.ctx, pnssim.FCM, 1); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(w.ctx)
	cancel() // no patience at all
	if err := w.app.Stop(ctx); err != nil && !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	for _, task := range w.tasks() {
		if task.kind == "list" && task.listed > 20 {
			t.Errorf("a list of %d devices", task.listed)
		}
	}
	release()
	w.start()
	w.idle()
	w.advance(2 * time.Minute)
	w.counts(w.final(id), map[string]map[string]int64{"fcmv1": {"Success": n}})
	if got := len(w.sim.All(pnssim.FCM)); got != n {
		t.Errorf("%d devices got it, want %d", got, n)
	}
}

// What FCM keeps for a device ends with the notification, also where it is tried
// later, and of both formats. After that nothing is sent.
func TestFCMKeepsNothingBeyondTheExpiry(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	handles := map[nh.Platform][]string{}
	for _, p := range []nh.Platform{nh.FCMV1, nh.GCM} {
		name := "device:APA91b" + string(p)
		handles[p] = []string{name, name + "fate-error-1.", name + "fate-error-9."}
		for _, h := range handles[p] {
			w.register(p, h, "a")
		}
	}
	for p, n := range map[nh.Platform]*nh.Notification{nh.FCMV1: message(), nh.GCM: nh.NewFCMNotification(`{"data":{"a":"b"}}`)} {
		left := w.expire(n)
		expiry := w.clock.Now().Add(left)
		id := w.send(n, "a")
		w.idle()
		w.advance(2 * time.Minute)
		w.counts(w.final(id), map[string]map[string]int64{string(p): {"AbandonedNotificationMessages": 1, "Success": 2}})
		for k, h := range handles[p] {
			got := w.sim.Received(pnssim.FCM, h)
			if len(got) != 1 && k < 2 || len(got) > 0 && k == 2 {
				t.Fatalf("%s got %d messages", h, len(got))
			}
			for _, r := range got {
				if ttl := fmt.Sprintf(`"ttl":"%ds"`, int64(expiry.Sub(r.At)/time.Second)); !strings.Contains(string(r.Body), ttl) {
					t.Errorf("%s got %s, want %s", h, r.Body, ttl)
				}
			}
		}
	}
}
