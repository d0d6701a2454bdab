package baidu

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pns"
)

// Waits where Baidu names none.
const (
	frequencyWait = time.Minute // too many requests
	quotaWait     = time.Hour   // the day's quota is used up
)

// answer is the JSON body of every answer, whatever its status.
type answer struct {
	RequestID text            `json:"request_id"`
	Code      text            `json:"error_code"`
	Message   text            `json:"error_msg"`
	Params    json.RawMessage `json:"response_params"`
}

// text is a string or a number: Baidu writes ids as either.
type text string

// UnmarshalJSON takes what is neither for nothing, so that one odd member does
// not make the others unreadable.
func (t *text) UnmarshalJSON(b []byte) error {
	var s string
	var n json.Number
	switch {
	case json.Unmarshal(b, &s) == nil:
		*t = text(s)
	case json.Unmarshal(b, &n) == nil:
		*t = text(n)
	}
	return nil
}

// classify says what an answer means for the device.
func classify(a *pns.Answer, now time.Time) pns.Result {
	var said answer
	err := json.Unmarshal(a.Body, &said)
	code, _ := strconv.Atoi(string(said.Code)) // 0: none
	var r pns.Result
	switch {
	case code != 0:
		r = judge(code, a.Status)
	case a.Status == http.StatusOK && err == nil && said.RequestID != "":
		return pns.Result{Class: pns.OK, Outcome: hub.Success, Correlation: pns.Reason(string(said.RequestID), messageID(said.Params))}
	default:
		r = judgeStatus(a.Status)
	}
	if wait, ok := pns.RetryAfter(a.Header.Get("Retry-After"), now); ok && r.Class == pns.Retry {
		r.RetryAfter = wait
	}
	r.Reason = pns.Reason(a.Reason, string(said.Code), string(said.Message))
	r.Correlation = pns.Reason(string(said.RequestID))
	return r
}

// messageID is the message's id in response_params.
func messageID(params json.RawMessage) string {
	var p struct {
		MessageID text `json:"msg_id"`
	}
	_ = json.Unmarshal(params, &p) // the older interface answers in other forms
	return string(p.MessageID)
}

// judge reads an error_code of Baidu's; status tells what to make of one that
// is unknown.
func judge(code, status int) pns.Result {
	switch code {
	case 30600:
		return pns.Result{Class: pns.Retry, Outcome: hub.PnsServerError}
	case 30601, 30609:
		return pns.Result{Class: pns.Body, Outcome: hub.PnsInterfaceError}
	case 30602:
		return pns.Result{Class: pns.Body, Outcome: hub.InvalidNotificationFormat}
	case 30603:
		return pns.Result{Class: pns.Credential, Outcome: hub.InvalidCredentials, Service: true}
	case 30604:
		return pns.Result{Class: pns.Retry, Outcome: hub.Throttled, Service: true, RetryAfter: quotaWait}
	case 30605:
		return pns.Result{Class: pns.Hold, Outcome: hub.BadChannel}
	case 30606: // the signature is too old: our clock is wrong, or theirs
		return pns.Result{Class: pns.Credential, Outcome: hub.InvalidToken, Service: true}
	case 30607:
		return pns.Result{Class: pns.Drop, Outcome: hub.ExpiredChannel}
	case 30608:
		return pns.Result{Class: pns.Drop, Outcome: hub.BadChannel}
	case 30699:
		return pns.Result{Class: pns.Retry, Outcome: hub.Throttled, Service: true, RetryAfter: frequencyWait}
	}
	if status == http.StatusOK {
		return pns.Result{Class: pns.Body, Outcome: hub.PnsInterfaceError}
	}
	return judgeStatus(status)
}

// judgeStatus reads an answer that has no error_code: a front end's, as a rule.
func judgeStatus(status int) pns.Result {
	switch status {
	case http.StatusOK:
		// Nobody can say whether the message was taken.
		return pns.Result{Class: pns.Unknown, Outcome: hub.PnsInterfaceError}
	case http.StatusUnauthorized:
		return pns.Result{Class: pns.Credential, Outcome: hub.InvalidCredentials, Service: true}
	case http.StatusRequestEntityTooLarge:
		return pns.Result{Class: pns.Body, Outcome: hub.InvalidNotificationSize}
	case http.StatusTooManyRequests:
		return pns.Result{Class: pns.Retry, Outcome: hub.Throttled, Service: true, RetryAfter: frequencyWait}
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return pns.Result{Class: pns.Retry, Outcome: hub.PnsUnavailable, Service: true}
	}
	if status >= http.StatusInternalServerError {
		return pns.Result{Class: pns.Retry, Outcome: hub.PnsServerError}
	}
	return pns.Result{Class: pns.Body, Outcome: hub.PnsInterfaceError}
}
