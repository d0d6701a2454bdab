package wns

import (
	"net/http"
	"strconv"
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

func TestAnswers(t *testing.T) {
	t.Parallel()
	pnstest.CheckAnswers(t, func(a *pnstest.Answer) pns.Result {
		return classify(a.Status, strconv.Itoa(a.Status), a.HTTPHeader(), now)
	})
}

// TestClassify has what else WNS may answer, in other forms.
func TestClassify(t *testing.T) {
	t.Parallel()
	type h = map[string]string
	tests := []struct {
		name   string
		status string
		header h
		want   pns.Result
	}{
		{"received for a device that is off", "200 OK", h{"X-WNS-Status": "received", "X-WNS-DeviceConnectionStatus": "disconnected"}, pns.Result{Class: pns.OK, Outcome: hub.Success}},
		{"no status named", "200 OK", nil, pns.Result{Class: pns.OK, Outcome: hub.Success}},
		{"dropped, the device is off for a while", "200 OK", h{"X-WNS-Status": "Dropped", "X-WNS-DeviceConnectionStatus": "TempDisconnected"}, pns.Result{Class: pns.Hold, Outcome: hub.ChannelDisconnected}},
		{"dropped, nothing known", "200 OK", h{"X-WNS-Status": "dropped"}, pns.Result{Class: pns.Hold, Outcome: hub.Dropped}},
		{"dropped, under Azure's name of the header", "200 OK", h{"X-WNS-NotificationStatus": "dropped"}, pns.Result{Class: pns.Hold, Outcome: hub.Dropped}},
		{"channel throttled, a time", "200 OK", h{"X-WNS-Status": "channelThrottled", "X-WNS-CONTINUE-AFTER": "90"}, pns.Result{Class: pns.Retry, Outcome: hub.ChannelThrottled, RetryAfter: 90 * time.Second}},

		{"throttled, WNS's own header", "406 Not Acceptable", h{"X-WNS-Continue-After": "40"}, pns.Result{Class: pns.Retry, Outcome: hub.Throttled, RetryAfter: 40 * time.Second, Service: true}},
		{"throttled, garbage", "406 Not Acceptable", h{"Retry-After": "later"}, pns.Result{Class: pns.Retry, Outcome: hub.Throttled, RetryAfter: time.Minute, Service: true}},
		{"domain blocked, by reason phrase", "410 Domain Blocked", nil, pns.Result{Class: pns.Credential, Outcome: hub.InvalidCredentials, Service: true}},
		{"unavailable, a date", "503 Service Unavailable", h{"Retry-After": "Wed, 25 Nov 2026 12:02:00 GMT"}, pns.Result{Class: pns.Retry, Outcome: hub.PnsUnavailable, Service: true, RetryAfter: 2 * time.Minute}},
		{"unavailable, garbage", "503 Service Unavailable", h{"Retry-After": "soon"}, pns.Result{Class: pns.Retry, Outcome: hub.PnsUnavailable, Service: true}},

		{"a redirect", "302 Found", h{"Location": "https://evil.example/"}, pns.Result{Class: pns.Body, Outcome: hub.PnsInterfaceError}},
		{"another success", "202 Accepted", nil, pns.Result{Class: pns.Body, Outcome: hub.PnsInterfaceError}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			header := http.Header{}
			for k, v := range tt.header {
				header.Set(k, v)
			}
			got := classify(code(tt.status), tt.status, header, now)
			if diff := cmp.Diff(tt.want, got, cmpopts.IgnoreFields(pns.Result{}, "Reason")); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if (got.Reason == "") != (got.Class == pns.OK) {
				t.Errorf("class %d has the reason %q", got.Class, got.Reason)
			}
		})
	}
}

// code is the number that a status line begins with.
func code(line string) int {
	n := 0
	for _, c := range line[:3] {
		n = n*10 + int(c-'0')
	}
	return n
}

func TestReasonAndCorrelation(t *testing.T) {
	t.Parallel()
	header := http.Header{}
	for k, v := range map[string]string{
		"X-WNS-Msg-ID": "5A1B", "MS-CV": "cv.1", "X-WNS-Debug-Trace": "DB3",
		"X-WNS-Status": "dropped", "X-WNS-DeviceConnectionStatus": "connected", "X-WNS-Error-Description": "off\r\nX: y",
	} {
		header.Set(k, v)
	}
	got := classify(200, "200 OK", header, now)
	if want := "5A1B: cv.1: DB3"; got.Correlation != want {
		t.Errorf("correlation %q, want %q", got.Correlation, want)
	}
	if want := "200 OK: dropped: connected: off  X: y"; got.Reason != want {
		t.Errorf("reason %q, want %q", got.Reason, want)
	}
}

// FuzzClassify holds that only 404 and 410 call a channel dead, and never where
// WNS speaks of a blocked domain.
func FuzzClassify(f *testing.F) {
	f.Add(200, "200 OK", "dropped", "disconnected", "", "")
	f.Add(410, "410 Domain Blocked", "", "", "", "")
	f.Add(406, "406", "", "", "12", "")
	f.Add(503, "503", "x", "y", "Wed, 25 Nov 2026 12:02:00 GMT", "Domain Blocked")
	f.Fuzz(func(t *testing.T, status int, line, notification, device, after, description string) {
		r := classify(status, line, http.Header{
			"X-Wns-Status": {notification}, "X-Wns-Deviceconnectionstatus": {device},
			"Retry-After": {after}, "X-Wns-Error-Description": {description},
		}, now)
		if r.Class == pns.Drop && (status != 404 && status != 410 || status == 410 && strings.Contains(line+description, "Domain Blocked")) {
			t.Errorf("%d %q %q drops the handle", status, line, description)
		}
		if r.Class != pns.OK && r.Outcome == hub.Success || r.RetryAfter < 0 || r.RetryAfter > 24*time.Hour || len(r.Reason) > 300 {
			t.Errorf("result %+v", r)
		}
	})
}
