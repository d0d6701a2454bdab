package browser

import (
	"context"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/fanfare-hub/fanfare/internal/clock"
	"github.com/fanfare-hub/fanfare/internal/egress"
	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pns"
)

// requestTimeout bounds one send, in real time.
const requestTimeout = 15 * time.Second

// connector sends for one VAPID key.
type connector struct {
	poster *pns.Poster
	vapid  *vapid
	clock  clock.Clock
	// proven: some endpoint has taken our key. From then on a refusal of it
	// speaks of the subscription alone.
	proven atomic.Bool
	// doubted: every endpoint of a whole batch has refused it. From then on,
	// until it is proven, a single refusal speaks of the key too.
	doubted atomic.Bool
	pauses  pauses
}

// New builds a connector, or says what is wrong with the credential.
func New(cred hub.Credential, env pns.Env) (pns.Connector, error) {
	c, err := parseConfig(cred.Properties)
	if err != nil {
		return nil, err
	}
	return &connector{poster: newPoster(env), vapid: newVapid(c, env.Clock), clock: env.Clock}, nil
}

// Send makes one request for each target, as many at once as the poster allows.
func (c *connector) Send(ctx context.Context, b *pns.Batch, results []pns.Result) {
	p, no := prepare(b.Message, c.clock.Now())
	if no != nil {
		pns.Fill(results, *no)
		return
	}
	if b.NewConn {
		c.poster.Renew()
	}
	c.poster.Each(len(b.Targets), func(i int) { results[i] = c.post(ctx, p, &b.Targets[i], b.FreshToken) })
	c.judgeKey(results)
}

// Close gives up the connections.
func (c *connector) Close() { c.poster.Renew() }

// post sends to one endpoint.
func (c *connector) post(ctx context.Context, p *payload, t *pns.Target, fresh bool) pns.Result {
	if err := egress.CheckPublicURL(t.Handle); err != nil {
		return *pns.Stray(err.Error())
	}
	to, err := parseRecipient(t.Browser)
	if err != nil {
		return *pns.Refused(hub.BadChannel, err.Error())
	}
	body, err := encrypt(p.body, to)
	if err != nil {
		return *pns.Refused(hub.UnknownError, err.Error())
	}
	origin := originOf(t.Handle)
	if wait := c.pauses.left(origin, c.clock.Now()); wait > 0 {
		return pns.Result{Class: pns.Retry, Outcome: hub.Throttled, Unasked: true, RetryAfter: wait,
			Reason: pns.Reason("not sent: " + origin + " has asked for a pause")}
	}
	authorization, err := c.vapid.authorization(origin, fresh)
	if err != nil {
		return *pns.Refused(hub.UnknownError, err.Error())
	}
	header := p.header.Clone()
	header.Set("Authorization", authorization)
	a, lost := c.poster.Post(ctx, t.Handle, header, body)
	if lost != nil {
		return *lost
	}
	now := c.clock.Now()
	r := classify(a.Status, a.Reason, a.Header, a.Body, now)
	r.Astray = a.Redirect()
	if r.Outcome == hub.Throttled && r.RetryAfter > 0 {
		c.pauses.add(origin, r.RetryAfter, now)
	}
	if r.Class == pns.OK {
		c.proven.Store(true)
	}
	return r
}

// judgeKey decides whether our key is refused. Endpoints belong to many services,
// and anybody can register one that fails: no failure speaks of Web Push as a
// whole, and a refusal of a key that others take is its device's own. Only if every
// endpoint that a batch has asked refuses the key, it is the key that is wrong.
func (c *connector) judgeKey(results []pns.Result) {
	asked, refusals := 0, 0
	for i := range results {
		results[i].Service = false
		if !results[i].Unasked {
			asked++
		}
		if results[i].Class == pns.Credential {
			refusals++
		}
	}
	if refusals == 0 || refusals < asked || asked == 1 && !c.doubted.Load() || c.proven.Load() {
		return
	}
	c.doubted.Store(true)
	for i := range results {
		results[i].Service = results[i].Class == pns.Credential
		results[i].Doubt = results[i].Service // the next endpoint may take it
	}
}

// originOf is the audience of an endpoint's token (RFC 8292 §2): its origin
// (RFC 6454 §6.2). The endpoint has passed CheckPublicURL.
func originOf(endpoint string) string {
	u, err := url.Parse(endpoint)
	if err != nil {
		return ""
	}
	return "https://" + strings.TrimSuffix(strings.ToLower(u.Host), ":443")
}

var _ pns.New = New
