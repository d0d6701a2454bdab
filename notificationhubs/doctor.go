package notificationhubs

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// Severity says how soon something is to be done.
type Severity string

// The severities, from the lowest.
const (
	SeverityOK      Severity = "ok"
	SeverityNotice  Severity = "notice"  // a certificate expires within 30 days
	SeverityWarning Severity = "warning" // within 7 days; or a hub cannot send anything
	SeverityUrgent  Severity = "urgent"  // within a day
	SeverityFailed  Severity = "failed"  // it does not work, or could not be checked
)

// DoctorReport says whether a hub's credentials are in order.
type DoctorReport struct {
	Hub      string          `json:"hub,omitempty"`
	At       time.Time       `json:"at"`
	Severity Severity        `json:"severity"` // the highest of the findings
	Findings []DoctorFinding `json:"findings"`
}

// DoctorFinding is one thing that was looked at.
type DoctorFinding struct {
	About    string    `json:"about"` // a platform, or hub, listener, …
	Severity Severity  `json:"severity"`
	Text     string    `json:"text"`              // what was found and, where it is not well, what to do
	NotAfter time.Time `json:"notAfter,omitzero"` // of a certificate
}

// Doctor has the hub ask every push service about its credential, from where
// the hub stands and without sending anything to a device; it can take most of
// a minute. A hub is examined by one caller at a time: others are answered 429.
// It needs the right Manage. Azure has no such call, and answers 404.
func (c *Client) Doctor(ctx context.Context) (*DoctorReport, error) {
	a, err := c.do(ctx, call{method: http.MethodGet, own: true, path: []string{"doctor"}, want: []int{http.StatusOK}})
	if err != nil {
		return nil, err
	}
	var r DoctorReport
	if err := json.Unmarshal(a.body, &r); err != nil {
		return nil, fmt.Errorf("notificationhubs: the doctor's report: %w", err)
	}
	return &r, nil
}
