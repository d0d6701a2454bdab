package clock_test

import (
	"testing"
	"time"

	"github.com/fanfare-hub/fanfare/internal/clock"
)

func TestFake(t *testing.T) {
	t.Parallel()
	start := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	c := clock.NewFake(start)
	at := map[string]*clock.Timer{
		"now": c.NewTimer(0), "past": c.NewTimer(-time.Second), "soon": c.NewTimer(time.Minute), "late": c.NewTimer(time.Hour), "stopped": c.NewTimer(time.Minute),
	}
	if !at["stopped"].Stop() || at["stopped"].Stop() {
		t.Error("Stop does not tell whether the timer was running")
	}
	fired := func(name string) bool {
		select {
		case <-at[name].C:
			return true
		default:
			return false
		}
	}
	for name, want := range map[string]bool{"now": true, "past": true, "soon": false, "late": false} {
		if fired(name) != want {
			t.Errorf("before Advance: %s fired %v", name, !want)
		}
	}
	c.Advance(time.Minute)
	for name, want := range map[string]bool{"soon": true, "late": false, "stopped": false} {
		if fired(name) != want {
			t.Errorf("after a minute: %s fired %v", name, !want)
		}
	}
	if at["soon"].Stop() {
		t.Error("a timer that has fired says that it was running")
	}
	if !c.Now().Equal(start.Add(time.Minute)) {
		t.Errorf("the clock stands at %v", c.Now())
	}
}

func TestSystem(t *testing.T) {
	t.Parallel()
	before := time.Now()
	timer := clock.System.NewTimer(time.Millisecond)
	if at := <-timer.C; at.Before(before) {
		t.Errorf("fired at %v, before it was made", at)
	}
	if timer.Stop() || clock.System.Now().Before(before) {
		t.Error("the machine's clock goes backwards")
	}
}
