package apns

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/fanfare-hub/fanfare/internal/clock"
	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pns"
	"github.com/fanfare-hub/fanfare/internal/pns/h2"
)

// requestTimeout bounds one push, in real time.
const requestTimeout = 30 * time.Second

// connector sends for one app with one key or certificate, to both environments.
type connector struct {
	cfg    *config
	tokens *tokens // nil: a certificate
	clock  clock.Clock
	main   *h2.Sender // the environment that the credential names
	other  *h2.Sender // nil: there is no other
}

// New builds a connector, or says what is wrong with the credential.
func New(cred hub.Credential, env pns.Env) (pns.Connector, error) {
	cfg, err := parseConfig(cred.Properties)
	if err != nil {
		return nil, err
	}
	c := &connector{cfg: cfg, clock: env.Clock}
	if cfg.certificate == nil {
		c.tokens = &tokens{cfg: cfg, clock: env.Clock}
	}
	if c.main, err = sender(cfg, cfg.origin, env); err != nil {
		return nil, err
	}
	if cfg.other != "" {
		if c.other, err = sender(cfg, cfg.other, env); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// sender has no connection before its first batch.
func sender(cfg *config, origin string, env pns.Env) (*h2.Sender, error) {
	c := h2.Config{
		Origin: origin, Dial: env.Dial, Roots: env.Roots, MaxConns: env.Connections(),
		RequestTimeout: env.Timeout(requestTimeout), WarmUp: true,
	}
	if cfg.certificate != nil {
		// The handshake has proved us already.
		c.TLS, c.WarmUp = cfg.certificate.clientTLS(), false
	}
	return h2.New(c)
}

// authorize returns the provider token to send, "" with a certificate, or why
// nothing can be sent.
func (c *connector) authorize(fresh bool) (token string, refused *pns.Result) {
	if c.tokens == nil {
		if reason := c.cfg.certificate.expired(c.clock.Now()); reason != "" {
			return "", refuseCredential(reason)
		}
		return "", nil
	}
	token, err := c.tokens.get(fresh)
	if err != nil {
		return "", refuseCredential(err.Error())
	}
	return token, nil
}

func refuseCredential(reason string) *pns.Result {
	return &pns.Result{Class: pns.Credential, Outcome: hub.InvalidCredentials, Service: true, Reason: pns.Reason(reason)}
}

// Send makes one request for each target.
func (c *connector) Send(ctx context.Context, b *pns.Batch, results []pns.Result) {
	p, refused := prepare(b.Message, c.cfg)
	if refused != nil {
		pns.Fill(results, *refused)
		return
	}
	token, refused := c.authorize(b.FreshToken)
	if refused != nil {
		pns.Fill(results, *refused)
		return
	}
	var main, other []int // places of targets
	for i := range b.Targets {
		switch t := &b.Targets[i]; {
		case !isDeviceToken(t.Handle):
			results[i] = malformed
		case t.OtherEnvironment && c.other != nil:
			other = append(other, i)
		default:
			main = append(main, i)
		}
	}
	post := func(s *h2.Sender, at []int) []pns.Result {
		reqs := make([]h2.Request, len(at))
		for i, k := range at {
			reqs[i] = p.request(token, &b.Targets[k])
		}
		resps := make([]h2.Response, len(at))
		s.Do(ctx, reqs, h2.Mode{NewConn: b.NewConn}, resps)
		return c.judge(resps, p.chosen, ctx.Err() != nil)
	}
	var wg sync.WaitGroup
	if len(other) > 0 {
		wg.Go(func() {
			for i, r := range post(c.other, other) {
				// The credential's environment alone speaks for the service: the key
				// may not be good for the other one at all.
				r.Service = false
				results[other[i]] = r
			}
		})
	}
	if len(main) > 0 {
		for i, r := range post(c.main, main) {
			results[main[i]] = r
		}
	}
	wg.Wait()
}

// malformed is what APNs would say of a handle that is no device token.
var malformed = pns.Result{Class: pns.Drop, Outcome: hub.BadChannel, Malformed: true, Unasked: true, Reason: "the handle is not a device token"}

// judge reads the responses of one environment; ended: so has the caller's time.
// A topic that the sender chose, and Apple does not take, is the message's fault.
func (c *connector) judge(resps []h2.Response, chosen, ended bool) []pns.Result {
	results := make([]pns.Result, len(resps))
	now := c.clock.Now()
	for i := range resps {
		r := &results[i]
		if resp := &resps[i]; resp.Err != nil {
			*r = lost(resp.Err, resp.Written, ended)
		} else {
			*r = classify(resp.Status, resp.Header, resp.Body, now)
			if chosen && resp.Status == http.StatusBadRequest && r.Class == pns.Credential {
				r.Class, r.Outcome, r.Service = pns.Body, hub.InvalidNotificationFormat, false
			}
		}
		if r.Again == pns.WithOtherEnvironment && c.other == nil {
			r.Again = pns.No
		}
	}
	return results
}

// lost is the result of a request without an answer.
func lost(err error, written, ended bool) pns.Result {
	if certificateRefused(err) {
		return *refuseCredential(err.Error())
	}
	return pns.Loss{Err: err, Written: written, Unprocessed: errors.Is(err, h2.ErrUnprocessed), Ended: ended}.Result()
}

// Close gives up the connections.
func (c *connector) Close() {
	c.main.Close()
	if c.other != nil {
		c.other.Close()
	}
}

var _ pns.New = New
