package pns

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/fanfare-hub/fanfare/internal/clock"
)

const (
	// tokenTimeout bounds one request for a token, in real time.
	tokenTimeout = 20 * time.Second
	// minTokenAge is how old a token is before its refusal makes us ask for
	// another: a service that refuses every token must not make us ask once for
	// each failed send.
	minTokenAge = time.Minute
	// failurePause is how long a failure is remembered, and told to everybody
	// who asks, before the endpoint is asked again.
	failurePause = time.Second
	// maxFailurePause bounds the Retry-After of a token endpoint.
	maxFailurePause = time.Minute
)

// TokenRequest is one request for an access token.
type TokenRequest struct {
	URL  string
	Form url.Values
}

// TokenCache holds the OAuth 2.0 access token of one credential. However many
// senders ask, at most one request is under way, and in good times there is
// one for each token's life: at nine tenths of it the token is renewed while
// senders go on using it. It is safe for concurrent use.
type TokenCache struct {
	client *http.Client
	clock  clock.Clock
	ask    func(now time.Time) (TokenRequest, error)

	life  context.Context // of the requests; ends with Close
	close context.CancelFunc
	calls sync.WaitGroup

	mu          sync.Mutex
	current     token
	flight      *flight // the request under way, or nil
	failure     error   // of the last request, or nil
	failedUntil time.Time
}

// token is an access token and the times that matter of it.
type token struct {
	value   string
	asked   time.Time // before the request: the endpoint's clock starts after
	renew   time.Time
	expires time.Time
	refused bool // the push service did not take it
}

func (t *token) usable(now time.Time) bool { return t.value != "" && now.Before(t.expires) }

// flight is a request that any number of senders wait for.
type flight struct {
	done  chan struct{}
	value string
	err   error
}

// NewTokenCache returns an empty cache. ask makes the request for a token; it
// is called for each one, since assertions carry the time.
func NewTokenCache(env Env, ask func(now time.Time) (TokenRequest, error)) *TokenCache {
	life, cancel := context.WithCancel(context.Background())
	return &TokenCache{client: env.HTTP1(tokenTimeout), clock: env.Clock, ask: ask, life: life, close: cancel}
}

// Token returns the token in force, or waits for the first one. Errors are
// *TokenError. The end of ctx ends the wait, not the request: others may wait
// for it.
func (c *TokenCache) Token(ctx context.Context) (string, error) { return c.get(ctx, false) }

// Fresh is Token after a refusal: it never returns a token that Refuse named,
// unless that token is less than a minute old. Whoever comes after another has
// fetched a new one gets that one.
func (c *TokenCache) Fresh(ctx context.Context) (string, error) { return c.get(ctx, true) }

// For is the token for a batch: Fresh where the batch asks for it.
func (c *TokenCache) For(ctx context.Context, b *Batch) (string, error) {
	if b.FreshToken {
		return c.Fresh(ctx)
	}
	return c.Token(ctx)
}

// Refuse notes that the push service did not take a token.
func (c *TokenCache) Refuse(value string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.current.value == value {
		c.current.refused = true
	}
}

// Close ends the request under way and waits for its end. Whoever waits for a
// token gets an error.
func (c *TokenCache) Close() {
	c.mu.Lock()
	c.close()
	c.mu.Unlock()
	c.calls.Wait()
	c.client.CloseIdleConnections()
}

func (c *TokenCache) get(ctx context.Context, fresh bool) (string, error) {
	value, wait, err := c.look(fresh)
	if wait == nil {
		return value, err
	}
	select {
	case <-wait.done:
		return wait.value, wait.err
	case <-ctx.Done():
		return "", &TokenError{Failure: TokenUnreachable, Err: ctx.Err()}
	}
}

// look returns a token, or the flight to wait for, or why there is neither.
func (c *TokenCache) look(fresh bool) (string, *flight, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.clock.Now()
	good := c.current.usable(now)
	if fresh && c.current.refused && now.Sub(c.current.asked) >= minTokenAge {
		good = false
	}
	if good && now.Before(c.current.renew) {
		return c.current.value, nil, nil
	}
	if c.flight == nil && c.life.Err() == nil && !now.Before(c.failedUntil) {
		c.start()
	}
	switch {
	case good:
		return c.current.value, nil, nil
	case c.flight != nil:
		return "", c.flight, nil
	case c.life.Err() != nil:
		return "", nil, &TokenError{Failure: TokenUnreachable, Err: errors.New("the connector is closed")}
	}
	return "", nil, c.failure
}

// start begins a request; c.mu is held.
func (c *TokenCache) start() {
	f := &flight{done: make(chan struct{})}
	c.flight = f
	c.calls.Go(func() {
		t, err := c.fetch()
		c.mu.Lock()
		defer c.mu.Unlock()
		c.flight = nil
		c.failure, c.failedUntil = err, time.Time{}
		if err == nil {
			c.current = t
		} else {
			c.failedUntil = c.clock.Now().Add(pause(err))
		}
		f.value, f.err = t.value, err
		close(f.done)
	})
}

// pause is how long the endpoint is left alone after a failure.
func pause(err error) time.Duration {
	var te *TokenError
	if errors.As(err, &te) {
		return min(max(te.RetryAfter, failurePause), maxFailurePause)
	}
	return failurePause
}
