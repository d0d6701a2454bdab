package pns

import (
	"net/http"
	"slices"
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
// characters become blanks, parts that are empty or were said already are left
// out, and it is cut at 300 bytes.
func Reason(parts ...string) string {
	var said []string
	for _, part := range parts {
		part = strings.TrimSpace(strings.Map(printable, part))
		if part != "" && !slices.Contains(said, part) {
			said = append(said, part)
		}
	}
	s := strings.Join(said, ": ")
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

// Loss is an HTTP/2 request without an answer.
type Loss struct {
	Err         error
	Written     bool // it may have arrived
	Unprocessed bool // there was a connection, on which it surely was not looked at
	Ended       bool // the caller's time, not the request's own
}

// Result is what becomes of the device. A request that was not looked at is made
// again at once on another connection: services close theirs in good order. What
// was not sent for want of the caller's time says nothing of the service.
func (l Loss) Result() Result {
	r := Result{Class: Unsent, Outcome: hub.PnsUnreachable, Reason: Reason(l.Err.Error())}
	switch {
	case l.Written:
		r.Class = Unknown
	case l.Unprocessed:
		r.Class, r.Outcome, r.Again = Reconnect, hub.PnsUnavailable, WithNewConn
	default:
		r.Service = !l.Ended
	}
	return r
}

// Fill gives every target of a batch the same result.
func Fill(results []Result, r Result) {
	for i := range results {
		results[i] = r
	}
}
