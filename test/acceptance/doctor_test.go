package acceptance_test

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pnssim"
	nh "github.com/fanfare-hub/fanfare/notificationhubs"
)

// serviceOf is the service of a platform.
func serviceOf(p nh.Platform) *service {
	all := services()
	return all[slices.IndexFunc(all, func(s *service) bool { return s.platform == p })]
}

// doctor has the hub examined, and checks that no device learns of it.
func (w *world) doctor() *nh.DoctorReport {
	w.Helper()
	before := len(w.sim.Everything())
	r, err := w.client.Doctor(w.ctx)
	if err != nil {
		w.Fatal(err)
	}
	if n := len(w.sim.Everything()); n != before {
		w.Errorf("%d devices got something from the doctor", n-before)
	}
	return r
}

// found is the doctor's word about a service; all others must be well.
func (w *world) found(s *service) (found nh.DoctorFinding) {
	w.Helper()
	r := w.doctor()
	if r.Hub != hubName || !r.At.Equal(w.clock.Now()) || len(r.Findings) != len(services()) {
		w.Errorf("%+v", r)
	}
	for _, f := range r.Findings {
		switch {
		case f.About == string(s.platform):
			found = f
		case f.Severity != nh.SeverityOK:
			w.Errorf("beside %s, %+v", s.platform, f)
		}
	}
	if r.Severity != found.Severity {
		w.Errorf("the report is %s, the finding %s", r.Severity, found.Severity)
	}
	return found
}

// A certificate that ends soon is said to, with growing urgency, though it is
// taken.
func TestDoctorOfCertificates(t *testing.T) {
	t.Parallel()
	w := newWorld(t, withAPNs((*pnssim.Sim).APNsCertificateCredential))
	var err error // of a token that outlives the certificate
	if w.client, err = nh.NewClientFromConnectionString(w.connectionString(), hubName, &nh.ClientOptions{TokenLife: 2 * 365 * 24 * time.Hour}); err != nil {
		t.Fatal(err)
	}
	end := w.doctor().Findings[0].NotAfter
	if end.IsZero() {
		t.Fatal("the doctor does not say when the certificate expires")
	}
	for _, c := range []struct {
		left     time.Duration
		severity nh.Severity
		says     string
	}{
		{31 * 24 * time.Hour, nh.SeverityOK, "APNs takes the certificate"},
		{29 * 24 * time.Hour, nh.SeverityNotice, "within 30 days"},
		{6 * 24 * time.Hour, nh.SeverityWarning, "within 7 days"},
		{time.Hour, nh.SeverityUrgent, "within a day"},
		{-time.Hour, nh.SeverityFailed, "the certificate expired on " + end.UTC().Format(time.DateOnly)},
	} {
		w.clock.Advance(end.Add(-c.left).Sub(w.clock.Now()))
		w.idle()
		r := w.doctor()
		worst := slices.MaxFunc(r.Findings, func(a, b nh.DoctorFinding) int { return rank(a.Severity) - rank(b.Severity) })
		if r.Severity != c.severity || worst.About != "apns" || !strings.Contains(worst.Text, c.says) || !worst.NotAfter.Equal(end) {
			t.Errorf("%v before: %+v, want %s …%s…", c.left, r, c.severity, c.says)
		}
	}
}

func rank(s nh.Severity) int {
	return slices.Index([]nh.Severity{nh.SeverityOK, nh.SeverityNotice, nh.SeverityWarning, nh.SeverityUrgent, nh.SeverityFailed}, s)
}

// A service that hangs is given up by itself; meanwhile the hub is not examined
// for another caller, and a service that is down is one finding of many.
func TestDoctorOfServicesThatFail(t *testing.T) {
	t.Parallel()
	w := newWorld(t, everybody)
	w.sim.StopService(pnssim.FCM)
	if f := w.found(serviceOf(nh.FCMV1)); f.Severity != nh.SeverityFailed || !strings.Contains(f.Text, "see whether this machine may connect to it") {
		t.Errorf("down: %+v", f)
	}
	w.sim.StartService(pnssim.FCM)
	release := w.sim.Hold(pnssim.APNs)
	defer release()
	before := w.sim.Requests(pnssim.APNs)
	ended := make(chan error, 1)
	go func() {
		r, err := w.client.Doctor(w.ctx)
		if err == nil && r.Severity != nh.SeverityOK {
			t.Errorf("after the hold: %+v", r)
		}
		ended <- err
	}()
	for w.sim.Requests(pnssim.APNs) == before {
		w.registered("a") // takes a moment
	}
	_, err := w.client.Doctor(w.ctx)
	if re, ok := errors.AsType[*nh.ResponseError](err); !ok || re.StatusCode != http.StatusTooManyRequests || re.RetryAfter != 5*time.Second {
		t.Errorf("the second caller: %v", err)
	}
	release()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// The key of legacy Firebase opens nothing: a hub that has it alone can send
// nothing, and is told what it needs.
func TestDoctorOfLegacyFirebaseAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(w *world) { managed(w); w.cfg.Hubs[0].Credentials = nil })
	d := nh.HubDescription{Name: "shop", GCM: &nh.GCMCredential{GoogleAPIKey: "a key of old"}}
	if _, err := w.namespace().CreateHub(w.ctx, d); err != nil {
		t.Fatal(err)
	}
	w.turn("shop")
	r := w.doctor()
	if len(r.Findings) != 1 || r.Severity != nh.SeverityWarning || r.Findings[0].About != "gcm" ||
		!strings.Contains(r.Findings[0].Text, "with the credential of fcmv1, and the hub has none") {
		t.Errorf("alone: %+v", r)
	}
	if err := d.SetCredential(nh.FCMV1, secrets(w.sim.FCMCredential())); err != nil {
		t.Fatal(err)
	}
	if _, err := w.namespace().UpdateHub(w.ctx, d); err != nil {
		t.Fatal(err)
	}
	if r := w.doctor(); len(r.Findings) != 2 || r.Severity != nh.SeverityOK {
		t.Errorf("beside fcmv1's: %+v", r)
	}
}

// A hub without a credential is told so.
func TestDoctorWithoutCredentials(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(w *world) { w.cfg.Hubs[0].Credentials = []hub.Credential{} })
	if r := w.doctor(); r.Severity != nh.SeverityWarning || len(r.Findings) != 1 || r.Findings[0].About != "hub" {
		t.Errorf("%+v", r)
	}
}
