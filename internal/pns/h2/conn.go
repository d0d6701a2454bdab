package h2

import (
	"context"
	"fmt"
	"net/http"
	"slices"
)

// conn is one connection.
type conn struct {
	cc     *http.ClientConn
	serial int
	busy   int  // requests in flight, or about to be
	warm   bool // any number of requests is allowed
	old    bool // retired: closed when nothing is in flight
}

// acquire reserves a stream on a connection younger than the serial given. It
// dials another connection while all streams are busy and the bound allows.
func (s *Sender) acquire(ctx context.Context, oldest int) (*conn, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.waiters.Add(1)
	defer s.waiters.Add(-1)
	failed := s.failed
	for {
		changed := s.news() // before looking, so that no change is missed
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if s.ctx.Err() != nil {
			return nil, ErrClosed
		}
		if c := s.reserve(oldest); c != nil {
			return c, nil
		}
		if s.failed > failed && !s.usable(oldest) {
			return nil, s.dialErr
		}
		s.grow(oldest)
		s.wait(ctx, changed)
	}
}

// reserve takes a stream of the connections there are.
func (s *Sender) reserve(oldest int) *conn {
	s.conns = slices.DeleteFunc(s.conns, func(c *conn) bool {
		dead := c.cc.Err() != nil
		if dead {
			c.cc.Close() //nolint:errcheck // it is dead
		}
		return dead
	})
	for _, c := range s.conns {
		if c.old || c.serial <= oldest || !c.warm && c.busy > 0 || c.cc.Reserve() != nil {
			continue
		}
		c.busy++
		return c
	}
	return nil
}

// usable reports whether there is a connection to wait for.
func (s *Sender) usable(oldest int) bool {
	return slices.ContainsFunc(s.conns, func(c *conn) bool { return !c.old && c.serial > oldest })
}

// grow dials one more connection, one at a time. While a connection is cold its
// first answer is waited for instead.
func (s *Sender) grow(oldest int) {
	count, cold := 0, false
	for _, c := range s.conns {
		if !c.old {
			count++
			cold = cold || !c.warm && c.serial > oldest
		}
	}
	if s.dialing || cold || count >= s.cfg.MaxConns {
		return
	}
	s.dialing = true
	s.dials.Go(s.dial)
}

func (s *Sender) dial() {
	ctx, cancel := context.WithTimeout(s.ctx, dialTimeout)
	defer cancel()
	cc, err := s.transport.NewClientConn(ctx, "https", s.host)
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.signal()
	s.dialing = false
	if err != nil {
		s.failed++
		s.dialErr = fmt.Errorf("h2: connecting to %s: %w", s.host, err)
		return
	}
	s.serial++
	s.conns = append(s.conns, &conn{cc: cc, serial: s.serial})
	cc.SetStateHook(func(*http.ClientConn) { s.signal() })
}

// wait gives the lock back until something has changed, or ctx has ended.
func (s *Sender) wait(ctx context.Context, changed <-chan struct{}) {
	s.mu.Unlock()
	defer s.mu.Lock()
	select {
	case <-changed:
	case <-ctx.Done():
	case <-s.ctx.Done():
	}
}

// news returns a channel that the next signal closes.
func (s *Sender) news() <-chan struct{} {
	s.newsMu.Lock()
	defer s.newsMu.Unlock()
	return s.changed
}

// signal wakes everybody who waits. It is called from within the stock client,
// also while this package holds mu, so it takes a lock of its own.
func (s *Sender) signal() {
	if s.waiters.Load() == 0 {
		return
	}
	s.newsMu.Lock()
	defer s.newsMu.Unlock()
	close(s.changed)
	s.changed = make(chan struct{})
}

// done gives a stream back. An answer warms its connection up: the peer's limit
// of streams has come by then, which the stock client takes for 100 before.
func (s *Sender) done(c *conn, status int) {
	s.mu.Lock()
	c.busy--
	c.warm = c.warm || status/100 == 2 || status > 0 && !s.cfg.WarmUp
	over := c.old && c.busy == 0
	s.signal()
	s.mu.Unlock()
	if over {
		c.cc.Close() //nolint:errcheck // it is given up anyway
	}
}

// retire takes every connection out of use, and returns the serial of the
// youngest. Each is closed when nothing of it is in flight.
func (s *Sender) retire() int {
	s.mu.Lock()
	conns := s.conns
	s.conns = nil
	youngest := s.serial
	var idle []*conn
	for _, c := range conns {
		c.old = true
		if c.busy == 0 {
			idle = append(idle, c)
		}
	}
	s.mu.Unlock()
	for _, c := range idle {
		c.cc.Close() //nolint:errcheck // it is given up anyway
	}
	return youngest
}
