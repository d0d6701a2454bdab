package mpns

import (
	"net/http"
	"strings"
	"time"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pns"
)

// Waits where MPNS names none.
const (
	queueWait   = 10 * time.Minute // 200, QueueFull: the device takes nothing just now
	limitWait   = time.Hour        // 406: the day's notifications are spent
	offlineWait = time.Hour        // 412: asked again at most once an hour
)

// classify says what an answer means for the device. reason is the status line
// without its version; bodies are empty in every answer of MPNS.
func classify(status int, reason string, h http.Header, now time.Time) pns.Result {
	r := judge(status, h, now)
	r.Correlation = pns.Reason(h.Get(headerID))
	if r.Class != pns.OK {
		r.Reason = pns.Reason(reason, h.Get("X-NotificationStatus"), h.Get("X-SubscriptionStatus"), h.Get("X-DeviceConnectionStatus"))
	}
	return r
}

func judge(status int, h http.Header, now time.Time) pns.Result {
	switch status {
	case 200:
		return received(h, now)
	case 400:
		return pns.Result{Class: pns.Body, Outcome: hub.InvalidNotificationFormat}
	case 401:
		// The certificate's name and the one that the app opened the channel with
		// differ: the fault of either.
		return pns.Result{Class: pns.Credential, Outcome: hub.InvalidCredentials, Service: true, Doubt: true}
	case 403:
		return pns.Result{Class: pns.Credential, Outcome: hub.InvalidCredentials, Service: true}
	case 404:
		return missing(h)
	case 406, 429:
		return pns.Result{Class: pns.Retry, Outcome: hub.Throttled, RetryAfter: wait(h, now, limitWait)}
	case 412:
		return pns.Result{Class: pns.Retry, Outcome: hub.ChannelDisconnected, RetryAfter: wait(h, now, offlineWait)}
	case 413:
		return pns.Result{Class: pns.Body, Outcome: hub.InvalidNotificationFormat}
	case 502, 503, 504:
		return pns.Result{Class: pns.Retry, Outcome: hub.PnsUnavailable, Service: true, RetryAfter: wait(h, now, 0)}
	}
	if status >= 500 {
		return pns.Result{Class: pns.Retry, Outcome: hub.PnsServerError, RetryAfter: wait(h, now, 0)}
	}
	return pns.Result{Class: pns.Body, Outcome: hub.PnsInterfaceError}
}

// received reads a 200: MPNS answers so also when the notification is not
// delivered. Received says nothing of the device, which may be off.
func received(h http.Header, now time.Time) pns.Result {
	switch value(h, "X-NotificationStatus") {
	case "queuefull":
		return pns.Result{Class: pns.Retry, Outcome: hub.Dropped, RetryAfter: wait(h, now, queueWait)}
	case "suppressed", "dropped":
		return pns.Result{Class: pns.Hold, Outcome: hub.Dropped} // the channel is alive and stays
	}
	return pns.Result{Class: pns.OK, Outcome: hub.Success}
}

// missing reads a 404. Any web server says so, also one that answers in the
// place of a service that is no more: only MPNS's own word kills a channel.
func missing(h http.Header) pns.Result {
	if value(h, "X-SubscriptionStatus") == "expired" {
		return pns.Result{Class: pns.Drop, Outcome: hub.BadChannel}
	}
	return pns.Result{Class: pns.Body, Outcome: hub.PnsInterfaceError}
}

func value(h http.Header, name string) string {
	return strings.ToLower(strings.TrimSpace(h.Get(name)))
}

// wait is what the answer asks for, or else what is usual.
func wait(h http.Header, now time.Time, usual time.Duration) time.Duration {
	if d, ok := pns.RetryAfter(h.Get("Retry-After"), now); ok {
		return d
	}
	return usual
}
