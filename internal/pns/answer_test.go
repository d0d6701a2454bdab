package pns_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

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

func TestLost(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		err     error
		written bool
		want    pns.Result
	}{
		{"written", errors.New("reset"), true, pns.Result{Class: pns.Unknown}},
		{"a connection closed in good order", errors.New("GOAWAY"), false, pns.Result{Class: pns.Unsent, Service: true, Again: pns.WithNewConn}},
		{"no connection", fmt.Errorf("connecting: %w", &net.OpError{Op: "dial", Err: errors.New("refused")}), false, pns.Result{Class: pns.Unsent, Service: true}},
		{"no time", context.DeadlineExceeded, false, pns.Result{Class: pns.Unsent, Service: true}},
		{"stopped", context.Canceled, false, pns.Result{Class: pns.Unsent, Service: true}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.want.Outcome, tt.want.Reason = hub.PnsUnreachable, tt.err.Error()
			if diff := cmp.Diff(tt.want, pns.Lost(tt.err, tt.written)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
