package acceptance_test

import (
	"strings"
	"testing"
	"time"

	"github.com/fanfare-hub/fanfare/internal/config"
	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pnssim"
	nh "github.com/fanfare-hub/fanfare/notificationhubs"
)

const (
	phone      = "https://db3.notify.live.net/unthrottledthirdparty/01.00/"
	plainPhone = "http://sn1.notify.live.net/throttledthirdparty/01.00/"
	phoneToast = `<?xml version="1.0" encoding="utf-8"?><wp:Notification xmlns:wp="WPNotification"><wp:Toast><wp:Text1>Hi</wp:Text1></wp:Toast></wp:Notification>`
	phoneTile  = `<wp:Notification xmlns:wp="WPNotification"><wp:Tile><wp:Title>$(a)</wp:Title></wp:Tile></wp:Notification>`
)

// phones is a hub with an app's certificate, or another credential.
func phones(t *testing.T, credential func(*pnssim.Sim) map[string]string, change func(*world)) *world {
	t.Helper()
	return newWorld(t, func(w *world) {
		w.cfg.Hubs[0].Credentials = []hub.Credential{{Platform: hub.MPNS, Properties: credential(w.sim)}}
		if change != nil {
			change(w)
		}
	})
}

// got checks what a device got, and returns it.
func (w *world) got(svc pnssim.Service, handle, body string, headers ...string) pnssim.Received {
	w.Helper()
	all := w.sim.Received(svc, handle)
	if len(all) != 1 {
		w.Fatalf("the device got %d pushes, want 1", len(all))
	}
	if string(all[0].Body) != body {
		w.Errorf("the device got %s, want %s", all[0].Body, body)
	}
	for i := 0; i < len(headers); i += 2 {
		if got := all[0].Header.Get(headers[i]); got != headers[i+1] {
			w.Errorf("%s: %q, want %q", headers[i], got, headers[i+1])
		}
	}
	return all[0]
}

// A toast, a raw notification with a delay, and a tile from a template, over
// TLS with the app's certificate and in the clear.
func TestMPNSDelivers(t *testing.T) {
	t.Parallel()
	w := phones(t, (*pnssim.Sim).MPNSCredential, nil)
	w.register(nh.MPNS, phone+"one", "a")
	w.register(nh.MPNS, plainPhone+"two", "b")
	_, err := w.client.CreateRegistration(w.ctx, nh.Registration{Platform: nh.MPNS, Handle: phone + "three", Tags: []string{"a"},
		Template: &nh.RegistrationTemplate{Body: phoneTile}})
	if err != nil {
		t.Fatal(err)
	}
	one := map[string]map[string]int64{"mpns": {"Success": 1}}
	w.counts(w.final(w.send(nh.NewMPNSNotification(phoneToast), "a")), one)
	w.counts(w.final(w.send(nh.NewMPNSRawNotification([]byte("raw")).SetHeader("X-NotificationClass", "13"), "b")), one)
	w.counts(w.final(w.send(hello(), "a")), one)

	const class, target = "X-NotificationClass", "X-WindowsPhone-Target"
	r := w.got(pnssim.MPNS, phone+"one", phoneToast, class, "2", target, "toast", "Content-Type", "text/xml")
	if len(r.ID) != 36 || r.ID != r.Header.Get("X-MessageID") {
		t.Errorf("the message's id is %q", r.ID)
	}
	if r := w.got(pnssim.MPNS, plainPhone+"two", "raw", class, "13", target, ""); r.Batching != 450*time.Second {
		t.Errorf("it may wait %v", r.Batching)
	}
	w.got(pnssim.MPNS, phone+"three", strings.Replace(phoneTile, "$(a)", "Hello", 1), class, "1", target, "token")
}

// An app without a certificate reaches its unauthenticated channels.
func TestMPNSUnauthenticated(t *testing.T) {
	t.Parallel()
	none := func(*pnssim.Sim) map[string]string { return nil }
	w := phones(t, none, nil)
	w.register(nh.MPNS, plainPhone+"one", "a")
	w.counts(w.final(w.send(nh.NewMPNSNotification(phoneToast), "a")), map[string]map[string]int64{"mpns": {"Success": 1}})
	w.got(pnssim.MPNS, plainPhone+"one", phoneToast)
}

