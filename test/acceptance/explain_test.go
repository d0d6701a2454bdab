package acceptance_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fanfare-hub/fanfare/internal/pnssim"
	nh "github.com/fanfare-hub/fanfare/notificationhubs"
)

func (w *world) explain(notification, device string) *nh.Explanation {
	w.Helper()
	e, err := w.client.Explain(w.ctx, notification, device)
	if err != nil {
		w.Fatal(err)
	}
	return e
}

// one explains a device with one registration.
func (w *world) one(notification, device string) nh.ExplainedRegistration {
	w.Helper()
	e := w.explain(notification, device)
	if len(e.Registrations) != 1 || e.Verdict != e.Registrations[0].Verdict {
		w.Fatalf("got %+v, want one registration and its verdict", e)
	}
	return e.Registrations[0]
}

// says looks for a text in the steps of a sort, and in their answers.
func says(r *nh.ExplainedRegistration, about, text string) bool {
	return slices.ContainsFunc(r.Steps, func(s nh.ExplainStep) bool {
		return s.About == about && (strings.Contains(s.Text, text) || strings.Contains(s.Answer, text))
	})
}

// The device can be named in any way, also when the send itself has ended it.
func TestExplainByAnyName(t *testing.T) {
	t.Parallel()
	for _, s := range services() {
		t.Run(string(s.sim), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, everybody)
			for i, id := range []string{"phone", "tablet"} {
				fate := ""
				if id == "tablet" {
					fate = "gone"
				}
				w.instal(s, id, "ada", i, fate)
			}
			w.clock.Advance(time.Second)
			id := w.send(s.message("Hi"))
			w.final(id)
			alive := w.explain(id, s.handle(0, "")).Registrations[0]
			w.idle()
			for _, name := range []string{"phone", "$InstallationId:{phone}", "ada", "$UserId:{ADA}", s.handle(0, ""), alive.RegistrationID} {
				if got := w.one(id, name); got.RegistrationID != alive.RegistrationID || got.InstallationID != "phone" || got.Cause != "Delivered" || got.Kind != "native" || got.Platform != string(s.platform) {
					t.Errorf("%s: %+v", name, got)
				}
			}
			for _, name := range []string{"tablet", s.handle(1, "gone")} {
				if got := w.one(id, name); got.Cause != "HandleDead" || !strings.HasSuffix(got.Verdict, "; the installation's channel was marked as expired.") {
					t.Errorf("%s: %+v", name, got)
				}
			}
			if got := w.explain(id, "nobody").Registrations; len(got) != 1 || got[0].Cause != "DeviceUnknown" {
				t.Errorf("nobody: %+v", got)
			}
		})
	}
}

// A direct send is explained by the handle, and by a registration that has it.
func TestExplainDirect(t *testing.T) {
	t.Parallel()
	for _, s := range services() {
		t.Run(string(s.sim), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, everybody)
			r := w.enrol(s, 1, "refused", nil)
			id := w.direct(s, nh.Device{Handle: r.Handle, P256DH: r.P256DH, Auth: r.Auth})
			for _, name := range []string{r.Handle, r.ID} {
				if got := w.one(id, name); got.Cause != "MessageRefused" || !says(&got, "registration", "handle 1 of 1") {
					t.Errorf("%s: %+v", name, got)
				}
			}
			if got := w.one(w.direct(s, w.device(s, 3, "")), s.handle(3, "")); got.Cause != "Delivered" {
				t.Errorf("%+v", got)
			}
		})
	}
}

// Every attempt is told, with when it was made and what was answered.
func TestExplainAttempts(t *testing.T) {
	t.Parallel()
	for _, s := range services() {
		t.Run(string(s.sim), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, everybody)
			id, device := once("unavailable-2", 5*time.Minute)(w, s)
			got := w.one(id, device)
			if got.Cause != "Delivered" || got.Outcome != "Success" {
				t.Fatalf("%+v", got)
			}
			var attempts []nh.ExplainStep
			for _, step := range got.Steps {
				if step.About == "attempt" {
					attempts = append(attempts, step)
				}
			}
			if len(attempts) != 3 {
				t.Fatalf("%d attempts: %+v", len(attempts), attempts)
			}
			for i, a := range attempts {
				if (i < 2) != strings.Contains(a.Answer, unavailable.of(s)) || i > 0 && !a.At.After(attempts[i-1].At) || !strings.HasPrefix(a.Text, fmt.Sprintf("Attempt %d ", i+1)) {
					t.Errorf("attempt %d: %+v", i+1, a)
				}
			}
			if s.sim == pnssim.APNs { // every answer of Apple's has the apns-id that was sent
				apnsID := w.sim.Received(pnssim.APNs, s.handle(1, "unavailable-2"))[0].Header.Get("apns-id")
				for i, a := range attempts {
					if a.Correlation != apnsID {
						t.Errorf("attempt %d has the id %q, want %q", i+1, a.Correlation, apnsID)
					}
				}
			}
		})
	}
}

