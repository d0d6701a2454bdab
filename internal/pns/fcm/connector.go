package fcm

import (
	"context"
	"errors"
	"time"

	"github.com/fanfare-hub/fanfare/internal/clock"
	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pns"
	"github.com/fanfare-hub/fanfare/internal/pns/h2"
)

const (
	origin = "https://fcm.googleapis.com:443"
	// requestTimeout bounds one send; Google asks for at least 10 s.
	requestTimeout = 30 * time.Second
)

// connector sends for one project with one service account.
type connector struct {
	cfg    config
	sender *h2.Sender
	tokens *pns.TokenCache
	clock  clock.Clock
	path   string
}

// New builds a connector, or says what is wrong with the credential.
func New(cred hub.Credential, env pns.Env) (pns.Connector, error) {
	c, err := parseConfig(cred.Properties)
	if err != nil {
		return nil, err
	}
	sender, err := h2.New(h2.Config{
		Origin: origin, Dial: env.Dial, Roots: env.Roots,
		MaxConns: env.Connections(), RequestTimeout: env.Timeout(requestTimeout),
	})
	if err != nil {
		return nil, err
	}
	return &connector{
		cfg:    c,
		sender: sender,
		tokens: pns.NewTokenCache(env, c.tokenRequest),
		clock:  env.Clock,
		path:   "/v1/projects/" + c.project + "/messages:send",
	}, nil
}

// Send makes one request for each target.
func (c *connector) Send(ctx context.Context, b *pns.Batch, results []pns.Result) {
	p, no := prepare(b.Message, c.clock.Now())
	if no != nil {
		pns.Fill(results, *no)
		return
	}
	token, err := c.tokens.For(ctx, b)
	if err != nil {
		pns.Fill(results, pns.TokenResult(err))
		return
	}
	responses := make([]h2.Response, len(b.Targets))
	c.sender.Do(ctx, c.requests(p, token, b.Targets), h2.Mode{NewConn: b.NewConn}, responses)
	now := c.clock.Now()
	for i := range responses {
		results[i] = c.result(&responses[i], now, p.large, ctx.Err() != nil)
		if results[i].Again == pns.WithFreshToken {
			c.tokens.Refuse(token)
		}
	}
}

// Close gives up the connections and the token.
func (c *connector) Close() {
	c.sender.Close()
	c.tokens.Close()
}

func (c *connector) requests(p *payload, token string, targets []pns.Target) []h2.Request {
	fields := headers(token)
	requests := make([]h2.Request, len(targets))
	for i := range targets {
		requests[i] = h2.Request{Path: c.path, Fields: fields, Body: p.body(targets[i].Handle)}
	}
	return requests
}

func headers(token string) []h2.Field {
	return []h2.Field{
		{Name: "authorization", Value: "Bearer " + token, Sensitive: true},
		{Name: "content-type", Value: "application/json"},
	}
}

// result reads a response; ended: the caller's time has.
func (c *connector) result(r *h2.Response, now time.Time, large, ended bool) pns.Result {
	if r.Err == nil {
		return classify(r.Status, r.Header, r.Body, now, large)
	}
	return pns.Loss{Err: r.Err, Written: r.Written, Unprocessed: errors.Is(r.Err, h2.ErrUnprocessed), Ended: ended}.Result()
}

var _ pns.New = New
