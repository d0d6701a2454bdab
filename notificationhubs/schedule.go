package notificationhubs

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/fanfare-hub/fanfare/internal/wire"
)

// scheduleForm is how Azure's JavaScript client writes a schedule: UTC, to the
// millisecond.
const scheduleForm = "2006-01-02T15:04:05.000Z"

// Schedule has a notification sent at a later time: to whoever is registered
// then and is one of those whom o names. Azure asks for at least five minutes
// ahead, Fanfare does not; both take seven days at most, which Fanfare can be
// told to extend. Azure has schedules in its tier Standard only. It needs the
// right Send.
//
// The result's NotificationID is what CancelScheduled takes. Of a client with
// TestSend it holds no outcome. It is tried again as Send is.
func (c *Client) Schedule(ctx context.Context, n *Notification, at time.Time, o *SendOptions) (*SendResult, error) {
	if at.IsZero() {
		return nil, errors.New("notificationhubs: the time of the schedule is missing")
	}
	tags, err := o.expression()
	if err != nil {
		return nil, err
	}
	headers := []Header{{wire.HeaderScheduleTime, at.UTC().Format(scheduleForm)}}
	if tags != "" {
		headers = append(headers, Header{wire.HeaderTags, tags})
	}
	return c.postTo(ctx, "schedulednotifications", n, headers, nil, false)
}

// CancelScheduled takes a scheduled notification back. When it returns nil,
// nobody gets it. One that was sent already, or is not known, is a
// *ResponseError with the status 404. Of Fanfare it may be asked twice. It needs
// the right Send.
func (c *Client) CancelScheduled(ctx context.Context, id string) error {
	_, err := c.do(ctx, call{
		method: http.MethodDelete, path: []string{"schedulednotifications", id}, want: []int{http.StatusOK},
	})
	return err
}
