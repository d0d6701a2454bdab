package dispatch

import (
	"slices"
	"time"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pns"
	"github.com/fanfare-hub/fanfare/internal/store"
	"github.com/fanfare-hub/fanfare/internal/task"
)

// report is what came of a page: what its commit writes.
type report struct {
	in    interval
	probe bool      // of one device, to see whether the service works
	began time.Time // when the attempt began
	// answered: the service said of a device what shows that it works.
	answered bool

	counts  map[hub.Outcome]int64
	log     []logEntry
	notes   []note
	answers []bool // for the breaker's window: was the handle called dead?
	dead    []deadHandle
	handles []handleChange
	again   []entry        // devices that are tried again later
	parked  []entry        // devices whose service failed as a whole
	failure *fail          // why parked is not empty
	own     func() *report // with a failure in doubt: the report if each device failed for its own sake
	trip    *trip          // written with it: the breaker had believed before
	stray   stray
}

// fail says that a push service does not work for this credential now.
type fail struct {
	reason     string
	retryAfter time.Duration
	doubt      bool // it may be the devices' own, were they all asked by chance
}

// ofAll is the failure where every device there is was asked.
func (f *fail) ofAll() *fail { return &fail{reason: f.reason, retryAfter: f.retryAfter} }

// untouched reports whether no device of the page has a final answer or one of
// its own: the whole page can be read again.
func (r *report) untouched() bool {
	return len(r.counts) == 0 && len(r.again) == 0 && len(r.parked) > 0
}

// settleAs counts a device's outcome.
func (r *report) settleAs(dv *device, o hub.Outcome) {
	if r.counts == nil {
		r.counts = map[hub.Outcome]int64{}
	}
	r.counts[o]++
	r.log = append(r.log, logEntry{dv.number(), o})
}

// settleUnsent counts a device that is not sent to, and notes why.
func (j *send) settleUnsent(r *report, dv *device) {
	r.settleAs(dv, dv.outcome)
	j.noteUnsent(r, dv, dv.outcome)
}

// judge sorts the results of one attempt. works says that the service is known
// to answer other devices.
func (j *send) judge(p page, began time.Time, results []answer, works bool) *report {
	said := slices.Clone(results)
	judgeService(&p, results, works)
	r := &report{in: p.in, began: began, probe: p.probe}
	r.own = func() *report { return j.judge(p, began, said, true) }
	for i := range p.devices {
		dv := &p.devices[i]
		if dv.settled {
			j.settleUnsent(r, dv)
			continue
		}
		j.judgeOne(r, dv, &results[i])
	}
	return r
}

func (j *send) judgeOne(r *report, dv *device, res *answer) {
	if res.Outcome == hub.Success && res.Class != pns.OK && res.Class != pns.Update {
		res.Outcome = hub.PnsUnreachable
	}
	r.noteAnswer(dv, &res.Result)
	if res.Astray {
		r.stray.add(res.Reason)
	}
	j.noteAttempt(r, dv, res)
	switch {
	case res.settles():
		r.settleAs(dv, res.Outcome)
		r.answered = r.answered || !res.Unasked
		if res.Class != pns.Credential {
			j.noteHandle(r, dv, &res.Result)
		}
	case res.Service:
		r.park(j.later(dv, &res.Result), res)
	default:
		r.answered = r.answered || res.speaksOfDevice()
		r.again = append(r.again, j.later(dv, &res.Result))
	}
}

func (r *report) park(e entry, res *answer) {
	r.parked = append(r.parked, e)
	if r.failure == nil {
		r.failure = &fail{reason: res.Reason, doubt: true}
	}
	r.failure.doubt = r.failure.doubt && !res.certain()
	r.failure.retryAfter = max(r.failure.retryAfter, res.RetryAfter)
}

// noteAnswer feeds the breaker. A suspect on trial is not counted: it was
// chosen for being suspect. Nor is another app's handle, which says nothing of
// whether this app's are believed.
func (r *report) noteAnswer(dv *device, res *pns.Result) {
	if dv.trial {
		return
	}
	switch res.Class {
	case pns.Drop:
		r.answers = append(r.answers, true)
	case pns.OK, pns.Update:
		r.answers = append(r.answers, false)
	}
}

// noteHandle notes what the answer says of the handle. Whatever it says has a
// note already, the last one.
func (j *send) noteHandle(r *report, dv *device, res *pns.Result) {
	t, last := &dv.target, len(r.notes)-1
	if dv.trial && res.Class != pns.Drop {
		r.handles = append(r.handles, handleChange{Op: opClear, Handle: t.Handle})
		j.rule(r, last, cleared, t)
	}
	switch res.Class {
	case pns.Drop:
		since := res.DeadSince
		if since.IsZero() {
			since = dv.sentAt
		}
		r.dead = append(r.dead, deadHandle{
			Dead:   store.Dead{Number: t.Number, Handle: t.Handle, Written: t.Written, Since: since, Outcome: res.Outcome, Notification: j.n.ID},
			target: t, malformed: res.Malformed, trial: dv.trial, note: last,
		})
	case pns.Update:
		r.handles = append(r.handles, handleChange{Op: opReplace, Number: t.Number, Handle: t.Handle, New: res.NewHandle, Notification: j.n.ID})
		j.rule(r, last, replaced, t)
	case pns.OK:
		if res.Again == pns.WithOtherEnvironment {
			r.handles = append(r.handles, handleChange{Op: opEnvironment, Handle: t.Handle, Other: !t.OtherEnvironment})
			j.rule(r, last, otherWorked, t)
		}
	}
}

// write adds a report to a commit: counts, log and notes, the breaker's window, what
// is to be done with handles, and the devices that are tried again.
func (j *send) write(tx store.Tx, r *report) error {
	changes, err := j.judgeDead(tx, r)
	if err != nil {
		return err
	}
	if err := j.writeLog(tx, r); err != nil {
		return err
	}
	if len(changes) > 0 {
		t := task.Task{Kind: kindHandles, HubID: j.n.HubID, Platform: uint8(j.selector.Platform), DueAt: j.now(), Payload: pack(changes)}
		if err := tx.InsertTask(&t); err != nil {
			return err
		}
	}
	return j.writeLists(tx, r)
}

func (j *send) writeLog(tx store.Tx, r *report) error {
	if len(r.log) == 0 && len(r.notes) == 0 {
		return nil
	}
	var counts []hub.Count
	for o, n := range r.counts {
		counts = append(counts, hub.Count{Platform: j.selector.Platform, Outcome: o, N: n})
	}
	if err := tx.AddOutcomes(j.n.HubID, j.n.ID, counts); err != nil {
		return err
	}
	return tx.AppendLog(j.n.HubID, j.n.ID, store.LogPage{
		Platform: j.selector.Platform, Entries: packLog(r.log), Notes: packNotes(r.notes), At: j.now(),
	})
}

// giveUp counts every device of a page as abandoned, unsent.
func (j *send) giveUp(p page) *report {
	r := &report{in: p.in}
	for i := range p.devices {
		dv := &p.devices[i]
		if !dv.settled {
			dv.unsent(hub.Abandoned, j.late(), 0)
		}
		j.settleUnsent(r, dv)
	}
	return r
}

// late is why a device is abandoned.
func (j *send) late() event {
	if j.over() {
		return tooOld
	}
	return ranOut
}
