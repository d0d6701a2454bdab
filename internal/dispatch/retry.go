package dispatch

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pns"
	"github.com/fanfare-hub/fanfare/internal/store"
	"github.com/fanfare-hub/fanfare/internal/task"
)

// entry is one device of a list task.
type entry struct {
	Number int64       `json:"n,omitempty"`
	Direct int         `json:"d,omitempty"` // place from 1 in a direct send's handles
	First  time.Time   `json:"f,omitzero"`  // when it was first tried
	Tries  int         `json:"t,omitempty"`
	Last   hub.Outcome `json:"o"` // its last answer

	wait time.Duration // what the push service asked for; kept in the task's due time
}

// last is the outcome of a device that is not tried again.
func (e *entry) last() hub.Outcome {
	if e.Last == hub.Success {
		return hub.PnsUnreachable
	}
	return e.Last
}

// listState is a list task's own state: devices named one by one.
type listState struct {
	Kind    hub.Kind  `json:"kind"`
	Entries []entry   `json:"entries"`
	Sending bool      `json:"sending,omitempty"` // an attempt is in flight
	Parks   int       `json:"parks,omitempty"`   // the service failed, so often in a row
	Before  time.Time `json:"before,omitzero"`   // not to be tried before
}

// later is the entry of a device that this attempt did not settle.
func (j *send) later(dv *device, res *pns.Result) entry {
	e := dv.entry
	if e.Direct == 0 {
		e.Number = dv.target.Number
	}
	if e.First.IsZero() {
		e.First = dv.sentAt
	}
	e.Tries++
	e.Last = res.Outcome
	e.wait = res.RetryAfter
	return e
}

// The back-off of one device, and of a parked range or list.
const (
	minBackoff = time.Second
	maxBackoff = time.Minute
)

// backoff is exponential with full jitter.
func backoff(tries int) time.Duration {
	most := minBackoff << min(tries-1, 10)
	return rand.N(min(most, maxBackoff)) + time.Millisecond
}

// writeLists inserts the list tasks of a report: devices that are tried again,
// in groups of like due time, and those that wait for their service.
func (j *send) writeLists(tx store.Tx, r *report) error {
	for _, g := range j.groups(r.again) {
		list := listState{Kind: j.selector.Kind, Entries: g.entries, Before: g.due}
		if err := tx.InsertTask(j.listTask(list, g.due, "waits to be tried again")); err != nil {
			return err
		}
	}
	if len(r.parked) == 0 || r.untouched() {
		return nil
	}
	_, err := j.parkList(tx, listState{Kind: j.selector.Kind, Entries: r.parked}, r.failure)
	return err
}

// parkList inserts a list that waits for its service, and returns until when.
func (j *send) parkList(tx store.Tx, list listState, f *fail) (time.Time, error) {
	list.Parks++
	first := list.Entries[0].First
	for _, e := range list.Entries {
		if e.First.Before(first) {
			first = e.First
		}
	}
	due, err := j.parkedUntil(tx, f, list.Parks, first.Add(j.d.cfg.RetryWindow).Sub(j.now()))
	if err != nil {
		return due, err
	}
	return due, tx.InsertTask(j.listTask(list, due, f.reason))
}

func (j *send) listTask(list listState, due time.Time, reason string) *task.Task {
	return &task.Task{
		Kind: kindList, HubID: j.n.HubID, Notification: j.n.ID, Platform: uint8(j.selector.Platform),
		DueAt: due, Reason: reason, Payload: pack(list),
	}
}

// parkedUntil is when a parked task looks at its service again: at once if the
// credential has been changed meanwhile, at the latest when its time runs out.
func (j *send) parkedUntil(tx store.Tx, f *fail, parks int, most time.Duration) (time.Time, error) {
	now := j.now()
	if service, ok := j.d.cfg.Connectors[j.selector.Platform]; ok {
		cred, err := tx.Credential(j.n.HubID, service.Credential)
		if err == nil && cred.Version != j.lane.version {
			return now, nil
		}
	}
	pause := f.retryAfter
	if f.doubt && pause >= most {
		pause = most / 2 // those asked may all have spoken of themselves: look again in time
	}
	wait := max(pause, backoff(parks))
	return whole(now.Add(max(min(wait, j.untilOver(most)), 0))), nil
}

// untilOver shortens d to the notification's own expiry.
func (j *send) untilOver(d time.Duration) time.Duration {
	if j.n.Expiry.IsZero() {
		return d
	}
	return min(d, j.n.Expiry.Sub(j.now()))
}

// group is entries that are tried again together.
type group struct {
	entries []entry
	due     time.Time
}

// groups sorts entries by how long they wait, and joins those whose waits are
// within a factor of two; each group waits for its longest.
func (j *send) groups(entries []entry) []group {
	now := j.now()
	type waiting struct {
		entry
		due time.Duration
	}
	var all []waiting
	for _, e := range entries {
		left := j.untilOver(e.First.Add(j.d.cfg.RetryWindow).Sub(now))
		all = append(all, waiting{e, max(min(max(e.wait, backoff(e.Tries)), left), 0)})
	}
	slices.SortFunc(all, func(a, b waiting) int { return cmp.Compare(a.due, b.due) })
	var out []group
	for i := 0; i < len(all); {
		limit := max(2*all[i].due, minBackoff)
		var g group
		for ; i < len(all) && all[i].due <= limit; i++ {
			g.entries = append(g.entries, all[i].entry)
			g.due = whole(now.Add(all[i].due))
		}
		out = append(out, g)
	}
	return out
}

// whole is a due time as the store keeps it, in microseconds, and not earlier: a
// task that is due finds that its devices are.
func whole(t time.Time) time.Time { return t.Add(time.Microsecond - 1).Truncate(time.Microsecond) }
