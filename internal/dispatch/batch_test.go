package dispatch_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/fanfare-hub/fanfare/internal/dispatch"
	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pns"
)

func handles(n int) []hub.DirectHandle {
	var out []hub.DirectHandle
	for i := range n {
		out = append(out, hub.DirectHandle{Handle: fmt.Sprintf("%04x", i)})
	}
	return out
}

// Every handle of a batch is sent to once, and has an outcome.
func TestBatch(t *testing.T) {
	t.Parallel()
	f := setup(t, nil)
	n := hub.Notification{Direct: handles(1000)}
	f.send(&n)
	if state, counts := f.counts(n.ID); state != hub.Completed || len(counts) != 1 || counts[hub.Success] != 1000 {
		t.Errorf("%v %v", state, counts)
	}
	ids := map[string]bool{}
	for handle, got := range f.service.got {
		if len(got) != 1 {
			t.Errorf("%s got %d", handle, len(got))
		}
		ids[got[0]] = true
	}
	if len(f.service.got) != 1000 || len(ids) != 1000 {
		t.Errorf("%d devices got it, with %d ids", len(f.service.got), len(ids))
	}
}

// A handle that is named again, in whichever case, gets one copy; one that is
// none gets nothing. The others are not kept from theirs.
func TestBatchDuplicatesAndInvalidHandles(t *testing.T) {
	t.Parallel()
	f := setup(t, nil)
	const why = "The PNS handle is missing."
	n := hub.Notification{Direct: []hub.DirectHandle{
		{Handle: "00aa"}, {Handle: "", Invalid: why}, {Handle: "00AA"}, {Handle: "00bb"}, {Handle: "", Invalid: why}, {Handle: "00aa"},
	}}
	f.send(&n)
	state, counts := f.counts(n.ID)
	if state != hub.Completed || len(counts) != 3 || counts[hub.Success] != 2 || counts[hub.Skipped] != 2 || counts[hub.BadChannel] != 2 {
		t.Errorf("%v %v", state, counts)
	}
	if len(f.service.got) != 2 || len(f.service.got["00aa"]) != 1 || len(f.service.got["00bb"]) != 1 {
		t.Errorf("sent: %v", f.service.got)
	}
	for device, want := range map[string][]dispatch.Explained{
		"00aa": {{Cause: dispatch.Delivered, Outcome: "Success"},
			{Cause: dispatch.Duplicate, Outcome: "Skipped", Verdict: "It was skipped: the same handle is number 1 of the send, and gets its one copy there."},
			{Cause: dispatch.Duplicate, Outcome: "Skipped", Verdict: "It was skipped: the same handle is number 1 of the send, and gets its one copy there."}},
		"": {{Cause: dispatch.HandleUnusable, Outcome: "BadChannel", Verdict: "Nothing was sent to it. " + why},
			{Cause: dispatch.HandleUnusable, Outcome: "BadChannel", Verdict: "Nothing was sent to it. " + why}},
	} {
		got, err := f.Explain(t.Context(), f.hub, n.ID, device)
		if err != nil || len(got.Registrations) != len(want) {
			t.Fatalf("%q: %+v, %v", device, got, err)
		}
		for i, w := range want {
			if g := got.Registrations[i]; g.Cause != w.Cause || g.Outcome != w.Outcome || w.Verdict != "" && g.Verdict != w.Verdict {
				t.Errorf("%q, %d: %s, %s: %s", device, i, g.Cause, g.Outcome, g.Verdict)
			}
		}
	}
}

// What one handle meets is its own: it is tried again alone, or is dead.
func TestBatchRetries(t *testing.T) {
	t.Parallel()
	f := setup(t, nil)
	f.register(3)                // 0000 to 0002
	f.clock.Advance(time.Second) // the service's word is newer than the registrations
	f.service.answer = func(tg pns.Target, _ *pns.Batch) pns.Result {
		switch {
		case tg.Handle == "0001" && len(f.service.got["0001"]) < 3:
			return pns.Result{Class: pns.Retry, Outcome: hub.PnsServerError}
		case tg.Handle == "0002":
			return pns.Result{Class: pns.Drop, Outcome: hub.ExpiredChannel}
		}
		return pns.Result{Class: pns.OK}
	}
	n := hub.Notification{Direct: append(handles(60), hub.DirectHandle{Handle: "0001"})}
	f.send(&n)
	if state, _ := f.counts(n.ID); state != hub.Processing {
		t.Errorf("%v while one is tried again", state)
	}
	for range 20 {
		f.clock.Advance(15 * time.Second)
		if err := f.Idle(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	state, counts := f.counts(n.ID)
	if state != hub.Completed || len(counts) != 3 || counts[hub.Success] != 59 || counts[hub.ExpiredChannel] != 1 || counts[hub.Skipped] != 1 {
		t.Errorf("%v %v", state, counts)
	}
	tried := f.service.got["0001"]
	if len(tried) != 3 || tried[0] != tried[1] || tried[0] != tried[2] || len(f.service.got["0000"]) != 1 {
		t.Errorf("tries %v, and %v", tried, f.service.got["0000"])
	}
	if got := f.explain(n.ID, "0002"); got.Cause != dispatch.HandleDead {
		t.Errorf("the dead one: %+v", got)
	}
}

// A service that fails altogether holds the whole batch, and loses nothing.
func TestBatchWaitsForItsService(t *testing.T) {
	t.Parallel()
	f := setup(t, nil)
	fails := true
	f.service.answer = func(pns.Target, *pns.Batch) pns.Result {
		if fails {
			return pns.Result{Class: pns.Unsent, Outcome: hub.PnsUnreachable, Service: true, Reason: "no route"}
		}
		return pns.Result{Class: pns.OK}
	}
	n := hub.Notification{Direct: append(handles(100), hub.DirectHandle{Handle: "x", Invalid: "no"}, hub.DirectHandle{Handle: "0000"})}
	f.send(&n)
	f.service.mu.Lock()
	fails = false
	f.service.mu.Unlock()
	for range 8 {
		f.clock.Advance(15 * time.Second)
		if err := f.Idle(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	state, counts := f.counts(n.ID)
	if state != hub.Completed || len(counts) != 3 || counts[hub.Success] != 100 || counts[hub.BadChannel] != 1 || counts[hub.Skipped] != 1 {
		t.Errorf("%v %v", state, counts)
	}
}
