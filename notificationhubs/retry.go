package notificationhubs

import (
	"context"
	"crypto/tls"
	"errors"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"time"
)

// RetryOptions bound how failed requests are tried again: after a random wait
// below a bound that doubles with each attempt, or after as long as the answer's
// Retry-After says.
//
// Tried again are requests that brought no answer, and the answers 408, 429,
// 500, 502, 503, 504, and 403 with a Retry-After. A request that is not the same
// when it is carried out twice (a send, a new registration, an update against
// an ETag) is tried again only when it surely was not carried out: no connection
// was made, or the answer is 429, 503, or 403 with a Retry-After.
type RetryOptions struct {
	Attempts int           // in all; 0 is 3, 1 is no retry
	Base     time.Duration // the bound of the first wait; 0 is half a second
	Max      time.Duration // of one wait; 0 is 30 seconds. A longer Retry-After is left to the caller
}

func (o *RetryOptions) withDefaults() RetryOptions {
	out := RetryOptions{Attempts: 3, Base: 500 * time.Millisecond, Max: 30 * time.Second}
	if o == nil {
		return out
	}
	if o.Attempts > 0 {
		out.Attempts = o.Attempts
	}
	if o.Base > 0 {
		out.Base = o.Base
	}
	if o.Max > 0 {
		out.Max = o.Max
	}
	return out
}

// after says whether a request that failed with err is tried again, and how
// long to wait before.
func (o RetryOptions) after(err error, attempt int, once bool) (wait time.Duration, again bool) {
	if attempt >= o.Attempts || !mayRepeat(err, once) {
		return 0, false
	}
	if answered, ok := errors.AsType[*ResponseError](err); ok && answered.RetryAfter > 0 {
		return answered.RetryAfter, answered.RetryAfter <= o.Max
	}
	bound := o.Base
	for range attempt - 1 {
		if bound >= o.Max/2 { // doubling must not overflow
			bound = o.Max
			break
		}
		bound *= 2
	}
	return rand.N(min(bound, o.Max)) + 1, true
}

// mayRepeat reports whether it is safe to make a failed request again, and of
// use.
func mayRepeat(err error, once bool) bool {
	answered, ok := errors.AsType[*ResponseError](err)
	if !ok {
		return mayReconnect(err, once)
	}
	switch answered.StatusCode {
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		return true
	case http.StatusForbidden: // with a time it is how Azure throttles, not a matter of rights
		return answered.RetryAfter > 0
	case http.StatusRequestTimeout, http.StatusInternalServerError, http.StatusBadGateway, http.StatusGatewayTimeout:
		return !once
	}
	return false
}

// mayReconnect is mayRepeat for a request that brought no answer.
func mayReconnect(err error, once bool) bool {
	if errors.Is(err, context.Canceled) || errors.Is(err, http.ErrSchemeMismatch) {
		return false
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return false
	}
	dial, ok := errors.AsType[*net.OpError](err)
	return !once || ok && dial.Op == "dial"
}

// retryAfter reads the header of that name, in seconds or as a date: RFC 9110,
// section 10.2.3. 0 is none.
func retryAfter(h http.Header) time.Duration {
	text := h.Get("Retry-After")
	// 32 bits of seconds fit a Duration; of a larger number, the largest stands.
	if n, err := strconv.ParseUint(text, 10, 32); err == nil || errors.Is(err, strconv.ErrRange) {
		return time.Duration(n) * time.Second
	}
	if at, err := http.ParseTime(text); err == nil {
		return max(time.Until(at), 0)
	}
	return 0
}
