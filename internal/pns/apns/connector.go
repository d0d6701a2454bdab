package apns

import (
	"context"
	"sync"
	"time"

	"github.com/fanfare-hub/fanfare/internal/clock"
	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pns"
	"github.com/fanfare-hub/fanfare/internal/pns/h2"
)

// requestTimeout bounds one push, in real time.
const requestTimeout = 30 * time.Second

// connector sends for one app with one key, to both environments.
type connector struct {
	cfg    *config
	tokens *tokens
	clock  clock.Clock
	main   *h2.Sender // the environment that the credential names
	other  *h2.Sender
}

// New builds a connector, or says what is wrong with the credential.
func New(cred hub.Credential, env pns.Env) (pns.Connector, error) {
	cfg, err := parseConfig(cred.Properties)
	if err != nil {
		return nil, err
	}
	c := &connector{cfg: cfg, clock: env.Clock, tokens: &tokens{cfg: cfg, clock: env.Clock}}
	for origin, sender := range map[string]**h2.Sender{cfg.origin: &c.main, cfg.other: &c.other} {
		*sender, err = h2.New(h2.Config{
			Origin: origin, Dial: env.Dial, Roots: env.Roots, MaxConns: env.Connections(),
			RequestTimeout: env.Timeout(requestTimeout), WarmUp: true,
		})
		if err != nil {
			return nil, err
		}
	}
	if c.other == nil || c.main == nil { // a custom endpoint is both environments
		c.main, c.other = first(c.main, c.other), first(c.main, c.other)
	}
	return c, nil
}

func first(a, b *h2.Sender) *h2.Sender {
	if a != nil {
		return a
	}
	return b
}

// Send makes one request for each target.
func (c *connector) Send(ctx context.Context, b *pns.Batch, results []pns.Result) {
	common, refused := headers(b.Message, c.cfg.bundleID)
	if refused != nil {
		pns.Fill(results, *refused)
		return
	}
	token, err := c.tokens.get(b.FreshToken)
	if err != nil {
		pns.Fill(results, pns.Result{Class: pns.Credential, Outcome: hub.InvalidCredentials, Service: true, Reason: pns.Reason(err.Error())})
		return
	}
	var wg sync.WaitGroup
	for other, sender := range map[bool]*h2.Sender{false: c.main, true: c.other} {
		var at []int
		var reqs []h2.Request
		for i := range b.Targets {
			if b.Targets[i].OtherEnvironment == other {
				at = append(at, i)
				reqs = append(reqs, request(common, token, b.Message.Body, &b.Targets[i]))
			}
		}
		if len(at) == 0 {
			continue
		}
		wg.Go(func() {
			resps := make([]h2.Response, len(reqs))
			sender.Do(ctx, reqs, h2.Mode{NewConn: b.NewConn}, resps)
			for i, k := range at {
				results[k] = c.result(&resps[i])
			}
		})
	}
	wg.Wait()
	pns.JudgeService(results)
}

func (c *connector) result(r *h2.Response) pns.Result {
	if r.Err == nil {
		return classify(r.Status, r.Header, r.Body, c.clock.Now())
	}
	return pns.Lost(r.Err, r.Written)
}

// Close gives up the connections.
func (c *connector) Close() {
	c.main.Close()
	c.other.Close()
}

var _ pns.New = New
