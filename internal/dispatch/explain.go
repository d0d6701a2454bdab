package dispatch

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/store"
	"github.com/fanfare-hub/fanfare/internal/tagexpr"
	"github.com/fanfare-hub/fanfare/internal/task"
)

// Explanation says what became of one device in one send, from the delivery
// log and what is stored now. It says so where something is no longer known.
type Explanation struct {
	NotificationID string      `json:"notificationId"`
	State          string      `json:"state"`
	EnqueuedAt     time.Time   `json:"enqueuedAt"`
	ScheduledAt    time.Time   `json:"scheduledAt,omitzero"` // of a scheduled send
	Device         string      `json:"device"`
	Verdict        string      `json:"verdict"`       // one sentence
	Registrations  []Explained `json:"registrations"` // never empty
	More           bool        `json:"more,omitempty"`
}

// Explained is the explanation of one of the device's registrations, of one
// handle of a direct send, or of a device of which none is known.
type Explained struct {
	RegistrationID string `json:"registrationId,omitempty"`
	InstallationID string `json:"installationId,omitempty"`
	Platform       string `json:"platform,omitempty"`
	Kind           string `json:"kind,omitempty"` // native, template
	Cause          Cause  `json:"cause"`
	Outcome        string `json:"outcome,omitempty"` // as telemetry counts it; "": none yet, or never
	Verdict        string `json:"verdict"`           // one sentence
	Steps          []Step `json:"steps"`
}

// Step is one thing that was looked at, in the order of the pipeline.
type Step struct {
	About       string    `json:"about"` // registration, tags, template, credential, attempt, waiting, outcome, handle, unknown
	Text        string    `json:"text"`
	At          time.Time `json:"at,omitzero"`
	Answer      string    `json:"answer,omitempty"` // the push service's own words
	Correlation string    `json:"correlation,omitempty"`
}

// maxExplained bounds the registrations that one call explains.
const maxExplained = 20

// inquiry is one call of Explain, and what one read transaction found.
type inquiry struct {
	d        *Dispatcher
	now      time.Time
	n        hub.Notification
	device   string
	expr     tagexpr.Node
	subjects []*subject
	more     bool
	channel  *hub.Installation           // the installation that device names
	ends     map[string]store.ChannelEnd // by installation, how its channel was last called dead
	tasks    []task.Task
	creds    map[hub.Platform]hub.Credential // by the platform of devices
	lacking  bool                            // pages of the log have lost notes, or never had any
	cutIDs   bool                            // pages of the log have lost correlation ids
}

// Explain says why a device got a notification or did not. device is an
// installation's id, a registration's, a handle, or a user's id; each
// registration that it names is explained by itself, up to 20. A notification
// that is not known is store.ErrNotFound.
func (d *Dispatcher) Explain(ctx context.Context, hubID int64, notificationID, device string) (Explanation, error) {
	q := &inquiry{d: d, now: d.cfg.Clock.Now(), device: device, creds: map[hub.Platform]hub.Credential{}, ends: map[string]store.ChannelEnd{}}
	err := d.cfg.Store.View(ctx, func(r store.Reader) error { return q.read(r, hubID, notificationID) })
	if err != nil {
		return Explanation{}, err
	}
	out := Explanation{
		NotificationID: q.n.ID, State: q.n.State.String(), EnqueuedAt: q.n.EnqueuedAt, ScheduledAt: q.n.ScheduledAt, Device: device, More: q.more,
	}
	for _, s := range q.subjects {
		out.Registrations = append(out.Registrations, q.explain(ctx, s))
	}
	if len(out.Registrations) == 0 {
		out.Registrations = []Explained{q.nobody()}
	}
	out.Verdict = sum(out.Registrations, out.More)
	return out, nil
}

// read collects everything that the explanation stands on.
func (q *inquiry) read(r store.Reader, hubID int64, id string) error {
	var err error
	if q.n, err = r.Notification(hubID, id); err != nil {
		return err
	}
	if q.n.Tags != "" && q.n.Direct == nil {
		if q.expr, err = tagexpr.Parse(q.n.Tags, tagexpr.Limits{}); err != nil {
			return fmt.Errorf("reading the tag expression: %w", err)
		}
	}
	if err := q.findSubjects(r); err != nil {
		return err
	}
	if err := q.readLog(r); err != nil {
		return err
	}
	if q.tasks, err = r.TasksOf(hubID, id); err != nil {
		return err
	}
	return q.readState(r)
}

// sum is the verdict over several registrations.
func sum(all []Explained, more bool) string {
	if len(all) == 1 && !more {
		return all[0].Verdict
	}
	var order []Cause
	counts := map[Cause]int{}
	for _, e := range all {
		if counts[e.Cause]++; counts[e.Cause] == 1 {
			order = append(order, e.Cause)
		}
	}
	slices.SortStableFunc(order, func(a, b Cause) int { return counts[b] - counts[a] })
	var parts []string
	for _, c := range order {
		parts = append(parts, fmt.Sprintf("%d %s", counts[c], c))
	}
	which := fmt.Sprintf("The device has %d registrations", len(all))
	if more {
		which = fmt.Sprintf("The device has more than %d registrations, of which the first are explained", len(all))
	}
	return which + ": " + strings.Join(parts, ", ") + "."
}
