package api_test

import (
	"net/http"
	"strings"
	"testing"
)

// What a hub must do at least for those that register devices.
func TestDevicesChecklist(t *testing.T) {
	t.Parallel()
	const token = `<DeviceToken>00AA</DeviceToken>`
	runList(t, []item{
		{"paths in any case, with a slash at the end, any api-version and none", func(_ *testing.T, f *fixture) {
			f.put("1-2-3", "Apple", token).want(200)
			for _, target := range []string{"/MYHUB/REGISTRATIONS/1-2-3", "/myhub/Registrations/1-2-3/?api-version=2013-04", "/MyHub/registrations/?api-version=2099-12"} {
				f.get(target).want(200)
			}
			f.call(http.MethodPost, "/MyHub/RegistrationIDs/", "").want(201)
			f.putInstallation("i", `{"installationId":"i","platform":"apns","pushChannel":"00AA"}`).want(200)
			f.get("/myhub/INSTALLATIONS/i/").want(200)
		}},
		{"the abstract element, children in any order, CDATA and escapes", func(t *testing.T, f *fixture) {
			inner := `<TemplateName>t</TemplateName><x>unknown</x><BodyTemplate>{&quot;a&quot;:&quot;$(m)&quot;}</BodyTemplate><DeviceToken><![CDATA[00AA]]></DeviceToken><Tags> b , a </Tags>`
			for _, head := range []string{
				`<AppleTemplateRegistrationDescription xmlns="` + nsConnect + `">`,
				`<RegistrationDescription xmlns:x="` + nsXSI + `" x:type="AppleTemplateRegistrationDescription" xmlns="` + nsConnect + `">`,
			} {
				name, _, _ := strings.Cut(head[1:], " ")
				body := `<?xml version="1.0" encoding="utf-8" standalone="yes"?><entry xmlns="http://www.w3.org/2005/Atom"><title>x</title><content type="text/xml">` + head + inner + `</` + name + `></content></entry>`
				g := f.call(http.MethodPut, registrations+"/1-2-3", body).want(200)
				want := `<Tags>b,a</Tags><DeviceToken>00AA</DeviceToken><BodyTemplate><![CDATA[{"a":"$(m)"}]]></BodyTemplate><TemplateName>t</TemplateName>`
				if !strings.Contains(g.body, want) {
					t.Errorf("%s: %s", name, g.body)
				}
			}
		}},
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
		{"one line without prefixes, an expiry with three digits", func(t *testing.T, f *fixture) {
			g := f.put("1-2-3", "Apple", token).want(200)
			if strings.ContainsAny(g.body, "\n\t") || !strings.Contains(g.body, `<content type="application/xml"><AppleRegistrationDescription `) || !strings.Contains(g.body, "<ExpirationTime>9999-12-31T23:59:59.999Z</ExpirationTime>") {
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
		{"the prefix d3p1 in a job's dictionaries, and its Status", func(t *testing.T, f *fixture) {
			g := f.call(http.MethodPost, "/MyHub/jobs", jobBody).want(201)
			for _, part := range []string{"<Status>Started</Status>", "<d3p1:KeyValueOfstringstring><d3p1:Key>a</d3p1:Key><d3p1:Value>b</d3p1:Value></d3p1:KeyValueOfstringstring>"} {
				if !strings.Contains(g.body, part) {
					t.Errorf("%s is missing: %s", part, g.body)
				}
			}
		}},
		{"Retry-After in whole seconds", func(t *testing.T, f *fixture) {
			g := setupBusy(t).put("1-2-3", "Apple", token).want(503)
			if g.header.Get("Retry-After") != "1" {
				t.Errorf("Retry-After %q", g.header.Get("Retry-After"))
			}
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
