package job_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/fanfare-hub/fanfare/internal/blob/blobtest"
	"github.com/fanfare-hub/fanfare/internal/clock"
	"github.com/fanfare-hub/fanfare/internal/egress"
	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/job"
	"github.com/fanfare-hub/fanfare/internal/seal"
	"github.com/fanfare-hub/fanfare/internal/store"
	"github.com/fanfare-hub/fanfare/internal/store/sqlite"
	"github.com/fanfare-hub/fanfare/internal/task"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// now is where every test's clock begins.
var now = time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)

// fixture is a store with one hub, a storage, and whoever works on jobs.
type fixture struct {
	testing.TB
	store   *sqlite.Store
	hub     hub.Hub
	clock   *clock.Fake
	storage *blobtest.Storage
	log     bytes.Buffer

	jobs   *job.Jobs
	runner *task.Runner
	epochs int  // processes so far
	small  bool // blocks and parts, so that a short file has many
}

// setup starts a first process.
func setup(t testing.TB, before func(w http.ResponseWriter, r *http.Request) bool) *fixture {
	t.Helper()
	sealer, err := seal.New(bytes.Repeat([]byte{7}, seal.KeySize))
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
	f := &fixture{TB: t, small: true, store: s, clock: clock.NewFake(now), storage: blobtest.Start(t), hub: hub.Hub{Name: "MyHub", CreatedAt: now}}
	f.storage.Before = before
	f.update(func(tx store.Tx) error { return tx.PutHub(&f.hub) })
	f.start(s)
	t.Cleanup(func() {
		f.stop()
		if _, sig, _ := strings.Cut(blobtest.Signature, "sig="); strings.Contains(f.log.String(), sig) {
			t.Errorf("a signature is in the log:\n%s", f.log.String())
		}
	})
	return f
}

// start starts a process on a store, which may be one that dies.
func (f *fixture) start(s store.Store) {
	f.Helper()
	f.epochs++
	log := slog.New(slog.NewTextHandler(&f.log, nil))
	cfg := job.Config{Store: s, Clock: f.clock, Storage: egress.AzureStorage().WithLoopback(), Log: log, Wake: f.wake}
	if f.small {
		cfg.BlockSize, cfg.PartSize = 2000, 700
	}
	f.jobs = job.New(cfg)
	f.runner = task.NewRunner(task.Config{
		Storage: storage{f.store}, Clock: f.clock, Owner: string(rune('a' + f.epochs%26)), Workers: 2, Lease: 30 * time.Second, Log: log,
		Handlers: map[task.Kind]task.Handler{job.Kind: f.jobs.Run},
	})
	if err := f.runner.Start(f.Context()); err != nil {
		f.Fatal(err)
	}
}

func (f *fixture) wake() { f.runner.Poke() }

func (f *fixture) stop() {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	f.runner.Stop(ctx)
	f.jobs.Close()
}

// storage is the store as a runner sees it.
type storage struct{ *sqlite.Store }

func (s storage) View(ctx context.Context, fn func(task.Reader) error) error {
	return s.Store.View(ctx, func(r store.Reader) error { return fn(r) })
}

func (s storage) Update(ctx context.Context, fn func(task.Writer) error) error {
	return s.Store.Update(ctx, store.Outcome, func(tx store.Tx) error { return fn(tx) })
}

func (f *fixture) update(fn func(store.Tx) error) {
	f.Helper()
	if err := f.store.Update(f.Context(), store.Upkeep, fn); err != nil {
		f.Fatal(err)
	}
}

func (f *fixture) put(r hub.Registration) {
	f.Helper()
	f.update(func(tx store.Tx) error { return tx.PutRegistration(f.hub.ID, &r, nil, now) })
}

// registrations returns all of the hub, in order, without what every write
// changes.
func (f *fixture) registrations() []hub.Registration {
	f.Helper()
	var all []hub.Registration
	err := f.store.View(f.Context(), func(r store.Reader) (err error) {
		all, err = r.ListRegistrations(f.hub.ID, store.RegistrationFilter{}, 0, 1e6, now)
		return err
	})
	if err != nil {
		f.Fatal(err)
	}
	return all
}

