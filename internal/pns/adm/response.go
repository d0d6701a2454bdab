package adm

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pns"
)

// rateWait is the wait where ADM names none for an app that sends too fast.
const rateWait = time.Minute

// body is an answer's body: ADMSendResult, or why there is none.
type body struct {
	RegistrationID string `json:"registrationID"`
	Reason         string `json:"reason"`
}

// classify says what an answer to a push to a registration means.
func classify(a *pns.Answer, registration string, now time.Time) pns.Result {
	var said body
	_ = json.Unmarshal(a.Body, &said) // a front end's page of HTML says nothing
	r := judge(a.Status, said, registration, a.Header, now)
	r.Correlation = pns.Reason(a.Header.Get("X-Amzn-RequestId"))
	if r.Class != pns.OK && r.Class != pns.Update {
		r.Reason = pns.Reason(a.Reason, said.Reason)
	}
	return r
}

func judge(status int, said body, registration string, h http.Header, now time.Time) pns.Result {
	switch status {
	case 200:
		return accepted(said.RegistrationID, registration)
	case 400:
		return refused(said.Reason)
	case 401:
		return pns.Result{Class: pns.Credential, Outcome: hub.InvalidToken, Again: pns.WithFreshToken, Service: true}
	case 413:
		return pns.Result{Class: pns.Body, Outcome: hub.InvalidNotificationSize}
	case 429:
		return pns.Result{Class: pns.Retry, Outcome: hub.Throttled, Service: true, RetryAfter: wait(h, now, rateWait)}
	case 502, 503, 504:
		return pns.Result{Class: pns.Retry, Outcome: hub.PnsUnavailable, Service: true, RetryAfter: wait(h, now, 0)}
	}
	if status >= 500 {
		return pns.Result{Class: pns.Retry, Outcome: hub.PnsServerError, RetryAfter: wait(h, now, 0)}
	}
	return pns.Result{Class: pns.Body, Outcome: hub.PnsInterfaceError}
}

// accepted reads a 200. ADM names the registration id that the device has now;
// one that could not be stored is passed over.
func accepted(current, registration string) pns.Result {
	if current != "" && current != registration && hub.ValidateHandle(hub.ADM, current, nil) == nil {
		return pns.Result{Class: pns.Update, Outcome: hub.Success, NewHandle: current}
	}
	return pns.Result{Class: pns.OK, Outcome: hub.Success}
}

// refused reads a 400, whose reason tells the device's fault from the message's.
func refused(reason string) pns.Result {
	switch reason {
	case "Unregistered":
		return pns.Result{Class: pns.Drop, Outcome: hub.ExpiredChannel}
	case "InvalidRegistrationId":
		// ADM says so of every registration where the credential is another
		// app's.
		return pns.Result{Class: pns.Drop, Outcome: hub.BadChannel, Malformed: true}
	}
	return pns.Result{Class: pns.Body, Outcome: hub.InvalidNotificationFormat}
}

// wait is what the answer asks for, or else what is usual.
func wait(h http.Header, now time.Time, usual time.Duration) time.Duration {
	if d, ok := pns.RetryAfter(h.Get("Retry-After"), now); ok {
		return d
	}
	return usual
}
