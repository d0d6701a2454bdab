package mpns

import (
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pns"
)

var now = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

// answer is an answer's three headers, and a Retry-After.
func answer(notification, subscription, device, after string) http.Header {
	h := http.Header{}
	for name, value := range map[string]string{
		"X-NotificationStatus": notification, "X-SubscriptionStatus": subscription, "X-DeviceConnectionStatus": device, "Retry-After": after,
	} {
		if value != "" {
			h.Set(name, value)
		}
	}
	return h
}

// TestClassify has a row for every answer that Microsoft's "Push Notification
// Service response codes for Windows Phone" documents, and for what it does
// not.
func TestClassify(t *testing.T) {
	t.Parallel()
	credential := pns.Result{Class: pns.Credential, Outcome: hub.InvalidCredentials, Service: true}
	format := pns.Result{Class: pns.Body, Outcome: hub.InvalidNotificationFormat}
	odd := pns.Result{Class: pns.Body, Outcome: hub.PnsInterfaceError}
	unavailable := pns.Result{Class: pns.Retry, Outcome: hub.PnsUnavailable, Service: true}
	for name, c := range map[string]struct {
		status int
		header http.Header
		want   pns.Result
	}{
		"received":                 {200, answer("Received", "Active", "Connected", ""), pns.Result{Class: pns.OK, Outcome: hub.Success}},
		"received, the phone off":  {200, answer("Received", "Active", "TempDisconnected", ""), pns.Result{Class: pns.OK, Outcome: hub.Success}},
		"no status named":          {200, answer("", "", "", ""), pns.Result{Class: pns.OK, Outcome: hub.Success}},
		"queue full":               {200, answer("QueueFull", "Active", "Disconnected", ""), pns.Result{Class: pns.Retry, Outcome: hub.Dropped, RetryAfter: 10 * time.Minute}},
		"queue full, a time":       {200, answer("QueueFull", "Active", "Disconnected", "90"), pns.Result{Class: pns.Retry, Outcome: hub.Dropped, RetryAfter: 90 * time.Second}},
		"suppressed":               {200, answer("Suppressed", "Active", "Connected", ""), pns.Result{Class: pns.Hold, Outcome: hub.Dropped}},
		"dropped":                  {200, answer("dropped", "Active", "Connected", ""), pns.Result{Class: pns.Hold, Outcome: hub.Dropped}},
		"bad request":              {400, answer("N/A", "N/A", "N/A", ""), format},
		"another app's channel":    {401, answer("N/A", "N/A", "N/A", ""), credential},
		"certificate":              {403, answer("", "", "", ""), credential},
		"no such subscription":     {404, answer("Dropped", "Expired", "Disconnected", ""), pns.Result{Class: pns.Drop, Outcome: hub.BadChannel}},
		"not MPNS's 404":           {404, answer("", "", "", ""), odd},
		"404 without a verdict":    {404, answer("Dropped", "N/A", "N/A", ""), odd},
		"method":                   {405, answer("", "", "", ""), odd},
		"the day's limit":          {406, answer("Dropped", "Active", "Connected", ""), pns.Result{Class: pns.Retry, Outcome: hub.Throttled, RetryAfter: time.Hour}},
		"the day's limit, a time":  {406, answer("Dropped", "Active", "Connected", "Wed, 25 Nov 2026 12:02:00 GMT"), pns.Result{Class: pns.Retry, Outcome: hub.Throttled, RetryAfter: 2 * time.Minute}},
		"the day's limit, garbage": {406, answer("Dropped", "Active", "Connected", "later"), pns.Result{Class: pns.Retry, Outcome: hub.Throttled, RetryAfter: time.Hour}},
		"inactive device":          {412, answer("Dropped", "Active", "InActive", ""), pns.Result{Class: pns.Retry, Outcome: hub.ChannelDisconnected, RetryAfter: time.Hour}},
		"too large":                {413, answer("", "", "", ""), format},
		"unavailable":              {503, answer("N/A", "N/A", "N/A", ""), unavailable},
		"a gateway's 502":          {502, answer("", "", "", ""), unavailable},
		"a gateway's 504":          {504, answer("", "", "", ""), unavailable},
		"too many":                 {429, answer("", "", "", "3"), pns.Result{Class: pns.Retry, Outcome: hub.Throttled, RetryAfter: 3 * time.Second}},
		"server error":             {500, answer("", "", "", ""), pns.Result{Class: pns.Retry, Outcome: hub.PnsServerError}},
		"unknown 5xx":              {599, answer("", "", "", ""), pns.Result{Class: pns.Retry, Outcome: hub.PnsServerError}},
		"unknown 4xx":              {418, answer("", "", "", ""), odd},
		"a redirect":               {302, answer("", "", "", ""), odd},
		"another success":          {204, answer("Received", "Active", "Connected", ""), odd},
	} {
		got := classify(c.status, strconv.Itoa(c.status), c.header, now)
		if diff := cmp.Diff(c.want, got, cmpopts.IgnoreFields(pns.Result{}, "Reason")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if (got.Reason == "") != (got.Class == pns.OK) {
			t.Errorf("%s: class %d has the reason %q", name, got.Class, got.Reason)
		}
	}
}

func TestReasonAndCorrelation(t *testing.T) {
	t.Parallel()
	h := answer("Dropped", "Active", "InActive\r\nX: y", "")
	h.Set("X-MessageID", "ID-1")
	got := classify(412, "412 Precondition Failed", h, now)
	if want := "412 Precondition Failed: Dropped: Active: InActive  X: y"; got.Reason != want || got.Correlation != "ID-1" {
		t.Errorf("reason %q, want %q; correlation %q", got.Reason, want, got.Correlation)
	}
}

// FuzzClassify holds that nothing but MPNS's own verdict calls a channel dead.
func FuzzClassify(f *testing.F) {
	f.Add(200, "QueueFull", "Active", "Connected", "")
	f.Add(404, "Dropped", "Expired", "Disconnected", "12")
	f.Add(406, "Dropped", "Active", "Connected", "Wed, 25 Nov 2026 12:02:00 GMT")
	f.Fuzz(func(t *testing.T, status int, notification, subscription, device, after string) {
		h := answer(notification, subscription, device, after)
		r := classify(status, "x", h, now)
		if r.Class == pns.Drop && (status != 404 || value(h, "X-SubscriptionStatus") != "expired") {
			t.Errorf("%d %q drops the handle", status, subscription)
		}
		if r.Class != pns.OK && r.Outcome == hub.Success || r.RetryAfter < 0 || r.RetryAfter > 24*time.Hour || len(r.Reason) > 300 {
			t.Errorf("result %+v", r)
		}
	})
}
