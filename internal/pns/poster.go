package pns

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/fanfare-hub/fanfare/internal/egress"
	"github.com/fanfare-hub/fanfare/internal/hub"
)

const (
	// maxAnswer is how much of an answer's body is kept, in bytes, if nothing is
	// said.
	maxAnswer = 8 << 10
	// maxDrain is how much of the rest is read away, in bytes, so that the
	// connection can be used again.
	maxDrain = 64 << 10
)

// Poster sends to a push service that is spoken to over HTTP/1.1, as many
// requests at once as Env allows connections, whatever the number of hosts and
// of batches. It is safe for concurrent use.
type Poster struct {
	client *http.Client
	slots  chan struct{}
	keep   int64 // of an answer's body, in bytes
}

// NewPoster returns a Poster whose requests take at most timeout each.
func NewPoster(env Env, timeout time.Duration) *Poster {
	return NewPosterWith(env, env.HTTP1(timeout))
}

// NewPosterWith is NewPoster over a client of the connector's own.
func NewPosterWith(env Env, client *http.Client) *Poster {
	return &Poster{client: client, slots: make(chan struct{}, env.Connections()), keep: maxAnswer}
}

// Keep sets how much of an answer's body is kept, in bytes, where 8 KiB may not
// hold it. It is called before the first Post.
func (p *Poster) Keep(n int64) { p.keep = n }

// Answer is what a service said.
type Answer struct {
	Status int
	Reason string // the status line's, as in 410 Gone; of a redirect also that it is not followed
	Header http.Header
	Body   []byte // the first 8 KiB, or what Keep says
}

// Redirect reports whether the service sends us elsewhere (RFC 9110 §15.4).
func (a *Answer) Redirect() bool {
	switch a.Status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return true
	}
	return false
}

// Each calls do for 0 to n-1, as many at once as there are connections.
func (p *Poster) Each(n int, do func(i int)) {
	var next atomic.Int64
	var workers sync.WaitGroup
	for range min(cap(p.slots), n) {
		workers.Go(func() {
			for i := next.Add(1) - 1; i < int64(n); i = next.Add(1) - 1 {
				do(int(i))
			}
		})
	}
	workers.Wait()
}

// lostRounds is how often every connection's request in a row may go without an
// answer before the service is left alone: a batch must not wait for each of a
// thousand time-outs.
const lostRounds = 2

// Send fills results with what do says of each, as many at once as there are
// connections. When request after request goes without an answer, those that
// are left are not made.
func (p *Poster) Send(results []Result, do func(i int) Result) {
	var row atomic.Int64
	p.Each(len(results), func(i int) {
		if row.Load() >= int64(lostRounds*cap(p.slots)) {
			results[i] = Result{Class: Unsent, Outcome: hub.PnsUnreachable, Service: true, Doubt: true, Reason: "not sent: the service answers none of the requests"}
			return
		}
		results[i] = do(i)
		switch results[i].Class {
		case Unknown, Unsent:
			row.Add(1)
		default:
			row.Store(0)
		}
	})
}

// Post makes one POST. Without an answer it returns what that means for the
// device instead; the reason never holds the URL, which may be a secret.
func (p *Poster) Post(ctx context.Context, to string, header http.Header, body []byte) (*Answer, *Result) {
	select {
	case p.slots <- struct{}{}:
		defer func() { <-p.slots }()
	case <-ctx.Done():
		return nil, unanswered(ctx.Err(), false)
	}
	var written atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn: func(string) { written.Store(false) }, // net/http may start over where nothing was written
		// WroteHeaders comes when they are out: the service may have them before.
		WroteHeaderField: func(string, []string) { written.Store(true) },
	})
	// A bytes.Reader makes net/http send a Content-Length: WNS takes no chunks.
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to, bytes.NewReader(body))
	if err != nil {
		return nil, Refused(hub.BadChannel, "the handle makes no URL that can be requested")
	}
	req.Header = header
	resp, err := p.client.Do(req)
	if err != nil {
		return nil, unanswered(err, written.Load())
	}
	defer resp.Body.Close()
	a := &Answer{Status: resp.StatusCode, Reason: resp.Status, Header: resp.Header}
	if a.Redirect() {
		a.Reason += ": a redirect, which is not followed"
	}
	// The answer counts with its headers; a body that breaks off only costs
	// the connection, and what a connector reads in it.
	a.Body, _ = io.ReadAll(io.LimitReader(resp.Body, p.keep))
	_, _ = io.CopyN(io.Discard, resp.Body, maxDrain)
	return a, nil
}

// Renew gives up the connections that are idle.
func (p *Poster) Renew() { p.client.CloseIdleConnections() }

func unanswered(err error, written bool) *Result {
	var refused *egress.Refused
	if errors.As(err, &refused) {
		return Stray(refused.Error())
	}
	var ue *url.Error
	if errors.As(err, &ue) {
		err = ue.Err
	}
	r := &Result{Class: Unsent, Outcome: hub.PnsUnreachable, Service: true}
	if written {
		r.Class, r.Service = Unknown, false
	}
	r.Reason = Reason(fmt.Sprintf("no answer: %v", err))
	return r
}
