package job

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/fanfare-hub/fanfare/internal/blob"
	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/store"
	"github.com/fanfare-hub/fanfare/internal/task"
)

// run is one claim of a job's task. What it holds is what is stored: a step
// works on a copy of state.
type run struct {
	*Jobs
	task  task.Task
	job   hub.Job
	hub   hub.Hub
	state state
	lines *lines // of an import; nil until the first step
}

// broken is an error that ends a job, with a text for whoever submitted it.
type broken struct{ reason string }

func (b *broken) Error() string { return b.reason }

// Run works on a job until it has ended, must wait, or the process stops. It is
// a task.Handler.
func (j *Jobs) Run(ctx context.Context, stopping <-chan struct{}, t task.Task) {
	r := &run{Jobs: j, task: t}
	err := r.open(ctx)
	for done := false; err == nil && !done; {
		select {
		case <-stopping:
			err = r.free(ctx, j.cfg.Clock.Now(), "", r.state)
			done = true
		default:
			if done, err = r.step(ctx); err != nil {
				done, err = r.failed(ctx, err)
			}
		}
	}
	if err != nil {
		r.abort(err)
	}
}

// open reads the job and where it stands.
func (r *run) open(ctx context.Context) error {
	if err := json.Unmarshal(r.task.Payload, &r.state); err != nil {
		return fmt.Errorf("reading a job's state: %w", err)
	}
	return r.cfg.Store.View(ctx, func(rd store.Reader) (err error) {
		if r.hub, err = rd.HubByID(r.task.HubID); err != nil {
			return err
		}
		r.job, err = rd.Job(r.task.HubID, r.state.Job)
		return err
	})
}

// step does a part of the job, and commits it.
func (r *run) step(ctx context.Context) (done bool, err error) {
	switch {
	case r.state.Failure != "":
		return true, r.closeFiles(ctx, r.state)
	case r.job.Type.Import():
		return r.importLines(ctx)
	}
	return r.export(ctx)
}

// commit stores what change writes, and where the job stands then; change may
// still say more of that.
func (r *run) commit(ctx context.Context, next *state, change func(store.Tx) error) error {
	now := r.cfg.Clock.Now()
	next.Failing, next.Tries = time.Time{}, 0
	t, j := r.task, r.job
	j.Status, j.Progress, j.UpdatedAt = hub.JobRunning, next.progress(j.Type), now
	err := r.cfg.Store.Update(ctx, store.Upkeep, func(tx store.Tx) error {
		if err := change(tx); err != nil {
			return err
		}
		t.Payload, t.LeaseUntil = pack(*next), now.Add(r.cfg.Lease)
		if err := tx.SaveTask(r.task.Lease(), &t); err != nil {
			return err
		}
		return tx.UpdateJob(&j)
	})
	if err == nil {
		r.state, r.task, r.job = *next, t, j
	}
	return err
}

// finish ends the job, and its task with it.
func (r *run) finish(ctx context.Context, s hub.JobStatus, failure string) error {
	j := r.job
	j.Status, j.Failure, j.UpdatedAt = s, failure, r.cfg.Clock.Now()
	if s == hub.JobCompleted {
		j.Progress = 10_000
	}
	err := r.cfg.Store.Update(ctx, store.Upkeep, func(tx store.Tx) error {
		if err := tx.DeleteTask(r.task.Lease()); err != nil {
			return err
		}
		return tx.UpdateJob(&j)
	})
	if err == nil {
		r.cfg.Log.Info("a job has ended", "hub", r.hub.Name, "job", j.ID, "type", j.Type.String(), "status", s.String(), "failure", failure)
	}
	return err
}

// failed decides what an error of a step means. With done the run is over.
func (r *run) failed(ctx context.Context, cause error) (done bool, err error) {
	if e, ok := errors.AsType[*blob.Error](cause); ok {
		if e.Temporary && !r.exhausted() {
			return true, r.park(ctx, e)
		}
		return r.end(ctx, e.Error())
	}
	if b, ok := errors.AsType[*broken](cause); ok {
		return r.end(ctx, b.reason)
	}
	return true, cause
}

// end ends the job as failed. An import that has done lines closes its files
// first: they say which.
func (r *run) end(ctx context.Context, reason string) (done bool, err error) {
	if r.state.Failure != "" || !r.job.Type.Import() || r.state.Line == 0 {
		return true, r.finish(ctx, hub.JobFailed, first(r.state.Failure, reason))
	}
	next := r.state
	next.Failure = reason
	return false, r.commit(ctx, &next, func(store.Tx) error { return nil })
}

func first(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// exhausted reports whether nothing got done for too long.
func (r *run) exhausted() bool {
	return !r.state.Failing.IsZero() && r.cfg.Clock.Now().Sub(r.state.Failing) >= r.cfg.GiveUp
}

// The back-off between two tries, with full jitter above the least.
const (
	minWait = time.Second
	maxWait = time.Minute
)

// park lets the job wait for storage that fails for now.
func (r *run) park(ctx context.Context, e *blob.Error) error {
	now, next := r.cfg.Clock.Now(), r.state
	if next.Failing.IsZero() {
		next.Failing = now
	}
	most := min(maxWait, minWait<<min(next.Tries, 10))
	next.Tries++
	wait := max(minWait, rand.N(most), e.RetryAfter)
	return r.free(ctx, now.Add(wait), e.Error(), next)
}

// free gives the task back, due at a time.
func (r *run) free(ctx context.Context, due time.Time, reason string, s state) error {
	t := r.task
	t.Owner, t.LeaseUntil, t.DueAt, t.Reason, t.Payload = "", time.Time{}, due, reason, pack(s)
	return r.cfg.Store.Update(ctx, store.Upkeep, func(tx store.Tx) error { return tx.SaveTask(r.task.Lease(), &t) })
}

// abort ends a run that could not do its work. A task whose lease is lost, or
// whose hub is gone, is nobody's; while the store is busy it is taken up again
// when its lease ends. Anything else would fail for ever: it ends the job.
func (r *run) abort(cause error) {
	switch {
	case errors.Is(cause, task.ErrFenced), errors.Is(cause, context.Canceled), errors.Is(cause, store.ErrBusy):
		return
	case errors.Is(cause, store.ErrNotFound):
		r.drop()
		return
	}
	r.cfg.Log.Error("working on a job", "hub", r.task.HubID, "job", r.state.Job, "error", cause)
	r.job.HubID, r.job.ID = r.task.HubID, r.state.Job
	if err := r.finish(context.Background(), hub.JobFailed, "an internal error has occurred; the server's log tells more"); err != nil {
		r.drop()
	}
}

// drop deletes a task that belongs to nothing.
func (r *run) drop() {
	err := r.cfg.Store.Update(context.Background(), store.Upkeep, func(tx store.Tx) error { return tx.DeleteTask(r.task.Lease()) })
	if err != nil && !errors.Is(err, task.ErrFenced) {
		r.cfg.Log.Error("deleting the task of a job", "hub", r.task.HubID, "job", r.state.Job, "error", err)
	}
}
