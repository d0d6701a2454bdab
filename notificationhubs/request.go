package notificationhubs

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/fanfare-hub/fanfare/internal/wire"
)

// RetryOptions bound how failed requests are tried again.
type RetryOptions struct {
	Attempts int           // in all; 0 is 3, 1 is no retry
	Base     time.Duration // of the exponential back-off; 0 is half a second
	Max      time.Duration // of one wait; 0 is 30 seconds
}

func (o *RetryOptions) withDefaults() RetryOptions {
	out := RetryOptions{Attempts: 3, Base: 500 * time.Millisecond, Max: 30 * time.Second}
	if o == nil {
		return out
	}
	if o.Attempts > 0 {
		out.Attempts = o.Attempts
	}
	if o.Base > 0 {
		out.Base = o.Base
	}
	if o.Max > 0 {
		out.Max = o.Max
	}
	return out
}

// maxAnswer bounds an answer's body: a page of a list is the largest.
const maxAnswer = 64 << 20

// call is one request.
type call struct {
	method string
	path   []string // below the hub
	query  url.Values
	header http.Header
	body   []byte
	want   []int // the statuses that are a success
	once   bool  // not to be repeated unless it surely was not accepted
}

// answer is a success.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// do makes a request, and tries it again while that is safe and may help.
func (c *Client) do(ctx context.Context, r call) (*answer, error) {
	for attempt := 1; ; attempt++ {
		a, wait, err := c.attempt(ctx, &r)
		if err == nil || wait < 0 || attempt >= c.retry.Attempts {
			return a, err
		}
		if wait == 0 {
			wait = rand.N(min(c.retry.Base<<min(attempt-1, 16), c.retry.Max)) + time.Millisecond
		}
		timer := time.NewTimer(min(wait, c.retry.Max))
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return nil, errors.Join(ctx.Err(), err)
		}
	}
}

// attempt makes one request. With an error, wait says when to try again: after
// so long, as the back-off says (0), or not at all (negative).
func (c *Client) attempt(ctx context.Context, r *call) (a *answer, wait time.Duration, err error) {
	req, err := c.request(ctx, r)
	if err != nil {
		return nil, -1, err
	}
	c.dumpRequest(req, r.body)
	resp, err := c.http.Do(req)
	if err != nil {
		var dial *net.OpError
		if ctx.Err() != nil || r.once && !(errors.As(err, &dial) && dial.Op == "dial") {
			return nil, -1, fmt.Errorf("notificationhubs: %w", err)
		}
		return nil, 0, fmt.Errorf("notificationhubs: %w", err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return nil, -1, fmt.Errorf("notificationhubs: reading the answer: %w", err)
	}
	c.dumpResponse(resp, body)
	if slices.Contains(r.want, resp.StatusCode) {
		return &answer{resp.StatusCode, resp.Header, body}, 0, nil
	}
	return nil, retryAfter(resp, r.once), responseError(resp, body)
}

// retryAfter reads when an answer may be asked for again. A request that may
// have been accepted is not repeated.
func retryAfter(r *http.Response, once bool) time.Duration {
	switch r.StatusCode {
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
	case http.StatusRequestTimeout, http.StatusInternalServerError, http.StatusBadGateway, http.StatusGatewayTimeout:
		if once {
			return -1
		}
	default:
		return -1
	}
	text := r.Header.Get("Retry-After")
	if n, err := strconv.Atoi(text); err == nil && n >= 0 {
		return time.Duration(n) * time.Second
	}
	if at, err := http.ParseTime(text); err == nil {
		return max(time.Until(at), 0)
	}
	return 0
}

func (c *Client) request(ctx context.Context, r *call) (*http.Request, error) {
	u := *c.base
	for _, segment := range r.path {
		u.RawPath = u.EscapedPath() + "/" + url.PathEscape(segment)
		u.Path += "/" + segment
	}
	q := url.Values{"api-version": {apiVersion}}
	for k, v := range r.query {
		q[k] = v
	}
	u.RawQuery = q.Encode()
	req, err := http.NewRequestWithContext(ctx, r.method, u.String(), bytes.NewReader(r.body))
	if err != nil {
		return nil, fmt.Errorf("notificationhubs: %w", err)
	}
	for k, v := range r.header {
		req.Header[k] = v
	}
	req.Header.Set("Authorization", c.tokens.get())
	if c.userAgent != "" {
		req.Header.Set("User-Agent", c.userAgent)
	}
	return req, nil
}

// dumpRequest and dumpResponse write what the documents' debug option prints.
func (c *Client) dumpRequest(r *http.Request, body []byte) {
	if c.debug == nil {
		return
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "--- REQUEST ---\n%s %s\n", r.Method, r.URL)
	dumpHeader(&b, r.Header)
	fmt.Fprintf(&b, "\n%s\n--- END REQUEST ---\n", body)
	c.debug.Write(b.Bytes()) //nolint:errcheck // a dump that nobody reads is no failure
}

func (c *Client) dumpResponse(r *http.Response, body []byte) {
	if c.debug == nil {
		return
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "--- RESPONSE ---\n%s\n", r.Status)
	dumpHeader(&b, r.Header)
	fmt.Fprintf(&b, "\n%s\n--- END RESPONSE ---\n", body)
	c.debug.Write(b.Bytes()) //nolint:errcheck // a dump that nobody reads is no failure
}

func dumpHeader(w io.Writer, h http.Header) {
	for _, name := range slices.Sorted(maps.Keys(h)) {
		for _, value := range h[name] {
			if name == "Authorization" {
				value = "[redacted]"
			}
			fmt.Fprintf(w, "%s: %s\n", name, value)
		}
	}
}

// tracking is what answers carry to be named to an operator.
func (a *answer) tracking() (trackingID, correlationID string) {
	return a.header.Get(wire.HeaderTrackingID), a.header.Get(wire.HeaderCorrelationID)
}
