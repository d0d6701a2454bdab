package dispatch

import (
	"context"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/store"
	"github.com/fanfare-hub/fanfare/internal/task"
)

// Accept stores a notification and its first task in one transaction, and
// starts on the task. It sets ID, State and EnqueuedAt. When it returns nil the
// notification is on disk; store.ErrBusy means that nothing was written.
func (d *Dispatcher) Accept(ctx context.Context, n *hub.Notification) error {
	now := d.cfg.Clock.Now()
	n.ID, n.State, n.EnqueuedAt = hub.NewNotificationID(now), hub.Enqueued, now
	first := firstTask(n)
	first.DueAt = now
	return d.launch(first, func(insert func(store.Tx) error) error {
		return d.cfg.Store.Update(ctx, store.Accept, func(tx store.Tx) error {
			if err := tx.InsertNotification(n); err != nil {
				return err
			}
			return insert(tx)
		})
	})
}

// launch has commit insert a first task, and starts on it once it is on disk:
// the task is born claimed if there is a worker for it.
func (d *Dispatcher) launch(first task.Task, commit func(insert func(store.Tx) error) error) error {
	started := d.runner.Reserve(first.Lane())
	err := commit(func(tx store.Tx) error {
		if started {
			d.runner.Claim(&first) // here, since the commit may have waited for others
		}
		return tx.InsertTask(&first)
	})
	switch {
	case err != nil && started:
		d.runner.Release(first.Lane())
	case started:
		d.runner.Run(first)
	case err == nil:
		d.runner.Poke()
	}
	return err
}

// firstTask is the fan-out, or for a direct send its devices at once.
func firstTask(n *hub.Notification) task.Task {
	t := task.Task{Kind: kindFanout, HubID: n.HubID, Notification: n.ID}
	if n.Direct == nil {
		return t
	}
	t.Kind, t.Platform = kindList, uint8(n.Platform)
	list := listState{Kind: hub.Native, Sending: true}
	for i := range n.Direct {
		list.Entries = append(list.Entries, entry{Direct: i + 1})
	}
	t.Payload = pack(list)
	return t
}
