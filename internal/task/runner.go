package task

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/fanfare-hub/fanfare/internal/clock"
)

// Storage is what a Runner needs of the store.
type Storage interface {
	View(ctx context.Context, fn func(Reader) error) error
	Update(ctx context.Context, fn func(Writer) error) error
}

// Handler works on one claimed task until it is done, parked or fenced; it
// frees or deletes the task itself. ctx ends when the lease is lost or the
// runner's patience at Stop is over; stopping is closed when it should come to
// an end.
type Handler func(ctx context.Context, stopping <-chan struct{}, t Task)

// Config of a Runner.
type Config struct {
	Storage  Storage
	Clock    clock.Clock
	Owner    string // unique to this process
	Workers  int    // tasks at work at once; twice as many when lanes would get none
	Lease    time.Duration
	Handlers map[Kind]Handler
	Log      *slog.Logger
}

// Runner claims tasks that are due and runs them, each in a goroutine of its
// own. At most half of the workers serve one lane, and a lane that has none may
// have one beyond their number, up to twice as many in all: push services that
// answer slowly, or not at all, leave room for the others.
type Runner struct {
	cfg      Config
	poke     chan struct{}      // something may be due, or a worker is free
	asked    chan chan struct{} // Idle's requests
	stopping chan struct{}
	looped   chan struct{} // closed when the loop has ended
	wg       sync.WaitGroup

	renewAt time.Time // the loop's own

	mu      sync.Mutex
	stopped bool
	busy    int
	lanes   map[Lane]int
	// running is by lease and not by task: a task that its handler has freed may
	// be claimed again before that handler has returned.
	running map[Lease]context.CancelFunc
}

// NewRunner returns a runner that is not started.
func NewRunner(cfg Config) *Runner {
	return &Runner{
		cfg:      cfg,
		poke:     make(chan struct{}, 1),
		asked:    make(chan chan struct{}),
		stopping: make(chan struct{}),
		looped:   make(chan struct{}),
		lanes:    map[Lane]int{},
		running:  map[Lease]context.CancelFunc{},
	}
}

// Start frees what an earlier process left claimed, and begins.
func (r *Runner) Start(ctx context.Context) error {
	err := r.cfg.Storage.Update(ctx, func(w Writer) error {
		_, err := w.FreeTasks(r.cfg.Owner)
		return err
	})
	if err != nil {
		return err
	}
	go r.loop(context.WithoutCancel(ctx))
	return nil
}

// Stop claims nothing more, asks the handlers to come to an end, and cancels
// those that have not when ctx ends. It returns when all have returned.
func (r *Runner) Stop(ctx context.Context) {
	r.mu.Lock()
	r.stopped = true
	r.mu.Unlock()
	close(r.stopping)
	<-r.looped
	done := make(chan struct{})
	go func() { r.wg.Wait(); close(done) }()
	select {
	case <-done:
	case <-ctx.Done():
		for _, l := range r.leases() {
			r.drop(l)
		}
		<-done
	}
}

// Poke makes the runner look for due tasks.
func (r *Runner) Poke() {
	select {
	case r.poke <- struct{}{}:
	default:
	}
}

// Idle returns when no task is at work and none is due.
func (r *Runner) Idle(ctx context.Context) error {
	reply := make(chan struct{})
	select {
	case r.asked <- reply:
	case <-r.looped:
		return context.Canceled
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case <-reply:
		return nil
	case <-r.looped:
		return context.Canceled
	case <-ctx.Done():
		return ctx.Err()
	}
}

// loop claims and waits, until Stop.
func (r *Runner) loop(ctx context.Context) {
	defer close(r.looped)
	var waiting []chan struct{}
	for {
		// Looked at before the store: a task that ends after may have left another.
		resting := r.resting()
		next, err := r.claim(ctx)
		if err != nil {
			r.cfg.Log.Error("claiming tasks", "error", err)
			next = r.cfg.Clock.Now().Add(time.Second) // the store may be back by then
		} else if len(waiting) > 0 && resting && r.resting() && next.After(r.cfg.Clock.Now()) {
			for _, w := range waiting {
				close(w)
			}
			waiting = nil
		}
		timer := r.cfg.Clock.NewTimer(next.Sub(r.cfg.Clock.Now()))
		select {
		case <-r.stopping:
			timer.Stop()
			return
		case w := <-r.asked:
			waiting = append(waiting, w)
		case <-r.poke:
		case <-timer.C:
		}
		timer.Stop()
	}
}

// resting reports whether nothing runs.
func (r *Runner) resting() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.busy == 0
}

// claim renews leases when it is time, starts what is due while there are
// workers, and returns when to look again.
func (r *Runner) claim(ctx context.Context) (time.Time, error) {
	now := r.cfg.Clock.Now()
	free, full := r.room()
	due, any, err := r.nextDue(ctx, full)
	if err != nil {
		return now, err
	}
	ready := any && !due.After(now) && free > 0
	if ready || !now.Before(r.renewAt) {
		started, err := r.renewAndClaim(ctx, now, free, full)
		if err != nil {
			return now, err
		}
		r.renewAt = now.Add(r.cfg.Lease / 3)
		if started > 0 {
			r.Poke() // more may be due than there was room for in one claim
		}
	}
	if any && due.After(now) && due.Before(r.renewAt) {
		return due, nil
	}
	return r.renewAt, nil
}

func (r *Runner) nextDue(ctx context.Context, skip []Lane) (due time.Time, any bool, err error) {
	err = r.cfg.Storage.View(ctx, func(rd Reader) (err error) {
		due, any, err = rd.NextDue(skip)
		return err
	})
	return due, any, err
}

// renewAndClaim does both in one transaction, so that a clock that jumps past
// a lease never makes the runner take its own task over.
func (r *Runner) renewAndClaim(ctx context.Context, now time.Time, free int, full []Lane) (started int, err error) {
	held := r.leases()
	if len(held) == 0 && free == 0 {
		return 0, nil
	}
	until := now.Add(r.cfg.Lease)
	var lost []int64
	var tasks []Task
	err = r.cfg.Storage.Update(ctx, func(w Writer) (err error) {
		if lost, err = w.RenewTasks(held, until); err != nil || free == 0 {
			return err
		}
		// No more than one lane's share at once: all may be of one lane.
		tasks, err = w.ClaimTasks(r.cfg.Owner, now, until, min(free, r.share()), full)
		return err
	})
	if err != nil {
		return 0, err
	}
	for _, l := range held {
		if slices.Contains(lost, l.ID) {
			r.drop(l)
		}
	}
	for _, t := range tasks {
		r.take(t.Lane())
		r.Run(t)
	}
	return len(tasks), nil
}
