package mpns

import (
	"context"
	"maps"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/fanfare-hub/fanfare/internal/clock"
	"github.com/fanfare-hub/fanfare/internal/egress"
	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pns"
)

const (
	// requestTimeout bounds one send, in real time.
	requestTimeout = 15 * time.Second
	// silentFor is how long a host that could not be reached is left alone.
	silentFor = time.Minute
	// maxSilent bounds the hosts that are remembered; MPNS had a dozen.
	maxSilent = 100
)

// connector sends for one app.
type connector struct {
	poster *pns.Poster
	clock  clock.Clock

	mu     sync.Mutex
	silent map[string]time.Time // hosts that could not be reached, and until when that is believed
}

// New builds a connector, or says what is wrong with the credential.
func New(cred hub.Credential, env pns.Env) (pns.Connector, error) {
	c, err := parseConfig(cred.Properties)
	if err != nil {
		return nil, err
	}
	client := env.Guarded().HTTP1(env.Timeout(requestTimeout), c.certificates...)
	return &connector{poster: pns.NewPosterWith(env, client), clock: env.Clock, silent: map[string]time.Time{}}, nil
}

// Send makes one request for each target, as many at once as there are
// connections.
func (c *connector) Send(ctx context.Context, b *pns.Batch, results []pns.Result) {
	p, no := prepare(b.Message)
	if no != nil {
		pns.Fill(results, *no)
		return
	}
	if b.NewConn {
		c.poster.Renew()
	}
	c.poster.Send(results, func(i int) pns.Result { return c.post(ctx, p, &b.Targets[i]) })
	judgeCredential(b.Targets, results)
}

// Close gives up the connections.
func (c *connector) Close() { c.poster.Renew() }

// post sends to one device. Whoever registers a channel chooses where we
// connect: never to another host than Microsoft's.
func (c *connector) post(ctx context.Context, p *payload, t *pns.Target) pns.Result {
	if err := egress.MPNSHosts.Check(t.Handle); err != nil {
		return *pns.Stray(err.Error())
	}
	host := hostOf(t.Handle)
	if c.isSilent(host) {
		return unreachable("the host could not be reached less than a minute ago")
	}
	header := p.header
	if header.Get(headerID) == "" && t.MessageID != "" {
		header = maps.Clone(header)
		header.Set(headerID, t.MessageID)
	}
	a, lost := c.poster.Post(ctx, t.Handle, header, p.body)
	switch {
	case lost == nil:
		r := classify(a.Status, a.Reason, a.Header, c.clock.Now())
		r.Astray = a.Redirect()
		return r
	case lost.Class != pns.Unsent || ctx.Err() != nil:
		return *lost
	}
	c.noteSilent(host)
	return unreachable(lost.Reason)
}

// unreachable is final: other services come back, but this one was shut down,
// and a notification that waits for it would only be abandoned later.
func unreachable(why string) pns.Result {
	return *pns.Refused(hub.PnsUnreachable, why)
}

func hostOf(channel string) string {
	u, err := url.Parse(channel)
	if err != nil {
		return ""
	}
	return u.Scheme + "://" + strings.ToLower(u.Hostname())
}

func (c *connector) isSilent(host string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.clock.Now().Before(c.silent[host])
}

func (c *connector) noteSilent(host string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.silent) >= maxSilent {
		clear(c.silent)
	}
	c.silent[host] = c.clock.Now().Add(silentFor)
}

// judgeCredential tells a certificate that MPNS does not know from a channel of
// another app, which is answered alike: where the certificate was accepted for
// others, the refusal is this device's alone.
func judgeCredential(targets []pns.Target, results []pns.Result) {
	accepted := false
	for i := range results {
		accepted = accepted || results[i].Class == pns.OK && strings.HasPrefix(hostOf(targets[i].Handle), "https:")
	}
	if !accepted {
		return
	}
	for i := range results {
		if results[i].Class == pns.Credential {
			results[i].Service = false
		}
	}
}

var _ pns.New = New
