package task

import (
	"context"
	"maps"
	"slices"
)

func (r *Runner) leases() []Lease {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Collect(maps.Keys(r.running))
}

// room returns how many tasks may be claimed, and the lanes that have their
// share. Without a free worker it is one, for a lane that has none.
func (r *Runner) room() (free int, full []Lane) {
	r.mu.Lock()
	defer r.mu.Unlock()
	share := r.share()
	if free = r.cfg.Workers - r.busy; free <= 0 {
		free, share = min(2*r.cfg.Workers-r.busy, 1), 1
	}
	for l, n := range r.lanes {
		if n >= share {
			full = append(full, l)
		}
	}
	return free, full
}

func (r *Runner) share() int { return max(1, r.cfg.Workers/2) }

// Reserve takes a worker for a task that is about to be born claimed; false if
// there is none to spare, and the task must be born free. A reservation ends
// in Run or Release.
func (r *Runner) Reserve(l Lane) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	most := r.cfg.Workers
	if r.lanes[l] == 0 {
		most *= 2
	}
	if r.stopped || r.busy >= most || r.lanes[l] >= r.share() {
		return false
	}
	r.takeLocked(l)
	return true
}

func (r *Runner) take(l Lane) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.takeLocked(l)
}

func (r *Runner) takeLocked(l Lane) {
	r.busy++
	r.lanes[l]++
	r.wg.Add(1)
}

// Release gives a worker back.
func (r *Runner) Release(l Lane) {
	r.mu.Lock()
	r.busy--
	if r.lanes[l]--; r.lanes[l] == 0 {
		delete(r.lanes, l)
	}
	r.mu.Unlock()
	r.wg.Done()
	r.Poke()
}

// Claim makes t one that this runner holds from birth.
func (r *Runner) Claim(t *Task) {
	t.Owner, t.Attempt = r.cfg.Owner, 1
	t.LeaseUntil = r.cfg.Clock.Now().Add(r.cfg.Lease)
}

// Run starts a claimed task on a reserved worker.
func (r *Runner) Run(t Task) {
	ctx, cancel := context.WithCancel(context.Background())
	r.mu.Lock()
	r.running[t.Lease()] = cancel
	r.mu.Unlock()
	go func() {
		defer r.Release(t.Lane())
		defer r.drop(t.Lease())
		r.cfg.Handlers[t.Kind](ctx, r.stopping, t)
	}()
}

// drop forgets a claim and ends its context.
func (r *Runner) drop(l Lease) {
	r.mu.Lock()
	cancel := r.running[l]
	delete(r.running, l)
	r.mu.Unlock()
	if cancel != nil {
		cancel()
	}
}
