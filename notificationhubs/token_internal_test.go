package notificationhubs

import (
	"testing"
	"time"
)

// A machine that slept must not go on with a token that has expired meanwhile:
// its monotonic clock stood still, which no test can have it do.
func TestTokenEndsByTheWallClock(t *testing.T) {
	t.Parallel()
	s := tokenSource{resource: "https://hub.example/myhub", keyName: "Full", key: "k", life: time.Hour}
	s.get()
	if s.until != s.until.Round(0) {
		t.Errorf("%v holds a monotonic reading", s.until)
	}
}
