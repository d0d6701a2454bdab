package notificationhubs_test

import (
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	nh "github.com/fanfare-hub/fanfare/notificationhubs"
)

func TestSuspectsGoOn(t *testing.T) {
	t.Parallel()
	client, rec := setup(t, nh.ClientOptions{}, func(n int, w http.ResponseWriter, _ request) {
		pages := []string{
			`{"suspects":[{"handle":"a/b","since":"2026-01-02T03:04:05Z"}],"next":"a/b"}`,
			`{"suspects":[{"handle":"c","since":"2026-01-02T03:04:06Z"}]}`,
		}
		io.WriteString(w, pages[n-1]) //nolint:errcheck // a failure is the client's to see
	})
	var got []nh.Suspect
	for s, err := range client.Suspects(t.Context(), nh.APNs) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, s)
	}
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	if diff := cmp.Diff([]nh.Suspect{{Handle: "a/b", Since: at}, {Handle: "c", Since: at.Add(time.Second)}}, got); diff != "" {
		t.Error(diff)
	}
	if uri := rec.last().uri; uri != "/_fanfare/hubs/MyHub/suspects/apns?api-version=2020-06&after=a%2Fb" {
		t.Errorf("the second page was asked for at %s", uri)
	}
}

// A hub that names the same page for ever ends the list.
func TestSuspectsThatDoNotGoOn(t *testing.T) {
	t.Parallel()
	client, rec := setup(t, nh.ClientOptions{}, always(http.StatusOK, `{"suspects":[],"next":"a"}`))
	for _, err := range client.Suspects(t.Context(), nh.APNs) {
		if err == nil {
			t.Error("a suspect of an empty page")
		}
	}
	if n := len(rec.all()); n != 2 {
		t.Errorf("%d requests, want 2", n)
	}
}

func TestCountSuspects(t *testing.T) {
	t.Parallel()
	client, rec := setup(t, nh.ClientOptions{}, always(http.StatusOK, `{"platform":"apns","total":5800,"suspects":[{"handle":"a"}],"next":"a"}`))
	if n, err := client.CountSuspects(t.Context(), nh.APNs); n != 5800 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	if uri := rec.last().uri; uri != "/_fanfare/hubs/MyHub/suspects/apns?api-version=2020-06&%24top=1" {
		t.Errorf("asked for at %s", uri)
	}
}

func TestJudgeSuspects(t *testing.T) {
	t.Parallel()
	client, rec := setup(t, nh.ClientOptions{}, always(http.StatusOK, `{"changed":3}`))
	if n, err := client.ConfirmSuspects(t.Context(), nh.WNS); n != 3 || err != nil {
		t.Errorf("all: %d, %v", n, err)
	}
	if r := rec.last(); r.method != "POST" || r.uri != "/_fanfare/hubs/MyHub/suspects/wns/confirm?api-version=2020-06" || r.body != `{"all":true}` {
		t.Errorf("all: %+v", r)
	}
	if n, err := client.ClearSuspects(t.Context(), nh.WNS, "a", `b"`); n != 6 || err != nil {
		t.Errorf("two: %d, %v", n, err)
	}
	if r := rec.last(); r.uri != "/_fanfare/hubs/MyHub/suspects/wns/clear?api-version=2020-06" || r.body != `{"handle":"b\""}` {
		t.Errorf("two: %+v", r)
	}
}

func TestSuspectsOfAzure(t *testing.T) {
	t.Parallel()
	client, _ := setup(t, nh.ClientOptions{}, always(http.StatusNotFound, ""))
	for _, err := range client.Suspects(t.Context(), nh.APNs) {
		if err == nil {
			t.Error("a suspect came of a 404")
		}
	}
	client, _ = setup(t, nh.ClientOptions{}, always(http.StatusOK, "no JSON"))
	if _, err := client.ClearSuspects(t.Context(), nh.APNs); err == nil {
		t.Error("an answer that is none was taken")
	}
}
