package fcm

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pns"
	"github.com/fanfare-hub/fanfare/internal/pns/pnstest"
)

var now = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

// fcmError is an error body as FCM v1 writes it.
func fcmError(rpc, code, message, more string) string {
	details := `{"@type":"type.googleapis.com/google.firebase.fcm.v1.FcmError","errorCode":"` + code + `"}`
	if code == "" {
		details = ""
	}
	if more != "" && details != "" {
		details += ","
	}
	return `{"error":{"code":0,"message":"` + message + `","status":"` + rpc + `","details":[` + details + more + `]}}`
}

func violation(field, description string) string {
	return `{"@type":"type.googleapis.com/google.rpc.BadRequest","fieldViolations":[{"field":"` + field + `","description":"` + description + `"}]}`
}

const html = "<!DOCTYPE html><html><title>Error 502 (Server Error)!!1</title></html>"

func TestAnswers(t *testing.T) {
	t.Parallel()
	pnstest.CheckAnswers(t, func(a *pnstest.Answer) pns.Result {
		return classify(a.Status, a.HTTPHeader(), []byte(a.Body), now, false)
	})
}

// TestClassify has what else Firebase may answer, in other words and forms.
func TestClassify(t *testing.T) {
	t.Parallel()
	const (
		invalid   = "INVALID_ARGUMENT"
		exhausted = "RESOURCE_EXHAUSTED"
	)
	tests := []struct {
		name   string
		status int
		header string // Retry-After
		body   string
		large  bool
		want   pns.Result
	}{
		{"accepted without a name", 200, "", `{}`, false, pns.Result{Class: pns.OK, Outcome: hub.Success}},
		{"an error inside a 200", 200, "", fcmError("UNKNOWN", "", "x", ""), false,
			pns.Result{Class: pns.Body, Outcome: hub.UnknownError}},

		{"the token, by text", 400, "", fcmError(invalid, invalid, "The registration token is not a valid FCM registration token", ""), false,
			pns.Result{Class: pns.Drop, Outcome: hub.BadChannel, Malformed: true}},
		{"the token, without FcmError", 400, "", fcmError(invalid, "", "The registration token is not a valid FCM registration token", ""), false,
			pns.Result{Class: pns.Drop, Outcome: hub.BadChannel, Malformed: true}},
		{"the text alone never drops", 400, "", fcmError("FAILED_PRECONDITION", "", "The registration token is not a valid FCM registration token", ""), false,
			pns.Result{Class: pns.Body, Outcome: hub.InvalidNotificationFormat}},
		{"a field that only begins as the token's", 400, "", fcmError(invalid, invalid, "x", violation("message.token_x", "x")), false,
			pns.Result{Class: pns.Body, Outcome: hub.InvalidNotificationFormat}},
		{"too big, no details", 400, "", fcmError(invalid, invalid, "Request contains an invalid argument.", ""), true,
			pns.Result{Class: pns.Body, Outcome: hub.InvalidNotificationSize}},
		{"big, but another field is named", 400, "", fcmError(invalid, invalid, "x", violation("message.android.ttl", "x")), true,
			pns.Result{Class: pns.Body, Outcome: hub.InvalidNotificationFormat}},
		{"not big, no details", 400, "", fcmError(invalid, invalid, "Request contains an invalid argument.", ""), false,
			pns.Result{Class: pns.Body, Outcome: hub.InvalidNotificationFormat}},
		{"invalid package name, by text", 400, "", fcmError(invalid, invalid, "Invalid package name", ""), false,
			pns.Result{Class: pns.Body, Outcome: hub.WrongChannel}},
		{"invalid package name, by field", 400, "", fcmError(invalid, invalid, "x", violation("message.android.restricted_package_name", "x")), false,
			pns.Result{Class: pns.Body, Outcome: hub.WrongChannel}},
		{"a 400 without a body", 400, "", "", false, pns.Result{Class: pns.Body, Outcome: hub.InvalidNotificationFormat}},

		{"a 404 page", 404, "", html, false, pns.Result{Class: pns.Credential, Outcome: hub.PnsInterfaceError, Service: true}},

		{"quota, a date", 429, "Wed, 25 Nov 2026 12:00:45 GMT", fcmError(exhausted, "", "x", ""), false,
			pns.Result{Class: pns.Retry, Outcome: hub.Throttled, RetryAfter: 45 * time.Second, Service: true}},
		{"quota, a date that has passed", 429, "Wed, 25 Nov 2026 11:00:00 GMT", fcmError(exhausted, "", "x", ""), false,
			pns.Result{Class: pns.Retry, Outcome: hub.Throttled, Service: true}},
		{"quota, garbage", 429, "soon", fcmError(exhausted, "", "x", ""), false,
			pns.Result{Class: pns.Retry, Outcome: hub.Throttled, RetryAfter: time.Minute, Service: true}},
		{"quota, RetryInfo", 429, "", fcmError(exhausted, "QUOTA_EXCEEDED", "x", `{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"31s"}`), false,
			pns.Result{Class: pns.Retry, Outcome: hub.Throttled, RetryAfter: 31 * time.Second, Service: true}},

		{"unavailable, a time", 503, " 5 ", fcmError("UNAVAILABLE", "UNAVAILABLE", "x", ""), false,
			pns.Result{Class: pns.Retry, Outcome: hub.PnsUnavailable, RetryAfter: 5 * time.Second, Service: true}},

		{"a redirect", 302, "", "", false, pns.Result{Class: pns.Body, Outcome: hub.PnsInterfaceError}},
		{"cut off in the middle", 404, "", `{"error":{"code":404,"status":"NOT_FOUND","details":[{"errorCode":"UNREG`, false,
			pns.Result{Class: pns.Credential, Outcome: hub.PnsInterfaceError, Service: true}},
		{"members of other types", 400, "", `{"error":{"message":7,"details":"x"}}`, false,
			pns.Result{Class: pns.Body, Outcome: hub.InvalidNotificationFormat}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			header := http.Header{}
			if tt.header != "" {
				header.Set("Retry-After", tt.header)
			}
			got := classify(tt.status, header, []byte(tt.body), now, tt.large)
			if diff := cmp.Diff(tt.want, got, cmpopts.IgnoreFields(pns.Result{}, "Reason")); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if (got.Reason == "") != (got.Class == pns.OK) {
				t.Errorf("class %d has the reason %q", got.Class, got.Reason)
			}
		})
	}
}

