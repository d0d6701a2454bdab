package baidu

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
	return fmt.Sprintf(`{"request_id":4,"error_code":%d,"error_msg":"why"}`, code)
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	pnstest.CheckAnswers(t, func(a *pnstest.Answer) pns.Result {
		return classify(&pns.Answer{Status: a.Status, Reason: fmt.Sprint(a.Status, " X"), Header: a.HTTPHeader(), Body: []byte(a.Body)}, now)
	})
}

// TestClassify has what else Baidu may answer, in other forms.
func TestClassify(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		status int
		body   string
		after  string // Retry-After
		want   pns.Result
	}{
		{"accepted, the older answer", 200, `{"request_id":"4","response_params":{"success_amount":1}}`, "", pns.Result{Class: pns.OK, Outcome: hub.Success}},
		{"accepted, parameters of another form", 200, `{"request_id":4,"response_params":[]}`, "", pns.Result{Class: pns.OK, Outcome: hub.Success}},
		{"accepted, an error code of none", 200, `{"request_id":4,"error_code":0}`, "", pns.Result{Class: pns.OK, Outcome: hub.Success}},

		{"too frequent, a time", 400, failure(30699), "7", pns.Result{Class: pns.Retry, Outcome: hub.Throttled, Service: true, RetryAfter: 7 * time.Second}},
		{"a code with any status", 200, failure(30608), "", pns.Result{Class: pns.Drop, Outcome: hub.BadChannel}},
		{"a code as text", 400, `{"error_code":"30608"}`, "", pns.Result{Class: pns.Drop, Outcome: hub.BadChannel}},
		{"a wait that means nothing", 400, failure(30608), "7", pns.Result{Class: pns.Drop, Outcome: hub.BadChannel}},

		{"an unknown code", 200, failure(39999), "", pns.Result{Class: pns.Body, Outcome: hub.PnsInterfaceError}},

		{"200 and nothing", 200, "", "", pns.Result{Class: pns.Unknown, Outcome: hub.PnsInterfaceError}},
		{"200 and half of it", 200, `{"request_id":4,"resp`, "", pns.Result{Class: pns.Unknown, Outcome: hub.PnsInterfaceError}},
		{"200 and another object", 200, `{}`, "", pns.Result{Class: pns.Unknown, Outcome: hub.PnsInterfaceError}},
		{"a redirect", 302, "", "", pns.Result{Class: pns.Body, Outcome: hub.PnsInterfaceError}},
		{"500 without a code", 500, "<html>", "", pns.Result{Class: pns.Retry, Outcome: hub.PnsServerError}},
		{"503", 503, "", "Wed, 25 Nov 2026 12:02:00 GMT", pns.Result{Class: pns.Retry, Outcome: hub.PnsUnavailable, Service: true, RetryAfter: 2 * time.Minute}},
		{"504, garbage", 504, "", "soon", pns.Result{Class: pns.Retry, Outcome: hub.PnsUnavailable, Service: true}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a := &pns.Answer{Status: tt.status, Reason: fmt.Sprint(tt.status, " X"), Body: []byte(tt.body), Header: http.Header{}}
			if tt.after != "" {
				a.Header.Set("Retry-After", tt.after)
			}
			got := classify(a, now)
			if diff := cmp.Diff(tt.want, got, cmpopts.IgnoreFields(pns.Result{}, "Reason", "Correlation")); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if (got.Reason == "") != (got.Class == pns.OK) {
				t.Errorf("class %d has the reason %q", got.Class, got.Reason)
			}
		})
	}
}

func TestReasonAndCorrelation(t *testing.T) {
	t.Parallel()
	a := &pns.Answer{Status: 400, Reason: "400 Bad Request", Body: []byte(`{"request_id":12345678901,"error_code":30602,"error_msg":"Request Params\nNot Valid"}`)}
	got := classify(a, now)
	if want := "400 Bad Request: 30602: Request Params Not Valid"; got.Reason != want {
		t.Errorf("reason %q, want %q", got.Reason, want)
	}
	if got.Correlation != "12345678901" {
		t.Errorf("correlation %q", got.Correlation)
	}
	a = &pns.Answer{Status: 200, Body: []byte(`{"request_id":12345678901,"response_params":{"msg_id":"24234532453245"}}`)}
	if got := classify(a, now); got.Correlation != "12345678901: 24234532453245" {
		t.Errorf("correlation %q", got.Correlation)
	}
}

// FuzzClassify holds that nothing but two codes calls a handle dead, and that
// nothing but a whole 200 is a success.
func FuzzClassify(f *testing.F) {
	f.Add(200, []byte(`{"request_id":1}`), "")
	f.Add(400, []byte(failure(30608)), "12")
	f.Add(503, []byte("<html>"), "Wed, 25 Nov 2026 12:02:00 GMT")
	f.Fuzz(func(t *testing.T, status int, body []byte, after string) {
		r := classify(&pns.Answer{Status: status, Body: body, Header: http.Header{"Retry-After": {after}}}, now)
		if r.Class == pns.OK && status != 200 || (r.Class == pns.OK) != (r.Outcome == hub.Success) {
			t.Errorf("%d %q: %+v", status, body, r)
		}
		if r.RetryAfter < 0 || r.RetryAfter > 24*time.Hour || len(r.Reason) > 300 || len(r.Correlation) > 300 {
			t.Errorf("result %+v", r)
		}
		if r.Class == pns.Drop && r.Outcome != hub.BadChannel && r.Outcome != hub.ExpiredChannel {
			t.Errorf("result %+v", r)
		}
	})
}
