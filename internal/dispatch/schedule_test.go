package dispatch_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fanfare-hub/fanfare/internal/dispatch"
	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pns"
	"github.com/fanfare-hub/fanfare/internal/store"
)

// scheduleIn stores a notification that is due after d.
func (f *fixture) scheduleIn(d time.Duration, n *hub.Notification) {
	f.Helper()
	n.HubID, n.Platform, n.Body, n.ScheduledAt = f.hub, hub.APNs, []byte(`{}`), f.clock.Now().Add(d)
	if err := f.Schedule(f.Context(), n); err != nil {
		f.Fatal(err)
	}
	f.idle()
}

func (f *fixture) idle() {
	f.Helper()
	if err := f.Idle(f.Context()); err != nil {
		f.Fatal(err)
	}
}

func (f *fixture) stored(id string) (n hub.Notification) {
	f.Helper()
	err := f.store.View(f.Context(), func(r store.Reader) (err error) { n, err = r.Notification(f.hub, id); return err })
	if err != nil {
		f.Fatal(err)
	}
	return n
}

func (f *fixture) cancel(id string) hub.State {
	f.Helper()
	was, err := f.Cancel(f.Context(), f.hub, id)
	if err != nil {
		f.Fatal(err)
	}
	f.idle()
	return was
}

// The audience is that of the moment when it is due, and not a millisecond
// earlier; the states are Azure's.
func TestSchedule(t *testing.T) {
	t.Parallel()
	f := setup(t, nil)
	var n, direct hub.Notification
	f.scheduleIn(time.Hour, &n)
	direct.Direct = []hub.DirectHandle{{Handle: "beef"}}
	f.scheduleIn(2*time.Hour, &direct)
	f.register(5)
	f.clock.Advance(time.Hour - time.Millisecond)
	f.idle()
	if state, counts := f.counts(n.ID); state != hub.Scheduled || len(counts) != 0 {
		t.Errorf("before it is due: %v %v", state, counts)
	}
	f.clock.Advance(time.Millisecond)
	f.idle()
	if state, counts := f.counts(n.ID); state != hub.Completed || counts[hub.Success] != 5 {
		t.Errorf("when it is due: %v %v", state, counts)
	}
	sent := f.stored(n.ID)
	if !sent.StartedAt.Equal(sent.ScheduledAt) || sent.Bound == 0 {
		t.Errorf("it began at %v, up to number %d; it was due at %v", sent.StartedAt, sent.Bound, sent.ScheduledAt)
	}
	f.clock.Advance(time.Hour)
	f.idle()
	if state, counts := f.counts(direct.ID); state != hub.Completed || counts[hub.Success] != 1 || len(f.service.got["beef"]) != 1 {
		t.Errorf("the direct one: %v %v", state, counts)
	}
	if was := f.cancel(n.ID); was != hub.Completed {
		t.Errorf("a cancel afterwards found it %v", was)
	}
	if state, _ := f.counts(n.ID); state != hub.Completed {
		t.Errorf("a cancel afterwards made it %v", state)
	}
}

// Nobody gets what was cancelled, and only the hub's own are.
func TestCancel(t *testing.T) {
	t.Parallel()
	f := setup(t, nil)
	f.register(1)
	var n hub.Notification
	f.scheduleIn(time.Hour, &n)
	if _, err := f.Cancel(t.Context(), f.hub+1, n.ID); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("another hub's: %v", err)
	}
	for _, want := range []hub.State{hub.Scheduled, hub.Canceled} {
		if was := f.cancel(n.ID); was != want {
			t.Errorf("found %v, want %v", was, want)
		}
	}
	f.clock.Advance(2 * time.Hour)
	f.idle()
	if state, counts := f.counts(n.ID); state != hub.Canceled || len(counts)+len(f.service.got) != 0 {
		t.Errorf("%v %v, sent %v", state, counts, f.service.got)
	}
}

// A cancel that comes while the send is running changes nothing.
func TestCancelWhileSending(t *testing.T) {
	t.Parallel()
	f := setup(t, nil)
	f.register(5) // two pages and more
	var n hub.Notification
	f.scheduleIn(time.Hour, &n)
	f.service.answer = func(pns.Target, *pns.Batch) pns.Result {
		if was, err := f.Cancel(t.Context(), f.hub, n.ID); err != nil || was != hub.Processing {
			t.Errorf("found %v, %v", was, err)
		}
		return pns.Result{Class: pns.OK}
	}
	f.clock.Advance(time.Hour)
	f.idle()
	if state, counts := f.counts(n.ID); state != hub.Completed || counts[hub.Success] != 5 {
		t.Errorf("%v %v", state, counts)
	}
}

// interrupted is a store that calls back once, after a transaction in which a
// notification was read.
type interrupted struct {
	store.Store
	then atomic.Pointer[func()]
}

type noticing struct {
	store.Reader
	read bool
}

func (n *noticing) Notification(hubID int64, id string) (hub.Notification, error) {
	n.read = true
	return n.Reader.Notification(hubID, id)
}

func (s *interrupted) View(ctx context.Context, fn func(store.Reader) error) error {
	var n noticing
	err := s.Store.View(ctx, func(r store.Reader) error { n.Reader = r; return fn(&n) })
	if then := s.then.Load(); n.read && then != nil && s.then.CompareAndSwap(then, nil) {
		(*then)()
	}
	return err
}

