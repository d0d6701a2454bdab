package api_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/fanfare-hub/fanfare/internal/dispatch"
	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/wire"
)

// What a hub must do at least for those that send.
func TestSendingChecklist(t *testing.T) {
	t.Parallel()
	runList(t, []item{
		{"every client's way to sign, secondary keys, clocks that go wrong by minutes", func(t *testing.T, f *fixture) {
			for client, s := range signers() {
				if g := f.send("{}", "Authorization", s.sign(messages, now)); g.status != 201 {
					t.Errorf("%s: %d %s", client, g.status, g.body)
				}
			}
			late := wire.SignSAS("https://"+host, "Full", secondKey, now.Add(-3*time.Minute))
			f.send("{}", "Authorization", late).want(201)
		}},
		{"signatures for another path and host refused, those without port and for parts of the path taken", func(_ *testing.T, f *fixture) {
			for resource, status := range map[string]int{
				"sb://" + host: 201, "http://" + host + ":1/MYHUB": 201, "https://" + host + "/myhub/messages/?a=b": 201,
				"https://" + host + "/my": 401, "https://" + host + "/myhub/messages/x": 401, "https://other.example/": 401,
			} {
				f.send("{}", "Authorization", wire.SignSAS(resource, "Full", fullKey, now.Add(time.Minute))).want(status)
			}
		}},
		{"paths in any case, with a slash at the end, as an absolute target", func(t *testing.T, f *fixture) {
			for _, target := range []string{"/MYHUB/Messages", "/myhub/messages/", "https://" + host + "/MyHub/messages"} {
				answer := f.raw("POST " + target + " HTTP/1.1\r\nHost: " + host + "\r\nAuthorization: " + f.token() +
					"\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")
				if !strings.HasPrefix(answer, "HTTP/1.1 201 Created\r\n") {
					t.Errorf("%s: %s", target, answer)
				}
			}
		}},
		{"$batch as it is and escaped", func(_ *testing.T, f *fixture) {
			body, contentType := wire.AppendBatch(nil, "b1", &wire.Batch{Body: []byte(apple), Handles: []string{"00AA"}})
			for _, target := range []string{"/MyHub/messages/$batch?direct", "/myhub/Messages/%24batch/?direct="} {
				f.call(http.MethodPost, target, string(body), "Content-Type", contentType, "ServiceBusNotification-Format", "apple").want(201)
			}
		}},
		{"flags with a value and without", func(t *testing.T, f *fixture) {
			for _, flag := range []string{"test", "test=", "test=true"} {
				if g := f.call(http.MethodPost, "/MyHub/messages?"+flag, "{}").want(201); g.body == "" {
					t.Errorf("%s: no document", flag)
				}
			}
		}},
		{"no api-version, and an unknown one", func(_ *testing.T, f *fixture) {
			f.call(http.MethodPost, "/MyHub/messages", "{}").want(201)
			f.call(http.MethodPost, "/MyHub/messages?api-version=2099-12", "{}").want(201)
		}},
		{"format names in any case, fcm for gcm, fcmv1", func(t *testing.T, f *fixture) {
			for name, p := range map[string]hub.Platform{"Apple": hub.APNs, "fcm": hub.GCM, "FcmV1": hub.FCMV1} {
				f.send("{}", "ServiceBusNotification-Format", name).want(201)
				if got := f.dispatch.last(t).Platform; got != p {
					t.Errorf("%s is %s, want %s", name, got, p)
				}
			}
		}},
		{"201 with an absolute Location, TrackingId and no body", func(t *testing.T, f *fixture) {
			g := f.send("{}").want(201)
			if want := "https://" + host + "/MyHub/messages/" + notificationID(1) + "?api-version=2020-06"; g.header.Get("Location") != want {
				t.Errorf("Location %q, want %q", g.header.Get("Location"), want)
			}
			if g.header.Get("TrackingId") == "" || g.header.Get("x-ms-correlation-request-id") == "" || g.header.Get("Content-Length") != "0" || g.body != "" {
				t.Errorf("headers %v, body %q", g.header, g.body)
			}
		}},
		{"200 for a cancel and for telemetry", func(_ *testing.T, f *fixture) {
			f.schedule("2025-03-05T05:06:07").want(201)
			f.call(http.MethodDelete, "/MyHub/schedulednotifications/"+notificationID(1), "").want(200)
			f.get("/MyHub/messages/" + notificationID(1)).want(200)
		}},
		{"errors in XML, Code before Detail, with the caller's TrackingId", func(t *testing.T, f *fixture) {
			const id = "6f9619ff-8b86-4d01-b42d-00cf4fc964ff"
			if made := f.send("x", "ServiceBusNotification-Format", "apple").want(400); !strings.Contains(made.body, ".TrackingId:"+made.header.Get("TrackingId")+",") {
				t.Errorf("body %s", made.body)
			}
			g := f.send("x", "ServiceBusNotification-Format", "apple", "TrackingId", id).want(400)
			if !strings.HasPrefix(g.body, "<Error><Code>400</Code><Detail>") || !strings.Contains(g.body, ".TrackingId:"+id+",TimeStamp:") {
				t.Errorf("body %s", g.body)
			}
		}},
		{"a document for every test send, also a direct one", func(t *testing.T, f *fixture) {
			f.dispatch.results = []dispatch.TestResult{{Platform: hub.APNs, Handle: "00AA"}}
			g := f.call(http.MethodPost, messages+"&direct&test", apple, "ServiceBusNotification-Format", "apple",
				"ServiceBusNotification-DeviceHandle", "00AA").want(201)
			if !strings.Contains(g.body, "<Success>1</Success><Failure>0</Failure><Results><RegistrationResult>") {
				t.Errorf("body %s", g.body)
			}
		}},
		{"multipart without its end, under another type, with single quotes", func(t *testing.T, f *fixture) {
			const part = "--b\nContent-Disposition: inline; name=\"Notification\"\n\n{}\n--b\ncontent-disposition: inline; NAME=devices\n\n['00AA', '00BB']"
			for _, contentType := range []string{`multipart/form-data; boundary=b`, `multipart/mixed; boundary = "b"`} {
				f.call(http.MethodPost, batches, part, "Content-Type", contentType, "ServiceBusNotification-Format", "apple").want(201)
				if d := f.dispatch.last(t).Direct; len(d) != 2 || d[1].Handle != "00BB" {
					t.Errorf("%s: devices %v", contentType, d)
				}
			}
		}},
		{"dates in every client's form", func(t *testing.T, f *fixture) {
			for _, text := range []string{"2030-01-02T03:04:05Z", "2030-01-02T03:04:05", "2030-01-02T03:04:05.000Z", "2030-01-02T04:04:05+01:00", "01/02/2030 03:04:05"} {
				f.send(apple, "ServiceBusNotification-Format", "apple", "ServiceBusNotification-Apns-Expiry", text).want(201)
				if got := f.dispatch.last(t).Expiry; !got.Equal(time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)) {
					t.Errorf("%s is %s", text, got)
				}
			}
		}},
		{"unknown headers ignored, the push services' own passed on", func(t *testing.T, f *fixture) {
			f.send(apple, "ServiceBusNotification-Format", "apple", "X-Unknown", "1", "ServiceBusNotification-Colour", "red", "apns-topic", "a", "X-Apns-Priority", "5", "X-WNS-Type", "x").want(201)
			if h := f.dispatch.last(t).Headers; len(h) != 2 || h[0] != (hub.Header{Name: "X-Apns-Priority", Value: "5"}) || h[1] != (hub.Header{Name: "apns-topic", Value: "a"}) {
				t.Errorf("headers %v", h)
			}
			f.send("raw", "ServiceBusNotification-Format", "windows", "X-WNS-Type", "wns/raw", "X-WNS-Cache-Policy", "no-cache").want(201)
			if h := f.dispatch.last(t).Headers; len(h) != 2 {
				t.Errorf("headers %v", h)
			}
		}},
		{"telemetry in its order, without an empty collection of counts", func(t *testing.T, f *fixture) {
			f.send("{}").want(201)
			f.finish(notificationID(1), hub.Completed, hub.Count{Platform: hub.APNs, Outcome: hub.Success, N: 1})
			g := f.get("/MyHub/messages/" + notificationID(1)).want(200)
			if n := strings.Count(g.body, "OutcomeCounts>"); n != 2 {
				t.Errorf("%d tags of collections, want the two of one: %s", n, g.body)
			}
			at := 0
			for _, name := range []string{"NotificationId", "Location", "State", "EnqueueTime", "StartTime", "EndTime", "NotificationBody", "TargetPlatforms", "ApnsOutcomeCounts"} {
				i := strings.Index(g.body[at:], "<"+name+">")
				if i < 0 {
					t.Fatalf("%s is not there, or before what should precede it: %s", name, g.body)
				}
				at += i
			}
		}},
	})
}
