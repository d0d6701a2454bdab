package fcm

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/fanfare-hub/fanfare/internal/pns"
	"github.com/fanfare-hub/fanfare/internal/pns/h2"
)

// What FCM says to the probe, and what that says of the credential.
func TestDiagnose(t *testing.T) {
	t.Parallel()
	const fcmError = `,"details":[{"@type":"type.googleapis.com/google.firebase.fcm.v1.FcmError","errorCode":"%"}]`
	with := func(rpc, code string) string {
		details := ""
		if code != "" {
			details = strings.Replace(fcmError, "%", code, 1)
		}
		return `{"error":{"message":"The registration token is not a valid FCM registration token","status":"` + rpc + `"` + details + `}}`
	}
	cfg := &config{email: "push@x", project: "demo"}
	for _, c := range []struct {
		status int
		body   string
		ok     bool
		says   string
	}{
		{200, `{"name":"projects/demo/messages/fake_message_id"}`, true, "FCM takes the service account push@x for the project demo"},
		{400, with("INVALID_ARGUMENT", "INVALID_ARGUMENT"), true, "FCM takes"},
		{404, with("NOT_FOUND", "UNREGISTERED"), true, "FCM takes"},
		{403, with("PERMISSION_DENIED", "SENDER_ID_MISMATCH"), true, "FCM takes"},
		{403, with("PERMISSION_DENIED", ""), false, "the service account push@x may not send in the project demo"},
		{404, with("NOT_FOUND", ""), false, "FCM knows no project demo"},
		{401, with("UNAUTHENTICATED", ""), false, "FCM does not take the access token that Google gave the service account push@x"},
		{429, with("RESOURCE_EXHAUSTED", "QUOTA_EXCEEDED"), false, "try again later: 429: QUOTA_EXCEEDED"},
		{503, with("UNAVAILABLE", "UNAVAILABLE"), false, "try again later: 503"},
		{502, "<html>", false, "try again later: 502"},
	} {
		r := &h2.Response{Status: c.status, Header: http.Header{}, Body: []byte(c.body)}
		d := cfg.diagnose(r, classify(r.Status, r.Header, r.Body, time.Time{}, false))
		if d.OK != c.ok || !strings.Contains(d.Sentence, c.says) {
			t.Errorf("%d %s: %+v, want …%s…", c.status, c.body, d, c.says)
		}
	}
	r := &h2.Response{Err: errors.New("connection refused")}
	if d := cfg.diagnose(r, pns.Loss{Err: r.Err}.Result()); d.OK || d.Sentence != "FCM could not be asked, see whether this machine may connect to it: connection refused" {
		t.Errorf("%+v", d)
	}
}