// Each device's own fate: the dead one goes, the others stay; what is asked to
// wait is sent again when it is due, and not before.
func TestMPNSFates(t *testing.T) {
	t.Parallel()
	w := phones(t, (*pnssim.Sim).MPNSCredential, func(w *world) { w.cfg.Dispatch = config.Dispatch{RetryWindow: 3 * time.Hour} })
	for _, fate := range []string{"gone", "dropped", "refused", "foreign", "full-1", "throttled-1", "live"} {
		w.register(nh.MPNS, phone+"fate-"+fate+".1", "a")
	}
	w.clock.Advance(time.Second) // the service's word is newer than the registrations
	id := w.send(nh.NewMPNSNotification(phoneToast), "a")
	w.idle()
	limited, full := phone+"fate-throttled-1.1", phone+"fate-full-1.1"
	w.advance(9 * time.Minute)
	if n := len(w.sim.Received(pnssim.MPNS, full)); n != 0 {
		t.Error("the full queue was tried too soon")
	}
	w.advance(10 * time.Minute)
	w.got(pnssim.MPNS, full, phoneToast)
	w.advance(40 * time.Minute)
	if n := len(w.sim.Received(pnssim.MPNS, limited)); n != 0 {
		t.Error("the device over its limit was tried within the hour")
	}
	w.advance(60 * time.Minute)
	w.got(pnssim.MPNS, limited, phoneToast)
	w.counts(w.final(id), map[string]map[string]int64{"mpns": {
		"Success": 3, "BadChannel": 1, "Dropped": 1, "InvalidNotificationFormat": 1, "InvalidCredentials": 1,
	}})
	if n := w.registered("a"); n != 6 {
		t.Errorf("%d registrations are left, want 6", n)
	}
}

// A certificate that MPNS does not know parks and deletes nothing; the right
// one delivers without waiting for the due time.
func TestMPNSWrongCertificate(t *testing.T) {
	t.Parallel()
	w := phones(t, (*pnssim.Sim).ForeignMPNSCredential, nil)
	w.register(nh.MPNS, phone+"one", "a")
	w.register(nh.MPNS, phone+"fate-gone.", "a")
	w.clock.Advance(time.Second)
	id := w.send(nh.NewMPNSNotification(phoneToast), "a")
	w.idle()
	w.advance(5 * time.Minute)
	if d := w.details(id); d.State != "Processing" || len(d.Outcomes["mpns"]) != 0 || w.registered("a") != 2 {
		t.Errorf("with the wrong certificate: %+v", d)
	}
	w.cfg.Hubs[0].Credentials[0].Properties = w.sim.MPNSCredential()
	if err := w.app.Reload(w.ctx, w.cfg); err != nil {
		t.Fatal(err)
	}
	w.counts(w.final(id), map[string]map[string]int64{"mpns": {"Success": 1, "BadChannel": 1}})
	w.got(pnssim.MPNS, phone+"one", phoneToast)
}

// The service is no more: every device ends as PnsUnreachable at once, keeps
// its registration, and the hosts are not asked for each.
func TestMPNSIsNoMore(t *testing.T) {
	t.Parallel()
	w := phones(t, (*pnssim.Sim).MPNSCredential, small(10, 1))
	w.sim.StopService(pnssim.MPNS)
	for _, name := range []string{"one", "two", "three"} {
		w.register(nh.MPNS, phone+name, "a")
	}
	w.counts(w.final(w.send(nh.NewMPNSNotification(phoneToast), "a")), map[string]map[string]int64{"mpns": {"PnsUnreachable": 3}})
	if n := w.registered("a"); n != 3 {
		t.Errorf("%d registrations are left, want 3", n)
	}
	w.sim.StartService(pnssim.MPNS)
	w.clock.Advance(time.Minute)
	w.counts(w.final(w.send(nh.NewMPNSNotification(phoneToast), "a")), map[string]map[string]int64{"mpns": {"Success": 3}})
}