// WNS's own id of a refused request is kept.
func TestExplainKeepsTheServicesID(t *testing.T) {
	t.Parallel()
	s := services()[2]
	w := newWorld(t, everybody)
	id, device := once("foreign", 0)(w, s)
	got := w.one(id, device)
	for _, step := range got.Steps {
		if step.About == "attempt" && !strings.HasSuffix(step.Correlation, ": SIM01") {
			t.Errorf("the attempt's id is %q", step.Correlation)
		}
	}
}

// A handle that works in Apple's other environment is told so.
func TestExplainOtherEnvironment(t *testing.T) {
	t.Parallel()
	s := services()[0]
	w := newWorld(t, everybody)
	id, device := once("sandbox", 0)(w, s)
	got := w.one(id, device)
	for about, text := range map[string]string{
		"attempt":    "at a second try at once with the other environment, the first having been answered (400 BadDeviceToken)",
		"credential": "names the environment production; this handle last worked in the other one",
		"handle":     "The handle works in the other environment",
	} {
		if got.Cause != "Delivered" || !says(&got, about, text) {
			t.Errorf("%s: no %q in %+v", about, text, got)
		}
	}
}

// A template is rendered again as it is now, and it is said when that is not
// what was sent.
func TestExplainTemplate(t *testing.T) {
	t.Parallel()
	for _, s := range services() {
		t.Run(string(s.sim), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, everybody)
			r := w.enrol(s, 1, "", &nh.RegistrationTemplate{Name: "greet", Body: s.template})
			id := w.send(hello())
			w.final(id)
			rendered := strings.Replace(s.template, "$(a)", "Hello", 1)
			got := w.one(id, r.ID)
			if got.Cause != "Delivered" || got.Kind != "template" || !says(&got, "template", `Its template "greet" renders as `+rendered) || says(&got, "template", "so it is now") {
				t.Errorf("%+v", got)
			}
			w.update(r, "x")
			if got := w.one(id, r.ID); got.Cause != "Delivered" || !says(&got, "template", "; so it is now: the registration was written after the send had begun.") {
				t.Errorf("after a write: %+v", got)
			}
		})
	}
}

// A device that registers again after it was called dead is kept, and told so.
func TestExplainKeptHandle(t *testing.T) {
	t.Parallel()
	for _, s := range services() {
		t.Run(string(s.sim), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, everybody)
			r := w.enrol(s, 1, "gone", nil)
			w.enrol(s, 2, "", nil) // in the same page; its push says that the page is on its way
			w.clock.Advance(time.Second)
			release := w.sim.Hold(s.sim)
			defer release()
			id := w.send(s.message("Hi"))
			if err := w.sim.WaitCount(w.ctx, s.sim, 1); err != nil {
				t.Fatal(err)
			}
			w.clock.Advance(time.Second)
			w.update(r) // while the answer is on its way
			w.clock.Advance(time.Second)
			release()
			w.final(id)
			w.idle()
			if got := w.one(id, r.ID); got.Cause != "HandleDead" || got.Outcome == "" || !strings.Contains(got.Verdict, "is kept.") {
				t.Errorf("%+v", got)
			}
		})
	}
}

// Of a test send that reaches ten of eleven, one was not picked.
func TestExplainNotPicked(t *testing.T) {
	t.Parallel()
	for _, s := range services() {
		t.Run(string(s.sim), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, everybody)
			var all []*nh.Registration
			for i := range 11 {
				all = append(all, w.enrol(s, i, "", nil))
			}
			id := w.testSend(s)
			causes := map[string]int{}
			for _, r := range all {
				causes[w.one(id, r.ID).Cause]++
			}
			if causes["Delivered"] != 10 || causes["NotPicked"] != 1 {
				t.Errorf("%v", causes)
			}
		})
	}
}

// Twenty registrations of a device are explained, and it is said that there
// are more.
func TestExplainMany(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	i := nh.Installation{ID: "i-1", Platform: nh.APNs, PushChannel: apnsToken(1), Templates: map[string]nh.InstallationTemplate{}}
	for n := range 22 {
		i.Templates[fmt.Sprintf("t%02d", n)] = nh.InstallationTemplate{Body: `{"aps":{"alert":"$(a)"}}`}
	}
	if err := w.client.PutInstallation(w.ctx, i); err != nil {
		t.Fatal(err)
	}
	id := w.send(hello())
	w.final(id)
	e := w.explain(id, "i-1")
	if len(e.Registrations) != 20 || !e.More || e.Verdict != "The device has more than 20 registrations, of which the first are explained: 19 Delivered, 1 OtherKind." {
		t.Errorf("%d registrations, more %v: %s", len(e.Registrations), e.More, e.Verdict)
	}
}

// What the retention has taken is not explained.
func TestExplainAfterTheRetention(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	var re *nh.ResponseError
	if _, err := w.client.Explain(w.ctx, "NH-0", "x"); !errors.As(err, &re) || re.StatusCode != http.StatusNotFound {
		t.Errorf("an unknown notification: %v", err)
	}
	id, device := once("", 0)(w, services()[0])
	got := w.one(id, device)
	if !says(&got, "unknown", "All of this is kept until "+w.clock.Now().Add(7*24*time.Hour).UTC().Format("2006-01-02T15:04")) {
		t.Errorf("%+v", got.Steps)
	}
}
