package simapi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/fanfare-hub/fanfare/internal/pnssim"
)

// Push is one that a device got. Its body is in one of JSON (an object or an
// array), Text and Base64; in none if it is empty.
type Push struct {
	Number      int64           `json:"number"` // its place among all, from 1
	Service     pnssim.Service  `json:"service"`
	Handle      string          `json:"handle"`
	At          time.Time       `json:"at"`
	ID          string          `json:"id,omitempty"`          // as the push service calls it
	Environment string          `json:"environment,omitempty"` // of APNs
	Connection  int64           `json:"connection"`            // that it came by
	Stream      int64           `json:"stream,omitempty"`      // of APNs
	Batching    string          `json:"batching,omitempty"`    // of MPNS: how long it may wait for others
	Header      http.Header     `json:"header"`                // without the authorization
	Size        int             `json:"size"`                  // of the body, in bytes
	JSON        json.RawMessage `json:"json,omitempty"`
	Text        string          `json:"text,omitempty"`
	Base64      []byte          `json:"base64,omitempty"`
}

func view(r pnssim.Received) Push {
	p := Push{
		Number: r.Number, Service: r.Service, Handle: r.Handle, At: r.At, ID: r.ID, Environment: r.Environment,
		Connection: r.Conn, Stream: r.Stream, Header: r.Header, Size: len(r.Body),
	}
	if r.Batching > 0 {
		p.Batching = r.Batching.String()
	}
	switch {
	case !utf8.Valid(r.Body):
		p.Base64 = r.Body
	case isDocument(r.Body):
		p.JSON = r.Body
	default:
		p.Text = string(r.Body)
	}
	return p
}

// isDocument reports whether a body is JSON beyond doubt: a number or a word in
// quotes may be text as well.
func isDocument(b []byte) bool {
	b = bytes.TrimLeft(b, " \t\r\n")
	return len(b) > 0 && (b[0] == '{' || b[0] == '[') && json.Valid(b)
}

// Pushes is a page of what devices got, the oldest first. Next is the number
// after which those come that follow.
type Pushes struct {
	Pushes []Push `json:"pushes"`
	More   bool   `json:"more"` // there are more already
	Next   int64  `json:"next"`
}

// MaxWait bounds how long a call waits: shorter than the server lets a request
// take.
const MaxWait = 30 * time.Second

// The bounds of a page.
const (
	usualLimit = 100
	maxLimit   = 1000
	maxBytes   = 1 << 20 // of bodies; one push is always given
)

func page(p pnssim.Page) Pushes {
	out := Pushes{Pushes: []Push{}, More: p.More, Next: p.Last}
	bytes := 0
	for _, r := range p.Pushes {
		if bytes += len(r.Body); bytes > maxBytes && len(out.Pushes) > 0 {
			out.More = true
			break
		}
		out.Pushes = append(out.Pushes, view(r))
	}
	if out.More {
		out.Next = out.Pushes[len(out.Pushes)-1].Number
	}
	return out
}

func (a *API) listPushes(c *call) (any, error) {
	q, err := c.pushQuery()
	if err != nil {
		return nil, err
	}
	if !c.query.Has("wait") {
		if c.query.Has("count") {
			return nil, bad("count is how many pushes to wait for: it goes with wait")
		}
		return page(a.sim.Pushes(q)), nil
	}
	wait, err := duration("wait", c.query.Get("wait"), time.Millisecond, MaxWait)
	if err != nil {
		return nil, err
	}
	count, err := c.number("count", 1, int64(q.Limit), 1)
	if err != nil {
		return nil, err
	}
	return a.await(c.Context(), q, int(count), wait)
}

func (c *call) pushQuery() (pnssim.Query, error) {
	svc, handle, err := c.device()
	if err != nil {
		return pnssim.Query{}, err
	}
	after, err := c.number("after", 0, 1<<62, 0)
	if err != nil {
		return pnssim.Query{}, err
	}
	limit, err := c.number("limit", 1, maxLimit, usualLimit)
	return pnssim.Query{Service: svc, Handle: handle, After: after, Limit: int(limit)}, err
}

// await waits until there are so many pushes. A caller that leaves, and a
// process that stops, end it at once.
func (a *API) await(ctx context.Context, q pnssim.Query, count int, wait time.Duration) (any, error) {
	select {
	case a.waiting <- struct{}{}:
		defer func() { <-a.waiting }()
	default:
		return nil, refuse(http.StatusTooManyRequests, "%d calls are waiting already", maxWaiting)
	}
	ctx, cancel := a.within(ctx, wait)
	defer cancel()
	p, err := a.sim.Await(ctx, q, count)
	switch cause := context.Cause(ctx); {
	case err == nil:
		return page(p), nil
	case errors.Is(err, pnssim.ErrClosed), errors.Is(cause, errStopping):
		return nil, refuse(http.StatusServiceUnavailable, "%v", errStopping)
	case errors.Is(cause, errTooLate):
		return nil, refuse(http.StatusGatewayTimeout, "%d pushes of %d came within %v", len(p.Pushes), count, wait)
	default:
		return nil, err
	}
}

// within returns a context that also ends with the API, and after a time of the
// clock.
func (a *API) within(parent context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	ctx, end := context.WithCancelCause(parent)
	timer := a.clock.NewTimer(d)
	go func() {
		defer timer.Stop()
		select {
		case <-timer.C:
			end(errTooLate)
		case <-a.ctx.Done():
			end(errStopping)
		case <-ctx.Done():
		}
	}()
	return ctx, func() { end(nil) }
}

// pushIn returns the push whose number the path has.
func (a *API) pushIn(c *call) (pnssim.Received, error) {
	text := c.PathValue("number")
	number, err := strconv.ParseInt(text, 10, 64)
	if err != nil || number < 1 {
		return pnssim.Received{}, bad("%.40q is not the number of a push", text)
	}
	r, ok := a.sim.Push(number)
	if !ok {
		return r, refuse(http.StatusNotFound, "there is no push %d, or it is not kept any more", number)
	}
	return r, nil
}

func (a *API) getPush(c *call) (any, error) {
	r, err := a.pushIn(c)
	if err != nil {
		return nil, err
	}
	return view(r), nil
}

// getBody returns the very bytes.
func (a *API) getBody(c *call) (any, error) {
	r, err := a.pushIn(c)
	if err != nil {
		return nil, err
	}
	return raw(r.Body), nil
}
