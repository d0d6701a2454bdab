package wns

import (
	"context"
	"time"

	"github.com/fanfare-hub/fanfare/internal/clock"
	"github.com/fanfare-hub/fanfare/internal/egress"
	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pns"
)

// requestTimeout bounds one send, in real time.
const requestTimeout = 15 * time.Second

// connector sends for one app.
type connector struct {
	cfg    config
	poster *pns.Poster
	tokens *pns.TokenCache
	clock  clock.Clock
}

// New builds a connector, or says what is wrong with the credential.
func New(cred hub.Credential, env pns.Env) (pns.Connector, error) {
	c, err := parseConfig(cred.Properties)
	if err != nil {
		return nil, err
	}
	return &connector{
		cfg:    c,
		poster: pns.NewPoster(env.Guarded(), env.Timeout(requestTimeout)),
		tokens: pns.NewTokenCache(env, c.tokenRequest),
		clock:  env.Clock,
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
	token, err := c.tokens.For(ctx, b)
	if err != nil {
		pns.Fill(results, pns.TokenResult(err))
		return
	}
	if b.NewConn {
		c.poster.Renew()
	}
	p.header.Set("Authorization", "Bearer "+token)
	at := allowed(b.Targets, results)
	answers := make([]pns.Result, len(at))
	c.poster.Send(answers, func(i int) pns.Result { return c.post(ctx, p, b.Targets[at[i]].Handle) })
	for i, k := range at {
		results[k] = answers[i]
		if answers[i].Again == pns.WithFreshToken {
			c.tokens.Refuse(token)
		}
	}
}

// allowed returns the places of the targets whose channels are Microsoft's, and
// fills the results of the others. Whoever registers a channel chooses where
// our token goes: never to another host.
func allowed(targets []pns.Target, results []pns.Result) []int {
	at := make([]int, 0, len(targets))
	for i := range targets {
		if err := egress.WNSHosts.Check(targets[i].Handle); err != nil {
			results[i] = *pns.Stray(err.Error())
			continue
		}
		at = append(at, i)
	}
	return at
}

// Close gives up the connections and the token.
func (c *connector) Close() {
	c.poster.Renew()
	c.tokens.Close()
}

func (c *connector) post(ctx context.Context, p *payload, channel string) pns.Result {
	a, lost := c.poster.Post(ctx, channel, p.header, p.body)
	if lost != nil {
		return *lost
	}
	r := classify(a.Status, a.Reason, a.Header, c.clock.Now())
	r.Astray = a.Redirect()
	return r
}

var _ pns.New = New
