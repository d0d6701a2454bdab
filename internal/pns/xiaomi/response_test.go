package xiaomi

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pns"
)

func failure(code int) string {
	return fmt.Sprintf(`{"result":"error","reason":"why","code":%d,"trace_id":"T"}`, code)
}

// TestCodes has a row for every code of the vendor's Java SDK, and for those
// that senders tell of besides.
func TestCodes(t *testing.T) {
	t.Parallel()
	row := func(class pns.Class, o hub.Outcome, service bool) pns.Result {
		return pns.Result{Class: class, Outcome: o, Service: service}
	}
	for _, c := range []struct {
		name  string
		codes []int
		want  pns.Result
	}{
		{"a parameter is empty, wrong, missing or bad", []int{100, 10008, 10016, 10017, 22100}, row(pns.Body, hub.InvalidNotificationFormat, false)},
		{"a system error, busy, a time-out, an error between servers", []int{10001, 10003, 10009, 10010, 10011, 22102}, row(pns.Retry, hub.PnsServerError, false)},
		{"the service is paused", []int{10002}, row(pns.Retry, hub.PnsUnavailable, true)},
		{"the request or extra is too long", []int{10018, 65015}, row(pns.Body, hub.InvalidNotificationSize, false)},
		{"a media type, request, interface or method that is none", []int{10007, 10012, 10020, 10021}, row(pns.Body, hub.PnsInterfaceError, false)},
		{"too many from an address, user, interface or app", []int{10022, 10023, 10024, 10027, 10028, 22101}, row(pns.Retry, hub.Throttled, true)},
		{"the address, app, key or secret is not allowed", []int{10004, 10005, 10006, 10013, 10014, 10026, 22000, 22001, 22002, 22003, 22004,
			22005, 22006, 22007, 22008, 22021, 21301}, row(pns.Credential, hub.InvalidCredentials, true)},
		{"the package is not the app's", []int{22022}, row(pns.Credential, hub.WrongChannel, false)},
		{"an invalid device", []int{10029}, row(pns.Hold, hub.BadChannel, false)},
		{"no valid device", []int{20301}, pns.Result{Class: pns.Drop, Outcome: hub.BadChannel, Malformed: true}},
		// Noon in UTC is eight in the evening in China.
		{"the day's quota", []int{200001}, pns.Result{Class: pns.Retry, Outcome: hub.Throttled, Service: true, RetryAfter: 4 * time.Hour}},
		{"an unknown code", []int{1, 10099, 99999}, row(pns.Body, hub.PnsInterfaceError, false)},
	} {
		for _, code := range c.codes {
			v := classify(&pns.Answer{Status: 200, Reason: "200 OK", Body: []byte(failure(code))}, now)
			want := c.want
			want.Reason, want.Correlation = fmt.Sprintf("200 OK: %d: why", code), "T"
			if diff := cmp.Diff(want, v.each); diff != "" || v.oneBad != (code == 10029) || len(v.dead) > 0 {
				t.Errorf("%s, %d: %+v (-want +got):\n%s", c.name, code, v, diff)
			}
		}
	}
}

func TestClassify(t *testing.T) {
	t.Parallel()
	const ok = `{"result":"ok","code":0,"trace_id":"T","data":{"id":"scm1"}}`
	unknown := pns.Result{Class: pns.Unknown, Outcome: hub.PnsInterfaceError}
	tests := []struct {
		name   string
		status int
		body   string
		after  string // Retry-After
		want   pns.Result
	}{
		{"accepted", 200, ok, "", pns.Result{Class: pns.OK, Outcome: hub.Success, Correlation: "T: scm1"}},
		{"accepted, a code as text", 200, `{"result":"OK","code":"0"}`, "", pns.Result{Class: pns.OK, Outcome: hub.Success}},
		{"an error of code 0", 200, `{"result":"error","code":0}`, "", unknown},
		{"no code", 200, `{"result":"ok"}`, "", unknown},
		{"a code that is none", 200, `{"result":"ok","code":true}`, "", unknown},
		{"a page of HTML", 200, "<html>", "", unknown},
		{"nothing", 200, "", "", unknown},
		{"half of it", 200, ok[:20], "", unknown},
		{"a wait", 200, failure(10027), "7", pns.Result{Class: pns.Retry, Outcome: hub.Throttled, Service: true, RetryAfter: 7 * time.Second, Correlation: "T"}},
		{"a wait that means nothing", 200, failure(20301), "7", pns.Result{Class: pns.Drop, Outcome: hub.BadChannel, Malformed: true, Correlation: "T"}},
		{"a code with any status", 500, failure(10018), "", pns.Result{Class: pns.Body, Outcome: hub.InvalidNotificationSize, Correlation: "T"}},
		{"an unknown code, 500", 500, failure(99999), "", pns.Result{Class: pns.Retry, Outcome: hub.PnsServerError, Correlation: "T"}},
		{"code 0, 500", 500, ok, "", pns.Result{Class: pns.Retry, Outcome: hub.PnsServerError, Correlation: "T"}},
		{"a redirect", 302, "", "", pns.Result{Class: pns.Body, Outcome: hub.PnsInterfaceError}},
		{"401", 401, "", "", pns.Result{Class: pns.Credential, Outcome: hub.InvalidCredentials, Service: true}},
		{"404", 404, "", "", pns.Result{Class: pns.Body, Outcome: hub.PnsInterfaceError}},
		{"413", 413, "", "", pns.Result{Class: pns.Body, Outcome: hub.InvalidNotificationSize}},
		{"429", 429, "", "", pns.Result{Class: pns.Retry, Outcome: hub.Throttled, Service: true, RetryAfter: time.Minute}},
		{"500", 500, "", "", pns.Result{Class: pns.Retry, Outcome: hub.PnsServerError}},
		{"502", 502, "<html>", "", pns.Result{Class: pns.Retry, Outcome: hub.PnsUnavailable, Service: true}},
		{"503 and a date", 503, "", "Wed, 25 Nov 2026 12:02:00 GMT", pns.Result{Class: pns.Retry, Outcome: hub.PnsUnavailable, Service: true, RetryAfter: 2 * time.Minute}},
		{"504 and garbage", 504, "", "soon", pns.Result{Class: pns.Retry, Outcome: hub.PnsUnavailable, Service: true}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a := &pns.Answer{Status: tt.status, Reason: fmt.Sprint(tt.status, " X"), Body: []byte(tt.body), Header: http.Header{}}
			if tt.after != "" {
				a.Header.Set("Retry-After", tt.after)
			}
			got := classify(a, now).each
			if diff := cmp.Diff(tt.want, got, cmpopts.IgnoreFields(pns.Result{}, "Reason")); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if (got.Reason == "") != (got.Class == pns.OK) {
				t.Errorf("class %d has the reason %q", got.Class, got.Reason)
			}
		})
	}
}

