package acceptance_test

import (
	"testing"
	"time"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pnssim"
	nh "github.com/fanfare-hub/fanfare/notificationhubs"
)

const kindle = "amzn1.adm-registration.v3.Y29t/" // real ones are some hundred characters

func kindles(t *testing.T, credential func(*pnssim.Sim) map[string]string) *world {
	t.Helper()
	return newWorld(t, func(w *world) {
		w.cfg.Hubs[0].Credentials = []hub.Credential{{Platform: hub.ADM, Properties: credential(w.sim)}}
	})
}

func admMessage() *nh.Notification { return nh.NewADMNotification(`{"data":{"b":"2","a":"1"}}`) }

// A message of the sender's and one from a template reach their devices with a
// checksum, on one access token.
func TestADMDelivers(t *testing.T) {
	t.Parallel()
	w := kindles(t, (*pnssim.Sim).ADMCredential)
	w.register(nh.ADM, kindle+"one", "a")
	w.register(nh.ADM, kindle+"two", "b")
	_, err := w.client.CreateRegistration(w.ctx, nh.Registration{Platform: nh.ADM, Handle: kindle + "three", Tags: []string{"a"},
		Template: &nh.RegistrationTemplate{Body: `{"data":{"a":"$(a)"},"consolidationKey":"$(a)"}`}})
	if err != nil {
		t.Fatal(err)
	}
	one := map[string]map[string]int64{"adm": {"Success": 1}}
	w.counts(w.final(w.send(admMessage(), "a")), one)
	w.counts(w.final(w.send(hello(), "a")), one)
	w.counts(w.final(w.send(nh.NewADMNotification(`{"data":{},"consolidationKey":"sync","expiresAfter":60}`), "b")), one)

	// printf 'a:1,b:2' | openssl md5 -binary | base64, and a:Hello.
	w.got(pnssim.ADM, kindle+"one", `{"data":{"b":"2","a":"1"},"md5":"Xvb142mSeo7pSjdDDASyeA=="}`,
		"Content-Type", "application/json", "X-Amzn-Type-Version", "com.amazon.device.messaging.ADMMessage@1.0", "Authorization", "")
	w.got(pnssim.ADM, kindle+"three", `{"data":{"a":"Hello"},"consolidationKey":"Hello","md5":"czpQQ8zmZ2UNi8kAxbvWxQ=="}`)
	w.got(pnssim.ADM, kindle+"two", `{"data":{},"consolidationKey":"sync","expiresAfter":60}`)
	if n := w.sim.TokenRequests(pnssim.ADM); n != 1 {
		t.Errorf("%d access tokens were asked for", n)
	}
}

// Each device's own fate: the dead ones go, a replaced handle is stored, and
// the next send uses it.
func TestADMFates(t *testing.T) {
	t.Parallel()
	w := kindles(t, (*pnssim.Sim).ADMCredential)
	for _, fate := range []string{"gone", "malformed", "refused", "live"} {
		w.register(nh.ADM, kindle+"fate-"+fate+".1", "a")
	}
	moved := w.register(nh.ADM, kindle+"fate-replaced.1", "a", "moved")
	w.clock.Advance(time.Second) // the service's word is newer than the registrations
	w.counts(w.final(w.send(admMessage(), "a")), map[string]map[string]int64{"adm": {
		"Success": 2, "ExpiredChannel": 1, "BadChannel": 1, "InvalidNotificationFormat": 1,
	}})
	w.idle()
	if n := w.registered("a"); n != 3 {
		t.Errorf("%d registrations are left, want 3", n)
	}
	now, err := w.client.Registration(w.ctx, moved.ID)
	if err != nil || now.Handle != kindle+"replaced.1" {
		t.Fatalf("the replaced handle: %+v, %v", now, err)
	}
	w.counts(w.final(w.send(admMessage(), "moved")), map[string]map[string]int64{"adm": {"Success": 1}})
	if n := len(w.sim.Received(pnssim.ADM, kindle+"replaced.1")); n != 1 {
		t.Errorf("the new handle got %d pushes", n)
	}
}

// What a direct send learns of a handle is stored wherever that handle is.
func TestADMReplacedInADirectSend(t *testing.T) {
	t.Parallel()
	w := kindles(t, (*pnssim.Sim).ADMCredential)
	const old, fresh = kindle + "fate-replaced.1", kindle + "replaced.1"
	for range 2 {
		w.register(nh.ADM, old, "a")
	}
	if err := w.client.PutInstallation(w.ctx, nh.Installation{ID: "i", Platform: nh.ADM, PushChannel: old}); err != nil {
		t.Fatal(err)
	}
	r, err := w.client.SendDirect(w.ctx, admMessage(), nh.Device{Handle: old})
	if err != nil {
		t.Fatal(err)
	}
	w.counts(w.final(r.NotificationID), map[string]map[string]int64{"adm": {"Success": 1}})
	w.idle()
	has := map[string]int{}
	for r, err := range w.client.Registrations(w.ctx) {
		if err != nil {
			t.Fatal(err)
		}
		has[r.Handle]++
	}
	i, err := w.client.Installation(w.ctx, "i")
	if has[fresh] != 3 || len(has) != 1 || err != nil || i.PushChannel != fresh {
		t.Errorf("the registrations have %v, the installation %+v, %v; want the new handle in all", has, i, err)
	}
}

// What is asked to wait a minute is sent again when it is due, and not before.
func TestADMThrottled(t *testing.T) {
	t.Parallel()
	w := kindles(t, (*pnssim.Sim).ADMCredential)
	w.register(nh.ADM, kindle+"fate-throttled-1.", "a")
	w.register(nh.ADM, kindle+"live", "a")
	id := w.send(admMessage(), "a")
	w.idle()
	w.advance(45 * time.Second)
	if n := w.sim.Requests(pnssim.ADM); n != 2 {
		t.Errorf("%d requests within the minute, want 2", n)
	}
	w.advance(2 * time.Minute)
	w.counts(w.final(id), map[string]map[string]int64{"adm": {"Success": 2}})
	if n := w.sim.Requests(pnssim.ADM); n != 3 {
		t.Errorf("%d requests, want 3", n)
	}
}

// A secret that Amazon does not know parks and deletes nothing; the right one
// delivers without waiting for the due time.
func TestADMWrongSecret(t *testing.T) {
	t.Parallel()
	w := kindles(t, (*pnssim.Sim).ForeignADMCredential)
	w.register(nh.ADM, kindle+"one", "a")
	w.register(nh.ADM, kindle+"fate-gone.", "a")
	w.clock.Advance(time.Second)
	id := w.send(admMessage(), "a")
	w.idle()
	w.advance(5 * time.Minute)
	if d := w.details(id); d.State != "Processing" || len(d.Outcomes["adm"]) != 0 || w.registered("a") != 2 || w.sim.Requests(pnssim.ADM) != 0 {
		t.Errorf("with the wrong secret: %+v", d)
	}
	w.cfg.Hubs[0].Credentials[0].Properties = w.sim.ADMCredential()
	if err := w.app.Reload(w.ctx, w.cfg); err != nil {
		t.Fatal(err)
	}
	w.counts(w.final(id), map[string]map[string]int64{"adm": {"Success": 1, "ExpiredChannel": 1}})
	w.got(pnssim.ADM, kindle+"one", `{"data":{"b":"2","a":"1"},"md5":"Xvb142mSeo7pSjdDDASyeA=="}`)
}