// clear deletes every registration.
func (f *fixture) clear() {
	f.Helper()
	all := f.registrations()
	f.update(func(tx store.Tx) error {
		for _, r := range all {
			if err := tx.DeleteRegistration(f.hub.ID, r.ID, nil, now); err != nil {
				return err
			}
		}
		return nil
	})
}

// submit takes a job that writes into the container /out, and reads /in/file.
func (f *fixture) submit(typ hub.JobType) hub.Job {
	f.Helper()
	j := hub.Job{HubID: f.hub.ID, Type: typ, OutputContainer: f.storage.URL("/out")}
	if typ.Import() {
		j.ImportFile = f.storage.URL("/in/file")
	}
	if err := f.jobs.Submit(f.Context(), &j); err != nil {
		f.Fatal(err)
	}
	return j
}

// idle waits until nothing is at work and nothing is due, and returns the job.
func (f *fixture) idle(id string) hub.Job {
	f.Helper()
	ctx, cancel := context.WithTimeout(f.Context(), time.Minute)
	defer cancel()
	if err := f.runner.Idle(ctx); err != nil {
		f.Fatal(err)
	}
	return f.job(id)
}

func (f *fixture) job(id string) (j hub.Job) {
	f.Helper()
	err := f.store.View(f.Context(), func(r store.Reader) (err error) { j, err = r.Job(f.hub.ID, id); return err })
	if err != nil {
		f.Fatal(err)
	}
	return j
}

// completed runs a job to its end and returns its output files.
func (f *fixture) completed(typ hub.JobType) (output, failures string) {
	f.Helper()
	j := f.idle(f.submit(typ).ID)
	if j.Status != hub.JobCompleted || j.Progress != 10_000 || j.Failure != "" {
		f.Fatalf("the job is %s at %d, %q", j.Status, j.Progress, j.Failure)
	}
	return f.files(j)
}

func (f *fixture) files(j hub.Job) (output, failures string) {
	f.Helper()
	output, ok := f.storage.Get("/out" + j.OutputPath)
	if want := "/MyHub/" + j.ID + "/Output.txt"; j.OutputPath != want || !ok {
		f.Fatalf("the output is at %q, there %t; want %q", j.OutputPath, ok, want)
	}
	if !j.Type.Import() {
		return output, ""
	}
	failures, ok = f.storage.Get("/out" + j.FailedPath)
	if want := "/MyHub/" + j.ID + "/Failed.txt"; j.FailedPath != want || !ok {
		f.Fatalf("the failures are at %q, there %t; want %q", j.FailedPath, ok, want)
	}
	return output, failures
}

// mortal is a store whose process dies at its nth write: before it, or, once it
// is on disk, before the writer hears of it.
type mortal struct {
	store.Store
	nth    int64
	after  bool
	writes atomic.Int64
}

func (m *mortal) Update(ctx context.Context, c store.Class, fn func(store.Tx) error) error {
	n := m.writes.Add(1)
	if n > m.nth || n == m.nth && !m.after {
		return context.Canceled
	}
	err := m.Store.Update(ctx, c, fn)
	if n == m.nth {
		return context.Canceled
	}
	return err
}

func (m *mortal) View(ctx context.Context, fn func(store.Reader) error) error {
	if m.writes.Load() >= m.nth {
		return context.Canceled
	}
	return m.Store.View(ctx, fn)
}

// died reports whether the process came to its nth write.
func (m *mortal) died() bool { return m.writes.Load() >= m.nth }

// dieOnce runs a job with a process that dies at its nth write, and then with
// one that does not. check sees the files.
func (f *fixture) dieOnce(nth int64, after bool, typ hub.JobType, check func(output, failures string)) (died bool) {
	f.Helper()
	f.stop()
	j := f.submit(typ)
	m := &mortal{Store: f.store, nth: nth, after: after}
	f.start(m)
	f.idle(j.ID)
	f.stop()
	f.start(f.store)
	got := f.idle(j.ID)
	if got.Status != hub.JobCompleted {
		f.Fatalf("died at write %d (after it: %t): the job is %s: %s", nth, after, got.Status, got.Failure)
	}
	check(f.files(got))
	return m.died()
}
