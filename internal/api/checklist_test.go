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

// item is one thing that some client cannot do without. The other tests of this
// package look at each closely; here they stand in one list, each alone.
type item struct {
	name string
	hold func(t *testing.T, f *fixture)
}

func runList(t *testing.T, items []item) {
	t.Helper()
	for _, i := range items {
		t.Run(i.name, func(t *testing.T) {
			t.Parallel()
			i.hold(t, setup(t))
		})
	}
}

func TestSendingChecklist(t *testing.T) {
	t.Parallel()
	runList(t, []item{
		{"secondary keys and clocks that go wrong by minutes", func(t *testing.T, f *fixture) {
			late := wire.SignSAS("https://"+host, "Full", secondKey, now.Add(-3*time.Minute))
			f.send("{}", "Authorization", late).want(201)
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
			if g.header.Get("TrackingId") == "" || g.header.Get("Content-Length") != "0" || g.body != "" {
				t.Errorf("headers %v, body %q", g.header, g.body)
			}
		}},
		{"errors in XML, Code before Detail, with the caller's TrackingId", func(t *testing.T, f *fixture) {
			const id = "6f9619ff-8b86-4d01-b42d-00cf4fc964ff"
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
		{"unknown headers ignored, the push services' own passed on", func(t *testing.T, f *fixture) {
			f.send(apple, "ServiceBusNotification-Format", "apple", "X-Unknown", "1", "ServiceBusNotification-Colour", "red", "apns-topic", "a").want(201)
			if h := f.dispatch.last(t).Headers; len(h) != 1 || h[0] != (hub.Header{Name: "apns-topic", Value: "a"}) {
				t.Errorf("headers %v", h)
			}
		}},
		{"no empty collection of counts", func(t *testing.T, f *fixture) {
			f.send("{}").want(201)
			f.finish(notificationID(1), hub.Completed, hub.Count{Platform: hub.APNs, Outcome: hub.Success, N: 1})
			g := f.get("/MyHub/messages/" + notificationID(1)).want(200)
			if n := strings.Count(g.body, "OutcomeCounts>"); n != 2 {
				t.Errorf("%d tags of collections, want the two of one: %s", n, g.body)
			}
		}},
	})
}

func TestDevicesChecklist(t *testing.T) {
	t.Parallel()
	const token = `<DeviceToken>00AA</DeviceToken>`
	runList(t, []item{
		{"parameters with $, escaped and not", func(t *testing.T, f *fixture) {
			f.apple("1")
			f.apple("2")
			for _, target := range []string{"$top=1", "%24top=1", "%24TOP=1"} {
				if got := f.get("/MyHub/registrations?" + target).ids(); len(got) != 1 {
					t.Errorf("%s: %v", target, got)
				}
			}
		}},
		{"no content type, or an empty one", func(_ *testing.T, f *fixture) {
			f.call(http.MethodPost, registrations, description("Apple", token), "Content-Type", "").want(200)
		}},
		{"one line, an expiry with three digits", func(t *testing.T, f *fixture) {
			g := f.put("1-2-3", "Apple", token).want(200)
			if strings.ContainsAny(g.body, "\n\t") || !strings.Contains(g.body, "<ExpirationTime>9999-12-31T23:59:59.999Z</ExpirationTime>") {
				t.Errorf("body %s", g.body)
			}
		}},
		{"a hub that does not exist is 404", func(_ *testing.T, f *fixture) {
			f.get("/NoSuchHub").refused(404, "No service is hosted at the specified address.")
			f.get("/NoSuchHub/registrations").refused(404, "No service is hosted at the specified address.")
		}},
		{"If-Match in every form, and none", func(_ *testing.T, f *fixture) {
			for _, match := range []string{`*`, `"*"`, `"1"`, `W/"1"`, `1`, ``} {
				f.put("1-2-3", "Apple", token).want(200)
				f.call(http.MethodDelete, registrations+"/1-2-3", "", "If-Match", match).want(200)
			}
		}},
		{"the client's own spelling and query in the Location of an id", func(t *testing.T, f *fixture) {
			g := f.call(http.MethodPost, "/MyHub/registrationIDs/?api-version=2013-08&a=b", "").want(201)
			before, after, _ := strings.Cut(g.header.Get("Location"), registrationForm.FindString(g.header.Get("Location")))
			if before != "https://"+host+"/MyHub/registrationIDs/" || after != "?api-version=2013-08&a=b" {
				t.Errorf("Location %q", g.header.Get("Location"))
			}
		}},
		{"a continuation in a header and a link, and none at the end", func(t *testing.T, f *fixture) {
			f.apple("1")
			f.apple("2")
			first := f.get("/MyHub/registrations?$top=1")
			next := first.header.Get("x-ms-continuationtoken")
			last := f.get("/MyHub/registrations?$top=1&continuationtoken=" + next)
			if next == "" || !nextLink.MatchString(first.body) || last.header.Get("x-ms-continuationtoken") != "" || nextLink.MatchString(last.body) {
				t.Errorf("first %v\nlast %v", first, last)
			}
		}},
		{"a handle by any of its names", func(t *testing.T, f *fixture) {
			f.apple("1")
			for _, name := range []string{"ChannelUri", "DeviceToken", "deviceToken", "GcmRegistrationId"} {
				if got := f.get("/MyHub/registrations?$filter=" + name + "+eq+'00aa'").ids(); len(got) != 1 {
					t.Errorf("%s: %v", name, got)
				}
			}
		}},
		{"installations seen as registrations, tags with $ refused", func(t *testing.T, f *fixture) {
			f.putInstallation("i", `{"installationId":"i","userId":"u","platform":"apns","pushChannel":"00AA"}`).want(200)
			for _, tag := range []string{"$InstallationId:%7Bi%7D", "$UserId:%7Bu%7D"} {
				if got := f.get("/MyHub/tags/" + tag + "/registrations").ids(); len(got) != 1 {
					t.Errorf("%s: %v", tag, got)
				}
			}
			f.put("1-2-3", "Apple", `<Tags>$UserId:{u}</Tags>`+token).refused(400, "Tags can not start with $.")
		}},
		{"XML errors of JSON endpoints, 401 for a missing right", func(_ *testing.T, f *fixture) {
			f.get("/MyHub/installations/none").refused(404, "Installation not found")
			f.call(http.MethodGet, registrations, "", "Authorization", f.tokenOf("Listen", listenKey)).
				refused(401, "Manage claim is required for this operation.")
		}},
		{"legacy FCM under the name Gcm, apart from FcmV1", func(t *testing.T, f *fixture) {
			f.put("1", "Gcm", `<GcmRegistrationId>x</GcmRegistrationId>`).want(200)
			f.put("2", "FcmV1", `<FcmV1RegistrationId>x</FcmV1RegistrationId>`).want(200)
			g := f.get("/MyHub/registrations?$filter=ChannelUri+eq+'x'")
			if len(g.ids()) != 2 || !strings.Contains(g.body, "<GcmRegistrationDescription ") || !strings.Contains(g.body, "<FcmV1RegistrationDescription ") {
				t.Errorf("body %s", g.body)
			}
		}},
		{"kinds that a client cannot read are not shown to it", func(t *testing.T, f *fixture) {
			f.put("1", "Xiaomi", `<XiaomiRegistrationId>x</XiaomiRegistrationId>`).want(200)
			for agent, want := range map[string]int{"NHub/2020-06 (api-origin=DotNetSdk;)": 0, "NHub/2020-06 (api-origin=JavaSDK;)": 0, "other": 1} {
				if got := f.get("/MyHub/registrations", "User-Agent", agent).ids(); len(got) != want {
					t.Errorf("%s: %v", agent, got)
				}
			}
		}},
	})
}
