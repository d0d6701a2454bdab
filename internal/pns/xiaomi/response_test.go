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
	"github.com/fanfare-hub/fanfare/internal/pns/pnstest"
)

func failure(code int) string {
	return fmt.Sprintf(`{"result":"error","reason":"why","code":%d,"trace_id":"T"}`, code)
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	pnstest.CheckAnswers(t, func(a *pnstest.Answer) pns.Result {
		v := classify(&pns.Answer{Status: a.Status, Reason: "200 OK", Header: a.HTTPHeader(), Body: []byte(a.Body)}, now)
		if v.oneBad != (a.Says == "code 10029") {
			t.Errorf("%s: %+v", a.Says, v)
		}
		results := make([]pns.Result, 1)
		v.fill([]pns.Target{{Handle: pnstest.Handle}}, []int{0}, results)
		return results[0]
	})
}

func TestReasonAndCorrelation(t *testing.T) {
	t.Parallel()
	got := classify(&pns.Answer{Status: 200, Reason: "200 OK", Body: []byte(failure(10018))}, now).each
	if got.Reason != "200 OK: 10018: why" || got.Correlation != "T" {
		t.Errorf("reason %q, correlation %q", got.Reason, got.Correlation)
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
		{"nothing", 200, "", "", unknown},
		{"half of it", 200, ok[:20], "", unknown},
		{"a wait", 200, failure(10027), "7", pns.Result{Class: pns.Retry, Outcome: hub.Throttled, Service: true, RetryAfter: 7 * time.Second, Correlation: "T"}},
		{"a wait that means nothing", 200, failure(20301), "7", pns.Result{Class: pns.Drop, Outcome: hub.BadChannel, Malformed: true, Correlation: "T"}},
		{"a code with any status", 500, failure(10018), "", pns.Result{Class: pns.Body, Outcome: hub.InvalidNotificationSize, Correlation: "T"}},
		{"code 0, 500", 500, ok, "", pns.Result{Class: pns.Retry, Outcome: hub.PnsServerError, Correlation: "T"}},
		{"a redirect", 302, "", "", pns.Result{Class: pns.Body, Outcome: hub.PnsInterfaceError}},
		{"500", 500, "", "", pns.Result{Class: pns.Retry, Outcome: hub.PnsServerError}},
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
	dead := pns.Result{Class: pns.Drop, Outcome: hub.BadChannel, Correlation: "T: 1", Reason: "200 OK: 0: the id is in bad_regids"}
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
		v := classify(&pns.Answer{Status: 200, Reason: "200 OK", Body: []byte(body)}, now)
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
