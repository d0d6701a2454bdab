package dispatch

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/store"
	"github.com/fanfare-hub/fanfare/internal/task"
)

// listRun is one process's work on a list.
type listRun struct {
	*send
	t     task.Task
	list  listState
	began time.Time
}

func (d *Dispatcher) runList(ctx context.Context, stopping <-chan struct{}, t task.Task) {
	r := &listRun{t: t}
	if err := json.Unmarshal(t.Payload, &r.list); err != nil {
		d.abort(&t, "reading a list", err)
		return
	}
	var err error
	if r.send, err = d.loadSend(ctx, &t, r.list.Kind, 0); err != nil {
		d.abort(&t, "loading a list", err)
		return
	}
	defer r.close()
	r.began = r.now()
	if stopped(stopping) {
		err = r.rest(ctx, r.now())
	} else if r.list.Parks == 0 && r.now().Before(r.list.Before) {
		err = r.rest(ctx, r.list.Before) // woken for a new credential, but told to wait
	} else {
		err = r.run(ctx)
	}
	if err != nil {
		d.abort(&t, "sending a list", err)
	}
}

// rest frees the task until it is due.
func (r *listRun) rest(ctx context.Context, due time.Time) error {
	t, list := r.t, r.list
	list.Sending = false
	t.Owner, t.LeaseUntil, t.DueAt, t.Payload = "", time.Time{}, due, pack(list)
	return r.d.update(ctx, func(tx store.Tx) error { return tx.SaveTask(r.t.Lease(), &t) })
}

// run makes one attempt. A list whose service failed tries a few devices first.
func (r *listRun) run(ctx context.Context) error {
	p, ended, err := r.read(ctx)
	if err != nil {
		return err
	}
	if err := r.begin(ctx, p); err != nil {
		return err
	}
	reports := []*report{ended}
	switch {
	case len(p.devices) == 0:
	case r.list.Parks > 0:
		reports = append(reports, r.sound(ctx, p)...)
	default:
		reports = append(reports, r.again(ctx, p))
	}
	return r.commit(ctx, reports)
}

// sound tries any one device, and the others if the service answers it. While it
// fails so that it may be the device's own failure, some more are tried; the rest
// are held.
func (r *listRun) sound(ctx context.Context, p page) (reports []*report) {
	left := slices.Clone(p.devices)
	rand.Shuffle(len(left), func(i, j int) { left[i], left[j] = left[j], left[i] })
	var failed []*report
	for len(left) > 0 && len(failed) < maxSoundings {
		probe := r.attempt(ctx, page{devices: left[:1], probe: true})
		left = left[1:]
		switch {
		case probe.answered:
			return append(reports, append(r.works(ctx, failed, left), probe)...)
		case probe.failure == nil: // it was not asked
			reports = append(reports, probe)
		case probe.failure.doubt:
			failed = append(failed, probe)
		default:
			reports = append(reports, append(failed, probe)...)
			return append(reports, r.hold(page{devices: left}, probe.failure))
		}
	}
	if len(failed) == 0 {
		return reports
	}
	f := mildest(failed)
	if len(left) == 0 {
		f = f.ofAll()
	}
	return append(append(reports, failed...), r.hold(page{devices: left}, f))
}

// works sends to those that are left once the service has answered a device; who
// failed before failed for its own sake, and so does who fails now.
func (r *listRun) works(ctx context.Context, failed []*report, left []device) (reports []*report) {
	for _, rep := range append(failed, r.attempt(ctx, page{devices: left})) {
		if rep.failure != nil && rep.failure.doubt {
			rep = rep.own()
		}
		reports = append(reports, rep)
	}
	return reports
}

// again makes another attempt at devices that failed for their own sakes: a list
// of nothing but such says little of the service.
func (r *listRun) again(ctx context.Context, p page) *report {
	rep := r.attempt(ctx, p)
	first := slices.ContainsFunc(p.devices, func(dv device) bool { return dv.entry.Tries == 0 })
	if rep.failure != nil && rep.failure.doubt && !first && !r.d.outages.known(r.lane.key) {
		return rep.own()
	}
	if rep.failure != nil {
		rep.failure = rep.failure.ofAll()
	}
	return rep
}

// hold reports devices that were not tried, since the service still fails.
func (r *listRun) hold(p page, f *fail) *report {
	rep := &report{failure: f}
	for i := range p.devices {
		if dv := &p.devices[i]; dv.settled {
			r.settleUnsent(rep, dv)
		} else {
			if dv.entry.First.IsZero() {
				dv.entry.First = r.now()
			}
			rep.parked = append(rep.parked, dv.entry)
		}
	}
	return rep
}

