package apns

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pns"
	"github.com/fanfare-hub/fanfare/internal/pns/h2"
	"github.com/fanfare-hub/fanfare/internal/pns/pnstest"
)

var now = time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)

func TestAnswers(t *testing.T) {
	t.Parallel()
	pnstest.CheckAnswers(t, func(a *pnstest.Answer) pns.Result {
		got := classify(a.Status, http.Header{"Apns-Id": {"id"}}, []byte(a.Body), now)
		if got.Correlation != "id" {
			t.Errorf("%s: the apns-id is lost", a.Says)
		}
		return got
	})
}

// What is not Apple's JSON was said by something in between, which knows
// nothing of handles.
func TestClassifyAnswersOfOthers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		status  int
		text    string
		class   pns.Class
		outcome hub.Outcome
		says    string
	}{
		{410, "", pns.Hold, hub.UnknownError, "410"},
		{410, "<h1>Gone</h1>", pns.Hold, hub.UnknownError, "410: <h1>Gone</h1>"},
		{410, `{"reason":"Unregis`, pns.Hold, hub.UnknownError, `410: {"reason":"Unregis`},
		{410, `{"reason":7}`, pns.Hold, hub.UnknownError, `410: {"reason":7}`},
		{404, `{"reason":"Unregistered"}`, pns.Body, hub.UnknownError, "404 Unregistered"},
		{502, "<html>\r\n\x00", pns.Retry, hub.PnsServerError, "502: <html>"},
		{403, "blocked", pns.Credential, hub.InvalidCredentials, "403: blocked"},
		{302, "", pns.Body, hub.UnknownError, "302"},
		{204, "", pns.Body, hub.UnknownError, "204"},
		// A member of an unexpected type does not hide the reason.
		{410, `{"reason":"Unregistered","timestamp":"soon"}`, pns.Drop, hub.ExpiredChannel, "410 Unregistered"},
		{410, `{"reason":"Unregistered","timestamp":1.5e300}`, pns.Drop, hub.ExpiredChannel, "410 Unregistered"},
	} {
		got := classify(c.status, nil, []byte(c.text), now)
		if got.Class != c.class || got.Outcome != c.outcome || got.Reason != c.says || !got.DeadSince.IsZero() {
			t.Errorf("%d %q: %+v", c.status, c.text, got)
		}
	}
}

// A request without an answer: what was written may have arrived, what Apple
// did not look at goes to another connection, and all else could not be sent.
func TestLost(t *testing.T) {
	t.Parallel()
	refused := fmt.Errorf("%w: %w", h2.ErrUnprocessed, errors.New("GOAWAY"))
	for name, c := range map[string]struct {
		err            error
		written, ended bool
		want           pns.Result
	}{
		"written":          {err: context.DeadlineExceeded, written: true, want: pns.Result{Class: pns.Unknown, Outcome: hub.PnsUnreachable}},
		"written, ended":   {err: context.Canceled, written: true, ended: true, want: pns.Result{Class: pns.Unknown, Outcome: hub.PnsUnreachable}},
		"unprocessed":      {err: refused, want: pns.Result{Class: pns.Reconnect, Outcome: hub.PnsUnavailable, Again: pns.WithNewConn}},
		"no connection":    {err: errors.New("refused"), want: pns.Result{Class: pns.Unsent, Outcome: hub.PnsUnreachable, Service: true}},
		"dial timed out":   {err: context.DeadlineExceeded, want: pns.Result{Class: pns.Unsent, Outcome: hub.PnsUnreachable, Service: true}},
		"the caller's end": {err: context.DeadlineExceeded, ended: true, want: pns.Result{Class: pns.Unsent, Outcome: hub.PnsUnreachable}},
	} {
		c.want.Reason = c.err.Error()
		if got := lost(c.err, c.written, c.ended); got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}

func TestClassifyReadsTimes(t *testing.T) {
	t.Parallel()
	got := classify(410, nil, []byte(`{"reason":"Unregistered","timestamp":1893553445000}`), now)
	if want := time.UnixMilli(1893553445000); !got.DeadSince.Equal(want) {
		t.Errorf("dead since %v, want %v", got.DeadSince, want)
	}
	if got := classify(410, nil, []byte(`{"reason":"Unregistered","timestamp":9223372036854775807}`), now); !got.DeadSince.Equal(now) {
		t.Errorf("dead since %v, want now at the latest", got.DeadSince)
	}
	for _, text := range []string{`{"reason":"Unregistered"}`, `{"reason":"Unregistered","timestamp":-1}`, `{"reason":"ExpiredToken","timestamp":0}`} {
		if got := classify(410, nil, []byte(text), now); got.Class != pns.Drop || !got.DeadSince.IsZero() {
			t.Errorf("%s: %+v", text, got)
		}
	}
	if got := classify(429, http.Header{"Retry-After": {"5"}}, []byte(`{"reason":"TooManyRequests"}`), now); got.RetryAfter != time.Minute {
		t.Errorf("too many for one device, Retry-After 5: again after %v", got.RetryAfter)
	}
	if got := classify(410, http.Header{"Retry-After": {"5"}}, []byte(`{"reason":"Unregistered"}`), now); got.RetryAfter != 0 {
		t.Errorf("a dead handle is tried again after %v", got.RetryAfter)
	}
	if got := classify(429, nil, []byte(`{"reason":"TooManyRequests"}`), now); got.RetryAfter != time.Minute {
		t.Errorf("too many for one device: again after %v", got.RetryAfter)
	}
	if got := classify(503, http.Header{"Retry-After": {"120"}}, nil, now); got.RetryAfter != 2*time.Minute {
		t.Errorf("Retry-After 120: again after %v", got.RetryAfter)
	}
}

func FuzzClassify(f *testing.F) {
	f.Add(410, `{"reason":"Unregistered","timestamp":1}`)
	f.Add(502, "<html>")
	f.Add(410, `{"reason":"Unregistered","timestamp":9223372036854775807}`)
	f.Add(400, `{"reason":"BadDeviceToken"}`)
	f.Add(403, `{"reason":["ExpiredProviderToken"]}`)
	f.Fuzz(func(t *testing.T, status int, text string) {
		got := classify(status, nil, []byte(text), now)
		if got.Class == pns.Drop && status != 410 && status != 400 {
			t.Errorf("%d %q deletes a handle", status, text)
		}
		if got.Class == pns.OK != (status == 200) {
			t.Errorf("%d is a success: %v", status, got.Class == pns.OK)
		}
		if len(got.Reason) > 300 {
			t.Errorf("a reason of %d bytes", len(got.Reason))
		}
		if got.DeadSince.After(now) {
			t.Errorf("%q: dead since %v, which is to come", text, got.DeadSince)
		}
	})
}
