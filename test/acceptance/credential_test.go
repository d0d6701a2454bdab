package acceptance_test

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"github.com/fanfare-hub/fanfare/internal/app"
	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pnssim"
	nh "github.com/fanfare-hub/fanfare/notificationhubs"
)

// withAPNs gives the hub another credential for APNs.
func withAPNs(of func(*pnssim.Sim) map[string]string) func(*world) {
	return func(w *world) { w.cfg.Hubs[0].Credentials[0].Properties = of(w.sim) }
}

// Over a certificate a device gets what it gets over a token key, and no more
// is sent than the certificate opens.
func TestAPNsCertificate(t *testing.T) {
	t.Parallel()
	w := newWorld(t, withAPNs((*pnssim.Sim).APNsCertificateCredential))
	w.register(nh.APNs, apnsToken(1), "native")
	_, err := w.client.CreateRegistration(w.ctx, nh.Registration{
		Platform: nh.APNs, Handle: apnsToken(2), Tags: []string{"template"},
		Template: &nh.RegistrationTemplate{Body: `{"aps":{"alert":"$(a)"}}`},
	})
	if err != nil {
		t.Fatal(err)
	}
	success := map[string]map[string]int64{"apns": {"Success": 1}}
	w.counts(w.final(w.send(alert(), "native")), success)
	w.counts(w.final(w.send(hello(), "template")), success)
	voip := nh.NewAppleNotification(`{"call":1}`, &nh.AppleOptions{PushType: "voip"})
	w.counts(w.final(w.send(voip, "native")), success)
	for i, want := range []struct {
		handle, body, topic, pushType string
	}{
		{apnsToken(1), `{"aps":{"alert":"Hi"}}`, "org.example.fanfare", "alert"},
		{apnsToken(1), `{"call":1}`, "org.example.fanfare.voip", "voip"},
		{apnsToken(2), `{"aps":{"alert":"Hello"}}`, "org.example.fanfare", "alert"},
	} {
		got := w.sim.Received(pnssim.APNs, want.handle)[i%2]
		if string(got.Body) != want.body || got.Header.Get("apns-topic") != want.topic || got.Header.Get("apns-push-type") != want.pushType || got.Environment != "production" {
			t.Errorf("%d: %+v with %s", i, got, got.Body)
		}
	}
	// Live Activities need a token key: that says nothing against the certificate.
	activity := nh.NewAppleNotification(`{"aps":{}}`, &nh.AppleOptions{PushType: "liveactivity"})
	w.counts(w.final(w.send(activity, "native")), map[string]map[string]int64{"apns": {"InvalidNotificationFormat": 1}})
	w.counts(w.final(w.send(alert(), "native")), success)
}

// With a credential that its service does not take, whatever the reason, no
// handle is touched and nothing is counted; with the right one, within the
// window, each device is delivered to and counted once.
func TestWrongCredentials(t *testing.T) {
	t.Parallel()
	apns, fcm := nh.APNs, nh.FCMV1
	for name, c := range map[string]struct {
		platform nh.Platform
		wrong    func(*pnssim.Sim) map[string]string
	}{
		"a wrong .p8":             {apns, (*pnssim.Sim).ForeignAPNsCredential},
		"another team's topic":    {apns, (*pnssim.Sim).ForeignTopicAPNsCredential},
		"an expired certificate":  {apns, (*pnssim.Sim).ExpiredAPNsCertificateCredential},
		"a revoked certificate":   {apns, (*pnssim.Sim).RevokedAPNsCertificateCredential},
		"a foreign certificate":   {apns, (*pnssim.Sim).ForeignAPNsCertificateCredential},
		"a signing certificate":   {apns, (*pnssim.Sim).SigningAPNsCertificateCredential},
		"a wrong key of Google's": {fcm, (*pnssim.Sim).ForeignFCMCredential},
		"a revoked account":       {fcm, (*pnssim.Sim).RevokedFCMCredential},
		"no permission":           {fcm, (*pnssim.Sim).UnauthorizedFCMCredential},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			place, handle, svc, n := 0, apnsToken, pnssim.APNs, alert()
			if c.platform == fcm {
				place, handle, svc, n = 1, fcmToken, pnssim.FCM, message()
			}
			var right hub.Credential
			w := newWorld(t, func(w *world) {
				right = w.cfg.Hubs[0].Credentials[place]
				w.cfg.Hubs[0].Credentials[place].Properties = c.wrong(w.sim)
			})
			const devices = 5
			for i := range devices {
				w.register(c.platform, handle(i), "a")
			}
			id := w.send(n, "a")
			w.idle()
			if d := w.details(id); d.State != "Processing" || len(d.Outcomes[string(c.platform)]) != 0 {
				t.Errorf("with the wrong one: %+v", d)
			}
			w.cfg.Hubs[0].Credentials[place] = right
			if err := w.app.Reload(w.ctx, w.cfg); err != nil {
				t.Fatal(err)
			}
			w.counts(w.final(id), map[string]map[string]int64{string(c.platform): {"Success": devices}})
			w.each(svc, devices)
			if left := w.registered("a"); left != devices {
				t.Errorf("%d registrations are left, want %d", left, devices)
			}
		})
	}
}

// A hub starts with a certificate that has expired, and says so.
func TestExpiredCertificateIsLogged(t *testing.T) {
	t.Parallel()
	w := newWorld(t, withAPNs((*pnssim.Sim).ExpiredAPNsCertificateCredential))
	w.stop()
	var text bytes.Buffer
	a, err := app.New(w.ctx, w.cfg, app.Options{Clock: w.clock, Dial: w.sim.Dial, Roots: w.sim.Roots(), Log: slog.New(slog.NewTextHandler(&text, nil))})
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Start(w.ctx); err != nil {
		t.Fatal(err)
	}
	if err := a.Stop(w.ctx); err != nil {
		t.Error(err)
	}
	day := w.clock.Now().UTC().AddDate(0, 0, -1).Format("2006-01-02")
	if log := text.String(); !strings.Contains(log, "the certificate expired on "+day) || !strings.Contains(log, "hub=myhub platform=apns") {
		t.Errorf("the log is %s", log)
	}
}
