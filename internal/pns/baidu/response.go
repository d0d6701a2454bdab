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
	RequestID pns.Text        `json:"request_id"`
	Code      pns.Text        `json:"error_code"`
	Message   pns.Text        `json:"error_msg"`
	Params    json.RawMessage `json:"response_params"`
}

// codes are the values of error_code that are known.
var codes = map[int]pns.Result{
	30600: {Class: pns.Retry, Outcome: hub.PnsServerError},
	30601: {Class: pns.Body, Outcome: hub.PnsInterfaceError}, // method not allowed
	30602: {Class: pns.Body, Outcome: hub.InvalidNotificationFormat},
	30603: {Class: pns.Credential, Outcome: hub.InvalidCredentials, Service: true},
	30604: {Class: pns.Retry, Outcome: hub.Throttled, Service: true, RetryAfter: quotaWait},
	30605: {Class: pns.Hold, Outcome: hub.BadChannel},                        // what is asked for does not exist
	30606: {Class: pns.Credential, Outcome: hub.InvalidToken, Service: true}, // too old: our clock is wrong, or theirs
	30607: {Class: pns.Drop, Outcome: hub.ExpiredChannel},
	30608: {Class: pns.Drop, Outcome: hub.BadChannel},        // not bound
	30609: {Class: pns.Body, Outcome: hub.PnsInterfaceError}, // too many binds
	30699: {Class: pns.Retry, Outcome: hub.Throttled, Service: true, RetryAfter: frequencyWait},
}

// classify says what an answer means for the device.
func classify(a *pns.Answer, now time.Time) pns.Result {
	var said answer
	err := json.Unmarshal(a.Body, &said)
	code, _ := strconv.Atoi(string(said.Code)) // 0: none
	r, known := codes[code]
	switch {
	case known:
	case code != 0 && a.Status == http.StatusOK:
		r = pns.Result{Class: pns.Body, Outcome: hub.PnsInterfaceError}
	case code == 0 && a.Status == http.StatusOK && err == nil && said.RequestID != "":
		return pns.Result{Class: pns.OK, Outcome: hub.Success, Correlation: pns.Reason(string(said.RequestID), messageID(said.Params))}
	default:
		r = pns.FrontEnd(a.Status)
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
		MessageID pns.Text `json:"msg_id"`
	}
	_ = json.Unmarshal(params, &p) // the older interface answers in other forms
	return string(p.MessageID)
}
