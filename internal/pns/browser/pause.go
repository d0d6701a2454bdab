package browser

import (
	"maps"
	"sync"
	"time"
)

// pauses are the origins that have asked to be left alone (429, RFC 6585 §4, with
// a Retry-After), and until when. It is safe for concurrent use.
type pauses struct {
	mu    sync.Mutex
	until map[string]time.Time
}

// left returns for how long an origin is to be left alone.
func (p *pauses) left(origin string, now time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return max(p.until[origin].Sub(now), 0)
}

// add notes what an origin asks for. Where as many as can be kept have asked,
// another one's word holds for its own device alone.
func (p *pauses) add(origin string, wait time.Duration, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.until) >= maxOrigins {
		maps.DeleteFunc(p.until, func(_ string, until time.Time) bool { return !until.After(now) })
	}
	until := now.Add(wait)
	if known, there := p.until[origin]; !there && len(p.until) >= maxOrigins || known.After(until) {
		return
	}
	if p.until == nil {
		p.until = map[string]time.Time{}
	}
	p.until[origin] = until
}
