package dispatch

import (
	"context"
	"log/slog"
	"maps"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/fanfare-hub/fanfare/internal/clock"
	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pns"
	"github.com/fanfare-hub/fanfare/internal/store"
	"github.com/fanfare-hub/fanfare/internal/task"
)

// The kinds of task.
const (
	kindFanout  task.Kind = "fanout"  // a notification that is not yet cut into ranges
	kindRange   task.Kind = "range"   // registrations between two numbers
	kindList    task.Kind = "list"    // devices named one by one: retries, direct sends
	kindHandles task.Kind = "handles" // what push services said of handles, to be applied

	kindSchedule task.Kind = "schedule" // a notification that waits for its time
)

// Config is what a Dispatcher needs. A zero number is the default named with it.
type Config struct {
	Store      store.Store
	Clock      clock.Clock
	Connectors map[hub.Platform]Service
	Env        pns.Env
	Log        *slog.Logger
	// Further are the kinds of task of other packages; the same workers run them.
	Further map[task.Kind]task.Handler

	Page         int           // devices in a page; 1,000
	Window       int           // pages in flight in a range; 4
	Workers      int           // tasks at work at once; 16
	RangeSize    int           // registrations in a range; 100,000
	Lease        time.Duration // of a task; 30 s
	PageTimeout  time.Duration // of one attempt at a page, in real time; 10 min: requests have time limits of their own
	RetryWindow  time.Duration // from a device's first attempt; 30 min
	SuspectAfter time.Duration // before a suspect handle is tried again; 24 h
	Retention    time.Duration // of notifications after their final state; 7 days
}

// Service is one row of the list of connectors.
type Service struct {
	New pns.New
	// Credential names the platform whose credential the service uses; legacy
	// FCM is delivered with the one of FCM v1.
	Credential hub.Platform
}

func (c Config) withDefaults() Config {
	number := func(n *int, d int) {
		if *n == 0 {
			*n = d
		}
	}
	duration := func(v *time.Duration, d time.Duration) {
		if *v == 0 {
			*v = d
		}
	}
	number(&c.Page, 1000)
	number(&c.Window, 4)
	number(&c.Workers, 16)
	number(&c.RangeSize, 100_000)
	duration(&c.Lease, 30*time.Second)
	duration(&c.PageTimeout, 10*time.Minute)
	duration(&c.RetryWindow, 30*time.Minute)
	duration(&c.SuspectAfter, 24*time.Hour)
	duration(&c.Retention, 7*24*time.Hour)
	return c
}

// Dispatcher accepts notifications and delivers them.
type Dispatcher struct {
	cfg     Config
	runner  *task.Runner
	lanes   *lanes
	outages outages
	stop    chan struct{}
	upkeep  sync.WaitGroup
}

// New returns a Dispatcher that is not started.
func New(cfg Config) *Dispatcher {
	cfg = cfg.withDefaults()
	d := &Dispatcher{cfg: cfg, stop: make(chan struct{}), lanes: newLanes(cfg)}
	handlers := map[task.Kind]task.Handler{
		kindFanout:  d.fanOut,
		kindRange:   d.runRange,
		kindList:    d.runList,
		kindHandles: d.applyHandles,

		kindSchedule: d.fire,
	}
	maps.Copy(handlers, cfg.Further)
	d.runner = task.NewRunner(task.Config{
		Storage:  taskStorage{cfg.Store},
		Clock:    cfg.Clock,
		Owner:    uuid.NewString(),
		Workers:  cfg.Workers,
		Lease:    cfg.Lease,
		Log:      cfg.Log,
		Handlers: handlers,
	})
	return d
}

// Start takes up what an earlier process left, and begins.
func (d *Dispatcher) Start(ctx context.Context) error {
	if err := d.runner.Start(ctx); err != nil {
		return err
	}
	d.upkeep.Go(d.sweep)
	return nil
}

// Stop ends work: pages in flight have until the end of ctx to be answered;
// what is left then is parked for the next process.
func (d *Dispatcher) Stop(ctx context.Context) {
	close(d.stop)
	d.runner.Stop(ctx)
	d.upkeep.Wait()
	d.lanes.close()
}

// Poke makes the workers look for tasks that are due: one was stored.
func (d *Dispatcher) Poke() { d.runner.Poke() }

// Idle returns when nothing is in flight and nothing is due.
func (d *Dispatcher) Idle(ctx context.Context) error { return d.runner.Idle(ctx) }

// NextDue returns when the next task falls due; ok is false if there is none.
func (d *Dispatcher) NextDue(ctx context.Context) (at time.Time, ok bool, err error) {
	err = d.cfg.Store.View(ctx, func(r store.Reader) (err error) {
		at, ok, err = r.NextDue(nil)
		return err
	})
	return at, ok, err
}

// CredentialChanged wakes what is parked for a credential, and gives up its
// connections: a new version is in the store.
func (d *Dispatcher) CredentialChanged(ctx context.Context, hubID int64, credential hub.Platform) error {
	for p, s := range d.cfg.Connectors {
		if s.Credential != credential {
			continue
		}
		if err := d.clearSuspects(ctx, hubID, p); err != nil {
			return err
		}
		err := d.cfg.Store.Update(ctx, store.Outcome, func(tx store.Tx) error {
			_, err := tx.WakeTasks(hubID, uint8(p), d.cfg.Clock.Now())
			return err
		})
		if err != nil {
			return err
		}
	}
	d.runner.Poke()
	return nil
}

// HubDeleted gives up the connections of a hub that is gone from the store. Its
// sends end when they next write: their tasks are fenced.
func (d *Dispatcher) HubDeleted(hubID int64) {
	d.lanes.forget(func(k laneKey) bool { return k.hubID == hubID })
	d.outages.forget(hubID)
}

// clearSuspects clears slice after slice, before what is parked is woken: it
// would pass suspects over.
func (d *Dispatcher) clearSuspects(ctx context.Context, hubID int64, p hub.Platform) error {
	for n := clearSlice; n == clearSlice; {
		err := d.cfg.Store.Update(ctx, store.Outcome, func(tx store.Tx) (err error) {
			n, err = tx.ClearSuspects(hubID, p, clearSlice)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// clearSlice is how many suspects one commit clears.
const clearSlice = 200

// taskStorage gives the runner its part of the store.
type taskStorage struct{ store.Store }

func (s taskStorage) View(ctx context.Context, fn func(task.Reader) error) error {
	return s.Store.View(ctx, func(r store.Reader) error { return fn(r) })
}

func (s taskStorage) Update(ctx context.Context, fn func(task.Writer) error) error {
	return s.Store.Update(ctx, store.Outcome, func(tx store.Tx) error { return fn(tx) })
}
