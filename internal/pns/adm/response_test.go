package adm

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

const registration = "amzn1.adm-registration.v2.abc"

func answer(status int, body, after string) *pns.Answer {
	h := http.Header{}
	if after != "" {
		h.Set("Retry-After", after)
	}
	return &pns.Answer{Status: status, Reason: strconv.Itoa(status), Header: h, Body: []byte(body)}
}

func because(reason string) string { return `{"reason":"` + reason + `"}` }

func TestAnswers(t *testing.T) {
	t.Parallel()
	pnstest.CheckAnswers(t, func(a *pnstest.Answer) pns.Result {
		return classify(&pns.Answer{Status: a.Status, Reason: strconv.Itoa(a.Status), Header: a.HTTPHeader(), Body: []byte(a.Body)}, registration, now)
	})
}

// TestClassify has what else ADM may answer, in other forms.
func TestClassify(t *testing.T) {
	t.Parallel()
	ok := pns.Result{Class: pns.OK, Outcome: hub.Success}
	format := pns.Result{Class: pns.Body, Outcome: hub.InvalidNotificationFormat}
	odd := pns.Result{Class: pns.Body, Outcome: hub.PnsInterfaceError}
	token := pns.Result{Class: pns.Credential, Outcome: hub.InvalidToken, Again: pns.WithFreshToken, Service: true}
	throttled := func(d time.Duration) pns.Result {
		return pns.Result{Class: pns.Retry, Outcome: hub.Throttled, Service: true, RetryAfter: d}
	}
	for name, c := range map[string]struct {
		answer *pns.Answer
		want   pns.Result
	}{
		"accepted, another id":      {answer(200, `{"registrationID":"amzn1.new"}`, ""), pns.Result{Class: pns.Update, Outcome: hub.Success, NewHandle: "amzn1.new"}},
		"accepted, no id":           {answer(200, `{}`, ""), ok},
		"accepted, an id of blanks": {answer(200, `{"registrationID":"a b"}`, ""), ok},
		"accepted, a long id":       {answer(200, `{"registrationID":"`+strings.Repeat("x", 5000)+`"}`, ""), ok},
		"accepted, no JSON":         {answer(200, `<html>`, ""), ok},
		"no reason":                 {answer(400, "", ""), format},
		"401 without a reason":      {answer(401, "", ""), token},
		"too many, a date":          {answer(429, because("MaxRateExceeded"), "Wed, 25 Nov 2026 12:02:00 GMT"), throttled(2 * time.Minute)},
		"too many, garbage":         {answer(429, because("MaxRateExceeded"), "later"), throttled(time.Minute)},
		"server error, a time":      {answer(500, "", "9"), pns.Result{Class: pns.Retry, Outcome: hub.PnsServerError, RetryAfter: 9 * time.Second}},
		"unknown 4xx":               {answer(418, because("Unregistered"), ""), odd},
		"not found":                 {answer(404, because("Unregistered"), ""), odd},
		"a redirect":                {answer(302, "", ""), odd},
		"another success":           {answer(202, `{"registrationID":"amzn1.new"}`, ""), odd},
	} {
		got := classify(c.answer, registration, now)
		if diff := cmp.Diff(c.want, got, cmpopts.IgnoreFields(pns.Result{}, "Reason")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if (got.Reason == "") != (got.Class == pns.OK || got.Class == pns.Update) {
			t.Errorf("%s: class %d has the reason %q", name, got.Class, got.Reason)
		}
	}
}

func TestReasonAndCorrelation(t *testing.T) {
	t.Parallel()
	a := answer(400, `{"reason":"InvalidData\r\nX: y"}`, "")
	a.Reason = "400 Bad Request"
	a.Header.Set("X-Amzn-RequestId", "R-1")
	got := classify(a, registration, now)
	if want := "400 Bad Request: InvalidData  X: y"; got.Reason != want || got.Correlation != "R-1" {
		t.Errorf("reason %q, want %q; correlation %q", got.Reason, want, got.Correlation)
	}
}

// FuzzClassify holds that only a 400 with one of two reasons calls a
// registration dead, and that a new handle can be stored.
func FuzzClassify(f *testing.F) {
	f.Add(200, []byte(`{"registrationID":"x"}`), "")
	f.Add(400, []byte(`{"reason":"Unregistered"}`), "")
	f.Add(429, []byte(`{"reason":"MaxRateExceeded"}`), "12")
	f.Fuzz(func(t *testing.T, status int, body []byte, after string) {
		r := classify(answer(status, string(body), after), registration, now)
		if r.Class == pns.Drop && status != 400 {
			t.Errorf("%d %q drops the handle", status, body)
		}
		if (r.NewHandle != "") != (r.Class == pns.Update) || r.NewHandle != "" && hub.ValidateHandle(hub.ADM, r.NewHandle, nil) != nil {
			t.Errorf("new handle %q", r.NewHandle)
		}
		good := r.Class == pns.OK || r.Class == pns.Update
		if good != (r.Outcome == hub.Success) || r.RetryAfter < 0 || r.RetryAfter > 24*time.Hour || len(r.Reason) > 300 {
			t.Errorf("result %+v", r)
		}
	})
}
