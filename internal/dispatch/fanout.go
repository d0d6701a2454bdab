package dispatch

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/store"
	"github.com/fanfare-hub/fanfare/internal/task"
)

// maxRanges bounds how many ranges one platform is cut into, and with it the
// rows that a fan-out writes.
const maxRanges = 16

// fanOut cuts a notification into ranges of registration numbers, by platform.
func (d *Dispatcher) fanOut(ctx context.Context, _ <-chan struct{}, t task.Task) {
	var n hub.Notification
	var ranges []task.Task
	var reach reach
	err := d.cfg.Store.View(ctx, func(r store.Reader) (err error) {
		if n, err = r.Notification(t.HubID, t.Notification); err != nil {
			return err
		}
		if reach, err = reachNow(r); err != nil {
			return err
		}
		ranges, err = d.ranges(r, &n, reach)
		return err
	})
	if err != nil {
		d.abort(&t, "fanning out", err)
		return
	}
	started := d.startRanges(ranges)
	err = d.update(ctx, func(tx store.Tx) error {
		now := d.cfg.Clock.Now()
		if err := tx.DeleteTask(t.Lease()); err != nil {
			return err
		}
		if err := tx.StartNotification(n.HubID, n.ID, reach.bound, reach.sequence, now); err != nil {
			return err
		}
		for i := range ranges {
			if err := tx.InsertTask(&ranges[i]); err != nil {
				return err
			}
		}
		return finish(tx, n.HubID, n.ID, now)
	})
	for i := range ranges {
		switch {
		case !started[i]:
		case err != nil:
			d.runner.Release(ranges[i].Lane())
		default:
			d.runner.Run(ranges[i])
		}
	}
	if err != nil {
		d.abort(&t, "fanning out", err)
	}
}

// startRanges claims as many ranges as there are workers for; the others are
// born free, and any node takes them up.
func (d *Dispatcher) startRanges(ranges []task.Task) (started []bool) {
	started = make([]bool, len(ranges))
	for i := range ranges {
		if started[i] = d.runner.Reserve(ranges[i].Lane()); started[i] {
			d.runner.Claim(&ranges[i])
		}
	}
	return started
}

// reach is how far a send goes: the highest registration number there is when
// it begins, and the store's Sequence then.
type reach struct{ bound, sequence int64 }

func reachNow(r store.Reader) (now reach, err error) {
	if now.bound, err = r.LastNumber(); err == nil {
		now.sequence, err = r.Sequence()
	}
	return now, err
}

// ranges returns the tasks of a notification's platforms: contiguous from 0 to
// the bound. A registration that comes later is above every range.
func (d *Dispatcher) ranges(r store.Reader, n *hub.Notification, to reach) ([]task.Task, error) {
	platforms, err := r.PlatformsOf(n.HubID, n.Kind)
	if err != nil {
		return nil, err
	}
	var out []task.Task
	for _, p := range platforms {
		if n.Kind == hub.Native && p != n.Platform {
			continue
		}
		cuts, err := d.cuts(r, store.Selector{HubID: n.HubID, Platform: p, Kind: n.Kind}, to.bound)
		if err != nil {
			return nil, err
		}
		after := int64(0)
		for _, last := range cuts {
			state := rangeState{Kind: n.Kind, Bound: to.bound, Seq: to.sequence, Left: []interval{{After: after, Last: last}}}
			out = append(out, task.Task{
				Kind: kindRange, HubID: n.HubID, Notification: n.ID, Platform: uint8(p),
				DueAt: d.cfg.Clock.Now(), Payload: pack(state),
			})
			after = last
		}
	}
	return out, nil
}

// cuts returns the last numbers of a platform's ranges.
func (d *Dispatcher) cuts(r store.Reader, s store.Selector, bound int64) ([]int64, error) {
	cuts, err := r.Cut(s, bound, d.cfg.RangeSize, maxRanges)
	return append(cuts, bound), err
}

// pack writes a task's own state.
func pack(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("dispatch: a task's state that is not JSON: %v", err))
	}
	return b
}
