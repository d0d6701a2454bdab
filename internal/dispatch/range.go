package dispatch

import (
	"context"
	"encoding/json"
	"time"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/store"
	"github.com/fanfare-hub/fanfare/internal/task"
)

// interval is the registration numbers in (After, Last].
type interval struct {
	After int64 `json:"after"`
	Last  int64 `json:"last"`
	// Repeat: a process died while a page of it was in flight.
	Repeat bool `json:"repeat,omitempty"`
}

// rangeState is a range task's own state: what is left of the range. Every
// other number of it has reached its outcome, or stands in a list task.
type rangeState struct {
	Kind  hub.Kind   `json:"kind"`
	Bound int64      `json:"bound"`
	Seq   int64      `json:"seq"`
	Left  []interval `json:"left,omitempty"` // not begun
	Open  []interval `json:"open,omitempty"` // pages in flight
	// A range is parked while its whole service fails. The attempts that find it
	// failing count too: one that hangs takes longer than the waits between.
	FailingSince time.Time     `json:"failingSince,omitzero"`
	Failed       time.Duration `json:"failed,omitempty"` // in all, before FailingSince
	Parks        int           `json:"parks,omitempty"`  // in a row
}

// failing returns for how long the service has failed in all.
func (st *rangeState) failing(now time.Time) time.Duration {
	if st.FailingSince.IsZero() {
		return st.Failed
	}
	return st.Failed + now.Sub(st.FailingSince)
}

// recovered notes that the service answers again.
func (st *rangeState) recovered(now time.Time) {
	st.Failed, st.FailingSince, st.Parks = st.failing(now), time.Time{}, 0
}

// takeover puts what was in flight back, to be counted as perhaps sent twice.
func (st *rangeState) takeover() {
	for _, in := range st.Open {
		in.Repeat = true
		st.Left = append(st.Left, in)
	}
	st.Open = nil
	st.sort()
}

// rangeRun is one process's work on a range.
type rangeRun struct {
	*send
	t        task.Task
	st       rangeState
	stopping <-chan struct{}
	reports  chan *report
	flying   int
	probing  bool      // one device at a time: the service failed before, or seems to
	sounded  int       // devices that failed since it last answered, one at a time
	doubted  []*report // pages, and devices that were sounded, that failed, perhaps for their own sakes
	failure  *fail     // the service fails now: come to an end and park
	abandon  bool      // time ran out: count what is left, unsent
}

func (d *Dispatcher) runRange(ctx context.Context, stopping <-chan struct{}, t task.Task) {
	r := &rangeRun{t: t, stopping: stopping, reports: make(chan *report, d.cfg.Window)}
	if err := json.Unmarshal(t.Payload, &r.st); err != nil {
		d.abort(&t, "reading a range", err)
		return
	}
	var err error
	if r.send, err = d.loadSend(ctx, &t, r.st.Kind, r.st.Seq); err != nil {
		d.abort(&t, "loading a range", err)
		return
	}
	defer r.close()
	r.st.takeover()
	r.wake()
	if err := r.run(ctx); err != nil {
		d.abort(&t, "sending a range", err)
	}
}

// wake decides how a range that was parked goes on.
func (r *rangeRun) wake() {
	r.abandon = r.st.failing(r.now()) >= r.d.cfg.RetryWindow
	r.probing = r.st.Parks > 0 && !r.abandon
}

// run keeps a window of pages in flight. Each turn is one commit: the pages
// that have ended, and those that begin.
func (r *rangeRun) run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer func() {
		cancel()
		for ; r.flying > 0; r.flying-- {
			<-r.reports
		}
	}()
	var ended []*report
	for {
		pages, err := r.plan(ctx)
		if err != nil {
			return err
		}
		if err := r.commit(ctx, ended, pages); err != nil {
			return err
		}
		for _, p := range pages {
			if len(p.devices) > 0 {
				r.flying++
				go r.work(ctx, p, r.abandon)
			}
		}
		switch {
		case r.flying > 0:
			ended = r.collect()
		case len(r.doubted) > 0: // and nobody is left to be sounded
			ended = r.fails(mildest(r.doubted).ofAll())
		default:
			return nil
		}
	}
}

