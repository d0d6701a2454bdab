package acceptance_test

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/fanfare-hub/fanfare/internal/pns/pnstest"
	"github.com/fanfare-hub/fanfare/internal/pnssim"
	nh "github.com/fanfare-hub/fanfare/notificationhubs"
)

// retryWindow is how long a device is tried for, from its first attempt.
const retryWindow = 30 * time.Minute

// TestAnswers plays every answer that a connector tells apart, in every way that
// the simulated service can be made to give it, to a device of its own: what a
// test send says of it, what a send counts, how often and when it is tried, what
// the device gets, and what becomes of the handle.
func TestAnswers(t *testing.T) {
	t.Parallel()
	for _, s := range services() {
		t.Run(string(s.sim), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, func(w *world) {
				w.clock.Advance(time.Now().Truncate(24 * time.Hour).Add(12 * time.Hour).Sub(w.clock.Now()))
				with(s.of, s.known)(w)
			})
			w.believed(s)
			n := 0
			for _, a := range pnstest.Answers(t, "../../internal/pns/"+string(s.sim)) {
				for _, fate := range ways(&a) {
					n++
					p := &play{world: w, service: s, answer: &a, fate: fate, number: n}
					if !t.Run(a.Says+" "+fate, func(t *testing.T) { p.run(t) }) {
						return // what is left undone would be in the way of the next
					}
				}
			}
		})
	}
}

// believed gives the service's word on dead handles its full weight: it has
// accepted so many that the few of a test are a small part.
func (w *world) believed(s *service) {
	w.Helper()
	const devices = 150
	for i := range devices {
		w.enrol(s, 1_000_000+i, "", nil, "live")
	}
	d := w.final(w.send(s.message("Hi"), "live"))
	w.counts(d, map[string]map[string]int64{platformName(d): {"Success": devices}})
}

func platformName(d *nh.NotificationDetails) string {
	for name := range d.Outcomes {
		return string(name)
	}
	return ""
}

// wearing are the words that wear off, and say how often they are to be
// answered.
var wearing = []string{"throttled", "full", "unavailable", "error", "shutdown", "gateway", "reset"}

// ways are the words that make a device answer so; "" is to have the service
// told what to say.
func ways(a *pnstest.Answer) []string {
	var all []string
	for _, word := range a.Fates {
		if slices.Contains(wearing, word) {
			word = fmt.Sprintf("%s-%d", word, a.Tries())
		}
		all = append(all, word)
	}
	if a.Status != 0 && a.Class != "accepted" && a.Class != "replaced" {
		all = append(all, "")
	}
	return all
}

// play is one answer, in one way.
type play struct {
	*world
	service *service
	answer  *pnstest.Answer
	fate    string
	number  int
}

func (p *play) run(t *testing.T) {
	inner := *p.world
	inner.T = t
	p.world = &inner
	p.testSend()
	p.realSend()
	if p.answer.Class == "dead" {
		p.installed()
	}
}

// The devices of a play.
const (
	tested = iota
	sent
	marked
)

// device is the number of one of the play's devices.
func (p *play) device(which int) int { return 10*p.number + which }

// tag is that of one of the play's devices.
func (p *play) tag(which int) string { return fmt.Sprint("device-", p.device(which)) }

// enrolled registers a device that answers so.
func (p *play) enrolled(which int) (r *nh.Registration, handle string) {
	p.Helper()
	handle = p.service.handle(p.device(which), p.fate)
	p.told(handle)
	return p.enrol(p.service, p.device(which), p.fate, nil, p.tag(which)), handle
}

// told has the service say so, unless the handle's own word does.
func (p *play) told(handle string) {
	if p.fate != "" {
		return
	}
	p.sim.SetFate(p.service.sim, handle, pnssim.Fate{
		Kind: "answer", Answer: &pnssim.Answer{Status: p.answer.Status, Header: p.answer.HTTPHeader(), Body: strings.ReplaceAll(p.answer.Body, pnstest.Handle, handle)},
	})
}

// testSend holds that a test send tells the answer's outcome.
func (p *play) testSend() {
	p.Helper()
	p.enrolled(tested)
	client, err := nh.NewClientFromConnectionString(p.connectionString(), hubName, &nh.ClientOptions{TokenLife: 72 * time.Hour, TestSend: true})
	if err != nil {
		p.Fatal(err)
	}
	before := p.sim.Requests(p.service.sim)
	r, err := client.Send(p.ctx, p.service.message("Hi"), &nh.SendOptions{Tags: []string{p.tag(tested)}})
	if err != nil {
		p.Fatal(err)
	}
	p.counted(p.details(r.NotificationID), p.answer.Outcome)
	p.asked(before, p.answer.Tries())
}

// counted holds that the one device of a notification ended so.
func (p *play) counted(d *nh.NotificationDetails, outcome string) {
	p.Helper()
	p.counts(d, map[string]map[string]int64{platformName(d): {outcome: 1}})
}

// asked holds how many requests the service had.
func (p *play) asked(before, tries int) {
	p.Helper()
	if n := p.sim.Requests(p.service.sim) - before; n != tries {
		p.Errorf("the service was asked %d times, want %d", n, tries)
	}
}

