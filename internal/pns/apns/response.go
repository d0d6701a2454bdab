package apns

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pns"
)

// tooManyWait is Apple's advice for a device that gets too many.
const tooManyWait = time.Minute

// body is an answer other than 200.
type body struct {
	Reason    string `json:"reason"`
	Timestamp int64  `json:"timestamp"` // ms since 1970, with 410
}

// reasons says what each of Apple's reasons means. The outcomes are Azure's.
var reasons = map[string]pns.Result{
	"BadDeviceToken":         {Class: pns.Drop, Outcome: hub.BadChannel, Malformed: true, Again: pns.WithOtherEnvironment},
	"DeviceTokenNotForTopic": {Class: pns.Hold, Outcome: hub.WrongChannel},
	"Unregistered":           {Class: pns.Drop, Outcome: hub.ExpiredChannel},
	"ExpiredToken":           {Class: pns.Drop, Outcome: hub.ExpiredChannel},

	"BadCollapseId":      {Class: pns.Body, Outcome: hub.InvalidNotificationFormat},
	"BadExpirationDate":  {Class: pns.Body, Outcome: hub.InvalidNotificationFormat},
	"BadMessageId":       {Class: pns.Body, Outcome: hub.InvalidNotificationFormat},
	"BadPriority":        {Class: pns.Body, Outcome: hub.InvalidNotificationFormat},
	"BadTopic":           {Class: pns.Body, Outcome: hub.InvalidNotificationFormat},
	"InvalidPushType":    {Class: pns.Body, Outcome: hub.InvalidNotificationFormat},
	"DuplicateHeaders":   {Class: pns.Body, Outcome: hub.InvalidNotificationFormat},
	"PayloadEmpty":       {Class: pns.Body, Outcome: hub.InvalidNotificationFormat},
	"MissingDeviceToken": {Class: pns.Body, Outcome: hub.InvalidNotificationFormat},
	"PayloadTooLarge":    {Class: pns.Body, Outcome: hub.InvalidNotificationSize},
	"BadPath":            {Class: pns.Body, Outcome: hub.PnsInterfaceError},
	"MethodNotAllowed":   {Class: pns.Body, Outcome: hub.PnsInterfaceError},

	"MissingTopic":              {Class: pns.Credential, Outcome: hub.InvalidCredentials, Service: true},
	"TopicDisallowed":           {Class: pns.Credential, Outcome: hub.InvalidCredentials, Service: true},
	"InvalidProviderToken":      {Class: pns.Credential, Outcome: hub.InvalidCredentials, Service: true},
	"MissingProviderToken":      {Class: pns.Credential, Outcome: hub.InvalidCredentials, Service: true},
	"BadCertificate":            {Class: pns.Credential, Outcome: hub.InvalidCredentials, Service: true},
	"BadCertificateEnvironment": {Class: pns.Credential, Outcome: hub.InvalidCredentials, Service: true},
	"Forbidden":                 {Class: pns.Credential, Outcome: hub.InvalidCredentials, Service: true},
	// Documented under the first name, and seen under the second.
	"BadEnvironmentKeyIdInToken": {Class: pns.Credential, Outcome: hub.InvalidCredentials, Service: true},
	"BadEnvironmentKeyInToken":   {Class: pns.Credential, Outcome: hub.InvalidCredentials, Service: true},
	"ExpiredProviderToken":       {Class: pns.Credential, Outcome: hub.InvalidToken, Service: true, Again: pns.WithFreshToken},

	"IdleTimeout":                 {Class: pns.Reconnect, Outcome: hub.PnsUnavailable, Again: pns.WithNewConn},
	"Shutdown":                    {Class: pns.Reconnect, Outcome: hub.PnsUnavailable, Again: pns.WithNewConn, Service: true},
	"UnrelatedKeyIdInToken":       {Class: pns.Reconnect, Outcome: hub.InvalidToken, Again: pns.WithNewConn, Service: true},
	"TooManyProviderTokenUpdates": {Class: pns.Reconnect, Outcome: hub.Throttled, Again: pns.WithNewConn, Service: true},

	"TooManyRequests":     {Class: pns.Retry, Outcome: hub.ChannelThrottled, RetryAfter: tooManyWait},
	"InternalServerError": {Class: pns.Retry, Outcome: hub.PnsServerError},
	"ServiceUnavailable":  {Class: pns.Retry, Outcome: hub.PnsUnavailable, Service: true},
}

// classify turns an answer into a result.
func classify(status int, header http.Header, text []byte, now time.Time) pns.Result {
	if status == http.StatusOK {
		return pns.Result{Class: pns.OK, Outcome: hub.Success, Reason: "200", Correlation: header.Get("apns-id")}
	}
	var b body
	// A member of a type that we do not expect leaves the others readable.
	json.Unmarshal(text, &b) //nolint:errcheck // then there is no reason
	r, ok := reasons[b.Reason]
	// Only Apple's own statuses delete a handle: a proxy may answer with others.
	deletes := status == http.StatusBadRequest || status == http.StatusGone
	if !ok || r.Class == pns.Drop && !deletes {
		r = byStatus(status, b.Reason != "")
	}
	r.Reason = pns.Reason(strconv.Itoa(status) + " " + b.Reason)
	if b.Reason == "" {
		r.Reason = pns.Reason(strconv.Itoa(status), string(text)) // not Apple's JSON
	}
	r.Correlation = header.Get("apns-id")
	if r.Class == pns.Drop && b.Timestamp > 0 {
		// Apple's clock may be ahead of ours.
		r.DeadSince = time.UnixMilli(min(b.Timestamp, now.UnixMilli())).UTC()
	}
	if wait, ok := pns.RetryAfter(header.Get("Retry-After"), now); ok && r.Class == pns.Retry {
		r.RetryAfter = max(r.RetryAfter, wait)
	}
	return r
}

// byStatus is for reasons that Apple has added since, and for answers that are
// not Apple's. Among them, only a 410 of Apple's says that a handle is dead.
func byStatus(status int, apples bool) pns.Result {
	switch {
	case status == http.StatusGone && apples:
		return pns.Result{Class: pns.Drop, Outcome: hub.ExpiredChannel}
	case status == http.StatusGone:
		return pns.Result{Class: pns.Hold, Outcome: hub.UnknownError}
	case status == http.StatusForbidden:
		return pns.Result{Class: pns.Credential, Outcome: hub.InvalidCredentials, Service: true}
	case status == http.StatusRequestEntityTooLarge:
		return pns.Result{Class: pns.Body, Outcome: hub.InvalidNotificationSize}
	case status == http.StatusTooManyRequests:
		return pns.Result{Class: pns.Retry, Outcome: hub.Throttled, RetryAfter: tooManyWait}
	case status == http.StatusServiceUnavailable:
		return pns.Result{Class: pns.Retry, Outcome: hub.PnsUnavailable, Service: true}
	case status >= http.StatusInternalServerError:
		return pns.Result{Class: pns.Retry, Outcome: hub.PnsServerError}
	}
	return pns.Result{Class: pns.Body, Outcome: hub.UnknownError}
}
