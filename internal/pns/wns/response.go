package wns

import (
	"net/http"
	"strings"
	"time"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pns"
)

// Waits where WNS names none.
const (
	channelWait   = 10 * time.Minute // a throttled channel
	throttledWait = time.Minute      // a throttled app
	offlineWait   = time.Hour        // 412: the device is offline
)

// classify says what an answer means for the device. reason is the reason
// phrase of the status line; the body is empty in every answer of WNS.
func classify(status int, reason string, h http.Header, now time.Time) pns.Result {
	description := h.Get("X-WNS-Error-Description")
	r := judge(status, reason+" "+description, h, now)
	r.Correlation = pns.Reason(h.Get("X-WNS-Msg-ID"), h.Get("MS-CV"), h.Get("X-WNS-Debug-Trace"))
	if r.Class != pns.OK {
		r.Reason = pns.Reason(reason, notificationStatus(h), deviceStatus(h), description)
	}
	return r
}

func judge(status int, text string, h http.Header, now time.Time) pns.Result {
	if (status == http.StatusNotFound || status == http.StatusGone) && !own(h) && !domainBlocked(text) {
		// Any web server says so, also a proxy on the way: no channel dies of it.
		return pns.Result{Class: pns.Retry, Outcome: hub.PnsInterfaceError}
	}
	switch status {
	case 200:
		return received(h, now)
	case 400:
		return pns.Result{Class: pns.Body, Outcome: hub.InvalidNotificationFormat}
	case 401:
		return pns.Result{Class: pns.Credential, Outcome: hub.InvalidToken, Again: pns.WithFreshToken, Service: true}
	case 403:
		return pns.Result{Class: pns.Hold, Outcome: hub.WrongToken}
	case 404:
		return pns.Result{Class: pns.Drop, Outcome: hub.BadChannel}
	case 406, 429:
		return pns.Result{Class: pns.Retry, Outcome: hub.Throttled, Service: true, RetryAfter: wait(h, now, throttledWait)}
	case 410:
		if domainBlocked(text) {
			return pns.Result{Class: pns.Credential, Outcome: hub.InvalidCredentials, Service: true}
		}
		return pns.Result{Class: pns.Drop, Outcome: hub.ExpiredChannel}
	case 412:
		return pns.Result{Class: pns.Retry, Outcome: hub.ChannelDisconnected, RetryAfter: wait(h, now, offlineWait)}
	case 413:
		return pns.Result{Class: pns.Body, Outcome: hub.InvalidNotificationSize}
	case 502, 503, 504:
		return pns.Result{Class: pns.Retry, Outcome: hub.PnsUnavailable, Service: true, RetryAfter: wait(h, now, 0)}
	}
	if status >= 500 {
		return pns.Result{Class: pns.Retry, Outcome: hub.PnsServerError, RetryAfter: wait(h, now, 0)}
	}
	return pns.Result{Class: pns.Body, Outcome: hub.PnsInterfaceError}
}

// own reports whether an answer has a header that only WNS writes.
func own(h http.Header) bool {
	for name, values := range h {
		if strings.HasPrefix(name, "X-Wns-") && values[0] != "" {
			return true
		}
	}
	return h.Get("MS-CV") != ""
}

// received reads a 200: WNS answers so also when it threw the notification
// away.
func received(h http.Header, now time.Time) pns.Result {
	switch notificationStatus(h) {
	case "dropped":
		// The channel is alive and stays; only this notification is gone.
		if strings.HasSuffix(deviceStatus(h), "disconnected") {
			return pns.Result{Class: pns.Hold, Outcome: hub.ChannelDisconnected}
		}
		return pns.Result{Class: pns.Hold, Outcome: hub.Dropped}
	case "channelthrottled":
		return pns.Result{Class: pns.Retry, Outcome: hub.ChannelThrottled, RetryAfter: wait(h, now, channelWait)}
	}
	return pns.Result{Class: pns.OK, Outcome: hub.Success}
}

// notificationStatus is received, dropped or channelthrottled. WNS documents
// X-WNS-Status, Azure's telemetry pages speak of X-WNS-NotificationStatus.
func notificationStatus(h http.Header) string {
	s := h.Get("X-WNS-Status")
	if s == "" {
		s = h.Get("X-WNS-NotificationStatus")
	}
	return strings.ToLower(strings.TrimSpace(s))
}

// deviceStatus is connected, disconnected or tempdisconnected.
func deviceStatus(h http.Header) string {
	return strings.ToLower(strings.TrimSpace(h.Get("X-WNS-DeviceConnectionStatus")))
}

// domainBlocked tells the 410 by which WNS shuts out a sender for abuse from
// the one for a channel that has expired.
func domainBlocked(text string) bool {
	joined := strings.NewReplacer(" ", "", "-", "", "_", "").Replace(strings.ToLower(text))
	return strings.Contains(joined, "domainblocked")
}

// wait is what the answer asks for, or else what is usual.
func wait(h http.Header, now time.Time, usual time.Duration) time.Duration {
	for _, name := range []string{"Retry-After", "X-WNS-Continue-After"} {
		if d, ok := pns.RetryAfter(h.Get(name), now); ok {
			return d
		}
	}
	return usual
}
