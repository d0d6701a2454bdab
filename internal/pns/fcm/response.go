package fcm

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pns"
)

const (
	// quotaWait is Google's default where a 429 names no time.
	quotaWait = time.Minute
	// minWait is the least that Google asks for after a 500 or 503.
	minWait = 10 * time.Second
)

// answer is the error body of a Google API (google.rpc.Status), with the
// details that FCM gives.
type answer struct {
	Name  string `json:"name"`
	Error *struct {
		Message string   `json:"message"`
		Status  string   `json:"status"`
		Details []detail `json:"details"`
	} `json:"error"`
}

// detail is any of FcmError, BadRequest, QuotaFailure, RetryInfo, ApnsError.
type detail struct {
	Type       string `json:"@type"`
	ErrorCode  string `json:"errorCode"`
	Violations []struct {
		Subject     string `json:"subject"`
		Description string `json:"description"`
	} `json:"violations"`
	FieldViolations []struct {
		Field       string `json:"field"`
		Description string `json:"description"`
	} `json:"fieldViolations"`
	RetryDelay string `json:"retryDelay"`
	Reason     string `json:"reason"`
}

// reply is what classify decides on.
type reply struct {
	status  int
	code    string // FcmError.errorCode
	rpc     string // google.rpc.Code
	text    string // message, and descriptions of violations; lower case
	fields  string // fields of the violations
	quota   string // subjects of quota violations; lower case
	apns    string // Apple's own reason
	wait    time.Duration
	waitSet bool
	failed  bool // the body is an error, whatever the status
}

// classify says what an answer of messages:send means for the device. It
// decides by status, then FcmError.errorCode, then the RPC status; never by
// the message alone. large: the message was over the size limit.
func classify(status int, header http.Header, body []byte, now time.Time, large bool) pns.Result {
	var a answer
	if json.Unmarshal(body, &a) != nil {
		a = answer{} // an HTML page of a front end
	}
	r := read(status, header, &a, now)
	res := r.judge(large)
	res.Correlation = pns.Reason(a.Name)
	if res.Class != pns.OK {
		res.Reason = pns.Reason(strconv.Itoa(status), r.code, r.rpc, r.apns, message(&a))
	}
	return res
}

func message(a *answer) string {
	if a.Error == nil {
		return ""
	}
	return a.Error.Message
}

func read(status int, header http.Header, a *answer, now time.Time) *reply {
	r := &reply{status: status}
	if a.Error != nil {
		r.failed, r.rpc, r.text = true, a.Error.Status, a.Error.Message
		for _, d := range a.Error.Details {
			r.add(&d)
		}
	}
	r.text, r.quota = strings.ToLower(r.text), strings.ToLower(r.quota)
	if wait, ok := pns.RetryAfter(header.Get("Retry-After"), now); ok {
		r.wait, r.waitSet = wait, true
	}
	return r
}

func (r *reply) add(d *detail) {
	_, kind, _ := strings.Cut(d.Type, "/")
	switch {
	case strings.HasSuffix(kind, ".FcmError"):
		r.code = d.ErrorCode
	case strings.HasSuffix(kind, ".ApnsError"):
		r.apns = d.Reason
	case strings.HasSuffix(kind, ".RetryInfo"):
		if wait, err := time.ParseDuration(d.RetryDelay); err == nil && wait > 0 {
			r.wait, r.waitSet = wait, true
		}
	}
	for _, v := range d.FieldViolations {
		r.fields += v.Field + "\n"
		r.text += "\n" + v.Description
	}
	for _, v := range d.Violations {
		r.quota += v.Subject + "\n" + v.Description + "\n"
	}
}

