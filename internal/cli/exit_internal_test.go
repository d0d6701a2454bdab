package cli

import (
	"errors"
	"fmt"
	"io"
	"log"
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
		{exitFailed, "begins with Endpoint=http://", append([]string{"registration", "list"}, target("sb://"+plain.Listener.Addr().String())...)},
		{exitFailed, "--ca-file or FANFARE_CA_FILE names an authority", append([]string{"registration", "list"}, target("sb://"+tls.Listener.Addr().String())...)},
	} {
		if code, _, errs := call(t.Context(), c.args...); code != c.code || !strings.Contains(errs, c.says) {
			t.Errorf("%v: exit %d, %s; want %d, …%s…", c.args, code, errs, c.code, c.says)
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
