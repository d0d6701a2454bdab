package dispatch

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/fanfare-hub/fanfare/internal/pns"
	"github.com/fanfare-hub/fanfare/internal/store"
	"github.com/fanfare-hub/fanfare/internal/task"
)

// readLog walks the delivery log: first for registrations of the device that
// are gone, then for everything about its numbers.
func (q *inquiry) readLog(r store.Reader) error {
	err := r.DeliveryLog(q.n.HubID, q.n.ID, func(p store.LogPage) error {
		notes, leftOut, err := unpackNotes(p.Notes)
		if err != nil {
			q.lacking = true // a newer version's: the outcomes can be read
			return nil
		}
		q.lacking = q.lacking || leftOut&leftOutNotes != 0
		q.cutIDs = q.cutIDs || leftOut&leftOutIDs != 0
		for i := range notes {
			q.adopt(p.Platform, &notes[i])
		}
		return nil
	})
	if err != nil || len(q.subjects) == 0 {
		return err
	}
	return r.DeliveryLog(q.n.HubID, q.n.ID, q.readPage)
}

func (q *inquiry) readPage(p store.LogPage) error {
	entries, err := unpackLog(p.Entries)
	if err != nil {
		return fmt.Errorf("reading the delivery log: %w", err)
	}
	for _, e := range entries {
		if s := q.subject(e.number); s != nil {
			s.outcome, s.endedAt = &e.outcome, p.At
		}
	}
	notes, _, err := unpackNotes(p.Notes)
	if err != nil {
		return nil // see readLog
	}
	for _, n := range notes {
		if s := q.subject(n.number); s != nil {
			s.notes = append(s.notes, n)
		}
	}
	return nil
}

// waiting is the task in which a device stands that has no outcome yet.
type waiting struct {
	cause   Cause
	due     time.Time // zero: the task is at work
	reason  string
	giveUp  time.Time // when its time runs out; zero: not known yet
	attempt int       // attempts made
}

// listed finds the list task that names the device; nil: there is none.
func (q *inquiry) listed(s *subject) *waiting {
	for i := range q.tasks {
		t := &q.tasks[i]
		var list listState
		if t.Kind != kindList || json.Unmarshal(t.Payload, &list) != nil {
			continue
		}
		at := slices.IndexFunc(list.Entries, func(e entry) bool {
			return s.direct && int64(e.Direct) == s.number || !s.direct && e.Number == s.number
		})
		if at < 0 {
			continue
		}
		e := list.Entries[at]
		w := q.waiting(t, s, list.Parks > 0, list.Sending)
		w.attempt = e.Tries
		if !e.First.IsZero() {
			w.giveUp = e.First.Add(q.d.cfg.RetryWindow)
		} else if w.cause == WaitsToRetry {
			w.cause = Queued
		}
		return w
	}
	return nil
}

// ranged finds the task that will come to the device, or is at it; nil: none.
func (q *inquiry) ranged(s *subject) *waiting {
	holds := func(in interval) bool { return in.After < s.number && s.number <= in.Last }
	for i := range q.tasks {
		t := &q.tasks[i]
		var st rangeState
		switch {
		case t.Kind == kindFanout:
			w := q.waiting(t, s, false, false)
			w.cause = Queued
			return w
		case t.Kind != kindRange || t.Platform != uint8(s.platform) || json.Unmarshal(t.Payload, &st) != nil:
		case slices.ContainsFunc(st.Open, holds):
			return q.waiting(t, s, false, true)
		case slices.ContainsFunc(st.Left, holds):
			w := q.waiting(t, s, st.Parks > 0, false)
			if w.cause == WaitsToRetry {
				w.cause = Queued
			}
			if !st.FailingSince.IsZero() {
				w.giveUp = st.FailingSince.Add(q.d.cfg.RetryWindow - st.Failed)
			}
			return w
		}
	}
	return nil
}

func (q *inquiry) waiting(t *task.Task, s *subject, parked, sending bool) *waiting {
	w := &waiting{cause: WaitsToRetry, due: t.DueAt, reason: t.Reason}
	if t.Owner != "" {
		w.due = time.Time{}
	}
	switch {
	case sending && t.Owner != "":
		w.cause = InFlight
	case parked:
		w.cause = WaitsForService
		if n := len(s.notes); n > 0 && s.notes[n-1].class == pns.Credential {
			w.cause = WaitsForCredential
		}
	}
	return w
}