// realSend holds what a send comes to.
func (p *play) realSend() {
	p.Helper()
	r, handle := p.enrolled(sent)
	p.clock.Advance(time.Second) // the service's word is newer than the registration
	before := p.sim.Requests(p.service.sim)
	id := p.send(p.service.message("Hi"), p.tag(sent))
	if p.waits() {
		p.idle()
		p.asked(before, p.answer.Tries())
		p.triedAgain(id, handle)
	} else {
		p.counted(p.final(id), p.answer.Outcome)
		p.asked(before, p.answer.Tries())
		p.got(handle, p.answer.Outcome == "Success")
	}
	p.idle()
	p.kept(r, handle)
	p.said(id, handle)
}

// said holds that the first attempt had the row's own answer: its status, and
// the words of it that stand in the row.
func (p *play) said(id, handle string) {
	p.Helper()
	if p.answer.Status == 0 || p.answer.Outcome == "Success" {
		return
	}
	e, err := p.client.Explain(p.ctx, id, handle)
	if err != nil {
		p.Fatal(err)
	}
	for _, step := range e.Registrations[0].Steps {
		if step.About != "attempt" {
			continue
		}
		if !strings.HasPrefix(step.Answer, strconv.Itoa(p.answer.Status)) {
			p.Errorf("the service said %q, want %d", step.Answer, p.answer.Status)
		}
		for _, word := range pnsWord.FindAllString(p.answer.Says, -1) {
			if !strings.Contains(step.Answer, word) {
				p.Errorf("the service said %q, want %s", step.Answer, word)
			}
		}
		return
	}
	p.Errorf("no attempt is explained: %+v", e)
}

// pnsWord is a reason or a code of a push service's own.
var pnsWord = regexp.MustCompile(`[A-Z]+_[A-Z_]+|([A-Z][a-z]+){2,}|[0-9]{5,}`)

// waits reports whether the device is tried again later.
func (p *play) waits() bool {
	switch p.answer.Class {
	case "retry", "reconnect", "unknown":
		return true
	case "credential":
		return p.answer.Service
	}
	return false
}

// triedAgain holds when the device is tried again: not before the service lets it,
// and soon after; by then it is live. One that has to wait longer than a device
// is tried for is abandoned.
func (p *play) triedAgain(id, handle string) {
	p.Helper()
	left := p.tasks()
	if len(left) != 1 {
		p.Fatalf("tasks %+v, want one that waits", left)
	}
	wait := left[0].due.Sub(p.clock.Now())
	least, most := min(p.answer.Retry, retryWindow), min(max(p.answer.Retry, time.Second+2*time.Millisecond), retryWindow)
	if wait < least || wait > most {
		p.Fatalf("is tried again in %v, want %v to %v", wait, least, most)
	}
	before := p.sim.Requests(p.service.sim)
	p.clock.Advance(wait - time.Millisecond)
	p.idle()
	p.asked(before, 0)
	p.sim.SetFate(p.service.sim, handle, pnssim.Fate{})
	p.clock.Advance(2 * time.Millisecond)
	if p.answer.Retry >= retryWindow {
		p.counted(p.final(id), "AbandonedNotificationMessages")
		p.asked(before, 0)
		p.got(handle, false)
		return
	}
	p.counted(p.final(id), "Success")
	p.asked(before, 1)
	p.got(handle, true)
}

// got holds that a device got the message once, or never.
func (p *play) got(handle string, delivered bool) {
	p.Helper()
	want := 0
	if delivered {
		want = 1
	}
	if n := len(p.sim.Received(p.service.sim, handle)); n != want {
		p.Errorf("the device got %d messages, want %d", n, want)
	}
}

// kept holds what became of the handle.
func (p *play) kept(r *nh.Registration, handle string) {
	p.Helper()
	there, err := p.client.RegistrationExists(p.ctx, r.ID)
	if err != nil || there == (p.answer.Class == "dead") {
		p.Fatalf("the registration is there: %v, %v", there, err)
	}
	if !there {
		return
	}
	now, err := p.client.Registration(p.ctx, r.ID)
	switch {
	case err != nil:
		p.Error(err)
	case (now.Handle == handle) != (p.answer.Class != "replaced"):
		p.Errorf("the handle is %q, and was %q", now.Handle, handle)
	}
}

// installed holds that an installation whose handle is dead stays, and says so.
func (p *play) installed() {
	p.Helper()
	id := p.tag(marked)
	p.told(p.service.handle(p.device(marked), p.fate))
	p.instal(p.service, id, "", p.device(marked), p.fate)
	p.clock.Advance(time.Second)
	p.counted(p.final(p.send(p.service.message("Hi"), "$InstallationId:{"+id+"}")), p.answer.Outcome)
	p.idle()
	in, err := p.client.Installation(p.ctx, id)
	if err != nil {
		p.Fatal(err)
	}
	if !in.ChannelExpired {
		p.Errorf("the installation does not say that its handle is dead: %+v", in)
	}
}
