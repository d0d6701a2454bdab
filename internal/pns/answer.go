package pns

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/fanfare-hub/fanfare/internal/hub"
)

// maxRetryAfter bounds what a service can ask for, so that no sum overflows;
// dispatch gives up long before.
const maxRetryAfter = 24 * time.Hour

// RetryAfter reads a Retry-After value (RFC 9110 §10.2.3): whole seconds or a
// date, with or without blanks around it. A date that has passed asks for no
// wait. ok is false for anything else; waits are cut at 24 hours.
func RetryAfter(value string, now time.Time) (wait time.Duration, ok bool) {
	value = strings.TrimSpace(value)
	if digits(value) {
		n, err := strconv.ParseUint(value, 10, 31)
		if err != nil {
			return maxRetryAfter, true // more seconds than fit
		}
		return min(time.Duration(n)*time.Second, maxRetryAfter), true
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0, false
	}
	return min(max(at.Sub(now), 0), maxRetryAfter), true
}

func digits(s string) bool {
	for _, c := range s {
		if c < '0' || c > '9' {
			return false
		}
	}
	return s != ""
}

// maxReason bounds a Result's Reason, in bytes.
const maxReason = 300

// Reason joins what a service said into one line for people: control
// characters become blanks, empty parts are left out, and it is cut at 300
// bytes.
func Reason(parts ...string) string {
	var b strings.Builder
	for _, part := range parts {
		part = strings.TrimSpace(strings.Map(printable, part))
		if part == "" {
			continue
		}
		if b.Len() > 0 {
			b.WriteString(": ")
		}
		b.WriteString(part)
	}
	s := b.String()
	if len(s) > maxReason {
		s = strings.ToValidUTF8(s[:maxReason], "")
	}
	return s
}

func printable(r rune) rune {
	if r < ' ' || r == 0x7f {
		return ' '
	}
	return r
}

// Lost is the result of an HTTP/2 request without an answer. One that was not
// written, other than for want of a connection or of time, is tried again at
// once on a new connection: services close theirs in good order.
func Lost(err error, written bool) Result {
	r := Result{Class: Unknown, Outcome: hub.PnsUnreachable, Reason: Reason(err.Error())}
	if written {
		return r
	}
	r.Class, r.Service = Unsent, true
	var op *net.OpError
	dialling := errors.As(err, &op) && op.Op == "dial"
	if !dialling && !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded) {
		r.Again = WithNewConn
	}
	return r
}

// Fill gives every target of a batch the same result.
func Fill(results []Result, r Result) {
	for i := range results {
		results[i] = r
	}
}