// begin notes that an attempt is in flight, and counts what an earlier process
// may have sent already.
func (r *listRun) begin(ctx context.Context, p page) error {
	again := r.list.Sending && r.t.Attempt > 1
	if len(p.devices) == 0 || r.list.Sending && !again {
		return nil
	}
	t, list := r.t, r.list
	list.Sending = true
	t.Payload, t.LeaseUntil = pack(list), r.now().Add(r.d.cfg.Lease)
	return r.d.update(ctx, func(tx store.Tx) error {
		if again {
			if err := tx.AddPerhapsTwice(r.n.HubID, r.n.ID, int64(len(p.devices))); err != nil {
				return err
			}
		}
		return tx.SaveTask(r.t.Lease(), &t)
	})
}

// commit replaces the list by what is left of it.
func (r *listRun) commit(ctx context.Context, reports []*report) error {
	var failure *fail
	var due time.Time
	err := r.d.update(ctx, func(tx store.Tx) (err error) {
		// A direct send has no fan-out that would have said so.
		if err := tx.StartNotification(r.n.HubID, r.n.ID, 0, 0, r.began); err != nil {
			return err
		}
		waiting := listState{Kind: r.list.Kind, Parks: r.list.Parks}
		failure = nil
		for _, rep := range reports {
			part := *rep
			if part.failure != nil {
				failure = part.failure
				waiting.Entries = append(waiting.Entries, part.parked...)
				part.parked = nil
			}
			if err := r.write(tx, &part); err != nil {
				return err
			}
			rep.trip = part.trip
		}
		if failure != nil {
			if due, err = r.parkList(tx, waiting, failure); err != nil {
				return err
			}
		}
		if err := tx.DeleteTask(r.t.Lease()); err != nil {
			return err
		}
		return finish(tx, r.n.HubID, r.n.ID, r.now())
	})
	if err == nil {
		r.warn(ctx, reports)
		r.tell(ctx, reports, failure, due)
	}
	return err
}

// read looks every device up again, and reports those that are settled.
func (r *listRun) read(ctx context.Context) (page, *report, error) {
	p, err := r.lookUp(ctx)
	ended := &report{}
	p.devices = slices.DeleteFunc(p.devices, func(dv device) bool {
		if dv.settled {
			r.settleUnsent(ended, &dv)
		}
		return dv.settled
	})
	return p, ended, err
}

// lookUp reads what the store knows of the devices now. Those that are gone, or
// no longer match, end under their last answer; those whose time is over are
// abandoned.
func (r *listRun) lookUp(ctx context.Context) (p page, err error) {
	err = r.d.cfg.Store.View(ctx, func(rd store.Reader) error {
		healthy, err := r.healthy(rd)
		if err != nil {
			return err
		}
		if p.devices, err = r.devices(rd); err != nil {
			return err
		}
		for i := range p.devices {
			r.decide(&p.devices[i], healthy)
		}
		return nil
	})
	return p, err
}

// decide settles a device that is not sent to again.
func (r *listRun) decide(dv *device, healthy bool) {
	e := &dv.entry
	switch {
	case dv.settled:
	case r.over() || !e.First.IsZero() && !r.now().Before(e.First.Add(r.d.cfg.RetryWindow)):
		dv.unsent(hub.Abandoned, r.late(), 0)
	case dv.target.Handle == "":
		dv.unsent(e.last(), wentAway, 0)
	case e.Direct == 0 && !matches(r.expr, dv.target.Tags):
		dv.unsent(e.last(), unmatched, 0)
	default:
		r.settleSuspect(dv, dv.target.SuspectSince, healthy)
	}
}

// devices returns the entries with what the store knows of them now.
func (r *listRun) devices(rd store.Reader) ([]device, error) {
	if r.n.Direct != nil {
		return r.directDevices(rd)
	}
	numbers := make([]int64, 0, len(r.list.Entries))
	byNumber := make(map[int64]entry, len(r.list.Entries))
	for _, e := range r.list.Entries {
		numbers = append(numbers, e.Number)
		byNumber[e.Number] = e
	}
	slices.Sort(numbers)
	targets, err := rd.Targets(r.selector, numbers, true, r.now())
	if err != nil {
		return nil, err
	}
	var out []device
	for _, t := range targets {
		out = append(out, device{target: t, entry: byNumber[t.Number]})
		delete(byNumber, t.Number)
	}
	for n, e := range byNumber { // gone since
		out = append(out, device{target: store.Target{Number: n}, entry: e})
	}
	return out, nil
}