// A cancel that comes when the task is at work, but has not committed, wins.
func TestCancelFencesTheTask(t *testing.T) {
	t.Parallel()
	s := &interrupted{}
	f := setup(t, func(c *dispatch.Config) {
		s.Store = c.Store
		c.Store = s
	})
	f.register(1)
	var n hub.Notification
	f.scheduleIn(time.Hour, &n)
	cancel := func() {
		if was, err := f.Cancel(t.Context(), f.hub, n.ID); err != nil || was != hub.Scheduled {
			t.Errorf("found %v, %v", was, err)
		}
	}
	s.then.Store(&cancel)
	f.clock.Advance(time.Hour)
	f.idle()
	if state, counts := f.counts(n.ID); s.then.Load() != nil || state != hub.Canceled || len(counts)+len(f.service.got) != 0 {
		t.Errorf("%v %v, sent %v", state, counts, f.service.got)
	}
}

// A schedule that fires while it is cancelled is either sent or cancelled:
// whoever commits first.
func TestCancelRaces(t *testing.T) {
	t.Parallel()
	f := setup(t, nil)
	f.register(1)
	won := map[hub.State]int{}
	for i := range 60 {
		var n hub.Notification
		f.scheduleIn(time.Hour, &n)
		before := len(f.service.got["0000"])
		var was hub.State
		var err error
		var both sync.WaitGroup
		both.Go(func() { f.clock.Advance(time.Hour) })
		both.Go(func() {
			if i%2 == 0 { // let the send come further
				if err := f.Idle(t.Context()); err != nil {
					t.Error(err)
				}
			}
			was, err = f.Cancel(t.Context(), f.hub, n.ID)
		})
		both.Wait()
		if err != nil {
			t.Fatal(err)
		}
		f.idle()
		state, counts := f.counts(n.ID)
		sent := len(f.service.got["0000"]) - before
		cancelled := was == hub.Scheduled && state == hub.Canceled && sent == 0 && len(counts) == 0
		fired := was != hub.Scheduled && state == hub.Completed && sent == 1 && counts[hub.Success] == 1
		if cancelled == fired {
			t.Fatalf("round %d: cancel found %v, the state is %v, %d were sent, counts %v", i, was, state, sent, counts)
		}
		won[state]++
	}
	t.Logf("won: %v", won)
}

// What fell due while no process ran is sent at the start.
func TestMissedSchedule(t *testing.T) {
	t.Parallel()
	var cfg dispatch.Config
	f := setup(t, func(c *dispatch.Config) { cfg = *c })
	f.register(2)
	var n, cancelled hub.Notification
	f.scheduleIn(time.Hour, &n)
	f.scheduleIn(time.Hour, &cancelled)
	f.cancel(cancelled.ID)
	f.Stop(t.Context())
	f.clock.Advance(25 * time.Hour)
	f.Dispatcher = dispatch.New(cfg)
	if err := f.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	f.idle()
	if state, counts := f.counts(n.ID); state != hub.Completed || counts[hub.Success] != 2 {
		t.Errorf("%v %v", state, counts)
	}
	if state, _ := f.counts(cancelled.ID); state != hub.Canceled || len(f.service.got) != 2 {
		t.Errorf("the cancelled one is %v; sent %v", state, f.service.got)
	}
}

// A new credential wakes what waits for it, and no schedule.
func TestCredentialWakesNoSchedule(t *testing.T) {
	t.Parallel()
	f := setup(t, nil)
	f.register(1)
	var n hub.Notification
	f.scheduleIn(time.Hour, &n)
	if err := f.CredentialChanged(t.Context(), f.hub, hub.APNs); err != nil {
		t.Fatal(err)
	}
	f.idle()
	if state, _ := f.counts(n.ID); state != hub.Scheduled {
		t.Errorf("it is %v", state)
	}
}

func TestExplainSchedule(t *testing.T) {
	t.Parallel()
	f := setup(t, nil)
	f.register(1)
	var waits, cancelled hub.Notification
	waits.Tags = "b"
	f.scheduleIn(time.Hour, &waits)
	f.scheduleIn(time.Hour, &cancelled)
	f.cancel(cancelled.ID)
	const form = "2006-01-02T15:04:05.000Z"
	due, now := waits.ScheduledAt.UTC().Format(form), f.clock.Now().UTC().Format(form)
	for _, c := range []struct {
		id, device string
		cause      dispatch.Cause
		says       string
	}{
		{id: waits.ID, device: "r0", cause: dispatch.NotYetDue, says: "The send is scheduled for " + due + ", and reaches whom it is for then. As things are now this is not one of them: the tag expression b does not hold: b is false for its tags (it has none)."},
		{id: waits.ID, device: "none", cause: dispatch.DeviceUnknown, says: "No installation, registration, user or handle of this name is known now; the send is scheduled for " + due + ", and reaches whom it is for then."},
		{id: cancelled.ID, device: "r0", cause: dispatch.Withdrawn, says: "Nobody gets it: the send was scheduled for " + due + ", and cancelled at " + now + "."},
	} {
		if got := f.explain(c.id, c.device); got.Cause != c.cause || got.Verdict != c.says {
			t.Errorf("%s: %s: %s\nwant %s", c.device, got.Cause, got.Verdict, c.says)
		}
	}
	e, err := f.Explain(t.Context(), f.hub, waits.ID, "r0")
	if err != nil || e.State != "Scheduled" || !e.ScheduledAt.Equal(waits.ScheduledAt.Truncate(time.Microsecond)) {
		t.Errorf("%+v, %v", e, err)
	}
}
