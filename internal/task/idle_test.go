package task_test

import (
	"context"
	"log/slog"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fanfare-hub/fanfare/internal/task"
)

// late is a storage that calls back between a look at it and its answer.
type late struct {
	storage
	then atomic.Pointer[func()]
}

func (l *late) View(ctx context.Context, fn func(task.Reader) error) error {
	err := l.storage.View(ctx, fn)
	if then := l.then.Swap(nil); then != nil {
		(*then)()
	}
	return err
}

// A runner is not idle when a task has ended that left another, even if it ended
// after the runner had looked for what is due.
func TestIdleSeesWhatATaskLeaves(t *testing.T) {
	t.Parallel()
	f := setup(t)
	l := &late{storage: f.storage}
	goOn, followed := make(chan struct{}), atomic.Int32{}
	lane := task.Lane{HubID: 1}
	r := task.NewRunner(task.Config{
		Storage: l, Clock: f.clock, Owner: "a", Workers: 1, Lease: time.Minute, Log: slog.New(slog.DiscardHandler),
		Handlers: map[task.Kind]task.Handler{
			"k": func(_ context.Context, _ <-chan struct{}, t task.Task) {
				f.began <- t
				<-goOn
				f.replace(t, &task.Task{Kind: "next", HubID: 1, DueAt: f.clock.Now()})
			},
			"next": func(_ context.Context, _ <-chan struct{}, t task.Task) {
				followed.Add(1)
				f.replace(t, nil)
			},
		},
	})
	if err := r.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer stop(r)
	const rounds = 20 // the look may also be one that nobody waits for
	for round := range int32(rounds) {
		f.insert(task.Task{HubID: 1})
		r.Poke()
		<-f.began
		end := func() {
			goOn <- struct{}{}
			for !r.Reserve(lane) { // until the worker is free
				runtime.Gosched()
			}
			r.Release(lane)
		}
		l.then.Store(&end)
		if err := r.Idle(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := followed.Load(); got != round+1 {
			t.Fatalf("round %d: it was idle, and a task was left", round)
		}
	}
}

// replace deletes a task, and inserts what it leaves.
func (f *fixture) replace(t task.Task, next *task.Task) {
	err := f.Update(context.Background(), func(w task.Writer) error {
		if err := w.DeleteTask(t.Lease()); err != nil || next == nil {
			return err
		}
		return w.InsertTask(next)
	})
	if err != nil {
		f.Error(err)
	}
}