func (r *reply) judge(large bool) pns.Result {
	switch {
	case r.code == "UNSPECIFIED_ERROR" && r.status < 500:
		return pns.Result{Class: pns.Body, Outcome: hub.UnknownError}
	case r.code == "UNSPECIFIED_ERROR":
		return r.retry(hub.UnknownError, minWait)
	case r.status == 200 && !r.failed:
		return pns.Result{Class: pns.OK, Outcome: hub.Success}
	case r.status >= 200 && r.status < 300:
		return pns.Result{Class: pns.Body, Outcome: hub.UnknownError}
	}
	switch r.status {
	case 400:
		return r.badRequest(large)
	case 401:
		return r.unauthenticated()
	case 403:
		if r.code == "SENDER_ID_MISMATCH" {
			return pns.Result{Class: pns.Hold, Outcome: hub.InvalidCredentials}
		}
		return pns.Result{Class: pns.Credential, Outcome: hub.InvalidCredentials, Service: true}
	case 404:
		if r.code == "UNREGISTERED" {
			return pns.Result{Class: pns.Drop, Outcome: hub.BadChannel}
		}
		// A wrong project id answers so for every device.
		return pns.Result{Class: pns.Credential, Outcome: hub.PnsInterfaceError, Service: true}
	case 408:
		return r.retry(hub.PnsUnavailable, 0)
	case 413:
		return pns.Result{Class: pns.Body, Outcome: hub.InvalidNotificationSize}
	case 429:
		return r.overQuota()
	case 500:
		return r.retry(hub.PnsServerError, minWait)
	case 502, 503, 504:
		return r.unavailable()
	}
	if r.status > 500 {
		return r.retry(hub.PnsServerError, minWait)
	}
	return pns.Result{Class: pns.Body, Outcome: hub.PnsInterfaceError}
}

func (r *reply) badRequest(large bool) pns.Result {
	switch {
	case r.blamesToken():
		return pns.Result{Class: pns.Drop, Outcome: hub.BadChannel, Malformed: true}
	case strings.Contains(r.text, "invalid package name") || strings.Contains(r.fields, "restricted_package_name"):
		return pns.Result{Class: pns.Body, Outcome: hub.WrongChannel}
	case large && r.fields == "":
		return pns.Result{Class: pns.Body, Outcome: hub.InvalidNotificationSize}
	}
	return pns.Result{Class: pns.Body, Outcome: hub.InvalidNotificationFormat}
}

// blamesToken reports whether a 400 is about the registration token and not
// about the message.
func (r *reply) blamesToken() bool {
	if r.code != "INVALID_ARGUMENT" && r.rpc != "INVALID_ARGUMENT" {
		return false
	}
	for field := range strings.Lines(r.fields) {
		if strings.TrimSpace(field) == "message.token" {
			return true
		}
	}
	return strings.Contains(r.text, "not a valid fcm registration token")
}

func (r *reply) unauthenticated() pns.Result {
	if r.code == "THIRD_PARTY_AUTH_ERROR" {
		// The project's APNs or Web Push key is missing: Android devices of the
		// same hub are not touched by it.
		return pns.Result{Class: pns.Credential, Outcome: hub.InvalidCredentials}
	}
	return pns.Result{Class: pns.Credential, Outcome: hub.InvalidToken, Again: pns.WithFreshToken, Service: true}
}

func (r *reply) overQuota() pns.Result {
	if strings.Contains(r.quota, "device") {
		return r.retry(hub.ChannelThrottled, quotaWait)
	}
	res := r.retry(hub.Throttled, quotaWait)
	res.Service = true
	return res
}

func (r *reply) unavailable() pns.Result {
	least := time.Duration(0)
	if r.status == 503 {
		least = minWait
	}
	res := r.retry(hub.PnsUnavailable, least)
	res.Service = true
	return res
}

// retry waits as long as the service asks, or else for what its documentation
// says.
func (r *reply) retry(o hub.Outcome, otherwise time.Duration) pns.Result {
	wait := otherwise
	if r.waitSet {
		wait = r.wait
	}
	return pns.Result{Class: pns.Retry, Outcome: o, RetryAfter: wait}
}
