package notificationhubs_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	nh "github.com/fanfare-hub/fanfare/notificationhubs"
)

const details = `<NotificationDetails xmlns="http://schemas.microsoft.com/netservices/2010/10/servicebus/connect" xmlns:i="http://www.w3.org/2001/XMLSchema-instance"><NotificationId>NH-1</NotificationId><Location>sb://hub.example/MyHub/messages/NH-1?api-version=2020-06</Location><State>%s</State><EnqueueTime>2030-01-02T03:04:05Z</EnqueueTime>`

func TestNotificationDetails(t *testing.T) {
	t.Parallel()
	client, rec := setup(t, nh.ClientOptions{}, always(http.StatusOK, fmt.Sprintf(details, "Completed")+
		`<StartTime>2030-01-02T03:04:05.0061234Z</StartTime><EndTime>2030-01-02T03:04:06.5Z</EndTime><NotificationBody>{"aps":{"alert":"Hi"}}</NotificationBody><Tags>a &amp;&amp; b</Tags><TargetPlatforms>apple,windowstemplate</TargetPlatforms>`+
		`<ApnsOutcomeCounts><Outcome><Name>Success</Name><Count>3</Count></Outcome><Outcome><Name>ExpiredChannel</Name><Count>1</Count></Outcome></ApnsOutcomeCounts>`+
		`<WnsOutcomeCounts><Outcome><Name>Success</Name><Count>4</Count></Outcome></WnsOutcomeCounts><PnsErrorDetailsUri>https://errors.example/x</PnsErrorDetailsUri></NotificationDetails>`))
	got, err := client.NotificationDetails(t.Context(), "NH-1")
	if err != nil {
		t.Fatal(err)
	}
	want := &nh.NotificationDetails{
		NotificationID: "NH-1", State: "Completed",
		EnqueueTime: time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC), StartTime: time.Date(2030, 1, 2, 3, 4, 5, 6_123_400, time.UTC), EndTime: time.Date(2030, 1, 2, 3, 4, 6, 5e8, time.UTC),
		Body: `{"aps":{"alert":"Hi"}}`, Tags: "a && b", TargetPlatforms: "apple,windowstemplate",
		Outcomes:           map[nh.Platform]map[nh.Outcome]int64{"apns": {"Success": 3, "ExpiredChannel": 1}, "wns": {"Success": 4}},
		PnsErrorDetailsURI: "https://errors.example/x",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got.Count("Success") != 7 || got.Count("ExpiredChannel") != 1 || got.Count("Skipped") != 0 {
		t.Errorf("%d, %d, %d", got.Count("Success"), got.Count("ExpiredChannel"), got.Count("Skipped"))
	}
	if r := rec.last(); r.method != "GET" || r.uri != "/MyHub/messages/NH-1?api-version=2020-06" {
		t.Errorf("%s %s", r.method, r.uri)
	}
}

func TestFinal(t *testing.T) {
	t.Parallel()
	for state, want := range map[nh.NotificationState]bool{
		nh.StateCompleted: true, nh.StateNoTargetFound: true, nh.StateAbandoned: true, nh.StateCanceled: true, "Cancelled": true,
		nh.StateEnqueued: false, nh.StateScheduled: false, nh.StateProcessing: false, "Unknown": false, "": false,
	} {
		if got := (&nh.NotificationDetails{State: state}).Final(); got != want {
			t.Errorf("%q: %v", state, got)
		}
	}
}

// states answers with one state after the other, the last for ever; "" is 404.
func states(all ...string) transport {
	return func(n int, _ *http.Request) (*http.Response, error) {
		state := all[min(n, len(all))-1]
		if state == "" {
			return respond(http.StatusNotFound, "")
		}
		return respond(http.StatusOK, fmt.Sprintf(details, state)+"</NotificationDetails>")
	}
}

func TestWaitForNotification(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, times := fake(t, nh.ClientOptions{}, states("", "Enqueued", "Processing", "Processing", "Completed"))
		d, err := client.WaitForNotification(t.Context(), "NH-1")
		if err != nil || d.State != "Completed" || len(*times) != 5 {
			t.Errorf("%d looks, %+v, %v", len(*times), d, err)
		}
	})
	// The looks become rarer, to one in ten seconds.
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
		defer cancel()
		client, times := fake(t, nh.ClientOptions{}, states("", "Processing"))
		d, err := client.WaitForNotification(ctx, "NH-1")
		if !errors.Is(err, context.DeadlineExceeded) || d == nil || d.State != "Processing" {
			t.Errorf("%+v, %v", d, err)
		}
		for i, at := range (*times)[1:] {
			wait := at.Sub((*times)[i])
			if want := min(20*time.Millisecond<<min(i, 9), 10*time.Second); wait != want {
				t.Errorf("wait %d is %v, want %v", i, wait, want)
			}
		}
		if n := len(*times); n < 60 || n > 72 {
			t.Errorf("%d looks in ten minutes", n)
		}
	})
	// What the hub does not know for a minute, it will never know.
	synctest.Test(t, func(t *testing.T) {
		client, _ := fake(t, nh.ClientOptions{}, states(""))
		start := time.Now()
		d, err := client.WaitForNotification(t.Context(), "NH-1")
		if e, ok := errors.AsType[*nh.ResponseError](err); !ok || e.StatusCode != http.StatusNotFound || d != nil {
			t.Errorf("%+v, %v", d, err)
		}
		if took := time.Since(start); took < time.Minute || took > 70*time.Second {
			t.Errorf("given up after %v", took)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		client, _ := fake(t, nh.ClientOptions{}, func(int, *http.Request) (*http.Response, error) { return respond(http.StatusUnauthorized, "") })
		_, err := client.WaitForNotification(t.Context(), "NH-1")
		if e, ok := errors.AsType[*nh.ResponseError](err); !ok || e.StatusCode != http.StatusUnauthorized {
			t.Errorf("%v", err)
		}
	})
}
