package acceptance_test

import (
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
