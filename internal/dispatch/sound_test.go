package dispatch_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fanfare-hub/fanfare/internal/dispatch"
	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pns"
)

// outage has the service out of reach until it is over; devices whose handles
// begin with s answer in their own way then.
func (f *fixture) outage(sick pns.Result) (over func()) {
	var back atomic.Bool
	f.service.answer = func(t pns.Target, _ *pns.Batch) pns.Result {
		switch {
		case !back.Load():
			return pns.Result{Class: pns.Unsent, Outcome: hub.PnsUnreachable, Service: true}
		case strings.HasPrefix(t.Handle, "s"):
			return sick
		}
		return pns.Result{Class: pns.OK}
	}
	return func() { back.Store(true) }
}

func (f *fixture) advance(d time.Duration) {
	f.Helper()
	f.clock.Advance(d)
	if err := f.Idle(f.Context()); err != nil {
		f.Fatal(err)
	}
}

// After an outage most devices fail for their own sakes, and ask to be waited for
// longer than anybody is tried. Nobody else is lost by it, whether they stand in
// a range or in a list.
func TestMostFailForThemselvesAfterAnOutage(t *testing.T) {
	t.Parallel()
	const sick, alive = 40, 20
	busy := pns.Result{Class: pns.Retry, Outcome: hub.Throttled, RetryAfter: time.Hour}
	for name, n := range map[string]*hub.Notification{"a range": {}, "a list": direct(sick, alive)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := setup(t, func(c *dispatch.Config) { c.Page = 10 })
			f.enrol("s", sick)
			f.enrol("alive", alive)
			over := f.outage(busy)
			f.send(n)
			over()
			for range 60 {
				f.advance(time.Minute / 2)
			}
			f.advance(31 * time.Minute) // of those that were tried after the outage alone
			if _, got := f.counts(n.ID); got[hub.Success] != alive || got[hub.Abandoned] != sick {
				t.Errorf("it ended as %v", got)
			}
		})
	}
}

func direct(sick, alive int) *hub.Notification {
	n := &hub.Notification{}
	for i := range sick + alive {
		handle := fmt.Sprint("alive", i)
		if i < sick {
			handle = fmt.Sprint("s", i)
		}
		n.Direct = append(n.Direct, hub.DirectHandle{Handle: handle})
	}
	return n
}

// Devices that failed for their own sakes fail together when they are tried again:
// that is no news of the service.
func TestARetryOfTheSickIsNoOutage(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	f := setup(t, func(c *dispatch.Config) { c.Log = slog.New(slog.NewTextHandler(&log, nil)) })
	f.enrol("s", 5)
	f.enrol("alive", 5)
	f.outage(pns.Result{Class: pns.Retry, Outcome: hub.PnsServerError})()
	var n hub.Notification
	f.send(&n)
	for _, step := range []time.Duration{time.Second, time.Minute, time.Minute, time.Minute, 31 * time.Minute} {
		f.advance(step)
		if delays, err := f.Delays(t.Context(), f.hub, n.ID); err != nil || len(delays) > 0 && delays[0].Whole {
			t.Fatalf("it waits for %+v, %v", delays, err)
		}
	}
	if _, got := f.counts(n.ID); got[hub.Success] != 5 || got[hub.Abandoned] != 5 {
		t.Errorf("it ended as %v", got)
	}
	if strings.Contains(log.String(), "a push service fails") {
		t.Errorf("the log takes it for an outage: %s", &log)
	}
}

// A push service that throttles a device works: the others are sent to at once.
func TestAThrottledDeviceEndsAnOutage(t *testing.T) {
	t.Parallel()
	f := setup(t, func(c *dispatch.Config) { c.Page = 10 })
	f.enrol("s", 30)
	over := f.outage(pns.Result{Class: pns.Retry, Outcome: hub.ChannelThrottled, RetryAfter: time.Hour})
	var n hub.Notification
	f.send(&n)
	over()
	f.advance(time.Second)
	if delays, err := f.Delays(t.Context(), f.hub, n.ID); err != nil || len(delays) != 1 || delays[0].Whole {
		t.Errorf("it waits for %+v, %v", delays, err)
	}
	if got := len(f.service.got); got != 30 {
		t.Errorf("%d devices are tried at once, want all 30", got)
	}
}
