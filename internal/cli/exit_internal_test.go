package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	nh "github.com/fanfare-hub/fanfare/notificationhubs"
)

func TestDelivered(t *testing.T) {
	t.Parallel()
	type counts = map[nh.Platform]map[nh.Outcome]int64
	for name, c := range map[string]struct {
		state    nh.NotificationState
		outcomes counts
		code     int
		says     string
	}{
		"everybody":              {"Completed", counts{"apns": {"Success": 2}, "wns": {"Success": 1, "Skipped": 3}}, exitGood, ""},
		"nobody is told":         {"Completed", counts{}, exitGood, ""}, // Azure counts devices in its Standard tier alone
		"some":                   {"Completed", counts{"apns": {"Success": 2, "ExpiredChannel": 1}, "wns": {"Dropped": 1}}, exitPartly, "2 of 4 devices"},
		"none":                   {"Completed", counts{"apns": {"InvalidCredentials": 2}}, exitNobody, "none of 2 devices"},
		"nobody is registered":   {"NoTargetFound", counts{}, exitNobody, "no device is registered"},
		"given up":               {"Abandoned", counts{"apns": {"AbandonedNotificationMessages": 5}}, exitNobody, "none of 5 devices"},
		"given up by the sender": {"Canceled", counts{}, exitNobody, "given up: Canceled"},
	} {
		err := delivered(&nh.NotificationDetails{State: c.state, Outcomes: c.outcomes})
		if got := exitCode(err); got != c.code || c.says != "" && !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: exit %d, %v, want %d, …%s…", name, got, err, c.code, c.says)
		}
	}
}

func TestExitCode(t *testing.T) {
	t.Parallel()
	for want, errs := range map[int][]error{
		exitGood:   {nil},
		exitFailed: {errors.New("x"), &nh.ResponseError{StatusCode: 404}, fmt.Errorf("a: %w", &nh.ResponseError{StatusCode: 503})},
		exitMisuse: {misuse{errors.New("x")}, errors.Join(misuse{errors.New("x")}), errors.New(`unknown command "x"`), &nh.ResponseError{StatusCode: 400}, &nh.ResponseError{StatusCode: 413}},
		exitPartly: {errors.Join(nil, undelivered{exitPartly, "x"})},
		exitNobody: {undelivered{exitNobody, "x"}},
	} {
		for _, err := range errs {
			if got := exitCode(err); got != want {
				t.Errorf("%v: exit %d, want %d", err, got, want)
			}
		}
	}
}

// What is misspelt, and what is missing, is told with what would be right.
func TestHints(t *testing.T) {
	t.Parallel()
	target := func(endpoint string) []string {
		return []string{"--hub", "h", "--connection-string", "Endpoint=" + endpoint + "/;SharedAccessKeyName=n;SharedAccessKey=k"}
	}
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	tls := httptest.NewUnstartedServer(http.NotFoundHandler())
	tls.Config.ErrorLog = log.New(io.Discard, "", 0)
	tls.StartTLS()
	defer tls.Close()
	for _, c := range []struct {
		code int
		says string
		args []string
	}{
		{exitMisuse, `fanfare has no command "sent": did you mean send?`, []string{"sent"}},
		{exitMisuse, `has no command "shw": did you mean show?`, []string{"notification", "shw"}},
		{exitMisuse, `has no command "quite-another"` + "\n", []string{"quite-another"}},
		{exitMisuse, "give --format: apple, fcmv1", []string{"send", "{}"}},
		{exitMisuse, `as in {"greeting":"Hello"}`, []string{"send", "--format", "template", `{"n":1}`}},
		{exitMisuse, `"android" is not apns, fcmv1, wns`, []string{"registration", "create", "--platform", "android", "--handle", "h"}},
		{exitMisuse, "takes a platform: apns, fcmv1", []string{"hub", "suspects"}},
		{exitMisuse, "SharedAccessKeyName=… is missing\nwas it cut off?", []string{"hub", "list", "--connection-string", "Endpoint=sb://h/"}},
		{exitMisuse, "SharedAccessKeyName=… is missing\nwas it cut off?", []string{"token", "--hub", "h", "--connection-string", "Endpoint=sb://h/"}},
		{exitMisuse, "SharedAccessKeyName=… is missing\nfanfare send --help", []string{"send", "--hub", "h", "--format", "apple", "{}", "--connection-string", "Endpoint=sb://h/;SharedAccessKey=k"}},
		{exitMisuse, "fanfare notification show --help tells how it is called", []string{"notification", "show"}},
		{exitMisuse, "begins with Endpoint=sb://", append([]string{"hub", "list"}, target("http://"+tls.Listener.Addr().String())...)},
		{exitFailed, "nothing serves there", append([]string{"hub", "list"}, target("http://127.0.0.1:1")...)},
		{exitFailed, "404 Not Found (GET /h/registrations)" + "\n", append([]string{"registration", "list"}, target("http://"+plain.Listener.Addr().String())...)},
		{exitFailed, "begins with Endpoint=http://", append([]string{"registration", "list"}, target("sb://"+plain.Listener.Addr().String())...)},
		{exitFailed, "--ca-file or FANFARE_CA_FILE names an authority", append([]string{"registration", "list"}, target("sb://"+tls.Listener.Addr().String())...)},
	} {
		if code, _, errs := call(t.Context(), c.args...); code != c.code || !strings.Contains(errs, c.says) {
			t.Errorf("%v: exit %d, %s; want %d, …%s…", c.args, code, errs, c.code, c.says)
		}
	}
}

