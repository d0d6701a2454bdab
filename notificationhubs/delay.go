package notificationhubs

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// Delay says that devices of a platform wait to be sent to, and why.
type Delay struct {
	Platform Platform  `json:"platform"`
	Whole    bool      `json:"whole,omitempty"` // the push service fails, or refuses the credential; not: some devices are tried again
	Until    time.Time `json:"until"`           // the next attempt
	Reason   string    `json:"reason"`
}

// Delays says what a notification waits for whose state is not final yet: at
// most one thing for each platform, the gravest. Without any, it is being sent,
// has ended or is scheduled. It needs the right Send. Azure has no such call,
// and answers 404, as Fanfare does for a notification that it does not know.
func (c *Client) Delays(ctx context.Context, notificationID string) ([]Delay, error) {
	a, err := c.do(ctx, call{method: http.MethodGet, own: true, path: []string{"notifications", notificationID, "delays"}, want: []int{http.StatusOK}})
	if err != nil {
		return nil, err
	}
	var all []Delay
	if err := json.Unmarshal(a.body, &all); err != nil {
		return nil, fmt.Errorf("notificationhubs: the delays: %w", err)
	}
	return all, nil
}
