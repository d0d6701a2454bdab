package acceptance_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/fanfare-hub/fanfare/internal/pns/pnstest"
	"github.com/fanfare-hub/fanfare/internal/pnssim"
	nh "github.com/fanfare-hub/fanfare/notificationhubs"
)

// TestTokenAnswers has each service's token endpoint give every answer that is
// told apart: nothing is sent, a test send tells its outcome, the device waits
// and is told why, and gets the message when there are tokens again.
func TestTokenAnswers(t *testing.T) {
	t.Parallel()
	for _, platform := range []nh.Platform{nh.FCMV1, nh.WNS, nh.ADM} {
		t.Run(string(platform), func(t *testing.T) {
			t.Parallel()
			s := serviceOf(platform)
			w := newWorld(t, with(s.of, s.known))
			w.enrol(s, 1, "", nil, "a")
			tester := w.lasting(true)
			w.client = w.lasting(false)
			for _, a := range pnstest.Answers(t, "../../internal/pns") {
				w.clock.Advance(25 * time.Hour) // no token lives longer
				w.idle()
				w.withoutToken(s, tester, &a)
			}
		})
	}
}

// lasting is a client whose token outlives the test, whose clock goes on by days.
func (w *world) lasting(testSend bool) *nh.Client {
	w.Helper()
	c, err := nh.NewClientFromConnectionString(w.connectionString(), hubName, &nh.ClientOptions{TokenLife: 365 * 24 * time.Hour, TestSend: testSend})
	if err != nil {
		w.Fatal(err)
	}
	return c
}

// withoutToken plays one answer.
func (w *world) withoutToken(s *service, tester *nh.Client, a *pnstest.Answer) {
	w.Helper()
	handle, before := s.handle(1, ""), w.sim.Requests(s.sim)
	got := len(w.sim.Received(s.sim, handle))
	w.sim.SetTokenAnswer(s.sim, &pnssim.Answer{Status: a.Status, Header: a.HTTPHeader(), Body: a.Body})

	r, err := tester.Send(w.ctx, s.message("Hi"), &nh.SendOptions{Tags: []string{"a"}})
	if err != nil {
		w.Fatal(err)
	}
	d := w.details(r.NotificationID)
	w.counts(d, map[string]map[string]int64{platformName(d): {a.Outcome: 1}})

	id := w.send(s.message("Hi"), "a")
	w.idle()
	if n := w.sim.Requests(s.sim) - before; n != 0 {
		w.Errorf("%s: %d pushes without a token", a.Says, n)
	}
	cause, said := "WaitsForService", w.one(id, handle)
	if a.Class == "credential" {
		cause = "WaitsForCredential"
	}
	if said.Cause != cause || !strings.Contains(said.Verdict, strconv.Itoa(a.Status)) {
		w.Errorf("%s: %s, %q; want %s and the status", a.Says, said.Cause, said.Verdict, cause)
	}
	left := w.tasks()
	if len(left) != 1 || left[0].due.Sub(w.clock.Now()) < a.Retry {
		w.Fatalf("%s: tasks %+v, want one that waits %v at least", a.Says, left, a.Retry)
	}
	w.sim.SetTokenAnswer(s.sim, nil)
	w.advance(2 * time.Minute) // the endpoint is left alone for up to a minute
	d = w.final(id)
	w.counts(d, map[string]map[string]int64{platformName(d): {"Success": 1}})
	if n := len(w.sim.Received(s.sim, handle)) - got; n != 1 {
		w.Errorf("%s: the device got %d messages, want 1", a.Says, n)
	}
}