// The hub's sentence comes without what Azure's form puts behind it, and what to
// do about it after it.
func TestErrorText(t *testing.T) {
	t.Parallel()
	answer := func(status int, detail string) *nh.ResponseError {
		return &nh.ResponseError{StatusCode: status, Detail: detail + ".TrackingId:T-1,TimeStamp:3/4/2025 5:06:07 AM", TrackingID: "T-1", Method: "GET", Path: "/h"}
	}
	for _, c := range []struct {
		err       error
		text, say string
	}{
		{errors.New("notificationhubs: the tag is missing"), "the tag is missing", ""},
		{answer(404, "The job is not known."), "404 Not Found: The job is not known. (GET /h, TrackingId T-1)", ""},
		{fmt.Errorf("line 3: %w", answer(404, "")), "line 3: 404 Not Found (GET /h, TrackingId T-1)", ""},
		{answer(404, "No service is hosted at the specified address."), "404 Not Found: No service is hosted at the specified address. (GET /h, TrackingId T-1)", "fanfare hub list"},
		{answer(409, "SubCode=40900. Conflict."), "409 Conflict: SubCode=40900. Conflict. (GET /h, TrackingId T-1)", "fanfare hub update"},
		{answer(409, "SubCode=40901. The hub was changed."), "409 Conflict: SubCode=40901. The hub was changed. (GET /h, TrackingId T-1)", ""},
		{&nh.ResponseError{StatusCode: 404, Detail: ".TrackingId:T-1,TimeStamp:x", TrackingID: "T-1", Method: "DELETE", Path: "/h/registrations/1-2-3"},
			"404 Not Found (DELETE /h/registrations/1-2-3, TrackingId T-1)", "fanfare registration list"},
		{answer(401, "InvalidSignature: The token has an invalid signature."), "401 Unauthorized: InvalidSignature: The token has an invalid signature. (GET /h, TrackingId T-1)", "SharedAccessKey of the connection string"},
		{answer(401, "Manage claim is required for this operation."), "401 Unauthorized: Manage claim is required for this operation. (GET /h, TrackingId T-1)", ""},
		{answer(400, "Bad."), "400 Bad Request: Bad. (GET /h, TrackingId T-1)", ""},
		{&nh.ResponseError{StatusCode: 502, Method: "GET"}, "502 Bad Gateway (GET /)", ""},
		{fmt.Errorf("notificationhubs: waiting: %w", context.Canceled), "waiting: interrupted", ""},
		{fmt.Errorf("notificationhubs: waiting: %w", context.DeadlineExceeded), "waiting: the time is over", ""},
		{&net.DNSError{Err: "no such host", Name: "h.invalid"}, "lookup h.invalid: no such host", "a host that is not known here"},
		{advised{errors.New("a"), "do b"}, "a", "do b"},
	} {
		if got := errorText(c.err); got != c.text {
			t.Errorf("%v: %q, want %q", c.err, got, c.text)
		}
		if got := hint(c.err); !strings.Contains(got, c.say) || c.say == "" && got != "" {
			t.Errorf("%v: advice %q, want %q", c.err, got, c.say)
		}
	}
}

// The help tells of every code.
func TestExitHelp(t *testing.T) {
	t.Parallel()
	for code := exitGood; code <= exitNobody; code++ {
		if !strings.Contains(exitHelp, fmt.Sprintf("\n  %d  ", code)) {
			t.Errorf("%d is not in the help", code)
		}
	}
	for _, args := range [][]string{{"help"}, {"send", "--help"}, {"notification", "show", "--help"}} {
		if _, out, _ := call(t.Context(), args...); !strings.Contains(out, exitHelp) {
			t.Errorf("%v is without the exit codes", args)
		}
	}
}
