package notificationhubs_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	nh "github.com/fanfare-hub/fanfare/notificationhubs"
)

func TestDelays(t *testing.T) {
	t.Parallel()
	client, rec := setup(t, nh.ClientOptions{}, always(http.StatusOK,
		`[{"platform":"apns","whole":true,"until":"2030-01-02T03:04:05Z","reason":"R."},{"platform":"wns","until":"2030-01-02T03:04:06Z","reason":"S."}]`))
	got, err := client.Delays(t.Context(), "NH-1")
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	want := []nh.Delay{{Platform: nh.APNs, Whole: true, Until: at, Reason: "R."}, {Platform: nh.WNS, Until: at.Add(time.Second), Reason: "S."}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if r := rec.last(); r.method != "GET" || r.uri != "/_fanfare/hubs/MyHub/notifications/NH-1/delays?api-version=2020-06" {
		t.Errorf("%s %s", r.method, r.uri)
	}
	client, _ = setup(t, nh.ClientOptions{}, always(http.StatusNotFound, ""))
	for _, id := range []string{"NH-1", ""} {
		if _, err := client.Delays(t.Context(), id); err == nil {
			t.Errorf("%q: no error", id)
		}
	}
	client, _ = setup(t, nh.ClientOptions{}, always(http.StatusOK, "no JSON"))
	if _, err := client.Delays(t.Context(), "NH-1"); err == nil {
		t.Error("an answer that is none was taken")
	}
}
