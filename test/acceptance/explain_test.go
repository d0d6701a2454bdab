package acceptance_test

import (
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fanfare-hub/fanfare/internal/pnssim"
	nh "github.com/fanfare-hub/fanfare/notificationhubs"
)

// words is what is expected of a service, or under "" of all others.
type words map[pnssim.Service]string

func (x words) of(s *service) string {
	if word, ok := x[s.sim]; ok {
		return word
	}
	return x[""]
}

// scenario is one cause: how it comes about, and what is said of it.
type scenario struct {
	cause   string
	on      []pnssim.Service // nil: everywhere but where except says
	except  []pnssim.Service
	alone   bool // a hub for each service: the sweep of what has expired comes every minute
	world   func(*world, *service)
	play    func(*world, *service) (notification, device string)
	verdict words             // a part of the verdict
	steps   map[string]string // what a step of that sort says, or answers
	answer  words             // what an attempt was answered
}

func all(text string) words { return words{"": text} }

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

func scenarios() []scenario {
	return []scenario{
		{cause: "Delivered", play: once("", 0), verdict: all("The push service accepted it"), steps: map[string]string{
			"registration": "It was registered when the send began", "tags": "The tag expression a holds for its tags (a, b).", "credential": "version ",
			"attempt": "Attempt 1 was accepted", "outcome": "It is counted as Success."}},
		{cause: "HandleDead", play: after(once("gone", 0)), verdict: words{
			pnssim.APNs: "called its handle dead (410 Unregistered); the registration was deleted.", "": "; the registration was deleted."},
			answer: words{pnssim.APNs: "410 Unregistered", pnssim.FCM: "404: UNREGISTERED", pnssim.WNS: "410 Gone", pnssim.MPNS: "Expired", pnssim.ADM: "Unregistered", pnssim.Browser: "410", pnssim.Baidu: "30608", pnssim.Xiaomi: "20301"},
			steps:  map[string]string{"attempt": "the handle is dead; credential version ", "registration": "The registration is gone", "handle": "Called dead: the registration was deleted.", "unknown": "are no longer known"}},
		{cause: "HandleDoubted", on: []pnssim.Service{pnssim.APNs, pnssim.FCM, pnssim.ADM, pnssim.Xiaomi}, play: once("malformed", 0), verdict: all("nothing had been accepted yet with the credential, so the handle is kept")},
		{cause: "HandleDisbelieved", play: func(w *world, s *service) (string, string) { id, r := manyDead(w, s); return id, r.ID },
			verdict: all("so many were that it was not believed: the handle is suspected, and kept"), steps: map[string]string{"handle": "suspected of being dead, and not sent to before"}},
		{cause: "SuspectHandle", play: func(w *world, s *service) (string, string) {
			_, r := manyDead(w, s)
			id := w.send(s.message("Hi"), "dead")
			w.final(id)
			return id, r.ID
		}, verdict: all("It was not sent to: its handle is suspected of being dead since "), steps: map[string]string{"outcome": "Dropped"}},
		{cause: "OtherApp", except: []pnssim.Service{pnssim.MPNS, pnssim.ADM, pnssim.Browser}, play: once("foreign", 0),
			verdict: words{pnssim.APNs: "The push service does not have the handle for this app (400 DeviceTokenNotForTopic); it is kept.", "": "The push service does not have the handle for this app ("},
			answer:  words{pnssim.FCM: "SENDER_ID_MISMATCH", pnssim.WNS: "403", pnssim.Baidu: "30605", pnssim.Xiaomi: "10029"}},
		{cause: "CredentialRefused", on: []pnssim.Service{pnssim.Browser, pnssim.MPNS}, play: func(w *world, s *service) (string, string) {
			w.enrol(s, 2, "", nil, "a") // the credential is good for others
			return once("foreign", 0)(w, s)
		}, verdict: words{pnssim.Browser: "for it (403", pnssim.MPNS: "for it (401"}, steps: map[string]string{"outcome": "InvalidCredentials"}},
		{cause: "HandleUnusable", on: []pnssim.Service{pnssim.Xiaomi}, play: func(w *world, s *service) (string, string) {
			r := w.register(s.platform, "mi,1")
			id := w.send(s.message("Hi"))
			w.final(id)
			return id, r.ID
		}, verdict: all("Nothing can be sent to its handle (the handle is no registration id); it is kept.")},
		{cause: "Discarded", on: []pnssim.Service{pnssim.WNS, pnssim.MPNS}, play: once("dropped", 0), verdict: all("took it and threw it away (200 OK: "), steps: map[string]string{"outcome": "Dropped"}},
		{cause: "MessageRefused", play: once("refused", 0), verdict: words{pnssim.APNs: "The message was refused (400 PayloadEmpty)", "": "The message was refused ("}},
		{cause: "MessageTooLarge", except: []pnssim.Service{pnssim.MPNS}, play: func(w *world, s *service) (string, string) {
			r := w.enrol(s, 1, "", nil)
			id := w.send(s.message(strings.Repeat("x", 7000)))
			w.final(id)
			return id, r.ID
		}, verdict: all("The message is too large for the push service")},
		{cause: "TemplateFailed", on: []pnssim.Service{pnssim.APNs}, play: func(w *world, s *service) (string, string) {
			r, err := w.client.CreateRegistration(w.ctx, nh.Registration{Platform: s.platform, Handle: s.handle(1, ""), Template: &nh.RegistrationTemplate{Body: s.template, Expiry: "$(a)"}})
			if err != nil {
				w.Fatal(err)
			}
			id := w.send(hello())
			w.final(id)
			return id, r.ID
		}, verdict: all(`Its template could not be rendered (the template's expiry: the expiry "Hello" is neither a date nor 0)`), steps: map[string]string{"template": "Its template cannot be rendered"}},
		{cause: "NoCredential", world: without, play: once("", 0), verdict: words{
			pnssim.APNs: "The hub had no credential for apns.", pnssim.FCM: "The hub had no credential for fcmv1.", "": "The hub had no credential for "},
			steps: map[string]string{"credential": "The hub has no credential for ", "outcome": "InvalidCredentials"}},
		{cause: "Duplicate", play: func(w *world, s *service) (string, string) {
			w.enrol(s, 1, "", nil, "a")
			second := w.enrol(s, 1, "", nil, "a")
			id := w.send(s.message("Hi"), "a")
			w.final(id)
			return id, second.ID
		}, verdict: all("It was skipped: the registration "), steps: map[string]string{"outcome": "Skipped"}},
		{cause: "RanOut", except: []pnssim.Service{pnssim.MPNS}, play: down(31 * time.Minute), verdict: all("the 30m0s that Fanfare tries for were over; the last attempt, at "), steps: map[string]string{"attempt": "Attempt 2 did not reach the push service", "outcome": "AbandonedNotificationMessages"}},
		{cause: "Unreachable", on: []pnssim.Service{pnssim.MPNS}, play: down(0), verdict: all("could not be reached, and is not waited for (no answer: dial tcp: connection refused)."), steps: map[string]string{"outcome": "PnsUnreachable"}},
		{cause: "NotificationExpired", play: func(w *world, s *service) (string, string) {
			r := w.enrol(s, 1, "error-1000", nil)
			n := s.message("Hi")
			w.expire(n) // in a minute
			id := w.send(n)
			w.idle()
			w.advance(5 * time.Minute)
			return id, r.ID
		}, verdict: all("the notification's own expiry, "), answer: serverError},
		{cause: "GoneMeanwhile", alone: true, world: func(w *world, _ *service) { w.cfg.Hubs[0].RegistrationTTL = 5 * time.Second }, play: once("error-9", 15*time.Second),
			verdict: all("the registration had gone or expired; the last attempt, at "), steps: map[string]string{"outcome": "PnsServerError"}},
		{cause: "ChangedMeanwhile", play: func(w *world, s *service) (string, string) {
			r := w.enrol(s, 1, "error-9", nil, "a")
			id := w.send(s.message("Hi"), "a")
			w.idle()
			w.update(r, "b")
			w.advance(time.Minute)
			return id, r.ID
		}, verdict: all("its tags did not match any more; the last attempt, at "), steps: map[string]string{"tags": "does not hold any more: a is false for its tags now (b)"}},
		{cause: "Queued", world: func(w *world, _ *service) { small(1, 1)(w) }, play: held(1), verdict: all("its turn comes"), steps: map[string]string{"waiting": "at work"}},
		{cause: "InFlight", world: func(w *world, _ *service) { small(1, 1)(w) }, play: held(0), verdict: all("It is being sent to now.")},
		{cause: "WaitsToRetry", play: once("error-9", 0), verdict: all("after 1 attempt."), answer: serverError, steps: map[string]string{"waiting": "its time runs out at "}},
		{cause: "WaitsForService", except: []pnssim.Service{pnssim.MPNS}, play: down(0), verdict: all("since the whole push service fails ("), steps: map[string]string{"attempt": "did not reach the push service"}},
		{cause: "WaitsForCredential", world: func(w *world, s *service) { w.cfg.Hubs[0].Credentials[s.credential(w)].Properties = s.foreign(w.sim) }, play: func(w *world, s *service) (string, string) {
			w.enrol(s, 2, "", nil, "a")
			return once("", 0)(w, s)
		},
			verdict: words{pnssim.APNs: "the push service refuses the hub's (403 InvalidProviderToken)", "": "the push service refuses the hub's ("}, steps: map[string]string{"attempt": "was refused for the hub's credential"}},
		{cause: "RegisteredLater", play: func(w *world, s *service) (string, string) {
			w.enrol(s, 1, "", nil)
			id := w.send(s.message("Hi"))
			w.final(id)
			return id, w.enrol(s, 2, "", nil).ID
		}, verdict: all("It is no part of the send: it was registered after the send had begun")},
		{cause: "Expired", alone: true, world: func(w *world, _ *service) { w.cfg.Hubs[0].RegistrationTTL = 5 * time.Second }, play: func(w *world, s *service) (string, string) {
			r := w.enrol(s, 1, "", nil)
			w.clock.Advance(10 * time.Second)
			id := w.send(s.message("Hi"))
			w.final(id)
			return id, r.ID
		}, verdict: all("It is no part of the send: it expired at ")},
		{cause: "OtherPlatform", play: func(w *world, s *service) (string, string) {
			r := w.enrol(s, 1, "", nil)
			id := w.send(s.other.message("Hi"))
			w.final(id)
			return id, r.ID
		}, verdict: words{pnssim.APNs: "the send is for fcmv1, and the registration is of apns", pnssim.FCM: "the send is for wns, and the registration is of fcmv1", "": "and the registration is of "}},
		{cause: "OtherKind", play: func(w *world, s *service) (string, string) {
			r := w.enrol(s, 1, "", nil)
			id := w.send(hello())
			w.final(id)
			return id, r.ID
		}, verdict: all("the send is a template one, and the registration a native one")},
		{cause: "TagsDoNotMatch", play: func(w *world, s *service) (string, string) {
			r := w.enrol(s, 1, "", nil, "a", "muted")
			sent, err := w.client.Send(w.ctx, s.message("Hi"), &nh.SendOptions{Expression: "a && !Muted"})
			if err != nil {
				w.Fatal(err)
			}
			w.final(sent.NotificationID)
			return sent.NotificationID, r.ID
		}, verdict: all("the tag expression a && !Muted does not hold: !Muted is false for its tags (a, muted).")},
		{cause: "NotAddressed", play: func(w *world, s *service) (string, string) {
			r := w.enrol(s, 1, "", nil)
			return w.direct(s, w.device(s, 2, "")), r.ID
		}, verdict: all("The send is a direct one to 1 handle, and none of them is this device's.")},
		{cause: "ChangedSince", play: func(w *world, s *service) (string, string) {
			r := w.enrol(s, 1, "", nil, "b")
			id := w.send(s.message("Hi"), "a")
			w.final(id)
			w.update(r, "a")
			return id, r.ID
		}, verdict: all("The send passed it by, though it would reach it as it is now"), steps: map[string]string{"tags": "were changed after the send had begun"}},
		{cause: "DeviceUnknown", play: func(w *world, s *service) (string, string) {
			id := w.send(s.message("Hi"))
			w.final(id)
			return id, s.handle(7, "")
		}, verdict: all("No installation, registration, user or handle of this name is known now")},
		{cause: "ChannelExpired", play: func(w *world, s *service) (string, string) {
			w.trusted(s)
			w.instal(s, "i-1", "", 1, "gone")
			w.clock.Advance(time.Second)
			w.final(w.send(s.message("Hi")))
			w.idle()
			id := w.send(s.message("Hi"))
			w.final(id)
			return id, "i-1"
		}, verdict: all("The installation's channel had been marked as expired before the send")},
		{cause: "TriedOnce", play: func(w *world, s *service) (string, string) {
			r := w.enrol(s, 1, "error-9", nil)
			return w.testSend(s), r.ID
		}, verdict: all("A test send tries once, and that ended as PnsServerError ("), answer: serverError},
		{cause: "AnswerNotKept", play: func(w *world, s *service) (string, string) {
			id, device := once("refused", 0)(w, s)
			w.final(id)
			w.forget("UPDATE delivery_log SET notes = NULL")
			return id, device
		}, verdict: all("; why is no longer known."), steps: map[string]string{"unknown": "The log has the outcome and no note of the answer"}},
		{cause: "Unaccounted", play: func(w *world, s *service) (string, string) {
			id, device := once("", 0)(w, s)
			w.final(id)
			w.forget("DELETE FROM delivery_log")
			return id, device
		}, verdict: all("nothing that is kept says why")},
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

// Every cause that can be brought about through the hub's own doors, on every
// platform on which it exists, one after the other in one hub where they can be.
// The others stand in package dispatch's tests.
func TestExplainCauses(t *testing.T) {
	t.Parallel()
	for _, c := range scenarios() {
		t.Run(c.cause, func(t *testing.T) {
			t.Parallel()
			on := slices.DeleteFunc(services(), func(s *service) bool {
				return c.on != nil && !slices.Contains(c.on, s.sim) || slices.Contains(c.except, s.sim)
			})
			hubs := [][]*service{on}
			if c.alone {
				hubs = slices.Collect(slices.Chunk(on, 1))
			}
			for _, on := range hubs {
				w := newWorld(t, func(w *world) {
					everybody(w)
					for _, s := range on {
						if c.world != nil {
							c.world(w, s)
						}
					}
				})
				for _, s := range on {
					w.check(&c, s)
				}
			}
		})
	}
}

// check plays a scenario on a service, and looks at what is said.
func (w *world) check(c *scenario, s *service) {
	w.Helper()
	got := w.one(c.play(w, s))
	if got.Cause != c.cause || !strings.Contains(got.Verdict, c.verdict.of(s)) || !strings.HasSuffix(got.Verdict, ".") {
		w.Errorf("%s: %s: %s\nwant %s: …%s…", s.sim, got.Cause, got.Verdict, c.cause, c.verdict.of(s))
	}
	if text := c.answer.of(s); text != "" && !says(&got, "attempt", text) {
		w.Errorf("%s: no attempt was answered %q: %+v", s.sim, text, got.Steps)
	}
	for about, text := range c.steps {
		if !says(&got, about, text) {
			w.Errorf("%s: no step %q says %q: %+v", s.sim, about, text, got.Steps)
		}
	}
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

var unavailable = words{pnssim.Xiaomi: "10002", "": "503"}

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