func TestBadIDs(t *testing.T) {
	t.Parallel()
	targets := []pns.Target{{Handle: "a"}, {Handle: "b"}, {Handle: "c"}, {Handle: "not of this request"}}
	accepted := pns.Result{Class: pns.OK, Outcome: hub.Success, Correlation: "T: 1"}
	dead := pns.Result{Class: pns.Drop, Outcome: hub.BadChannel, Correlation: "T: 1", Reason: "0: the id is in bad_regids"}
	doubtful := dead
	doubtful.Malformed = true
	for _, c := range []struct {
		bad  string
		want []pns.Result
	}{
		{`"b"`, []pns.Result{accepted, dead, accepted}},
		{`"a, c"`, []pns.Result{dead, accepted, dead}},
		{`["a","c"]`, []pns.Result{dead, accepted, dead}},
		{`""`, []pns.Result{accepted, accepted, accepted}},
		{`null`, []pns.Result{accepted, accepted, accepted}},
		{`{}`, []pns.Result{accepted, accepted, accepted}},
		{`"nobody"`, []pns.Result{accepted, accepted, accepted}},
		{`"a,b,c"`, []pns.Result{doubtful, doubtful, doubtful}},
	} {
		body := fmt.Sprintf(`{"result":"ok","code":0,"trace_id":"T","data":{"id":1,"bad_regids":%s}}`, c.bad)
		v := classify(&pns.Answer{Status: 200, Body: []byte(body)}, now)
		results := make([]pns.Result, 4)
		v.fill(targets, []int{0, 1, 2}, results)
		if diff := cmp.Diff(append(c.want, pns.Result{}), results); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.bad, diff)
		}
	}
}

func TestUntilTomorrow(t *testing.T) {
	t.Parallel()
	for at, want := range map[time.Time]time.Duration{
		time.Date(2026, 11, 25, 15, 59, 59, 0, time.UTC): time.Second,
		time.Date(2026, 11, 25, 16, 0, 0, 0, time.UTC):   24 * time.Hour,
		time.Date(2026, 12, 31, 23, 0, 0, 0, time.UTC):   17 * time.Hour,
	} {
		if got := untilTomorrow(at); got != want {
			t.Errorf("%v: %v, want %v", at, got, want)
		}
	}
}

// FuzzClassify holds that only a named id, or all at once, are called dead, and
// that nothing but a whole 200 is a success.
func FuzzClassify(f *testing.F) {
	f.Add(200, []byte(`{"result":"ok","code":0,"data":{"bad_regids":"a,b"}}`), "")
	f.Add(200, []byte(failure(20301)), "12")
	f.Add(503, []byte("<html>"), "Wed, 25 Nov 2026 12:02:00 GMT")
	f.Fuzz(func(t *testing.T, status int, body []byte, after string) {
		v := classify(&pns.Answer{Status: status, Body: body, Header: http.Header{"Retry-After": {after}}}, now)
		r := v.each
		if r.Class == pns.OK && status != 200 || (r.Class == pns.OK) != (r.Outcome == hub.Success) || len(v.dead) > 0 && r.Class != pns.OK {
			t.Errorf("%d %q: %+v", status, body, v)
		}
		if r.Class == pns.Drop && !r.Malformed || r.RetryAfter < 0 || r.RetryAfter > 24*time.Hour || len(r.Reason) > 300 || len(r.Correlation) > 300 {
			t.Errorf("result %+v", r)
		}
		results := make([]pns.Result, 2)
		v.fill([]pns.Target{{Handle: "a"}, {Handle: "b"}}, []int{0, 1}, results)
	})
}
