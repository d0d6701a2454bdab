package acceptance_test

import (
	"strings"
	"testing"
	"time"

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

// With a credential that its service does not take, whatever the reason, the
// doctor says what is wrong; a send touches no handle, counts nothing and waits.
// With the right one, within the window, each device is delivered to and counted
// once, and the doctor is content.
func TestWrongCredentials(t *testing.T) {
	t.Parallel()
	apns, fcm := nh.APNs, nh.FCMV1
	const unchecked = "this service offers no check"
	for name, c := range map[string]struct {
		platform nh.Platform
		wrong    func(*pnssim.Sim) map[string]string
		says     string // of two that offer no check, the doctor cannot know
	}{
		"a wrong .p8":             {apns, (*pnssim.Sim).ForeignAPNsCredential, "the .p8 file is not that of key SIMKEY0001"},
		"another team's topic":    {apns, (*pnssim.Sim).ForeignTopicAPNsCredential, "does not open org.example.other: the bundle id is misspelt or another team's"},
		"an expired certificate":  {apns, (*pnssim.Sim).ExpiredAPNsCertificateCredential, "the certificate expired on "},
		"a revoked certificate":   {apns, (*pnssim.Sim).RevokedAPNsCertificateCredential, "APNs does not take the certificate"},
		"a foreign certificate":   {apns, (*pnssim.Sim).ForeignAPNsCertificateCredential, "APNs does not take the certificate"},
		"a signing certificate":   {apns, (*pnssim.Sim).SigningAPNsCertificateCredential, "the certificate is not one for pushing"},
		"a wrong key of Google's": {fcm, (*pnssim.Sim).ForeignFCMCredential, "its key was revoked or is another's"},
		"a revoked account":       {fcm, (*pnssim.Sim).RevokedFCMCredential, "Google does not take the service account former@"},
		"no permission":           {fcm, (*pnssim.Sim).UnauthorizedFCMCredential, "may not send in the project fanfare-simulated: it needs a role"},
		"WNS, a wrong secret":     {nh.WNS, (*pnssim.Sim).ForeignWNSCredential, "copy both again from the app's registration"},
		"MPNS, a foreign one":     {nh.MPNS, (*pnssim.Sim).ForeignMPNSCredential, unchecked},
		"ADM, a wrong secret":     {nh.ADM, (*pnssim.Sim).ForeignADMCredential, "copy both again from the app's security profile"},
		"Web Push, another key":   {nh.Browser, (*pnssim.Sim).ForeignBrowserCredential, unchecked},
		"Baidu, a wrong secret":   {nh.Baidu, (*pnssim.Sim).ForeignBaiduCredential, "copy both again from the app's page in Baidu's push console"},
		"Xiaomi, a wrong secret":  {nh.Xiaomi, (*pnssim.Sim).ForeignXiaomiCredential, "copy it again from the app's page in Xiaomi's push console"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serviceOf(c.platform)
			w := newWorld(t, func(w *world) {
				everybody(w)
				w.cfg.Hubs[0].Credentials[s.credential(w)].Properties = c.wrong(w.sim)
			})
			const devices = 5
			for i := range devices {
				w.enrol(s, i, "", nil, "a")
			}
			severity := nh.SeverityFailed
			if c.says == unchecked {
				severity = nh.SeverityOK
			}
			if f := w.found(s); f.Severity != severity || !strings.Contains(f.Text, c.says) {
				t.Errorf("the doctor says %+v, want %s …%s…", f, severity, c.says)
			}
			id := w.send(s.message("Hi"), "a")
			w.idle()
			w.advance(5 * time.Minute)
			w.waits(s, id, devices)

			w.cfg.Hubs[0].Credentials[s.credential(w)].Properties = s.known(w.sim)
			if err := w.app.Reload(w.ctx, w.cfg); err != nil {
				t.Fatal(err)
			}
			w.counts(w.final(id), map[string]map[string]int64{string(s.platform): {"Success": devices}})
			w.each(s.sim, devices)
			if f := w.found(s); f.Severity != nh.SeverityOK {
				t.Errorf("with the right one the doctor says %+v", f)
			}
		})
	}
}

// waits checks that a send is parked, and has done nothing to its devices.
func (w *world) waits(s *service, id string, devices int) {
	w.Helper()
	if d := w.details(id); d.State != "Processing" || len(d.Outcomes[s.platform]) != 0 {
		w.Errorf("while it waits: %+v", d)
	}
	parked := 0
	for _, task := range w.tasks() {
		if task.reason != "" {
			parked++
		}
	}
	if parked == 0 || w.registered("a") != devices || len(w.sim.Everything()) != 0 {
		w.Errorf("%d tasks are parked; %d registrations are left of %d; %d pushes arrived", parked, w.registered("a"), devices, len(w.sim.Everything()))
	}
}

// A device of another app is that device's trouble, whatever its service calls
// it: final at once, its handle kept, and nothing of the others waits. ADM calls
// it a handle that is none.
func TestForeignDevices(t *testing.T) {
	t.Parallel()
	for platform, c := range map[nh.Platform]struct {
		outcome string
		alone   bool // also if there is no other device
	}{
		nh.APNs:    {"WrongChannel", true},
		nh.FCMV1:   {"InvalidCredentials", true},
		nh.WNS:     {"WrongToken", true},
		nh.MPNS:    {"InvalidCredentials", false},
		nh.Browser: {"InvalidCredentials", false},
		nh.Baidu:   {"BadChannel", true},
		nh.Xiaomi:  {"BadChannel", true},
	} {
		t.Run(string(platform), func(t *testing.T) {
			t.Parallel()
			s := serviceOf(platform)
			w := newWorld(t, everybody)
			const live, foreign = 4, 2
			for i := range foreign {
				w.enrol(s, i, "foreign", nil, "a")
			}
			if c.alone {
				w.counts(w.final(w.send(s.message("Hi"), "a")), map[string]map[string]int64{string(platform): {c.outcome: foreign}})
			}
			for i := range live {
				w.enrol(s, foreign+i, "", nil, "a")
			}
			w.clock.Advance(time.Second)
			id := w.send(s.message("Hi"), "a")
			w.idle() // the clock stands: nothing is tried again
			w.counts(w.details(id), map[string]map[string]int64{string(platform): {c.outcome: foreign, "Success": live}})
			w.each(s.sim, live)
			if n := w.registered("a"); n != live+foreign {
				t.Errorf("%d registrations are left, want %d", n, live+foreign)
			}
			if tasks := w.tasks(); len(tasks) != 0 {
				t.Errorf("left to do: %+v", tasks)
			}
			if f := w.found(s); f.Severity != nh.SeverityOK {
				t.Errorf("the doctor says %+v", f)
			}
		})
	}
}
