package notificationhubs

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/fanfare-hub/fanfare/internal/wire"
)

// NotificationDetails is the telemetry of a notification.
type NotificationDetails struct {
	NotificationID     string
	State              NotificationState
	EnqueueTime        time.Time // when the hub accepted it
	StartTime          time.Time // zero until it has started
	EndTime            time.Time // zero until it has ended
	Body               string
	Tags               string                         // the tag expression; "" is everybody
	TargetPlatforms    string                         // apple,windowstemplate,…: formats, and kinds of template
	Outcomes           map[Platform]map[Outcome]int64 // how many devices ended so
	PnsErrorDetailsURI string                         // where what went wrong can be read; "" if nothing did
}

// NotificationState says how far a notification is. A hub may have others than
// those named here.
type NotificationState string

// The states of notifications.
const (
	StateScheduled     NotificationState = "Scheduled"
	StateEnqueued      NotificationState = "Enqueued" // accepted, and not begun
	StateProcessing    NotificationState = "Processing"
	StateCompleted     NotificationState = "Completed"     // each device has its outcome, good or bad
	StateNoTargetFound NotificationState = "NoTargetFound" // nobody was registered for it
	StateAbandoned     NotificationState = "Abandoned"     // it could not be delivered in time
	StateCanceled      NotificationState = "Canceled"      // by CancelScheduled, or with its hub
)

// Final reports whether the state never changes again.
func (s NotificationState) Final() bool {
	switch s {
	case StateCompleted, StateNoTargetFound, StateAbandoned, StateCanceled, "Cancelled": // Azure's SDKs spell it both ways
		return true
	}
	return false
}

// Final reports whether the notification's state never changes again.
func (d *NotificationDetails) Final() bool { return d.State.Final() }

// Count returns how many devices of all platforms ended in an outcome.
func (d *NotificationDetails) Count(outcome Outcome) (n int64) {
	for _, counts := range d.Outcomes {
		n += counts[outcome]
	}
	return n
}

// NotificationDetails reads the telemetry of a notification by its id. Azure
// answers 404 until it has begun to work on it, and has telemetry in its tier
// Standard only. Fanfare forgets a notification a week after its end. It needs
// the right Send, and of Azure a rule with Manage too.
func (c *Client) NotificationDetails(ctx context.Context, id string) (*NotificationDetails, error) {
	a, err := c.do(ctx, call{method: http.MethodGet, path: []string{"messages", id}, want: []int{http.StatusOK}})
	if err != nil {
		return nil, err
	}
	w, err := wire.DecodeNotificationDetails(bytes.NewReader(a.body))
	if err != nil {
		return nil, fmt.Errorf("notificationhubs: the telemetry: %w", err)
	}
	d := &NotificationDetails{
		NotificationID: w.NotificationID, State: NotificationState(w.State), EnqueueTime: w.EnqueueTime, StartTime: w.StartTime, EndTime: w.EndTime,
		Body: w.NotificationBody, Tags: w.Tags, TargetPlatforms: w.TargetPlatforms, PnsErrorDetailsURI: w.PnsErrorDetailsURI,
		Outcomes: map[Platform]map[Outcome]int64{},
	}
	for _, p := range w.OutcomeCounts {
		counts := map[Outcome]int64{}
		for _, o := range p.Counts {
			counts[Outcome(o.Name)] += o.Count
		}
		d.Outcomes[Platform(p.Platform)] = counts
	}
	return d, nil
}

const (
	// The waits between two looks at a notification's telemetry.
	minPoll = 20 * time.Millisecond
	maxPoll = 10 * time.Second
	// maxUnknown is how long a hub may not know the notification.
	maxUnknown = time.Minute
)

// WaitForNotification reads the telemetry of a notification, at growing
// intervals of at most ten seconds, until its state is final. It waits also
// while the hub does not know the notification, as Azure does not at first, but
// no longer than about a minute: then the 404 is the error. A notification may
// take as long as its hub tries to deliver it: give it a ctx that ends. What was
// read last is returned with the error. It needs the rights of
// NotificationDetails: Send, and of Azure Manage.
func (c *Client) WaitForNotification(ctx context.Context, id string) (*NotificationDetails, error) {
	var last *NotificationDetails
	known := time.Now()
	for wait := minPoll; ; wait = min(wait*2, maxPoll) {
		d, err := c.NotificationDetails(ctx, id)
		switch {
		case err == nil && d.Final():
			return d, nil
		case err == nil:
			last, known = d, time.Now()
		case !notFound(err) || time.Since(known) >= maxUnknown:
			return last, err
		}
		if err := pause(ctx, wait); err != nil {
			return last, fmt.Errorf("notificationhubs: waiting for the notification: %w", err)
		}
	}
}
