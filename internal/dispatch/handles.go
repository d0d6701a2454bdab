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

// handleSlice is how many changes one commit applies: each touches a few rows.
const handleSlice = 50

// applyHandles applies a list of changes in slices. The store looks again at
// each: a handle that was registered anew since is left alone.
func (d *Dispatcher) applyHandles(ctx context.Context, stopping <-chan struct{}, t task.Task) {
	var changes []handleChange
	if err := json.Unmarshal(t.Payload, &changes); err != nil {
		d.abort(&t, "reading a list of handles", err)
		return
	}
	for {
		slice := changes[:min(handleSlice, len(changes))]
		changes = changes[len(slice):]
		err := d.update(ctx, func(tx store.Tx) error {
			for _, c := range slice {
				if err := d.apply(tx, &t, c); err != nil {
					return err
				}
			}
			if len(changes) == 0 {
				return tx.DeleteTask(t.Lease())
			}
			next := t
			next.Payload, next.LeaseUntil = pack(changes), d.cfg.Clock.Now().Add(d.cfg.Lease)
			if stopped(stopping) {
				next.Owner, next.LeaseUntil = "", time.Time{}
			}
			return tx.SaveTask(t.Lease(), &next)
		})
		if err != nil {
			d.abort(&t, "applying a list of handles", err)
			return
		}
		if len(changes) == 0 || stopped(stopping) {
			return
		}
	}
}

func (d *Dispatcher) apply(tx store.Tx, t *task.Task, c handleChange) error {
	p, now := hub.Platform(t.Platform), d.cfg.Clock.Now()
	switch c.Op {
	case opDrop:
		_, err := tx.DropHandle(t.HubID, p, store.Dead{Number: c.Number, Handle: c.Handle, Written: c.Written, Since: c.Since}, now)
		return err
	case opReplace:
		return tx.ReplaceHandle(t.HubID, p, c.Number, c.Handle, c.New, now)
	case opSuspect:
		return tx.Suspect(t.HubID, p, c.Handle, c.Since)
	case opClear:
		return tx.ClearSuspect(t.HubID, p, c.Handle)
	case opEnvironment:
		return tx.RememberEnvironment(t.HubID, c.Handle, c.Other)
	}
	return nil
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
