package dispatch

import (
	"context"

	"github.com/fanfare-hub/fanfare/internal/store"
)

// deadHandle is a handle that the push service called dead, before the breaker
// has had its say.
type deadHandle struct {
	store.Dead
	target    *store.Target
	malformed bool
	trial     bool
	note      int // its place in the report's notes
}

// trip says what the breaker's window held when it stopped believing; spent: only
// that it has believed enough for a day.
type trip struct {
	answers, dead int
	spent         bool
}

// judgeDead takes the page's answers into the breaker's window first, and then
// decides which of the dead handles are believed.
func (j *send) judgeDead(tx store.Tx, r *report) ([]handleChange, error) {
	changes := r.handles
	if len(r.answers) == 0 && len(r.dead) == 0 {
		return changes, nil
	}
	b, err := tx.Breaker(j.n.HubID, j.selector.Platform, j.lane.version)
	if err != nil {
		return nil, err
	}
	now, w := j.now(), unpackWindow(b)
	before := w.believed(now, j.d.cfg.SuspectAfter)
	w.note(r.answers, now)
	if r.trip = nil; before && !w.believed(now, j.d.cfg.SuspectAfter) {
		r.trip = &trip{answers: w.n, dead: w.dead}
	}
	deaths := w.deaths
	for _, dh := range r.dead {
		change := handleChange{Op: opDrop, Number: dh.Number, Handle: dh.Handle, Written: dh.Written, Since: dh.Since, Trial: dh.trial, Outcome: dh.Outcome, Notification: dh.Notification}
		switch {
		case dh.malformed && !w.accepted():
			// Nothing was ever accepted: the environment may be the wrong one.
			j.rule(r, dh.note, doubted, dh.target)
		case dh.trial && !w.tripped() || !dh.trial && w.believe(now, j.d.cfg.SuspectAfter):
			j.rule(r, dh.note, toDelete, dh.target)
			changes = append(changes, change)
		default:
			j.rule(r, dh.note, toSuspect, dh.target)
			change.Op, change.Credential = opSuspect, j.lane.version
			changes = append(changes, change)
		}
	}
	if w.deaths == maxDeaths && deaths < maxDeaths && r.trip == nil {
		r.trip = &trip{answers: w.n, dead: w.dead, spent: true}
	}
	return changes, tx.PutBreaker(j.n.HubID, j.selector.Platform, j.lane.version, w.pack())
}

// stray is devices whose handles lead where we do not go, and what keeps us from
// the first of them.
type stray struct {
	devices int
	reason  string
}

func (s *stray) add(reason string) {
	if s.devices == 0 {
		s.reason = reason
	}
	s.devices++
}

// warn logs what a commit has brought about, once it is on disk.
func (j *send) warn(ctx context.Context, reports []*report) {
	for _, r := range reports {
		if s := r.stray; s.devices > 0 {
			j.d.cfg.Log.Warn("handles lead where nothing is sent to",
				"hub", j.d.hubName(ctx, j.n.HubID), "platform", j.selector.Platform.String(), "devices", s.devices, "reason", s.reason, "notification", j.n.ID)
		}
		if r.trip == nil {
			continue
		}
		if r.trip.spent {
			j.d.cfg.Log.Info("as many handles were called dead in a day as are deleted at once: others that are, are kept as suspects until they are called so again",
				"hub", j.d.hubName(ctx, j.n.HubID), "platform", j.selector.Platform.String(), "deleted", maxDeaths, "notification", j.n.ID)
			continue
		}
		j.d.cfg.Log.Warn("too many handles are called dead: from now on they are kept as suspects; fanfare hub suspects lists them",
			"hub", j.d.hubName(ctx, j.n.HubID), "platform", j.selector.Platform.String(), "answers", r.trip.answers, "dead", r.trip.dead, "notification", j.n.ID)
	}
}
