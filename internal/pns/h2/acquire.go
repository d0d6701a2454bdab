package h2

import (
	"context"
	"fmt"
	"net/http"
	"time"
)

const (
	// coldWait is how long the first answer of a connection is waited for
	// before another one is dialled: the peer may be slow with one request alone.
	coldWait = time.Second
	// growPause is how long there is no growth after a dial that failed.
	growPause = time.Second
)

// acquire reserves a stream. It dials another connection while all streams are
// busy and the bound allows.
func (s *Sender) acquire(ctx context.Context, k *call) (*conn, error) {
	s.waiters.Add(1)
	defer s.waiters.Add(-1)
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		changed := s.news() // before looking, so that no change is missed
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if s.closed {
			return nil, ErrClosed
		}
		if c := s.reserve(k.oldest); c != nil {
			if c.answered {
				k.failures = s.failures
			}
			return c, nil
		}
		if s.failures > k.failures && !s.hope(k.oldest) {
			return nil, s.failure
		}
		s.wait(ctx, changed, s.grow(k.oldest))
	}
}

// grow dials one more connection, one at a time, if it is time to. A caller
// that may use young connections alone makes room for one: the eldest is
// retired. It returns when to look again, or 0: not before something changes.
// The caller holds mu.
func (s *Sender) grow(oldest int) time.Duration {
	now := time.Now()
	var eldest *conn
	live, young := 0, 0
	var cold time.Duration
	for _, c := range s.conns {
		if c.old {
			continue
		}
		live++
		if c.serial <= oldest {
			if eldest == nil {
				eldest = c
			}
			continue
		}
		young++
		if !c.warm {
			cold = max(cold, c.since.Add(coldWait).Sub(now))
		}
	}
	full := live >= s.cfg.MaxConns
	switch {
	case s.dialing || full && eldest == nil:
		return 0
	case cold > 0:
		return cold
	case young > 0 && now.Before(s.growFrom):
		return s.growFrom.Sub(now)
	}
	if wait := s.pace.wait(now); wait > 0 {
		return wait
	}
	if full {
		s.retire(eldest)
	}
	s.dialing = true
	s.work.Go(s.dial)
	return 0
}

func (s *Sender) dial() {
	ctx, cancel := context.WithTimeout(s.ctx, dialTimeout)
	defer cancel()
	cc, err := s.transport.NewClientConn(ctx, "https", s.host)
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.signal()
	s.dialing = false
	now := time.Now()
	if err != nil {
		s.growFrom = now.Add(growPause)
		s.failed(fmt.Errorf("h2: connecting to %s: %w", s.host, err))
		return
	}
	s.pace.spend(now)
	s.serial++
	c := &conn{cc: cc, serial: s.serial, since: now}
	if s.closed {
		s.drop(c)
		return
	}
	s.conns = append(s.conns, c)
	cc.SetStateHook(func(*http.ClientConn) { s.signal() })
}

// wait gives the lock back until something has changed, ctx has ended, or it is
// time to look again.
func (s *Sender) wait(ctx context.Context, changed <-chan struct{}, again time.Duration) {
	s.mu.Unlock()
	defer s.mu.Lock()
	var tick <-chan time.Time
	if again > 0 {
		t := time.NewTimer(again)
		defer t.Stop()
		tick = t.C
	}
	select {
	case <-changed:
	case <-tick:
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
