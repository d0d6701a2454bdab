package notificationhubs_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	nh "github.com/fanfare-hub/fanfare/notificationhubs"
)

func TestDoctor(t *testing.T) {
	t.Parallel()
	client, rec := setup(t, nh.ClientOptions{}, always(http.StatusOK, `{"hub":"MyHub","at":"2030-01-02T03:04:05Z","severity":"warning","findings":[`+
		`{"about":"apns","severity":"warning","text":"T.","notAfter":"2030-01-05T00:00:00Z"},{"about":"wns","severity":"ok","text":"W."}],"new":1}`))
	got, err := client.Doctor(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := &nh.DoctorReport{
		Hub: "MyHub", At: time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC), Severity: nh.SeverityWarning,
		Findings: []nh.DoctorFinding{
			{About: "apns", Severity: nh.SeverityWarning, Text: "T.", NotAfter: time.Date(2030, 1, 5, 0, 0, 0, 0, time.UTC)},
			{About: "wns", Severity: nh.SeverityOK, Text: "W."},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if r := rec.last(); r.method != "GET" || r.uri != "/_fanfare/hubs/MyHub/doctor?api-version=2020-06" {
		t.Errorf("%s %s", r.method, r.uri)
	}
}

func TestDoctorOfAzure(t *testing.T) {
	t.Parallel()
	client, _ := setup(t, nh.ClientOptions{}, always(http.StatusNotFound, ""))
	if r, err := client.Doctor(t.Context()); err == nil {
		t.Errorf("%+v", r)
	}
	client, _ = setup(t, nh.ClientOptions{}, always(http.StatusOK, "no JSON"))
	if r, err := client.Doctor(t.Context()); err == nil {
		t.Errorf("%+v", r)
	}
}
