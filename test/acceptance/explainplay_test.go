package acceptance_test

import (
	"database/sql"
	"net/url"
	"path/filepath"
	"slices"
	"time"

	"github.com/fanfare-hub/fanfare/internal/pnssim"
	nh "github.com/fanfare-hub/fanfare/notificationhubs"
)

// serverError is what the fate error is answered.
var serverError = words{pnssim.APNs: "500 InternalServerError", pnssim.Baidu: "30600", pnssim.Xiaomi: "10001", "": "500"}

// once sends to one device with a fate, lets d pass, and asks for its registration.
func once(fate string, d time.Duration) func(*world, *service) (string, string) {
	return func(w *world, s *service) (string, string) {
		r := w.enrol(s, 1, fate, nil, "a", "b")
		w.clock.Advance(time.Second) // the service's word is newer than the registration
		id := w.send(s.message("Hi"), "a")
		w.idle()
		w.advance(d)
		return id, r.ID
	}
}

// after has the service accept another device first.
func after(play func(*world, *service) (string, string)) func(*world, *service) (string, string) {
	return func(w *world, s *service) (string, string) {
		w.trusted(s)
		return play(w, s)
	}
}

func without(w *world, s *service) {
	i := s.credential(w)
	w.cfg.Hubs[0].Credentials = slices.Delete(w.cfg.Hubs[0].Credentials, i, i+1)
}

func (w *world) update(r *nh.Registration, tags ...string) {
	w.Helper()
	r.Tags = tags
	if _, err := w.client.CreateOrUpdateRegistration(w.ctx, *r); err != nil {
		w.Fatal(err)
	}
}

// manyDead registers enough dead handles to trip the breaker, and sends to them.
func manyDead(w *world, s *service) (notification string, first *nh.Registration) {
	w.trusted(s)
	for i := range 60 {
		r := w.enrol(s, i, "gone", nil, "dead")
		if i == 0 {
			first = r
		}
	}
	w.clock.Advance(time.Second)
	id := w.send(s.message("Hi"), "dead")
	w.final(id)
	w.idle()
	return id, first
}

// forget takes away what the log keeps, as an earlier version or a bug may.
func (w *world) forget(statement string) {
	w.Helper()
	w.stop()
	db, err := sql.Open("sqlite", "file:"+url.PathEscape(filepath.Join(w.dir, "fanfare.db")))
	if err != nil {
		w.Fatal(err)
	}
	if _, err := db.ExecContext(w.ctx, statement); err != nil {
		w.Fatal(err)
	}
	if err := db.Close(); err != nil {
		w.Fatal(err)
	}
	w.start()
}

// held sends to two devices, one page each, while the service answers nothing.
func held(ask int) func(*world, *service) (string, string) {
	return func(w *world, s *service) (string, string) {
		both := []*nh.Registration{w.enrol(s, 1, "", nil, "a"), w.enrol(s, 2, "", nil, "a")}
		release := w.sim.Hold(s.sim)
		w.Cleanup(release)
		id := w.send(s.message("Hi"), "a")
		if err := w.sim.WaitCount(w.ctx, s.sim, 1); err != nil {
			w.Fatal(err)
		}
		return id, both[ask].ID
	}
}

// down sends to two devices of a service that is down, and asks for one.
func down(d time.Duration) func(*world, *service) (string, string) {
	return func(w *world, s *service) (string, string) {
		r := w.enrol(s, 1, "", nil, "a")
		w.enrol(s, 2, "", nil, "a") // so that it is not taken for one device's own trouble
		w.sim.StopService(s.sim)
		id := w.send(s.message("Hi"), "a")
		w.idle()
		w.advance(d)
		return id, r.ID
	}
}

func (w *world) direct(s *service, d nh.Device) (notification string) {
	w.Helper()
	sent, err := w.client.SendDirect(w.ctx, s.message("Hi"), d)
	if err != nil {
		w.Fatal(err)
	}
	w.idle()
	return sent.NotificationID
}

func (w *world) testSend(s *service) (notification string) {
	w.Helper()
	tester, err := nh.NewClientFromConnectionString(w.connectionString(), hubName, &nh.ClientOptions{TestSend: true, Retry: &nh.RetryOptions{Attempts: 1}})
	if err != nil {
		w.Fatal(err)
	}
	sent, err := tester.Send(w.ctx, s.message("Hi"), nil)
	if err != nil {
		w.Fatal(err)
	}
	return sent.NotificationID
}

var unavailable = words{pnssim.Xiaomi: "10002", "": "503"}
