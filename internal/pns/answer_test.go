package pns_test

import (
	"errors"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pns"
)

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	tests := []struct {
		value string
		want  time.Duration
		ok    bool
	}{
		{"0", 0, true},
		{"120", 2 * time.Minute, true},
		{"  7\t", 7 * time.Second, true},
		{"Wed, 25 Nov 2026 12:00:30 GMT", 30 * time.Second, true},
		{"Wednesday, 25-Nov-26 12:01:00 GMT", time.Minute, true}, // RFC 850, obsolete but legal
		{"Wed, 25 Nov 2026 11:00:00 GMT", 0, true},               // has passed
		{"Wed, 25 Nov 2099 12:00:00 GMT", 24 * time.Hour, true},  // cut
		{"86401", 24 * time.Hour, true},
		{"99999999999999999999999999", 24 * time.Hour, true},
		{"", 0, false},
		{"-5", 0, false},
		{"1.5", 0, false},
		{"soon", 0, false},
		{"+5", 0, false},
		{"2026-11-25T12:00:30Z", 0, false},
	}
	for _, tt := range tests {
		if got, ok := pns.RetryAfter(tt.value, now); got != tt.want || ok != tt.ok {
			t.Errorf("RetryAfter(%q) = %v, %v; want %v, %v", tt.value, got, ok, tt.want, tt.ok)
		}
	}
}

func TestReason(t *testing.T) {
	t.Parallel()
	if got, want := pns.Reason("410", "", " Gone\r\nX: y ", "\x00"), "410: Gone  X: y"; got != want {
		t.Errorf("Reason = %q, want %q", got, want)
	}
	if got, want := pns.Reason("503", "DOWN", "down", " DOWN", "503"), "503: DOWN: down"; got != want {
		t.Errorf("Reason = %q, want %q", got, want)
	}
	long := pns.Reason(strings.Repeat("é", 400), "\xff")
	if len(long) > 300 || !utf8.ValidString(long) {
		t.Errorf("a long reason has %d bytes, valid UTF-8: %v", len(long), utf8.ValidString(long))
	}
}

func FuzzRetryAfter(f *testing.F) {
	for _, s := range []string{"1", "Wed, 25 Nov 2026 12:00:30 GMT", "-1", "1e9", "18446744073709551616"} {
		f.Add(s)
	}
	now := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, value string) {
		wait, ok := pns.RetryAfter(value, now)
		if wait < 0 || wait > 24*time.Hour || !ok && wait != 0 {
			t.Errorf("RetryAfter(%q) = %v, %v", value, wait, ok)
		}
	})
}

// A request without an answer: what was written may have arrived, what was not
// looked at goes to another connection, and all else could not be sent.
func TestLoss(t *testing.T) {
	t.Parallel()
	err := errors.New("it broke\noff")
	for name, c := range map[string]struct {
		loss pns.Loss
		want pns.Result
	}{
		"written":           {pns.Loss{Written: true}, pns.Result{Class: pns.Unknown, Outcome: hub.PnsUnreachable}},
		"written, ended":    {pns.Loss{Written: true, Ended: true}, pns.Result{Class: pns.Unknown, Outcome: hub.PnsUnreachable}},
		"not looked at":     {pns.Loss{Unprocessed: true}, pns.Result{Class: pns.Reconnect, Outcome: hub.PnsUnavailable, Again: pns.WithNewConn}},
		"no connection":     {pns.Loss{}, pns.Result{Class: pns.Unsent, Outcome: hub.PnsUnreachable, Service: true}},
		"the caller's time": {pns.Loss{Ended: true}, pns.Result{Class: pns.Unsent, Outcome: hub.PnsUnreachable}},
	} {
		c.loss.Err, c.want.Reason = err, "it broke off"
		if got := c.loss.Result(); got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}
