package notificationhubs

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/fanfare-hub/fanfare/internal/wire"
)

// SendOptions say who gets a notification: what one of the fields says.
// Without any, everybody does: every registration of the platform, or every
// template registration. What is given and holds nothing, such as a list of tags
// that came out empty, is an error, and reaches nobody.
type SendOptions struct {
	Tags       []string      // those who carry one of these; at most 20. nil: not given
	Expression string        // those for whom a tag expression holds, as text
	To         TagExpression // the same, built
}

// SendResult is what the hub says of an accepted notification.
type SendResult struct {
	NotificationID string               // for NotificationDetails; "" where the hub does not tell, as Azure's lower tiers
	Location       string               // the address of the telemetry
	TrackingID     string               // to be named to the operator of the hub
	CorrelationID  string               // likewise
	Outcome        *NotificationOutcome // of a client with TestSend; nil where the hub does not tell
}

// NotificationOutcome is what came of a test send.
type NotificationOutcome struct {
	Success, Failure int64
	Results          []RegistrationResult
}

// RegistrationResult is what one device of a test send came to.
type RegistrationResult struct {
	Platform       string // as the hub says it: apple, windows, …
	Handle         string
	RegistrationID string
	Outcome        string // a sentence
}

// Send sends a notification, of at most 64 KiB; what push services take is
// less. When it returns, the hub has accepted it; what becomes of it,
// NotificationDetails tells. It needs the right Send.
//
// It is tried again only when the hub surely has not accepted it, see
// RetryOptions: after any other error the notification may be on its way.
func (c *Client) Send(ctx context.Context, n *Notification, o *SendOptions) (*SendResult, error) {
	return c.sendTo(ctx, n, o, c.testSend)
}

// TestSend sends to at most ten devices, which the hub picks, and waits for what
// comes of it. Azure allows ten test sends a minute. It needs the right Send.
func (c *Client) TestSend(ctx context.Context, n *Notification, o *SendOptions) (*NotificationOutcome, error) {
	r, err := c.sendTo(ctx, n, o, true)
	if err != nil {
		return nil, err
	}
	if r.Outcome == nil {
		return nil, errors.New("notificationhubs: the hub took the notification, and did not say what came of it")
	}
	return r.Outcome, nil
}

func (c *Client) sendTo(ctx context.Context, n *Notification, o *SendOptions, test bool) (*SendResult, error) {
	tags, err := o.expression()
	if err != nil {
		return nil, err
	}
	var headers []Header
	if tags != "" {
		headers = []Header{{wire.HeaderTags, tags}}
	}
	return c.post(ctx, n, headers, nil, test)
}

// Device is a handle that needs no registration.
type Device struct {
	Handle       string // token, channel URI, or a browser's endpoint
	P256DH, Auth string // of a browser
}

// SendDirect sends a notification to one device of its platform, as Send does.
// Template notifications cannot be sent so. It needs the right Send.
func (c *Client) SendDirect(ctx context.Context, n *Notification, d Device) (*SendResult, error) {
	if strings.TrimSpace(d.Handle) == "" {
		return nil, errors.New("notificationhubs: the device has no handle")
	}
	headers := []Header{{wire.HeaderDeviceHandle, d.Handle}}
	if d.P256DH != "" || d.Auth != "" {
		headers = append(headers, Header{"P256DH", d.P256DH}, Header{"Auth", d.Auth})
	}
	return c.post(ctx, n, headers, []string{"direct"}, c.testSend)
}

func (c *Client) post(ctx context.Context, n *Notification, headers []Header, flags []string, test bool) (*SendResult, error) {
	return c.postTo(ctx, "messages", n, headers, flags, test)
}

func (c *Client) postTo(ctx context.Context, collection string, n *Notification, headers []Header, flags []string, test bool) (*SendResult, error) {
	if err := n.check(); err != nil {
		return nil, err
	}
	if test {
		flags = append(flags, "test")
	}
	r, a, err := c.deliver(ctx, call{path: []string{collection}, flags: flags, header: n.headers(n.contentType, headers), body: n.body})
	if err != nil {
		return nil, err
	}
	if !test {
		return r, nil
	}
	if r.Outcome, err = readOutcome(a.body); err != nil {
		return nil, err
	}
	return r, nil
}

// headers are those of a send whose body has a content type.
func (n *Notification) headers(contentType string, further []Header) http.Header {
	h := n.header.Clone()
	h.Set(wire.HeaderFormat, n.format)
	h.Set("Content-Type", contentType)
	for _, f := range further {
		h.Set(f.Name, f.Value)
	}
	return h
}

// deliver hands a send to the hub.
func (c *Client) deliver(ctx context.Context, r call) (*SendResult, *answer, error) {
	r.method, r.want, r.once = http.MethodPost, []int{http.StatusCreated, http.StatusOK}, true
	a, err := c.do(ctx, r)
	if err != nil {
		return nil, nil, err
	}
	sent := &SendResult{NotificationID: a.lastSegment(), Location: a.header.Get("Location")}
	sent.TrackingID, sent.CorrelationID = a.tracking()
	return sent, a, nil
}

// readOutcome reads the answer to a test send. Azure leaves it empty for some.
func readOutcome(body []byte) (*NotificationOutcome, error) {
	if len(body) == 0 {
		return nil, nil
	}
	w, err := wire.DecodeNotificationOutcome(bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("notificationhubs: the hub took the notification, but its outcome cannot be read: %w", err)
	}
	o := &NotificationOutcome{Success: w.Success, Failure: w.Failure}
	for _, r := range w.Results {
		o.Results = append(o.Results, RegistrationResult{r.ApplicationPlatform, r.PnsHandle, r.RegistrationID, r.Outcome})
	}
	return o, nil
}
