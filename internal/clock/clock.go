// Package clock gives time as a value, so that tests can hold and move it.
package clock

import "time"

// Clock tells the time and wakes its callers. Deadlines of network requests
// stay on real time; schedules, due times, leases and expiries use a Clock.
type Clock interface {
	Now() time.Time
	// NewTimer sends the time on C once d has passed; d <= 0 fires at once.
	NewTimer(d time.Duration) *Timer
}

// Timer fires once.
type Timer struct {
	C    <-chan time.Time
	stop func() bool
}

// Stop prevents the timer from firing, and reports whether it did.
func (t *Timer) Stop() bool { return t.stop() }

// System is the machine's clock.
var System Clock = system{}

type system struct{}

func (system) Now() time.Time { return time.Now() }

func (system) NewTimer(d time.Duration) *Timer {
	t := time.NewTimer(d)
	return &Timer{C: t.C, stop: t.Stop}
}
