package pns

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/fanfare-hub/fanfare/internal/hub"
)

// throttledWait is how long a service is left alone that says 429 and no time.
const throttledWait = time.Minute

// FrontEnd judges an answer in which a service that answers in JSON has said
// nothing, by its status: a front end, a proxy or a broken connection may have
// left it. It never speaks of the handle. Reason and RetryAfter, but for a
// usual wait, are left to the caller.
func FrontEnd(status int) Result {
	switch status {
	case http.StatusOK:
		// Nobody can say whether the message was taken.
		return Result{Class: Unknown, Outcome: hub.PnsInterfaceError}
	case http.StatusUnauthorized:
		return Result{Class: Credential, Outcome: hub.InvalidCredentials, Service: true}
	case http.StatusRequestEntityTooLarge:
		return Result{Class: Body, Outcome: hub.InvalidNotificationSize}
	case http.StatusTooManyRequests:
		return Result{Class: Retry, Outcome: hub.Throttled, Service: true, RetryAfter: throttledWait}
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return Result{Class: Retry, Outcome: hub.PnsUnavailable, Service: true}
	}
	if status >= http.StatusInternalServerError {
		return Result{Class: Retry, Outcome: hub.PnsServerError}
	}
	return Result{Class: Body, Outcome: hub.PnsInterfaceError}
}

// Text is a member of an answer that services write as a string or as a
// number, such as an id or a code.
type Text string

// UnmarshalJSON takes what is neither for nothing, so that one odd member does
// not make the others unreadable.
func (t *Text) UnmarshalJSON(b []byte) error {
	var s string
	var n json.Number
	switch {
	case json.Unmarshal(b, &s) == nil:
		*t = Text(s)
	case json.Unmarshal(b, &n) == nil:
		*t = Text(n)
	default:
		*t = ""
	}
	return nil
}
