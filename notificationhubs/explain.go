package notificationhubs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"
)

// Explanation says what became of a device in one send, and why.
type Explanation struct {
	NotificationID string                  `json:"notificationId"`
	State          string                  `json:"state"` // of the notification
	EnqueuedAt     time.Time               `json:"enqueuedAt"`
	ScheduledAt    time.Time               `json:"scheduledAt,omitzero"` // of a scheduled send
	Device         string                  `json:"device"`
	Verdict        string                  `json:"verdict"` // one sentence
	Registrations  []ExplainedRegistration `json:"registrations"`
	More           bool                    `json:"more,omitempty"` // the device has more registrations than are explained
}

// ExplainedRegistration is the explanation of one of a device's registrations,
// of one handle of a direct send, or of a device of which none is known: it has
// no ids then.
type ExplainedRegistration struct {
	RegistrationID string        `json:"registrationId,omitempty"`
	InstallationID string        `json:"installationId,omitempty"`
	Platform       string        `json:"platform,omitempty"` // apns, fcmv1, …
	Kind           string        `json:"kind,omitempty"`     // native, template
	Cause          string        `json:"cause"`              // one word of a closed list: Delivered, TagsDoNotMatch, HandleDead, …
	Outcome        string        `json:"outcome,omitempty"`  // as in the telemetry; "": none yet, or never
	Verdict        string        `json:"verdict"`            // one sentence
	Steps          []ExplainStep `json:"steps"`
}

// ExplainStep is one thing that was looked at.
type ExplainStep struct {
	About       string    `json:"about"` // registration, tags, template, credential, attempt, waiting, outcome, handle, unknown
	Text        string    `json:"text"`
	At          time.Time `json:"at,omitzero"`
	Answer      string    `json:"answer,omitempty"`      // the push service's own words
	Correlation string    `json:"correlation,omitempty"` // the push service's id for the request
}

// Explain asks why a device got a notification, or did not. device is the id of
// an installation, a registration or a user, or a handle; up to 20 of its
// registrations are explained. It needs the right Manage. Azure has no such
// call, and answers 404, as Fanfare does for a notification that it does not
// know.
func (c *Client) Explain(ctx context.Context, notificationID, device string) (*Explanation, error) {
	if device == "" {
		return nil, errors.New("notificationhubs: the device is missing")
	}
	a, err := c.do(ctx, call{
		method: http.MethodGet, own: true, path: []string{"notifications", notificationID, "explain"},
		query: url.Values{"device": {device}}, want: []int{http.StatusOK},
	})
	if err != nil {
		return nil, err
	}
	var e Explanation
	if err := json.Unmarshal(a.body, &e); err != nil {
		return nil, fmt.Errorf("notificationhubs: the explanation: %w", err)
	}
	return &e, nil
}
