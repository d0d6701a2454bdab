package notificationhubs

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/fanfare-hub/fanfare/internal/wire"
)

// SendOptions say who gets a notification. Without any, everybody does: every
// registration of the platform, or every template registration.
type SendOptions struct {
	Tags       []string      // those who carry one of these; at most 20
	Expression string        // those for whom a tag expression holds, as text
	To         TagExpression // the same, built
}

// SendResult is what the hub says of an accepted notification.
type SendResult struct {
	NotificationID string // for NotificationDetails
	Location       string
	TrackingID     string
	CorrelationID  string
	Outcome        *NotificationOutcome // of a client with TestSend
}

// NotificationOutcome is what came of a test send.
type NotificationOutcome struct {
	Success, Failure int64
	Results          []RegistrationResult
}

// RegistrationResult is what one device of a test send came to.
type RegistrationResult struct {
	Platform, Handle, RegistrationID, Outcome string
}

// Send sends a notification. When it returns, the hub has accepted it; what
// becomes of it, NotificationDetails tells.
//
// A send is repeated only when it surely was not accepted: the connection was
// refused, or the answer is 429 or 503.
func (c *Client) Send(ctx context.Context, n *Notification, o *SendOptions) (*SendResult, error) {
	return c.send(ctx, n, o, nil, c.testSend)
}

// TestSend sends to at most ten devices and waits for what comes of it.
func (c *Client) TestSend(ctx context.Context, n *Notification, o *SendOptions) (*NotificationOutcome, error) {
	r, err := c.send(ctx, n, o, nil, true)
	if err != nil {
		return nil, err
	}
	return r.Outcome, nil
}

// Device is a handle that needs no registration.
type Device struct {
	Handle       string // token, channel URI, or a browser's endpoint
	P256DH, Auth string // of a browser
}

// SendDirect sends a notification to one device.
func (c *Client) SendDirect(ctx context.Context, n *Notification, d Device) (*SendResult, error) {
	if d.Handle == "" || strings.ContainsAny(d.Handle+d.P256DH+d.Auth, "\r\n") {
		return nil, errors.New("notificationhubs: the device's handle is missing, or has a line break")
	}
	return c.send(ctx, n, nil, &d, c.testSend)
}

func (c *Client) send(ctx context.Context, n *Notification, o *SendOptions, d *Device, test bool) (*SendResult, error) {
	if n.err != nil {
		return nil, n.err
	}
	r := call{
		method: http.MethodPost, path: []string{"messages"}, query: url.Values{}, header: n.header.Clone(), body: n.body,
		want: []int{http.StatusCreated, http.StatusOK}, once: true,
	}
	r.header.Set(wire.HeaderFormat, n.format)
	r.header.Set("Content-Type", n.contentType)
	if o != nil {
		text, err := expressionOf(o)
		if err != nil {
			return nil, err
		}
		if text != "" {
			r.header.Set(wire.HeaderTags, text)
		}
	}
	if d != nil {
		r.query.Set("direct", "")
		r.header.Set(wire.HeaderDeviceHandle, d.Handle)
		if d.P256DH != "" {
			r.header.Set("P256DH", d.P256DH)
			r.header.Set("Auth", d.Auth)
		}
	}
	if test {
		r.query.Set("test", "")
	}
	a, err := c.do(ctx, r)
	if err != nil {
		return nil, err
	}
	return sendResult(a, test)
}

func sendResult(a *answer, test bool) (*SendResult, error) {
	out := &SendResult{Location: a.header.Get("Location")}
	out.TrackingID, out.CorrelationID = a.tracking()
	if u, err := url.Parse(out.Location); err == nil && u.Path != "" {
		out.NotificationID = u.Path[strings.LastIndexByte(u.Path, '/')+1:]
	}
	if !test {
		return out, nil
	}
	o, err := wire.DecodeNotificationOutcome(bytes.NewReader(a.body))
	if err != nil {
		return nil, fmt.Errorf("notificationhubs: the outcome of the test send: %w", err)
	}
	out.Outcome = &NotificationOutcome{Success: o.Success, Failure: o.Failure}
	for _, r := range o.Results {
		out.Outcome.Results = append(out.Outcome.Results, RegistrationResult{r.ApplicationPlatform, r.PnsHandle, r.RegistrationID, r.Outcome})
	}
	return out, nil
}
