package dispatch

import (
	"context"
	"encoding/json"
	"errors"
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
	// Trial, of a drop: the handle was a suspect when it was sent to.
	Trial bool `json:"trial,omitempty"`
	// Credential, of a suspicion: the version that the answer was given for.
	Credential int64 `json:"credential,omitempty"`
	// Of drops and replacements, for feedback.
	Outcome      hub.Outcome `json:"outcome,omitempty"`
	Notification string      `json:"notification,omitempty"`
}

func (c *handleChange) dead() store.Dead {
	return store.Dead{Number: c.Number, Handle: c.Handle, Written: c.Written, Since: c.Since, Outcome: c.Outcome, Notification: c.Notification}
}

// How many changes one commit applies, and after how many rows of dead handles,
// postings among them, it is full: most changes touch a few rows.
const (
	handleSlice = 50
	handleRows  = 1000
)

// applyHandles applies a list of changes in slices. Each is looked at again: a
// handle that was registered anew since is left alone, and so is one that has
// become a suspect meanwhile.
func (d *Dispatcher) applyHandles(ctx context.Context, stopping <-chan struct{}, t task.Task) {
	var left []handleChange
	if err := json.Unmarshal(t.Payload, &left); err != nil {
		d.abort(&t, "reading a list of handles", err)
		return
	}
	suspects := 0
	for more := true; more; more = len(left) > 0 && !stopped(stopping) {
		var s *handlesSlice
		err := d.update(ctx, func(tx store.Tx) (err error) {
			if s, err = d.applySlice(tx, &t, left); err != nil {
				return err
			}
			if len(s.left) == 0 {
				return tx.DeleteTask(t.Lease())
			}
			next := t
			next.Payload, next.LeaseUntil = pack(s.left), d.cfg.Clock.Now().Add(d.cfg.Lease)
			if stopped(stopping) {
				next.Owner, next.LeaseUntil = "", time.Time{}
			}
			return tx.SaveTask(t.Lease(), &next)
		})
		if err != nil {
			d.abort(&t, "applying a list of handles", err)
			return
		}
		left, suspects = s.left, suspects+s.suspects
	}
	if suspects > 0 {
		d.cfg.Log.Info("handles are suspected of being dead: kept, and not sent to",
			"hub", d.hubName(ctx, t.HubID), "platform", hub.Platform(t.Platform).String(), "suspects", suspects)
	}
}

// hubName is how logs call a hub; "" if it is gone, or cannot be read.
func (d *Dispatcher) hubName(ctx context.Context, id int64) string {
	var h hub.Hub
	err := d.cfg.Store.View(context.WithoutCancel(ctx), func(r store.Reader) (err error) {
		h, err = r.HubByID(id)
		return err
	})
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		d.cfg.Log.Error("reading a hub's name", "hub", id, "error", err)
	}
	return h.Name
}

// handlesSlice is what one commit applies of a list.
type handlesSlice struct {
	tx       store.Tx
	hubID    int64
	platform hub.Platform
	now      time.Time
	version  int64          // of the credential in force; 0: there is none
	left     []handleChange // for the next commit
	suspects int            // handles that were none before
}

// applySlice applies as many changes as one commit takes. A handle is dropped
// or replaced again until nothing of it is left.
func (d *Dispatcher) applySlice(tx store.Tx, t *task.Task, changes []handleChange) (*handlesSlice, error) {
	s := &handlesSlice{tx: tx, hubID: t.HubID, platform: hub.Platform(t.Platform), now: d.cfg.Clock.Now(), left: changes}
	cred, err := tx.Credential(s.hubID, d.cfg.Connectors[s.platform].Credential)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return nil, err
	}
	s.version = cred.Version
	rows := 0
	for n := 0; len(s.left) > 0 && n < handleSlice && rows < handleRows; n++ {
		wrote, err := s.apply(&s.left[0])
		if err != nil {
			return nil, err
		}
		if rows += wrote; wrote == 0 {
			s.left = s.left[1:]
		}
	}
	return s, nil
}

// apply returns how many rows of a dead or a replaced handle were written; there
// may be more of them.
func (s *handlesSlice) apply(c *handleChange) (rows int, err error) {
	switch c.Op {
	case opDrop:
		return s.drop(c)
	case opReplace:
		return s.tx.ReplaceHandle(s.hubID, s.platform, store.Replacement{Number: c.Number, Old: c.Handle, New: c.New, Notification: c.Notification}, s.now)
	case opSuspect:
		return 0, s.suspect(c)
	case opClear:
		return 0, s.tx.ClearSuspect(s.hubID, s.platform, c.Handle)
	case opEnvironment:
		return 0, s.tx.RememberEnvironment(s.hubID, c.Handle, c.Other)
	}
	return 0, nil
}

// drop drops a handle, unless another send has made it a suspect while the
// answer was under way: it has the suspect's delay then.
func (s *handlesSlice) drop(c *handleChange) (rows int, err error) {
	if !c.Trial {
		suspects, err := s.tx.Suspects(s.hubID, s.platform, []string{c.Handle})
		if err != nil || len(suspects) > 0 {
			return 0, err
		}
	}
	return s.tx.DropHandle(s.hubID, s.platform, c.dead(), s.now)
}

// suspect suspects a handle, unless the credential that the answer was given
// for has been replaced: a new one clears all suspects.
func (s *handlesSlice) suspect(c *handleChange) error {
	if c.Credential != s.version {
		return nil
	}
	marked, err := s.tx.Suspect(s.hubID, s.platform, c.dead(), s.now)
	if marked {
		s.suspects++
	}
	return err
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
