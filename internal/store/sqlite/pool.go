package sqlite

import (
	"context"
	"sync"
)

// pool is the connections that readers share. The one that was used last is the
// first to be used again: it has its statements prepared, the schema read and
// pages at hand, so that as many connections are warmed up as are used at once.
type pool struct {
	ready chan struct{} // one for each free connection

	mu   sync.Mutex
	free []*conn // the last is the warmest
}

func newPool() *pool { return &pool{ready: make(chan struct{}, readers)} }

// take waits for a free connection. The error is that of ctx.
func (p *pool) take(ctx context.Context) (*conn, error) {
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-p.ready:
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	last := len(p.free) - 1
	c := p.free[last]
	p.free = p.free[:last]
	return c, nil
}

// give makes a connection free: a new one, or one that was taken.
func (p *pool) give(c *conn) {
	p.mu.Lock()
	p.free = append(p.free, c)
	p.mu.Unlock()
	p.ready <- struct{}{}
}

// close closes the free connections.
func (p *pool) close() (errs []error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.free {
		errs = append(errs, c.close())
	}
	return errs
}
