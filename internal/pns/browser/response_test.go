package browser_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pns"
	"github.com/fanfare-hub/fanfare/internal/pns/browser"
	"github.com/fanfare-hub/fanfare/internal/pns/pnstest"
)

func TestAnswers(t *testing.T) {
	t.Parallel()
	pnstest.CheckAnswers(t, func(a *pnstest.Answer) pns.Result {
		return browser.Classify(a.Status, "x", a.HTTPHeader(), []byte(a.Body), pnstest.Now)
	})
}

// TestClassify has the words of each browser maker, and what else may be
// answered.
func TestClassify(t *testing.T) {
	t.Parallel()
	ok := pns.Result{Class: pns.OK, Outcome: hub.Success}
	key := pns.Result{Class: pns.Credential, Outcome: hub.InvalidCredentials, Again: pns.WithFreshToken}
	with := func(r pns.Result, reason string, after time.Duration) pns.Result {
		r.Reason, r.RetryAfter = reason, after
		return r
	}
	throttled := pns.Result{Class: pns.Retry, Outcome: hub.Throttled}
	badFormat := pns.Result{Class: pns.Body, Outcome: hub.InvalidNotificationFormat}
	odd := pns.Result{Class: pns.Body, Outcome: hub.PnsInterfaceError}
	for _, c := range []struct {
		name   string
		status int
		header []string
		body   string
		want   pns.Result
	}{
		{"created", 201, []string{"Location", "https://push.example/m/1"}, "", pns.Result{Class: pns.OK, Outcome: hub.Success, Correlation: "https://push.example/m/1"}},
		{"ok", 200, nil, "<html>", ok},
		{"accepted, with a receipt", 202, nil, "", ok},
		{"no content", 204, nil, "", ok},
		{"moved", 301, []string{"Location", "https://10.0.0.1/"}, "", with(odd, "301 Moved Permanently", 0)},
		{"found", 302, nil, "", with(odd, "302 Found", 0)},
		{"temporarily elsewhere", 307, nil, "", with(odd, "307 Temporary Redirect", 0)},
		{"permanently elsewhere", 308, nil, "", with(odd, "308 Permanent Redirect", 0)},
		{"bad TTL at Mozilla", 400, nil, `{"code":400,"errno":112,"error":"Bad Request","message":"Invalid TTL header value"}`,
			with(badFormat, "400 Bad Request: errno 112: Invalid TTL header value", 0)},
		{"another key at Apple", 400, nil, `{"reason":"VapidPkHashMismatch"}`, with(badFormat, "400 Bad Request: VapidPkHashMismatch", 0)},
		{"no authorization", 401, nil, `{"code":401,"errno":109,"message":"Invalid authorization"}`, with(key, "401 Unauthorized: errno 109: Invalid authorization", 0)},
		{"another key at Google", 403, nil, "the key in the authorization header does not correspond to the sender ID\n",
			with(key, "403 Forbidden: the key in the authorization header does not correspond to the sender ID", 0)},
		{"bad token at Apple", 403, nil, `{"reason":"BadJwtToken"}`, with(key, "403 Forbidden: BadJwtToken", 0)},
		{"gone", 410, nil, `{"code":410,"errno":106}`, pns.Result{Class: pns.Drop, Outcome: hub.ExpiredChannel, Reason: "410 Gone: errno 106"}},
		{"throttled", 429, []string{"Retry-After", "17"}, "", with(throttled, "429 Too Many Requests", 17*time.Second)},
		{"throttled, until a date", 429, []string{"Retry-After", pnstest.Now.Add(time.Minute).Format(http.TimeFormat)}, "", with(throttled, "429 Too Many Requests", time.Minute)},
		{"throttled, until garbage", 429, []string{"Retry-After", "soon"}, "", with(throttled, "429 Too Many Requests", 0)},
		{"internal error", 500, nil, "<html>secret page</html>", pns.Result{Class: pns.Retry, Outcome: hub.PnsServerError, Reason: "500 Internal Server Error"}},
		{"an unknown server error", 599, []string{"Retry-After", "5"}, "", with(pns.Result{Class: pns.Retry, Outcome: hub.PnsServerError}, "599", 5*time.Second)},
		{"an unknown refusal", 418, nil, `{"errno":`, with(odd, "418 I'm a teapot", 0)},
		{"an unknown redirect", 300, nil, "", with(odd, "300 Multiple Choices", 0)},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := http.Header{}
			for i := 0; i < len(c.header); i += 2 {
				h.Set(c.header[i], c.header[i+1])
			}
			reason := strings.TrimSpace(fmt.Sprint(c.status, " ", http.StatusText(c.status)))
			got := browser.Classify(c.status, reason, h, []byte(c.body), pnstest.Now)
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// FuzzClassify: whatever a stranger's endpoint answers, a handle is deleted for
// 404 and 410 alone, and what is shown is one line.
func FuzzClassify(f *testing.F) {
	f.Add(503, "30", `{"errno":202,"message":"x"}`)
	f.Add(403, "", `{"reason":"BadJwtToken"}`)
	f.Add(410, "\x00", "<html>")
	f.Fuzz(func(t *testing.T, status int, after, body string) {
		r := browser.Classify(status, "x", http.Header{"Retry-After": {after}}, []byte(body), pnstest.Now)
		if r.Class == pns.Drop && status != 404 && status != 410 || r.Class == pns.OK && status/100 != 2 {
			t.Errorf("%d: %+v", status, r)
		}
		if r.Service || r.RetryAfter < 0 || len(r.Reason) > 300 || strings.ContainsAny(r.Reason, "\r\n\x00\x1b") {
			t.Errorf("%d: %+v", status, r)
		}
	})
}
