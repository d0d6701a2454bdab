package dispatch_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fanfare-hub/fanfare/internal/dispatch"
	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pns"
	"github.com/fanfare-hub/fanfare/internal/store"
)

const day = 24 * time.Hour

// inOrder sends pages of 40, one after the other: fewer than the breaker judges by.
func inOrder(c *dispatch.Config) { c.Page, c.Window, c.RangeSize = 40, 1, 10_000 }

// deadly is a fixture whose devices with handles that begin with d are dead.
func deadly(t *testing.T, change ...func(*dispatch.Config)) *fixture {
	f := setup(t, func(c *dispatch.Config) {
		for _, ch := range append(change, inOrder) {
			ch(c)
		}
	})
	f.service.answer = someDead
	return f
}

func someDead(t pns.Target, _ *pns.Batch) pns.Result {
	if strings.HasPrefix(t.Handle, "d") {
		return pns.Result{Class: pns.Drop, Outcome: hub.ExpiredChannel}
	}
	return pns.Result{Class: pns.OK}
}

// enrol registers n devices with a tag and handles of their own, which begin with
// the tag.
func (f *fixture) enrol(tag string, n int) {
	f.Helper()
	err := f.store.Update(f.Context(), store.Upkeep, func(tx store.Tx) error {
		for i := range n {
			id := fmt.Sprint(tag, i)
			r := hub.Registration{ID: id, Platform: hub.APNs, Handle: id, Tags: []string{tag}, UpdatedAt: f.clock.Now()}
			if err := tx.PutRegistration(f.hub, &r, nil, f.clock.Now()); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		f.Fatal(err)
	}
}

// kept compares how many devices with a tag are registered, and how many handles
// are suspects in all.
func (f *fixture) kept(when, tag string, registered int, suspects int64) {
	f.Helper()
	err := f.store.View(f.Context(), func(r store.Reader) error {
		all, err := r.ListRegistrations(f.hub, store.RegistrationFilter{Tag: tag}, 0, 10_000, f.clock.Now())
		if err != nil {
			return err
		}
		n, err := r.CountSuspects(f.hub, hub.APNs)
		if len(all) != registered || n != suspects {
			f.Errorf("%s: %d devices with the tag %s and %d suspects are left, want %d and %d", when, len(all), tag, n, registered, suspects)
		}
		return err
	})
	if err != nil {
		f.Fatal(err)
	}
}

func (f *fixture) to(tags string) map[hub.Outcome]int64 {
	f.Helper()
	n := hub.Notification{Tags: tags}
	f.send(&n)
	_, counts := f.counts(n.ID)
	return counts
}

func (f *fixture) restart() {
	f.Helper()
	f.Stop(context.Background())
	f.Dispatcher = dispatch.New(f.cfg)
	if err := f.Start(f.Context()); err != nil {
		f.Fatal(err)
	}
}

// After a thousand good answers two hundred dead handles are deleted, and no
// more: the window is not the process's own.
func TestTheLimitOutlivesARestart(t *testing.T) {
	t.Parallel()
	f := deadly(t)
	f.enrol("alive", 1000)
	f.enrol("d1", 260)
	f.enrol("d2", 140)
	f.to("alive")
	f.to("d1")
	f.kept("before the restart", "d1", 60, 60)
	f.restart()
	for range 3 {
		f.accept("d2")
	}
	if err := f.Idle(t.Context()); err != nil {
		t.Fatal(err)
	}
	f.kept("after the restart", "d2", 140, 200)
}

// What one send's suspects leave over is good answers only. They must not have
// another send's dead handles believed before the delay is over.
func TestGoodAnswersDoNotRestoreBelief(t *testing.T) {
	t.Parallel()
	f := deadly(t)
	f.enrol("alive", 1000)
	f.enrol("d1", 100)
	f.enrol("d2", 40)
	f.enrol("d3", 40)
	f.to("d1")
	f.kept("too many are dead", "d1", 60, 60) // those of the first page came before there were fifty answers
	f.to("alive")
	f.to("d2")
	f.kept("after good answers", "d2", 40, 100)
	f.clock.Advance(day)
	f.to("d3")
	f.kept("after a day", "d3", 0, 100)
	if got := f.to("d1 || d2"); got[hub.ExpiredChannel] != 100 {
		t.Errorf("the suspects' trial: %v", got)
	}
	f.kept("after the trial", "d1", 0, 0)
}

// When a suspect is tried and too many are dead once more, the second answer is
// believed as little as the first.
func TestNoTrialIsLostWhenTooManyAreDeadAgain(t *testing.T) {
	t.Parallel()
	f := deadly(t)
	f.enrol("alive", 1000)
	f.enrol("d1", 100)
	f.to("d1")
	f.to("alive")
	f.enrol("d2", 1000)
	f.clock.Advance(day)
	f.to("d2") // two hundred are believed
	f.kept("too many are dead again", "d2", 800, 860)
	if got := f.to("d1"); got[hub.Dropped] != 60 {
		t.Errorf("suspects while too many are dead: %v", got)
	}
	f.to("alive")
	f.enrol("d3", 300) // their pages come after those of the suspects
	f.service.answer = func(pns.Target, *pns.Batch) pns.Result {
		return pns.Result{Class: pns.Drop, Outcome: hub.ExpiredChannel}
	}
	f.cfg.Page = 1000
	f.restart()
	if got := f.to("d1 || d3"); got[hub.ExpiredChannel] != 360 {
		t.Errorf("a page of suspects and others, all dead: %v", got)
	}
	f.kept("dead twice, beside too many", "d1", 60, 1160)
}

// second has the lanes of a second credential use a service of their own.
func second(s *service) func(*dispatch.Config) {
	return func(c *dispatch.Config) {
		first := c.Connectors[hub.APNs].New
		c.Connectors[hub.APNs] = dispatch.Service{Credential: hub.APNs, New: func(cred hub.Credential, env pns.Env) (pns.Connector, error) {
			if cred.Version > 1 {
				return s, nil
			}
			return first(cred, env)
		}}
	}
}

func (f *fixture) replaceCredential() {
	f.Helper()
	err := f.store.Update(f.Context(), store.Upkeep, func(tx store.Tx) error {
		_, err := tx.PutCredential(f.hub, hub.Credential{Platform: hub.APNs, Properties: map[string]string{"a": "c"}})
		return err
	})
	if err != nil {
		f.Fatal(err)
	}
	if err := f.CredentialChanged(f.Context(), f.hub, hub.APNs); err != nil {
		f.Fatal(err)
	}
}

func (f *fixture) accept(tags string) {
	f.Helper()
	if err := f.Accept(f.Context(), &hub.Notification{HubID: f.hub, Platform: hub.APNs, Body: []byte(`{}`), Tags: tags}); err != nil {
		f.Fatal(err)
	}
}

// hold begins a send whose first page is answered only when release is called.
func (f *fixture) hold(tags string) (release func()) {
	f.Helper()
	answer := f.service.answer
	asked, released := make(chan struct{}), make(chan struct{})
	first := sync.OnceFunc(func() { close(asked) })
	f.service.answer = func(t pns.Target, b *pns.Batch) pns.Result {
		first()
		<-released
		return answer(t, b)
	}
	f.accept(tags)
	<-asked
	return func() {
		f.Helper()
		close(released)
		if err := f.Idle(f.Context()); err != nil {
			f.Fatal(err)
		}
	}
}

// What a service says to a credential that has been replaced makes no suspects.
func TestANewCredentialClearsAll(t *testing.T) {
	t.Parallel()
	f := deadly(t, second(&service{got: map[string][]string{}}))
	f.enrol("d1", 500)
	f.enrol("d2", 100)
	f.to("d1")
	f.kept("too many are dead", "d1", 460, 460)
	release := f.hold("d2")
	f.replaceCredential()
	f.kept("replaced", "d1", 460, 0)
	release()
	f.kept("what was under way", "d2", 100, 0)
	if got := f.to("d1"); got[hub.Success] != 460 {
		t.Errorf("with the new credential: %v", got)
	}
}

// One send finds that a handle is dead, and another one's answers are doubted
// meanwhile: the handle is a suspect, and has the suspect's delay.
func TestASuspectIsNotDeletedByASlowerSend(t *testing.T) {
	t.Parallel()
	suspected := make(lines, 10)
	f := deadly(t, second(&service{got: map[string][]string{}, answer: someDead}), func(c *dispatch.Config) {
		c.Log = slog.New(slog.NewTextHandler(suspected, nil))
	})
	f.enrol("d0", 60)
	f.enrol("d1", 40) // a page of an empty window: believed
	release := f.hold("d1")
	f.replaceCredential()
	f.accept("d0")
	suspected.wait(`msg="handles are suspected of being dead: kept, and not sent to" hub=h platform=apns suspects=20`)
	f.accept("d1")
	suspected.wait("suspects=40")
	f.kept("doubted", "d1", 40, 60)
	release()
	f.kept("believed, too late", "d1", 40, 60)
}

// lines is a log whose lines can be waited for; those that nobody waits for are
// few.
type lines chan string

func (l lines) Write(b []byte) (int, error) {
	l <- string(b)
	return len(b), nil
}

// wait returns when a line with the text has been logged.
func (l lines) wait(text string) {
	for !strings.Contains(<-l, text) {
	}
}