// collect waits for a page to end, takes those with it that have ended too, and
// returns what is settled by them.
func (r *rangeRun) collect() []*report {
	ended := []*report{<-r.reports}
	for more := true; more; {
		select {
		case rep := <-r.reports:
			ended = append(ended, rep)
		default:
			more = false
		}
	}
	r.flying -= len(ended)
	var settled []*report
	for _, rep := range ended {
		settled = append(settled, r.take(rep)...)
	}
	return settled
}

// work sends one page, or gives it up, in a goroutine of its own.
func (r *rangeRun) work(ctx context.Context, p page, abandon bool) {
	if abandon {
		r.reports <- r.giveUp(p)
	} else {
		r.reports <- r.attempt(ctx, p)
	}
}

// plan reads the pages that the window has room for.
func (r *rangeRun) plan(ctx context.Context) ([]page, error) {
	room := r.d.cfg.Window - r.flying
	if r.probing {
		room = 1 - r.flying
	}
	if r.ending() {
		return nil, nil
	}
	r.abandon = r.abandon || r.over()
	var pages []page
	for room > 0 && len(r.st.Left) > 0 {
		var p page
		err := r.d.cfg.Store.View(ctx, func(rd store.Reader) (err error) {
			if r.probing {
				p, err = r.pick(rd)
			} else {
				p, err = r.readPage(rd, r.st.Left[0], r.d.cfg.Page)
			}
			return err
		})
		if err != nil {
			return nil, err
		}
		p.probe = r.probing
		r.st.begin(&p)
		pages = append(pages, p)
		if len(p.devices) > 0 {
			room--
		}
	}
	return pages, nil
}

// ending reports whether no page may begin any more.
func (r *rangeRun) ending() bool {
	if r.failure != nil {
		return true
	}
	select {
	case <-r.stopping:
		return true
	default:
		return false
	}
}

// commit writes what has ended and what begins, and the task's next state.
func (r *rangeRun) commit(ctx context.Context, ended []*report, begun []page) error {
	var twice int64
	for _, p := range begun {
		if p.in.Repeat {
			twice += int64(len(p.devices))
		}
	}
	if twice > 0 {
		r.d.cfg.Log.Warn("taking over pages that were in flight", "notification", r.n.ID, "perhapsTwice", twice)
	}
	var due time.Time
	err := r.d.update(ctx, func(tx store.Tx) (err error) {
		for _, rep := range ended {
			if err := r.write(tx, rep); err != nil {
				return err
			}
		}
		if twice > 0 {
			if err := tx.AddPerhapsTwice(r.n.HubID, r.n.ID, twice); err != nil {
				return err
			}
		}
		due, err = r.save(tx)
		return err
	})
	if err == nil {
		r.warn(ctx, ended)
		var parked *fail
		if !due.IsZero() {
			parked = r.failure
		}
		r.tell(ctx, ended, parked, due)
	}
	return err
}

// save writes the task: done, parked until a time, freed for another process, or
// going on.
func (r *rangeRun) save(tx store.Tx) (parked time.Time, err error) {
	now := r.now()
	if len(r.st.Open) == 0 && len(r.st.Left) == 0 {
		if err := tx.DeleteTask(r.t.Lease()); err != nil {
			return parked, err
		}
		return parked, finish(tx, r.n.HubID, r.n.ID, now)
	}
	t, st := r.t, r.st
	t.LeaseUntil = now.Add(r.d.cfg.Lease)
	if len(st.Open) == 0 && r.ending() {
		t.Owner, t.LeaseUntil, t.DueAt, t.Reason = "", time.Time{}, now, "stopped"
		if r.failure != nil {
			st.Parks++
			if parked, err = r.parkedUntil(tx, r.failure, st.Parks, r.d.cfg.RetryWindow-st.failing(now)); err != nil {
				return parked, err
			}
			t.DueAt, t.Reason = parked, r.failure.reason
		}
	}
	t.Payload = pack(st)
	return parked, tx.SaveTask(r.t.Lease(), &t)
}
