package pns_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pns"
)

func TestFrontEnd(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]pns.Result{
		200: {Class: pns.Unknown, Outcome: hub.PnsInterfaceError},
		201: {Class: pns.Body, Outcome: hub.PnsInterfaceError},
		302: {Class: pns.Body, Outcome: hub.PnsInterfaceError},
		400: {Class: pns.Body, Outcome: hub.PnsInterfaceError},
		401: {Class: pns.Credential, Outcome: hub.InvalidCredentials, Service: true},
		403: {Class: pns.Body, Outcome: hub.PnsInterfaceError},
		404: {Class: pns.Body, Outcome: hub.PnsInterfaceError},
		413: {Class: pns.Body, Outcome: hub.InvalidNotificationSize},
		429: {Class: pns.Retry, Outcome: hub.Throttled, Service: true, RetryAfter: time.Minute},
		500: {Class: pns.Retry, Outcome: hub.PnsServerError},
		502: {Class: pns.Retry, Outcome: hub.PnsUnavailable, Service: true},
		503: {Class: pns.Retry, Outcome: hub.PnsUnavailable, Service: true},
		504: {Class: pns.Retry, Outcome: hub.PnsUnavailable, Service: true},
		599: {Class: pns.Retry, Outcome: hub.PnsServerError},
	} {
		if diff := cmp.Diff(want, pns.FrontEnd(status)); diff != "" {
			t.Errorf("%d (-want +got):\n%s", status, diff)
		}
	}
}

func TestText(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		`{"a":"30608"}`: "30608", `{"a":30608}`: "30608", `{"a":12345678901234567890}`: "12345678901234567890",
		`{"a":null}`: "", `{"a":[1]}`: "", `{"a":{}}`: "", `{"a":true}`: "", `{}`: "",
	} {
		var got struct{ A pns.Text }
		if err := json.Unmarshal([]byte(in), &got); err != nil || string(got.A) != want {
			t.Errorf("%s: %q, %v, want %q", in, got.A, err, want)
		}
	}
}
