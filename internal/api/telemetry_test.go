package api_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/store"
)

const detailsHead = `<NotificationDetails xmlns="http://schemas.microsoft.com/netservices/2010/10/servicebus/connect" xmlns:i="http://www.w3.org/2001/XMLSchema-instance">`

// finish gives a sent notification its outcomes.
func (f *fixture) finish(id string, s hub.State, counts ...hub.Count) {
	f.t.Helper()
	hubID := f.dispatch.last(f.t).HubID
	f.update(func(tx store.Tx) error {
		if err := tx.StartNotification(hubID, id, 1, 1, now.Add(6123400*time.Nanosecond)); err != nil {
			return err
		}
		if err := tx.AddOutcomes(hubID, id, counts); err != nil {
			return err
		}
		return tx.FinishNotification(hubID, id, s, now.Add(1500*time.Millisecond))
	})
}

func TestDetailsOfTemplateSend(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.send(`{"n":1}`, "ServiceBusNotification-Format", "template", "ServiceBusNotification-Tags", "a || b").want(201)
	id := notificationID(1)
	target := "/MyHub/messages/" + id + "?api-version=2016-07"

	before := f.call(http.MethodGet, target, "").want(200)
	if !strings.Contains(before.body, "<State>Enqueued</State>") || !strings.Contains(before.body, "<TargetPlatforms>template</TargetPlatforms>") {
		t.Errorf("before it started: %s", before.body)
	}
	f.finish(id, hub.Completed,
		hub.Count{Platform: hub.FCMV1, Outcome: hub.Success, N: 2},
		hub.Count{Platform: hub.APNs, Outcome: hub.ExpiredChannel, N: 1},
		hub.Count{Platform: hub.APNs, Outcome: hub.Success, N: 3},
		hub.Count{Platform: hub.GCM, Outcome: hub.Abandoned, N: 5},
		hub.Count{Platform: hub.WNS, Outcome: hub.Success, N: 0})
	const head = detailsHead + `<NotificationId>`
	want := head + id + `</NotificationId><Location>sb://push.example.net/MyHub/messages/` + id + `?api-version=2016-07</Location>` +
		`<State>Completed</State><EnqueueTime>2025-03-04T05:06:07Z</EnqueueTime>`
	g := f.call(http.MethodGet, target, "").want(200)
	if !strings.HasPrefix(g.body, want) {
		t.Errorf("body\n%s\nwant it to begin\n%s", g.body, want)
	}
	// The .NET client skips elements out of order: fcmv1 is last.
	counts := `<TargetPlatforms>appletemplate,fcmv1template,gcmtemplate</TargetPlatforms>` +
		`<ApnsOutcomeCounts><Outcome><Name>Success</Name><Count>3</Count></Outcome><Outcome><Name>ExpiredChannel</Name><Count>1</Count></Outcome></ApnsOutcomeCounts>` +
		`<GcmOutcomeCounts><Outcome><Name>AbandonedNotificationMessages</Name><Count>5</Count></Outcome></GcmOutcomeCounts>` +
		`<PnsErrorDetailsUri>…</PnsErrorDetailsUri>` +
		`<FcmV1OutcomeCounts><Outcome><Name>Success</Name><Count>2</Count></Outcome></FcmV1OutcomeCounts></NotificationDetails>`
	uri := regexp.MustCompile(`<PnsErrorDetailsUri>https://push\.example\.net/[^<]+`)
	if !strings.HasSuffix(uri.ReplaceAllString(g.body, "<PnsErrorDetailsUri>…"), counts) {
		t.Errorf("body\n%s\nwant it to end\n%s", g.body, counts)
	}
	if ct := g.header.Get("Content-Type"); ct != "application/xml; charset=utf-8" {
		t.Errorf("Content-Type %q", ct)
	}
}

func TestDetailsOfEveryState(t *testing.T) {
	t.Parallel()
	for state, name := range map[hub.State]string{
		hub.Completed: "Completed", hub.NoTargetFound: "NoTargetFound", hub.AllAbandoned: "Abandoned", hub.Canceled: "Canceled",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := setup(t)
			f.send(apple, "ServiceBusNotification-Format", "apple").want(201)
			f.finish(notificationID(1), state)
			g := f.call(http.MethodGet, "/myhub/Messages/"+notificationID(1), "").want(200)
			if !strings.Contains(g.body, "<State>"+name+"</State>") || strings.Contains(g.body, "OutcomeCounts") {
				t.Errorf("body %s", g.body)
			}
		})
	}
}

func TestDetailsRefused(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.send(apple, "ServiceBusNotification-Format", "apple").want(201)
	const unknown = "The notification is not known, or is no longer kept."
	f.call(http.MethodGet, "/MyHub/messages/NH-0", "").refused(404, unknown)
	f.call(http.MethodGet, "/daily/messages/"+notificationID(1), "").refused(404, unknown) // another hub's
	f.call(http.MethodGet, "/MyHub/messages/a%00b", "").refused(400, badID)
	f.call(http.MethodGet, "/MyHub/messages/"+strings.Repeat("x", 513), "").refused(400, badID)
}

const badID = "The id in the path is not valid: at most 512 bytes without control characters are allowed."
