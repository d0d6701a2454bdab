package dispatch

import (
	"context"
	"sync"
	"time"
)

// outages remembers since when push services have failed, as far as this process
// has seen it: the log says once that one does, and once that it is over.
type outages struct {
	mu    sync.Mutex
	since map[laneKey]time.Time
}

// begin reports whether the outage is news.
func (o *outages) begin(key laneKey, now time.Time) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if _, known := o.since[key]; known {
		return false
	}
	if o.since == nil {
		o.since = map[laneKey]time.Time{}
	}
	o.since[key] = now
	return true
}

// known reports whether the service is known to fail.
func (o *outages) known(key laneKey) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	_, known := o.since[key]
	return known
}

// end returns when the outage began that is over with it.
func (o *outages) end(key laneKey) (since time.Time, was bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	since, was = o.since[key]
	delete(o.since, key)
	return since, was
}

// forget drops what is known of a hub that is gone.
func (o *outages) forget(hubID int64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for key := range o.since {
		if key.hubID == hubID {
			delete(o.since, key)
		}
	}
}

// tell logs that the service of a send began to fail, or works again, as a
// commit has it: f is why devices are parked until due; nil: none are.
func (j *send) tell(ctx context.Context, reports []*report, f *fail, due time.Time) {
	for _, r := range reports {
		if !r.answered {
			continue
		}
		if since, was := j.d.outages.end(j.lane.key); was {
			j.d.cfg.Log.Info("a push service answers again",
				"hub", j.d.hubName(ctx, j.n.HubID), "platform", j.selector.Platform.String(), "after", j.now().Sub(since).Round(time.Second))
		}
	}
	if f != nil && j.d.outages.begin(j.lane.key, j.now()) {
		j.d.cfg.Log.Warn("a push service fails: its devices wait, none is lost while the retry window lasts; fanfare doctor examines the credential",
			"hub", j.d.hubName(ctx, j.n.HubID), "platform", j.selector.Platform.String(), "reason", f.reason, "next", due, "notification", j.n.ID)
	}
}
