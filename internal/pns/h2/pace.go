package h2

import "time"

// Apple takes rapid connecting and disconnecting for an attack, and a peer that
// dislikes our requests closes its connections early: beyond a burst,
// connections are opened at dialEvery.
const (
	dialBurst = 8 // more than the connections that there may be
	dialEvery = time.Second
)

// pace bounds how fast connections are opened: burst at once, then one in every
// dialEvery.
type pace struct {
	burst int
	next  time.Time // when the next is due, had they come evenly
}

// wait returns how long to wait for the next connection.
func (p *pace) wait(now time.Time) time.Duration {
	return max(0, p.next.Add(-time.Duration(p.burst-1)*dialEvery).Sub(now))
}

// spend counts a connection.
func (p *pace) spend(now time.Time) {
	if p.next.Before(now) {
		p.next = now
	}
	p.next = p.next.Add(dialEvery)
}
