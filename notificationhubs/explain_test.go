package notificationhubs_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	nh "github.com/fanfare-hub/fanfare/notificationhubs"
)

func TestExplain(t *testing.T) {
	t.Parallel()
	client, rec := setup(t, nh.ClientOptions{}, always(http.StatusOK, `{"notificationId":"NH-1","state":"Completed","enqueuedAt":"2030-01-02T03:04:05Z","device":"a/b?c","verdict":"V.",`+
		`"registrations":[{"registrationId":"1-2-3","installationId":"i","platform":"apns","kind":"native","cause":"HandleDead","outcome":"ExpiredChannel","verdict":"W.",`+
		`"steps":[{"about":"attempt","text":"T.","at":"2030-01-02T03:04:06Z","answer":"410 Unregistered","correlation":"x"}]}],"more":true}`))
	got, err := client.Explain(t.Context(), "NH-1", "a/b?c")
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	want := &nh.Explanation{
		NotificationID: "NH-1", State: "Completed", EnqueuedAt: at, Device: "a/b?c", Verdict: "V.", More: true,
		Registrations: []nh.ExplainedRegistration{{
			RegistrationID: "1-2-3", InstallationID: "i", Platform: "apns", Kind: "native", Cause: "HandleDead", Outcome: "ExpiredChannel", Verdict: "W.",
			Steps: []nh.ExplainStep{{About: "attempt", Text: "T.", At: at.Add(time.Second), Answer: "410 Unregistered", Correlation: "x"}},
		}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if r := rec.last(); r.method != "GET" || r.uri != "/_fanfare/hubs/MyHub/notifications/NH-1/explain?api-version=2020-06&device=a%2Fb%3Fc" {
		t.Errorf("%s %s", r.method, r.uri)
	}
}

func TestExplainRefused(t *testing.T) {
	t.Parallel()
	client, _ := setup(t, nh.ClientOptions{}, always(http.StatusNotFound, ""))
	for _, ask := range [][2]string{{"NH-1", "x"}, {"", "x"}, {"NH-1", ""}} {
		if e, err := client.Explain(t.Context(), ask[0], ask[1]); err == nil {
			t.Errorf("%v: %+v", ask, e)
		}
	}
	client, _ = setup(t, nh.ClientOptions{}, always(http.StatusOK, "no JSON"))
	if _, err := client.Explain(t.Context(), "NH-1", "x"); err == nil {
		t.Error("an answer that is none was taken")
	}
}
