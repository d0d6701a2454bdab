package dispatch

import (
	"context"
	"encoding/json"
	"time"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/store"
	"github.com/fanfare-hub/fanfare/internal/task"
)

// Progress is what Azure's telemetry does not show of a notification.
type Progress struct {
	State hub.State
	// PerhapsTwice counts the devices that a takeover may have sent to again:
	// an upper bound.
	PerhapsTwice int64
	Tasks        []TaskProgress
}

// TaskProgress is one task that is left of a notification.
type TaskProgress struct {
	Kind     string
	Platform hub.Platform // 0: not yet cut by platform
	DueAt    time.Time
	Reason   string // why it waits; "" while it is at work
	Listed   int    // devices that it names one by one
	Held     bool   // a process is at work on it
}

// Progress reads what is left of a notification: store.ErrNotFound.
func (d *Dispatcher) Progress(ctx context.Context, hubID int64, id string) (Progress, error) {
	var p Progress
	err := d.cfg.Store.View(ctx, func(r store.Reader) error {
		n, err := r.Notification(hubID, id)
		if err != nil {
			return err
		}
		tasks, err := r.TasksOf(hubID, id)
		if err != nil {
			return err
		}
		p = Progress{State: n.State, PerhapsTwice: n.PerhapsTwice}
		for _, t := range tasks {
			p.Tasks = append(p.Tasks, TaskProgress{
				Kind: string(t.Kind), Platform: hub.Platform(t.Platform), DueAt: t.DueAt,
				Reason: t.Reason, Listed: listed(&t), Held: t.Owner != "",
			})
		}
		return nil
	})
	return p, err
}

// listed counts a list's devices; a list that cannot be read names none.
func listed(t *task.Task) int {
	var list listState
	if t.Kind != kindList || json.Unmarshal(t.Payload, &list) != nil {
		return 0
	}
	return len(list.Entries)
}
