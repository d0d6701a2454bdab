package task_test

import (
	"bytes"
	"context"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/fanfare-hub/fanfare/internal/clock"
	"github.com/fanfare-hub/fanfare/internal/seal"
	"github.com/fanfare-hub/fanfare/internal/store"
	"github.com/fanfare-hub/fanfare/internal/store/sqlite"
	"github.com/fanfare-hub/fanfare/internal/task"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// storage is the real store, as a runner sees it.
type storage struct{ *sqlite.Store }

func (s storage) View(ctx context.Context, fn func(task.Reader) error) error {
	return s.Store.View(ctx, func(r store.Reader) error { return fn(r) })
}

func (s storage) Update(ctx context.Context, fn func(task.Writer) error) error {
	return s.Store.Update(ctx, store.Outcome, func(tx store.Tx) error { return fn(tx) })
}

// fixture is a store, a clock that stands, and runners on it.
type fixture struct {
	*testing.T
	storage
	clock *clock.Fake
	began chan task.Task // each task as a handler gets it
}

func setup(t *testing.T) *fixture {
	t.Helper()
	sealer, err := seal.New(bytes.Repeat([]byte{1}, seal.KeySize))
	if err != nil {
		t.Fatal(err)
	}
	s, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "db"), sealer)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return &fixture{T: t, storage: storage{s}, clock: clock.NewFake(time.Now()), began: make(chan task.Task, 100)}
}

// runner starts a runner whose handler deletes its task once goOn is closed, or
// returns when it is stopped.
func (f *fixture) runner(owner string, workers int, goOn <-chan struct{}) *task.Runner {
	f.Helper()
	r := task.NewRunner(task.Config{
		Storage: f.storage, Clock: f.clock, Owner: owner, Workers: workers, Lease: 30 * time.Second, Log: slog.New(slog.DiscardHandler),
		Handlers: map[task.Kind]task.Handler{"k": func(ctx context.Context, stopping <-chan struct{}, t task.Task) {
			f.began <- t
			select {
			case <-goOn:
			case <-stopping:
				return
			case <-ctx.Done():
				return
			}
			if err := f.Update(context.Background(), func(w task.Writer) error { return w.DeleteTask(t.Lease()) }); err != nil {
				f.Error(err)
			}
		}},
	})
	if err := r.Start(f.Context()); err != nil {
		f.Fatal(err)
	}
	return r
}

func stop(r *task.Runner) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	r.Stop(ctx)
}

func (f *fixture) insert(t task.Task) task.Task {
	f.Helper()
	t.Kind = "k"
	if t.DueAt.IsZero() {
		t.DueAt = f.clock.Now()
	}
	if err := f.Update(f.Context(), func(w task.Writer) error { return w.InsertTask(&t) }); err != nil {
		f.Fatal(err)
	}
	return t
}

func closed() chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}