func TestReasonNamesTheAnswer(t *testing.T) {
	t.Parallel()
	got := classify(401, nil, []byte(fcmError("UNAUTHENTICATED", "THIRD_PARTY_AUTH_ERROR", "no key",
		`{"@type":"type.googleapis.com/google.firebase.fcm.v1.ApnsError","reason":"BadCertificate"}`)), now, false)
	if want := "401: THIRD_PARTY_AUTH_ERROR: UNAUTHENTICATED: BadCertificate: no key"; got.Reason != want {
		t.Errorf("reason %q, want %q", got.Reason, want)
	}
	// FCM's own code and the one of Google's APIs are often one word.
	got = classify(503, nil, []byte(fcmError("UNAVAILABLE", "UNAVAILABLE", "try later", "")), now, false)
	if want := "503: UNAVAILABLE: try later"; got.Reason != want {
		t.Errorf("reason %q, want %q", got.Reason, want)
	}
}

// FuzzClassify holds that no answer breaks the connector, and that a handle is
// called dead for two statuses only, never without Google's own word for it.
func FuzzClassify(f *testing.F) {
	f.Add(404, "", fcmError("NOT_FOUND", "UNREGISTERED", "", ""))
	f.Add(400, "5", fcmError("INVALID_ARGUMENT", "INVALID_ARGUMENT", "", violation("message.token", "")))
	f.Add(429, "Wed, 25 Nov 2026 12:00:45 GMT", html)
	f.Add(200, "", `{"name":null}`)
	f.Add(500, "", `[1]`)
	f.Fuzz(func(t *testing.T, status int, after, body string) {
		r := classify(status, http.Header{"Retry-After": {after}}, []byte(body), now, false)
		if r.Class == pns.Drop && status != 404 && status != 400 {
			t.Errorf("%d drops the handle", status)
		}
		if r.Class == pns.Drop && !strings.Contains(strings.ToLower(body), "error") {
			t.Errorf("%q drops the handle", body)
		}
		if r.RetryAfter < 0 || len(r.Reason) > 300 {
			t.Errorf("retry after %v, reason of %d bytes", r.RetryAfter, len(r.Reason))
		}
		if r.Class != pns.OK && r.Outcome == hub.Success {
			t.Errorf("class %d counts as a success", r.Class)
		}
	})
}
