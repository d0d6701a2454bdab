package notificationhubs_test

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	nh "github.com/fanfare-hub/fanfare/notificationhubs"
)

// scheduled answers as a hub does that took a scheduled notification.
func scheduled(_ int, w http.ResponseWriter, _ request) {
	w.Header().Set("Location", "https://h.example/MyHub/schedulednotifications/NH-1?api-version=2020-06")
	w.Header().Set("TrackingId", "t-1")
	w.WriteHeader(http.StatusCreated)
}

func TestSchedule(t *testing.T) {
	t.Parallel()
	at := time.Date(2030, 1, 2, 4, 4, 5, 250e6, time.FixedZone("", 3600))
	for name, c := range map[string]struct {
		n    *nh.Notification
		o    *nh.SendOptions
		tags string
	}{
		"everybody":    {nh.NewADMNotification(`{}`), nil, ""},
		"tags":         {nh.NewAppleNotification(`{"aps":{}}`, nil), &nh.SendOptions{Tags: []string{"a", "b"}}, "a || b"},
		"a template":   {nh.NewTemplateNotification(map[string]string{"a": "b"}), &nh.SendOptions{To: nh.Tag("a").Not()}, "!a"},
		"never a test": {nh.NewADMNotification(`{}`), &nh.SendOptions{Expression: "a && b"}, "a && b"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, rec := setup(t, nh.ClientOptions{TestSend: name == "never a test"}, scheduled)
			sent, err := client.Schedule(t.Context(), c.n, at, c.o)
			if err != nil {
				t.Fatal(err)
			}
			want := &nh.SendResult{NotificationID: "NH-1", Location: "https://h.example/MyHub/schedulednotifications/NH-1?api-version=2020-06", TrackingID: "t-1"}
			if diff := cmp.Diff(want, sent); diff != "" {
				t.Error(diff)
			}
			r := rec.last()
			if r.method != "POST" || r.uri != "/MyHub/schedulednotifications?api-version=2020-06" ||
				r.header.Get("ServiceBusNotification-ScheduleTime") != "2030-01-02T03:04:05.250Z" || r.header.Get("ServiceBusNotification-Tags") != c.tags {
				t.Errorf("%s %s %v", r.method, r.uri, r.header)
			}
		})
	}
}

func TestScheduleRefuses(t *testing.T) {
	t.Parallel()
	client, rec := setup(t, nh.ClientOptions{}, scheduled)
	n := nh.NewADMNotification(`{}`)
	for name, err := range map[string]error{
		"no time":         call(client.Schedule(t.Context(), n, time.Time{}, nil)),
		"no notification": call(client.Schedule(t.Context(), nil, time.Now(), nil)),
		"a bad audience":  call(client.Schedule(t.Context(), n, time.Now(), &nh.SendOptions{Tags: []string{"a"}, Expression: "b"})),
		"no id":           client.CancelScheduled(t.Context(), ""),
	} {
		if err == nil {
			t.Errorf("%s was sent", name)
		}
	}
	if got := len(rec.all()); got != 0 {
		t.Errorf("%d requests were made", got)
	}
}

func call(_ *nh.SendResult, err error) error { return err }

// A schedule is repeated only when it surely was not taken: it would be sent
// twice. A cancel may be repeated.
func TestScheduleRetries(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]int{503: 3, 500: 1} {
		client, rec := setup(t, nh.ClientOptions{Retry: &nh.RetryOptions{Base: 1}}, always(status, ""))
		_, err := client.Schedule(t.Context(), nh.NewADMNotification(`{}`), time.Now(), nil)
		if got := len(rec.all()); err == nil || got != want {
			t.Errorf("%d: %d requests, want %d; %v", status, got, want, err)
		}
	}
	client, rec := setup(t, nh.ClientOptions{Retry: &nh.RetryOptions{Base: 1}}, func(n int, w http.ResponseWriter, _ request) {
		if n == 1 {
			w.WriteHeader(500)
		}
	})
	if err := client.CancelScheduled(t.Context(), "a/b"); err != nil {
		t.Error(err)
	}
	if r := rec.last(); len(rec.all()) != 2 || r.method != "DELETE" || r.uri != "/MyHub/schedulednotifications/a%2Fb?api-version=2020-06" {
		t.Errorf("%d requests, the last %s %s", len(rec.all()), r.method, r.uri)
	}
}

// What cannot be cancelled any more is told, also after a repeat.
func TestCancelTooLate(t *testing.T) {
	t.Parallel()
	client, _ := setup(t, nh.ClientOptions{Retry: &nh.RetryOptions{Base: 1}}, func(n int, w http.ResponseWriter, _ request) {
		w.WriteHeader(map[bool]int{true: 503, false: 404}[n == 1])
	})
	err := client.CancelScheduled(t.Context(), "NH-1")
	if e, ok := errors.AsType[*nh.ResponseError](err); !ok || e.StatusCode != 404 {
		t.Errorf("error %v, want a 404", err)
	}
}
