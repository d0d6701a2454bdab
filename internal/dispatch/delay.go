package dispatch

import (
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"slices"
	"time"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/store"
	"github.com/fanfare-hub/fanfare/internal/task"
)

// Delay says that devices of a platform wait to be sent to, and why.
type Delay struct {
	Platform string    `json:"platform"`
	Whole    bool      `json:"whole,omitempty"` // the push service fails, or refuses the credential; not: some devices are tried again
	Until    time.Time `json:"until"`           // the next attempt
	Reason   string    `json:"reason"`
}

// Delays says what a notification waits for: at most one thing for each platform,
// the gravest. What is being sent does not wait. A notification that is not
// known is store.ErrNotFound.
func (d *Dispatcher) Delays(ctx context.Context, hubID int64, notificationID string) ([]Delay, error) {
	var tasks []task.Task
	err := d.cfg.Store.View(ctx, func(r store.Reader) error {
		_, err := r.Notification(hubID, notificationID)
		if err == nil {
			tasks, err = r.TasksOf(hubID, notificationID)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return delaysOf(tasks), nil
}

func delaysOf(tasks []task.Task) []Delay {
	gravest := map[hub.Platform]Delay{}
	for i := range tasks {
		t := &tasks[i]
		if t.Kind != kindRange && t.Kind != kindList || t.Owner != "" || t.Reason == "" {
			continue
		}
		p := hub.Platform(t.Platform)
		delay := Delay{Platform: p.String(), Whole: parked(t), Until: t.DueAt, Reason: t.Reason}
		if was, ok := gravest[p]; !ok || graver(delay, was) {
			gravest[p] = delay
		}
	}
	return slices.SortedFunc(maps.Values(gravest), func(a, b Delay) int { return cmp.Compare(a.Platform, b.Platform) })
}

func graver(a, b Delay) bool {
	if a.Whole != b.Whole {
		return a.Whole
	}
	return a.Until.Before(b.Until)
}

// parked reports whether a task waits for its push service: the states of ranges
// and lists say so alike.
func parked(t *task.Task) bool {
	var st struct {
		Parks int `json:"parks"`
	}
	return json.Unmarshal(t.Payload, &st) == nil && st.Parks > 0
}
