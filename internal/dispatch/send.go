package dispatch

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/store"
	"github.com/fanfare-hub/fanfare/internal/tagexpr"
	"github.com/fanfare-hub/fanfare/internal/task"
)

// send is what all devices of one task have in common.
type send struct {
	d        *Dispatcher
	n        hub.Notification
	selector store.Selector
	expr     tagexpr.Node // nil: everyone
	seq      int64        // the store's Sequence when the fan-out started
	lane     *lane
	messages *messages
}

// newSend reads what a send needs. The caller closes it.
func (d *Dispatcher) newSend(ctx context.Context, n *hub.Notification, p hub.Platform, k hub.Kind, seq int64) (*send, error) {
	j := &send{d: d, n: *n, seq: seq, selector: store.Selector{HubID: n.HubID, Platform: p, Kind: k}}
	if n.Tags != "" && n.Direct == nil {
		expr, err := tagexpr.Parse(n.Tags, tagexpr.Limits{})
		if err != nil {
			return nil, fmt.Errorf("reading the tag expression: %w", err)
		}
		j.expr = expr
	}
	messages, err := newMessages(d.cfg.Store, n)
	if err != nil {
		return nil, err
	}
	j.messages = messages
	if j.lane, err = d.lanes.use(ctx, n.HubID, p); err != nil {
		return nil, err
	}
	return j, nil
}

// loadSend is newSend for a task.
func (d *Dispatcher) loadSend(ctx context.Context, t *task.Task, k hub.Kind, seq int64) (*send, error) {
	var n hub.Notification
	err := d.cfg.Store.View(ctx, func(r store.Reader) (err error) {
		n, err = r.Notification(t.HubID, t.Notification)
		return err
	})
	if err != nil {
		return nil, err
	}
	return d.newSend(ctx, &n, hub.Platform(t.Platform), k, seq)
}

func (j *send) close() { j.d.lanes.release(j.lane) }

func (j *send) now() time.Time { return j.d.cfg.Clock.Now() }

// over reports whether the notification's own expiry has passed.
func (j *send) over() bool { return !j.n.Expiry.IsZero() && !j.now().Before(j.n.Expiry) }

// healthy reports whether the service, for this credential, calls few enough
// handles dead for one answer to be believed.
func (j *send) healthy(r store.Reader) (bool, error) {
	b, err := r.Breaker(j.n.HubID, j.selector.Platform, j.lane.version)
	if err != nil {
		return false, err
	}
	w := unpackWindow(b)
	return !w.tripped(), nil
}

// abort ends a handler that could not do its work. A task whose lease is lost
// is somebody else's; any other is taken up again when its lease ends.
func (d *Dispatcher) abort(t *task.Task, doing string, err error) {
	if errors.Is(err, task.ErrFenced) || errors.Is(err, context.Canceled) {
		return
	}
	d.cfg.Log.Error(doing, "notification", t.Notification, "task", t.ID, "kind", string(t.Kind), "error", err)
}

// The back-off of update while the store cannot commit, in real time: it is
// the disk that is waited for.
const (
	minBusy = 50 * time.Millisecond
	maxBusy = 5 * time.Second
)

// update commits a change of a running send, and tries again while the store
// is busy: what was sent must be written down, also when ctx has ended. The end
// of ctx only ends the patience.
func (d *Dispatcher) update(ctx context.Context, fn func(store.Tx) error) error {
	for wait := minBusy; ; wait = min(wait*2, maxBusy) {
		err := d.cfg.Store.Update(context.WithoutCancel(ctx), store.Outcome, fn)
		if !errors.Is(err, store.ErrBusy) {
			return err
		}
		d.cfg.Log.Warn("the store cannot commit; trying again", "in", wait, "error", err)
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return err
		case <-timer.C:
		}
	}
}

// finish sets a notification's final state once no task of it is left.
func finish(tx store.Tx, hubID int64, id string, now time.Time) error {
	more, err := tx.HasTasks(hubID, id)
	if err != nil || more {
		return err
	}
	counts, err := tx.OutcomeCounts(hubID, id)
	if err != nil {
		return err
	}
	return tx.FinishNotification(hubID, id, finalState(counts), now)
}

// finalState is Azure's: Abandoned only when time ran out for every device
// that was to be sent to.
func finalState(counts []hub.Count) hub.State {
	var total, abandoned int64
	for _, c := range counts {
		switch c.Outcome {
		case hub.Skipped:
		case hub.Abandoned:
			abandoned += c.N
			total += c.N
		default:
			total += c.N
		}
	}
	switch {
	case len(counts) == 0:
		return hub.NoTargetFound
	case total > 0 && abandoned == total:
		return hub.AllAbandoned
	}
	return hub.Completed
}
