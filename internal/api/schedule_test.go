package api_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fanfare-hub/fanfare/internal/api"
	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/store"
)

const schedules = "/MyHub/schedulednotifications?api-version=2020-06"

func (f *fixture) schedule(at string, headers ...string) got {
	f.t.Helper()
	return f.call(http.MethodPost, schedules, apple, append([]string{
		"ServiceBusNotification-Format", "apple", "ServiceBusNotification-ScheduleTime", at,
	}, headers...)...)
}

// Every form in which a client writes the time, and the ends of the window: a
// minute beyond them is the callers' clocks.
func TestScheduleTimes(t *testing.T) {
	t.Parallel()
	f := setup(t)
	for text, want := range map[string]time.Time{
		"2025-03-04T06:06:07":       now.Add(time.Hour),
		"2025-03-04T06:06:07.250Z":  now.Add(time.Hour + 250*time.Millisecond),
		"2025-03-04'T'06:06:07":     now.Add(time.Hour),
		" 2025-03-04T06:06:07Z ":    now.Add(time.Hour),
		"2025-03-04T08:06:07+02:00": now.Add(time.Hour),
		"2025-03-04T05:06:07Z":      now,
		"2025-03-04T05:05:07Z":      now.Add(-time.Minute),
		"2025-03-11T05:06:07Z":      now.Add(7 * 24 * time.Hour),
		"2025-03-11T05:07:07Z":      now.Add(7*24*time.Hour + time.Minute),
	} {
		f.schedule(text).want(201)
		if got := f.dispatch.last(t).ScheduledAt; !got.Equal(want) {
			t.Errorf("%s is %v, want %v", text, got, want)
		}
	}
}

// A schedule keeps all that a send does.
func TestScheduleKeepsWhatItWasGiven(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.schedule("2025-03-05T05:06:07", "ServiceBusNotification-Tags", "a && !b", "apns-priority", "5", "ServiceBusNotification-Apns-Expiry", "2025-03-06").want(201)
	got := f.dispatch.last(t)
	want := hub.Notification{
		ID: notificationID(1), HubID: got.HubID, Kind: hub.Native, Platform: hub.APNs, Body: []byte(apple),
		Headers: []hub.Header{{Name: "apns-priority", Value: "5"}}, Expiry: time.Date(2025, 3, 6, 0, 0, 0, 0, time.UTC),
		Tags: "a && !b", APIVersion: "2020-06", State: hub.Enqueued, EnqueuedAt: now, ScheduledAt: now.Add(24 * time.Hour),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("notification (-want +got):\n%s", diff)
	}
	f.schedule("2025-03-05T05:06:07", "ServiceBusNotification-DeviceHandle", "00AA").want(201)
	if got := f.dispatch.last(t).Direct; len(got) != 1 || got[0].Handle != "00AA" {
		t.Errorf("a direct schedule is for %+v", got)
	}
}

func TestScheduleRefused(t *testing.T) {
	t.Parallel()
	f := setup(t)
	const header = `The HTTP header "ServiceBusNotification-ScheduleTime" has an invalid value: `
	const window = ` is not between now, 2025-03-04T05:06:07Z, and 2025-03-11T05:06:07Z, 168h ahead, which is as far as dispatch.schedule_window of the configuration allows.`
	for text, sentence := range map[string]string{
		"":                     `A scheduled notification needs the HTTP header "ServiceBusNotification-ScheduleTime", a date such as 2030-01-02T03:04:05Z.`,
		"tomorrow":             header + `"tomorrow". A date such as 2030-01-02T03:04:05Z is expected.`,
		"2025-03-04T05:05:06Z": header + `"2025-03-04T05:05:06Z"` + window,
		"2025-03-11T05:07:08Z": header + `"2025-03-11T05:07:08Z"` + window,
		"9999-12-31T00:00:00Z": header + `"9999-12-31T00:00:00Z"` + window,
		"0001-01-01T00:00:00Z": header + `"0001-01-01T00:00:00Z"` + window,
	} {
		f.schedule(text).refused(400, sentence)
	}
	// What a send is refused for, a schedule is.
	f.schedule("2025-03-05T05:06:07Z", "ServiceBusNotification-Format", "telex").want(400)
	f.schedule("2025-03-05T05:06:07Z", "ServiceBusNotification-Tags", "a &&").want(400)
	f.call(http.MethodPost, schedules, strings.Repeat(" ", 64<<10)+apple, "ServiceBusNotification-ScheduleTime", "2025-03-05T05:06:07Z").want(413)
	if n := f.dispatch.count(); n != 0 {
		t.Errorf("%d were taken", n)
	}
	f.dispatch.err = store.ErrBusy
	if g := f.schedule("2025-03-05T05:06:07Z").want(503); g.header.Get("Retry-After") != "1" {
		t.Errorf("Retry-After %q", g.header.Get("Retry-After"))
	}
}

// The window is a setting.
func TestScheduleWindow(t *testing.T) {
	t.Parallel()
	f := setupWith(t, func(c *api.Config) { c.ScheduleWindow = time.Hour })
	f.schedule("2025-03-04T06:06:07Z").want(201)
	f.schedule("2025-03-04T07:06:07Z").refused(400, `The HTTP header "ServiceBusNotification-ScheduleTime" has an invalid value: "2025-03-04T07:06:07Z" is not between now, 2025-03-04T05:06:07Z, `+
		`and 2025-03-04T06:06:07Z, 1h ahead, which is as far as dispatch.schedule_window of the configuration allows.`)
}

// Only what waits is cancelled; a repeat of a cancel says the same.
func TestCancel(t *testing.T) {
	t.Parallel()
	f := setup(t)
	cancel := func(hub, id string) got {
		return f.call(http.MethodDelete, "/"+hub+"/schedulednotifications/"+id, "")
	}
	f.schedule("2025-03-05T05:06:07Z").want(201)
	cancel("daily", notificationID(1)).refused(404, "The notification is not known, or is no longer kept.")
	for range 2 {
		if g := cancel("MyHub", notificationID(1)).want(200); g.body != "" {
			t.Errorf("body %q", g.body)
		}
	}
	f.send(`{}`).want(201)
	cancel("MyHub", notificationID(2)).refused(404, "The notification is not scheduled: it was sent, or is being sent.")
	f.finish(notificationID(2), hub.Completed)
	cancel("MyHub", notificationID(2)).refused(404, "The notification is not scheduled: it was sent, or is being sent.")
	cancel("MyHub", "%00").refused(400, "The id in the path is not valid: at most 512 bytes without control characters are allowed.")
}
