package dispatch

import (
	"context"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/store"
	"github.com/fanfare-hub/fanfare/internal/task"
)

// Schedule stores a notification that falls due at its ScheduledAt, and the
// task that sends it then, in one transaction. It sets ID, State and
// EnqueuedAt. When it returns nil both are on disk; store.ErrBusy means that
// nothing was written. A time that has passed is due at once.
func (d *Dispatcher) Schedule(ctx context.Context, n *hub.Notification) error {
	now := d.cfg.Clock.Now()
	n.ID, n.State, n.EnqueuedAt = hub.NewNotificationID(now), hub.Scheduled, now
	t := task.Task{
		Kind: kindSchedule, HubID: n.HubID, Notification: n.ID, DueAt: n.ScheduledAt, Reason: "waits for its scheduled time",
	}
	err := d.cfg.Store.Update(ctx, store.Accept, func(tx store.Tx) error {
		if err := tx.InsertNotification(n); err != nil {
			return err
		}
		return tx.InsertTask(&t)
	})
	if err == nil {
		d.runner.Poke() // it may be the next that falls due
	}
	return err
}

// Cancel withdraws a scheduled notification, and returns the state in which it
// found it: only from Scheduled is it cancelled. One that is not known is
// store.ErrNotFound. When it returns the change is on disk, and a task that was
// about to send it is fenced: either it is cancelled or it is sent.
func (d *Dispatcher) Cancel(ctx context.Context, hubID int64, id string) (was hub.State, err error) {
	now := d.cfg.Clock.Now()
	err = d.cfg.Store.Update(ctx, store.Accept, func(tx store.Tx) error {
		n, err := tx.Notification(hubID, id)
		if err != nil {
			return err
		}
		if was = n.State; was != hub.Scheduled {
			return nil
		}
		if err := tx.DropTasks(hubID, id); err != nil {
			return err
		}
		return tx.CancelNotification(hubID, id, now)
	})
	return was, err
}

// fire sends a scheduled notification whose time has come: it becomes like one
// that is accepted now, so that its audience is that of this moment.
func (d *Dispatcher) fire(ctx context.Context, _ <-chan struct{}, t task.Task) {
	var n hub.Notification
	err := d.cfg.Store.View(ctx, func(r store.Reader) (err error) {
		n, err = r.Notification(t.HubID, t.Notification)
		return err
	})
	if err != nil {
		d.abort(&t, "starting a scheduled send", err)
		return
	}
	first := firstTask(&n)
	first.DueAt = d.cfg.Clock.Now()
	err = d.launch(first, func(insert func(store.Tx) error) error {
		return d.update(ctx, func(tx store.Tx) error {
			if err := tx.DeleteTask(t.Lease()); err != nil {
				return err // fenced: it was cancelled
			}
			if err := tx.EnqueueNotification(n.HubID, n.ID); err != nil {
				return err
			}
			return insert(tx)
		})
	})
	if err != nil {
		d.abort(&t, "starting a scheduled send", err)
	}
}
