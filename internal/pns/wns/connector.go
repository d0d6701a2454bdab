package wns

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

	"github.com/fanfare-hub/fanfare/internal/clock"
	"github.com/fanfare-hub/fanfare/internal/egress"
	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pns"
)

const (
	// requestTimeout bounds one send, in real time.
	requestTimeout = 15 * time.Second
	// maxAnswer is how much of an answer's body is read away, in bytes, so that
	// the connection can be used again.
	maxAnswer = 64 << 10
)

// connector sends for one app.
type connector struct {
	client *http.Client
	tokens *pns.TokenCache
	clock  clock.Clock
	// slots bounds the requests under way over all batches: channels live on
	// many hosts, and net/http bounds connections for each host alone.
	slots chan struct{}
}

// New builds a connector, or says what is wrong with the credential.
func New(cred hub.Credential, env pns.Env) (pns.Connector, error) {
	c, err := parseConfig(cred.Properties)
	if err != nil {
		return nil, err
	}
	return &connector{
		client: env.HTTP1(env.Timeout(requestTimeout)),
		tokens: pns.NewTokenCache(env, c.tokenRequest),
		clock:  env.Clock,
		slots:  make(chan struct{}, env.Connections()),
	}, nil
}

// Send makes one request for each target, as many at once as there are
// connections.
func (c *connector) Send(ctx context.Context, b *pns.Batch, results []pns.Result) {
	p, no := prepare(b.Message, c.clock.Now())
	if no != nil {
		pns.Fill(results, *no)
		return
	}
	token, err := c.token(ctx, b.FreshToken)
	if err != nil {
		pns.Fill(results, pns.TokenResult(err))
		return
	}
	if b.NewConn {
		c.client.CloseIdleConnections()
	}
	p.header.Set("Authorization", "Bearer "+token)
	at := allowed(b.Targets, results)
	answers := make([]pns.Result, len(at))
	c.each(len(at), func(i int) { answers[i] = c.sendOne(ctx, p, b.Targets[at[i]].Handle) })
	pns.JudgeService(answers)
	for i, k := range at {
		results[k] = answers[i]
		if answers[i].Again == pns.WithFreshToken {
			c.tokens.Refuse(token)
		}
	}
}

// allowed returns the places of the targets whose channels are Microsoft's, and
// fills the results of the others. Whoever registers a channel chooses where
// our token goes: never to another host. WNS has said nothing of such a handle,
// so it stays.
func allowed(targets []pns.Target, results []pns.Result) []int {
	at := make([]int, 0, len(targets))
	for i := range targets {
		if err := egress.WNSHosts.Check(targets[i].Handle); err != nil {
			results[i] = pns.Result{Class: pns.Body, Outcome: hub.BadChannel, Reason: pns.Reason(err.Error())}
			continue
		}
		at = append(at, i)
	}
	return at
}

// each calls do for 0 to n-1, as many at once as there are slots.
func (c *connector) each(n int, do func(i int)) {
	var next atomic.Int64
	var workers sync.WaitGroup
	for range min(cap(c.slots), n) {
		workers.Go(func() {
			for i := next.Add(1) - 1; i < int64(n); i = next.Add(1) - 1 {
				do(int(i))
			}
		})
	}
	workers.Wait()
}

// Close gives up the connections and the token.
func (c *connector) Close() {
	c.client.CloseIdleConnections()
	c.tokens.Close()
}

func (c *connector) token(ctx context.Context, fresh bool) (string, error) {
	if fresh {
		return c.tokens.Fresh(ctx)
	}
	return c.tokens.Token(ctx)
}

func (c *connector) sendOne(ctx context.Context, p *payload, channel string) pns.Result {
	select {
	case c.slots <- struct{}{}:
		defer func() { <-c.slots }()
	case <-ctx.Done():
		return lost(ctx.Err(), false)
	}
	return c.post(ctx, p, channel)
}

func (c *connector) post(ctx context.Context, p *payload, channel string) pns.Result {
	var written atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn:      func(string) { written.Store(false) }, // net/http may start over where nothing was written
		WroteHeaders: func() { written.Store(true) },
	})
	// A bytes.Reader makes net/http send a Content-Length: WNS takes no chunks.
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, channel, bytes.NewReader(p.body))
	if err != nil {
		return pns.Result{Class: pns.Body, Outcome: hub.BadChannel, Reason: "the channel URI cannot be requested"}
	}
	req.Header = p.header
	resp, err := c.client.Do(req)
	if err != nil {
		return lost(err, written.Load())
	}
	defer resp.Body.Close()
	// The answer is complete with its headers; a body that breaks off only
	// costs the connection.
	_, _ = io.CopyN(io.Discard, resp.Body, maxAnswer)
	return classify(resp.StatusCode, resp.Status, resp.Header, c.clock.Now())
}

// lost is the result of a request without an answer. The error's URL is left
// out: a channel URI is a secret.
func lost(err error, written bool) pns.Result {
	var ue *url.Error
	if errors.As(err, &ue) {
		err = ue.Err
	}
	r := pns.Result{Class: pns.Unsent, Outcome: hub.PnsUnreachable, Service: true}
	if written {
		r.Class, r.Service = pns.Unknown, false
	}
	r.Reason = pns.Reason(fmt.Sprintf("no answer: %v", err))
	return r
}

var _ pns.New = New
