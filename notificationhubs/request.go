package notificationhubs

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/fanfare-hub/fanfare/internal/wire"
)

// maxAnswer bounds an answer's body, in bytes: a page of a list is the largest.
// Package wire reads no more.
const maxAnswer = 32 << 20

// call is one request.
type call struct {
	method string
	path   []string   // below the hub, or the namespace
	own    bool       // of Fanfare, not of Azure: under /_fanfare/hubs
	query  url.Values // beside api-version
	flags  []string   // parameters without a value
	header http.Header
	body   []byte
	want   []int // the statuses that are a success
	once   bool  // not to be repeated unless it surely was not carried out
	gone   bool  // 404 answers a repeat of what was carried out
	plain  bool  // without api-version, as the .NET client lists hubs
	secret bool  // bodies hold keys and passwords: they are not dumped
}

// answer is a success.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// do makes a request, and tries it again while that is safe and may help.
func (c *Client) do(ctx context.Context, r call) (*answer, error) {
	target, err := c.url(&r)
	if err != nil {
		return nil, err
	}
	var a *answer
	err = c.repeat(ctx, r.once, func(attempt int) (err error) {
		a, err = c.attempt(ctx, &r, target)
		if attempt > 1 && r.gone && notFound(err) {
			a, err = &answer{status: http.StatusNotFound}, nil
		}
		return err
	})
	return a, err
}

// repeat makes an attempt, and again while that is safe and may help.
func (c *Client) repeat(ctx context.Context, once bool, attempt func(n int) error) error {
	for n := 1; ; n++ {
		err := attempt(n)
		if err == nil {
			return nil
		}
		wait, again := c.retry.after(err, n, once)
		if !again || !inTime(ctx, wait) {
			return err
		}
		if cause := pause(ctx, wait); cause != nil {
			return fmt.Errorf("notificationhubs: waiting to try again: %w, after %w", cause, err)
		}
	}
}

// attempt makes one request. An answer that is no success is a *ResponseError.
func (c *Client) attempt(ctx context.Context, r *call, target *url.URL) (*answer, error) {
	req, err := http.NewRequestWithContext(ctx, r.method, target.String(), bytes.NewReader(r.body))
	if err != nil {
		return nil, fmt.Errorf("notificationhubs: %w", withoutQuery(err))
	}
	for name, values := range r.header {
		req.Header[name] = values
	}
	req.Header.Set("User-Agent", c.userAgent)
	req.Header.Set("Authorization", c.tokens.get())
	c.debug.request(req, r.dumped(r.body))
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, fmt.Errorf("notificationhubs: %w", withoutQuery(err))
	}
	defer resp.Body.Close()
	// What is longer than an answer may be, the decoders refuse.
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err != nil {
		return nil, fmt.Errorf("notificationhubs: reading the answer to %s %s: %w", r.method, target.Path, err)
	}
	if !slices.Contains(r.want, resp.StatusCode) {
		c.debug.response(resp, body)
		return nil, responseError(req, resp, body)
	}
	c.debug.response(resp, r.dumped(body))
	return &answer{resp.StatusCode, resp.Header, body}, nil
}

// dumped is a body as the debug dump may show it.
func (r *call) dumped(body []byte) []byte {
	if r.secret && len(body) > 0 {
		return []byte("[redacted]")
	}
	return body
}

func (c *Client) url(r *call) (*url.URL, error) {
	u := *c.base
	if r.own {
		u.RawPath = "/_fanfare/hubs" + u.EscapedPath()
		u.Path = "/_fanfare/hubs" + u.Path
	}
	for _, segment := range r.path {
		// Empty, it would name a collection; a proxy takes . and .. for steps.
		if segment == "" || segment == "." || segment == ".." {
			return nil, fmt.Errorf("notificationhubs: %q is neither an id nor a tag", segment)
		}
		u.RawPath = u.EscapedPath() + "/" + url.PathEscape(segment)
		u.Path += "/" + segment
	}
	u.RawQuery = r.rawQuery()
	return &u, nil
}

func (r *call) rawQuery() string {
	if r.plain {
		return ""
	}
	q := "api-version=" + apiVersion
	if len(r.query) > 0 {
		q += "&" + r.query.Encode()
	}
	for _, flag := range r.flags {
		q += "&" + flag
	}
	return q
}

// withoutQuery takes the query out of an error's URL: the filter of a list
// holds a handle, which is a secret.
func withoutQuery(err error) error {
	u, ok := errors.AsType[*url.Error](err)
	if !ok {
		return err
	}
	plain, _, _ := strings.Cut(u.URL, "?")
	return &url.Error{Op: u.Op, URL: plain, Err: u.Err}
}

// inTime reports whether ctx lasts through a wait.
func inTime(ctx context.Context, wait time.Duration) bool {
	deadline, ok := ctx.Deadline()
	return !ok || time.Until(deadline) > wait
}

// pause waits. The error is that of a context which ended first.
func pause(ctx context.Context, wait time.Duration) error {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// lastSegment returns the last part of the path of the URL in a Location.
func (a *answer) lastSegment() string {
	u, err := url.Parse(a.header.Get("Location"))
	if err != nil {
		return ""
	}
	return u.Path[strings.LastIndexByte(u.Path, '/')+1:]
}

// tracking is what answers carry to be named to an operator.
func (a *answer) tracking() (trackingID, correlationID string) {
	return a.header.Get(wire.HeaderTrackingID), a.header.Get(wire.HeaderCorrelationID)
}
