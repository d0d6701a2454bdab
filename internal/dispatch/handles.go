package dispatch

import (
	"context"
	"encoding/json"
	"time"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/store"
	"github.com/fanfare-hub/fanfare/internal/task"
)

// The changes of handles.
const (
	opDrop        = "drop"
	opReplace     = "replace"
	opSuspect     = "suspect"
	opClear       = "clear"
	opEnvironment = "environment"
)

// handleChange is one thing that a push service's answer means for a handle.
type handleChange struct {
	Op      string    `json:"op"`
	Number  int64     `json:"number,omitempty"`
	Handle  string    `json:"handle"`
	Written int64     `json:"written,omitempty"`
	Since   time.Time `json:"since,omitzero"`
	New     string    `json:"new,omitempty"`
	Other   bool      `json:"other,omitempty"`
}

// How many changes one commit applies, and after how many rows of dead handles,
// postings among them, it is full: most changes touch a few rows.
const (
	handleSlice = 50
	handleRows  = 1000
)

// applyHandles applies a list of changes in slices. The store looks again at
// each: a handle that was registered anew since is left alone.
func (d *Dispatcher) applyHandles(ctx context.Context, stopping <-chan struct{}, t task.Task) {
	var changes []handleChange
	if err := json.Unmarshal(t.Payload, &changes); err != nil {
		d.abort(&t, "reading a list of handles", err)
		return
	}
	for {
		var left []handleChange
		err := d.update(ctx, func(tx store.Tx) (err error) {
			if left, err = d.applySlice(tx, &t, changes); err != nil {
				return err
			}
			if len(left) == 0 {
				return tx.DeleteTask(t.Lease())
			}
			next := t
			next.Payload, next.LeaseUntil = pack(left), d.cfg.Clock.Now().Add(d.cfg.Lease)
			if stopped(stopping) {
				next.Owner, next.LeaseUntil = "", time.Time{}
			}
			return tx.SaveTask(t.Lease(), &next)
		})
		if err != nil {
			d.abort(&t, "applying a list of handles", err)
			return
		}
		if changes = left; len(changes) == 0 || stopped(stopping) {
			return
		}
	}
}

// applySlice applies as many changes as one commit takes, and returns those
// that are left. A handle is dropped again until nothing of it is left.
func (d *Dispatcher) applySlice(tx store.Tx, t *task.Task, changes []handleChange) ([]handleChange, error) {
	rows := 0
	for n := 0; len(changes) > 0 && n < handleSlice && rows < handleRows; n++ {
		wrote, err := d.apply(tx, t, changes[0])
		if err != nil {
			return nil, err
		}
		if rows += wrote; wrote == 0 {
			changes = changes[1:]
		}
	}
	return changes, nil
}

// apply returns how many rows of a dead handle were dropped; there may be more
// of them.
func (d *Dispatcher) apply(tx store.Tx, t *task.Task, c handleChange) (rows int, err error) {
	p, now := hub.Platform(t.Platform), d.cfg.Clock.Now()
	switch c.Op {
	case opDrop:
		return tx.DropHandle(t.HubID, p, store.Dead{Number: c.Number, Handle: c.Handle, Written: c.Written, Since: c.Since}, now)
	case opReplace:
		return 0, tx.ReplaceHandle(t.HubID, p, c.Number, c.Handle, c.New, now)
	case opSuspect:
		return 0, tx.Suspect(t.HubID, p, c.Handle, c.Since)
	case opClear:
		return 0, tx.ClearSuspect(t.HubID, p, c.Handle)
	case opEnvironment:
		return 0, tx.RememberEnvironment(t.HubID, c.Handle, c.Other)
	}
	return 0, nil
}

// stopped reports whether the process is coming to an end.
func stopped(stopping <-chan struct{}) bool {
	select {
	case <-stopping:
		return true
	default:
		return false
	}
}
