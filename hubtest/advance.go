package hubtest

import (
	"context"
	"time"
)

// settleTime bounds how long Advance waits at one moment for what is in flight, in
// real time.
const settleTime = time.Minute

// Now is where the hub's clock stands.
func (h *Hub) Now() time.Time { return h.clock.Now() }

// AdvanceTo is Advance to a time. One that has passed is Advance(0).
func (h *Hub) AdvanceTo(t time.Time) {
	h.t.Helper()
	h.Advance(t.Sub(h.Now()))
}

// Advance moves the hub's clock on. It stops at each moment at which something
// falls due, waits until all that is due is done and nothing is in flight, and
// returns when that is so at the end of d. A negative d is 0.
//
// What takes real time it waits for: a push service that does not answer, for as
// long as Options.RequestTimeout lets it, and that at every try. When at one
// moment a minute is not enough, it ends the test.
func (h *Hub) Advance(d time.Duration) {
	h.t.Helper()
	h.moving.Lock()
	defer h.moving.Unlock()
	if err := h.advance(max(d, 0)); err != nil {
		h.t.Fatalf("hubtest: advancing the clock by %s: at %s: %v", d, h.Now().Format(time.RFC3339Nano), err)
	}
}

func (h *Hub) advance(d time.Duration) error {
	end := h.clock.Now().Add(d)
	for {
		next, err := h.settle(end)
		if err != nil {
			return err
		}
		now := h.clock.Now()
		if !now.Before(end) {
			h.dev.Dispatcher().Sweep() // what has expired is gone, not only due to go
			return nil
		}
		h.clock.Advance(max(next.Sub(now), 0))
	}
}

// settle waits until nothing is due or in flight, and returns when something
// falls due next, or end if that is earlier.
func (h *Hub) settle(end time.Time) (next time.Time, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), settleTime)
	defer cancel()
	if err := h.dev.Dispatcher().Idle(ctx); err != nil {
		return end, err
	}
	due, any, err := h.dev.Dispatcher().NextDue(ctx)
	if any && due.Before(end) {
		return due, err
	}
	return end, err
}
