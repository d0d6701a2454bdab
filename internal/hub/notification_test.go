package hub_test

import (
	"testing"

	"github.com/fanfare-hub/fanfare/internal/hub"
)

// The names are those that telemetry shows; .NET and Java know no others.
func TestStates(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		state hub.State
		name  string
		final bool
	}{
		{0, "Unknown", false}, {hub.Enqueued, "Enqueued", false}, {hub.Processing, "Processing", false},
		{hub.Completed, "Completed", true}, {hub.NoTargetFound, "NoTargetFound", true}, {hub.AllAbandoned, "Abandoned", true},
		{hub.Scheduled, "Scheduled", false}, {hub.Canceled, "Canceled", true}, {100, "Unknown", false},
	} {
		if c.state.String() != c.name || c.state.Final() != c.final {
			t.Errorf("%d is %s, final %v; want %s, %v", c.state, c.state, c.state.Final(), c.name, c.final)
		}
	}
}

func TestOutcomeNames(t *testing.T) {
	t.Parallel()
	for outcome, want := range map[hub.Outcome]string{
		hub.Success: "Success", hub.Abandoned: "AbandonedNotificationMessages", hub.Skipped: "Skipped", hub.WrongToken: "WrongToken",
		hub.UnknownError: "UnknownError", 50: "UnknownError",
	} {
		if got := outcome.String(); got != want {
			t.Errorf("%d is %s, want %s", outcome, got, want)
		}
	}
}

// Manage implies the others.
func TestRights(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		has, want hub.Rights
		ok        bool
	}{
		{hub.Listen, hub.Listen, true}, {hub.Listen, hub.Send, false}, {hub.Listen | hub.Send, hub.Listen | hub.Send, true},
		{hub.Listen, hub.Listen | hub.Send, false}, {hub.Manage, hub.Listen, true}, {hub.Manage, hub.Send, true}, {hub.Manage, hub.Manage, true},
		{hub.Listen | hub.Send, hub.Manage, false}, {0, hub.Listen, false},
	} {
		if got := c.has.Has(c.want); got != c.ok {
			t.Errorf("%b has %b: %v", c.has, c.want, got)
		}
	}
}