// A task runs when its time has come, and no earlier.
func TestDueTime(t *testing.T) {
	t.Parallel()
	f := setup(t)
	r := f.runner("a", 4, closed())
	defer stop(r)
	late := f.insert(task.Task{DueAt: f.clock.Now().Add(time.Hour)})
	soon := f.insert(task.Task{})
	r.Poke()
	if got := <-f.began; got.ID != soon.ID {
		t.Errorf("task %d began, want %d", got.ID, soon.ID)
	}
	if err := r.Idle(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(f.began) != 0 {
		t.Error("a task began before it was due")
	}
	f.clock.Advance(time.Hour)
	if got := <-f.began; got.ID != late.ID {
		t.Errorf("task %d began, want %d", got.ID, late.ID)
	}
}

// A born claimed task runs with no look at the store, and takes a worker.
func TestReserve(t *testing.T) {
	t.Parallel()
	f := setup(t)
	goOn := make(chan struct{})
	r := f.runner("a", 2, goOn)
	defer stop(r)
	lane := task.Lane{HubID: 1, Platform: 1}
	if !r.Reserve(lane) {
		t.Fatal("no worker in an idle runner")
	}
	if r.Reserve(lane) {
		t.Error("one lane got more than its half")
	}
	// Lanes that have none get one each, up to twice the workers in all.
	others := []task.Lane{{HubID: 1, Platform: 2}, {HubID: 2}, {HubID: 3}}
	for _, l := range others {
		if !r.Reserve(l) {
			t.Errorf("lane %v got no worker", l)
		}
	}
	if r.Reserve(task.Lane{HubID: 4}) {
		t.Error("five tasks on two workers")
	}
	for _, l := range others {
		r.Release(l)
	}
	born := task.Task{HubID: 1, Platform: 1}
	r.Claim(&born)
	born = f.insert(born)
	r.Run(born)
	if got := <-f.began; got.ID != born.ID || got.Attempt != 1 {
		t.Errorf("%+v began", got)
	}
	close(goOn)
	if err := r.Idle(t.Context()); err != nil {
		t.Error(err)
	}
}

// A lane that is full does not keep another from being claimed.
func TestLanes(t *testing.T) {
	t.Parallel()
	f := setup(t)
	goOn := make(chan struct{})
	for range 5 {
		f.insert(task.Task{HubID: 1, Platform: 1})
	}
	f.insert(task.Task{HubID: 1, Platform: 2, DueAt: f.clock.Now().Add(-time.Hour).Add(2 * time.Hour)})
	f.clock.Advance(2 * time.Hour)
	r := f.runner("a", 4, goOn)
	defer stop(r)
	lanes := map[uint8]int{}
	for range 3 {
		lanes[(<-f.began).Platform]++
	}
	if lanes[1] != 2 || lanes[2] != 1 {
		t.Errorf("began by lane: %v, want 2 and 1", lanes)
	}
	close(goOn)
	for range 3 {
		<-f.began
	}
}

// Lanes that hang, and have every worker, leave one for a lane that has none.
func TestHangingLanes(t *testing.T) {
	t.Parallel()
	f := setup(t)
	goOn := make(chan struct{})
	for range 4 {
		f.insert(task.Task{HubID: 1, Platform: 1})
		f.insert(task.Task{HubID: 1, Platform: 2})
	}
	r := f.runner("a", 4, goOn)
	defer stop(r)
	for range 4 {
		<-f.began
	}
	third := f.insert(task.Task{HubID: 2, Platform: 1})
	r.Poke()
	if got := <-f.began; got.ID != third.ID {
		t.Errorf("task %d began, want that of the third lane, %d", got.ID, third.ID)
	}
	close(goOn)
	for range 4 {
		<-f.began
	}
}

// A task that its handler has freed may be claimed again before the handler has
// returned; its return ends nothing of the new claim.
func TestFreedAndClaimedAgain(t *testing.T) {
	t.Parallel()
	f := setup(t)
	claims := make(chan context.Context, 2)
	freed, again, ended := make(chan struct{}), make(chan struct{}), make(chan struct{})
	r := task.NewRunner(task.Config{
		Storage: f.storage, Clock: f.clock, Owner: "a", Workers: 4, Lease: 30 * time.Second, Log: slog.New(slog.DiscardHandler),
		Handlers: map[task.Kind]task.Handler{"k": func(ctx context.Context, _ <-chan struct{}, t task.Task) {
			claims <- ctx
			if t.Attempt == 1 {
				free := t
				free.Owner, free.LeaseUntil = "", time.Time{}
				if err := f.Update(context.Background(), func(w task.Writer) error { return w.SaveTask(t.Lease(), &free) }); err != nil {
					f.Error(err)
				}
				close(freed)
				<-again
				return
			}
			<-ended
			if err := f.Update(context.Background(), func(w task.Writer) error { return w.DeleteTask(t.Lease()) }); err != nil {
				f.Error(err)
			}
		}},
	})
	if err := r.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer stop(r)
	f.insert(task.Task{})
	r.Poke()
	first := <-claims
	<-freed
	r.Poke()
	second := <-claims
	close(again)
	<-first.Done() // the first handler has returned
	if err := second.Err(); err != nil {
		t.Errorf("the new claim was ended: %v", err)
	}
	close(ended)
	if err := r.Idle(t.Context()); err != nil {
		t.Error(err)
	}
}

// A clock that jumps past every lease does not make a runner take over its own
// tasks; a runner that is gone is taken over.
func TestLeases(t *testing.T) {
	t.Parallel()
	f := setup(t)
	goOn := make(chan struct{})
	a := f.runner("a", 4, goOn)
	f.insert(task.Task{HubID: 1, Notification: "n"})
	a.Poke()
	first := <-f.began
	f.clock.Advance(time.Hour)
	f.renewed()
	ended := make(chan struct{})
	go func() { defer close(ended); stop(a) }() // the handler leaves its task held
	<-ended
	if len(f.began) != 0 {
		t.Error("a runner took over its own task")
	}
	b := f.runner("b", 4, closed())
	defer stop(b)
	if got := <-f.began; got.ID != first.ID || got.Attempt <= first.Attempt || got.Owner != "b" {
		t.Errorf("%+v was taken over, want task %d", got, first.ID)
	}
	if err := b.Idle(t.Context()); err != nil {
		t.Error(err)
	}
}

// renewed waits until the only task's lease is good again.
func (f *fixture) renewed() {
	f.Helper()
	for good := false; !good; {
		err := f.View(f.Context(), func(r task.Reader) error {
			all, err := r.TasksOf(1, "n")
			good = len(all) == 1 && all[0].LeaseUntil.After(f.clock.Now())
			return err
		})
		if err != nil {
			f.Fatal(err)
		}
	}
}

// A task whose lease was lost is told so.
func TestLostLease(t *testing.T) {
	t.Parallel()
	f := setup(t)
	r := f.runner("a", 4, make(chan struct{}))
	defer stop(r)
	f.insert(task.Task{})
	r.Poke()
	held := <-f.began
	err := f.Update(t.Context(), func(w task.Writer) error { return w.DeleteTask(held.Lease()) })
	if err != nil {
		t.Fatal(err)
	}
	f.clock.Advance(20 * time.Second) // a renewal is due: the handler's context ends
	if err := r.Idle(t.Context()); err != nil {
		t.Error(err)
	}
}

// Stop waits for handlers that come to an end, and is patient no longer than
// its context.
func TestStop(t *testing.T) {
	t.Parallel()
	f := setup(t)
	r := f.runner("a", 4, make(chan struct{}))
	f.insert(task.Task{})
	r.Poke()
	<-f.began
	stop(r)
	if r.Reserve(task.Lane{}) {
		t.Error("a stopped runner gives workers")
	}
	if err := r.Idle(t.Context()); err == nil {
		t.Error("a stopped runner becomes idle")
	}
	var wg sync.WaitGroup
	stubborn := task.NewRunner(task.Config{
		Storage: f.storage, Clock: f.clock, Owner: "b", Workers: 1, Lease: time.Minute, Log: slog.New(slog.DiscardHandler),
		Handlers: map[task.Kind]task.Handler{"k": func(ctx context.Context, _ <-chan struct{}, t task.Task) {
			f.began <- t
			<-ctx.Done()
		}},
	})
	if err := stubborn.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	<-f.began
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	wg.Go(func() { stubborn.Stop(ended) })
	wg.Wait()
}
