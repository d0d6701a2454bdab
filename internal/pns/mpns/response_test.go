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
	"github.com/fanfare-hub/fanfare/internal/pns/pnstest"
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

func TestAnswers(t *testing.T) {
	t.Parallel()
	pnstest.CheckAnswers(t, func(a *pnstest.Answer) pns.Result {
		return classify(a.Status, strconv.Itoa(a.Status), a.HTTPHeader(), now)
	})
}

// TestClassify has what else MPNS may answer, in other forms.
func TestClassify(t *testing.T) {
	t.Parallel()
	odd := pns.Result{Class: pns.Body, Outcome: hub.PnsInterfaceError}
	for name, c := range map[string]struct {
		status int
		header http.Header
		want   pns.Result
	}{
		"received, the phone off":  {200, answer("Received", "Active", "TempDisconnected", ""), pns.Result{Class: pns.OK, Outcome: hub.Success}},
		"no status named":          {200, answer("", "", "", ""), pns.Result{Class: pns.OK, Outcome: hub.Success}},
		"dropped":                  {200, answer("dropped", "Active", "Connected", ""), pns.Result{Class: pns.Hold, Outcome: hub.Dropped}},
		"404 without a verdict":    {404, answer("Dropped", "N/A", "N/A", ""), odd},
		"the day's limit, a time":  {406, answer("Dropped", "Active", "Connected", "Wed, 25 Nov 2026 12:02:00 GMT"), pns.Result{Class: pns.Retry, Outcome: hub.Throttled, RetryAfter: 2 * time.Minute}},
		"the day's limit, garbage": {406, answer("Dropped", "Active", "Connected", "later"), pns.Result{Class: pns.Retry, Outcome: hub.Throttled, RetryAfter: time.Hour}},
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
