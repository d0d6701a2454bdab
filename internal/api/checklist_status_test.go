package api_test

import (
	"net/http"
	"strings"
	"testing"
)

// jobBody is an export, with a property of the client's.
var jobBody = jobEntry(`<Type>ExportRegistrations</Type><OutputContainerUri>https://a.blob.core.windows.net/jobs?sig=x</OutputContainerUri>` +
	`<InputProperties xmlns:q="http://schemas.microsoft.com/2003/10/Serialization/Arrays"><q:KeyValueOfstringstring><q:Key>a</q:Key><q:Value>b</q:Value></q:KeyValueOfstringstring></InputProperties>`)

// The only statuses, and headers with them, that satisfy every client.
func TestStatusChecklist(t *testing.T) {
	t.Parallel()
	const token = `<DeviceToken>00AA</DeviceToken>`
	const installation = `{"installationId":"i","platform":"apns","pushChannel":"00AA"}`
	runList(t, []item{
		{"POST of a registration: 200, ETag, Content-Location, the entry", func(t *testing.T, f *fixture) {
			g := f.call(http.MethodPost, registrations, description("Apple", token)).want(200)
			at := "https://" + host + registrations + "/" + registrationForm.FindString(g.body)
			if g.header.Get("ETag") != `W/"1"` || g.header.Get("Content-Location") != at || !strings.HasPrefix(g.body, "<entry ") {
				t.Errorf("%v", g)
			}
		}},
		{"PUT of a registration, new and old: 200, ETag, the entry", func(t *testing.T, f *fixture) {
			for _, etag := range []string{`W/"1"`, `W/"2"`} {
				if g := f.put("1-2-3", "Apple", token).want(200); g.header.Get("ETag") != etag || !strings.HasPrefix(g.body, "<entry ") {
					t.Errorf("%v", g)
				}
			}
		}},
		{"GET of a registration: 200 and ETag, missing 404", func(t *testing.T, f *fixture) {
			f.apple("1-2-3")
			if g := f.get(registrations + "/1-2-3").want(200); g.header.Get("ETag") != `W/"1"` {
				t.Errorf("%v", g)
			}
			f.get(registrations+"/1-2-4").refused(404, "")
		}},
		{"list: 200, a continuation if there is more", func(t *testing.T, f *fixture) {
			f.apple("1-2-3")
			f.apple("1-2-4")
			if g := f.get(registrations + "?$top=1").want(200); g.header.Get("x-ms-continuationtoken") == "" {
				t.Errorf("%v", g)
			}
			if g := f.get("/MyHub/tags/nobody/registrations").want(200); g.header.Get("x-ms-continuationtoken") != "" || len(g.ids()) != 0 {
				t.Errorf("%v", g)
			}
		}},
		{"DELETE of a registration: 200 and nothing, missing 404", func(t *testing.T, f *fixture) {
			f.apple("1-2-3")
			if g := f.call(http.MethodDelete, registrations+"/1-2-3", "").want(200); g.body != "" || g.header.Get("Content-Length") != "0" {
				t.Errorf("%v", g)
			}
			f.call(http.MethodDelete, registrations+"/1-2-3", "").refused(404, "")
		}},
		{"POST of a registration id: 201, Location", func(t *testing.T, f *fixture) {
			g := f.call(http.MethodPost, "/MyHub/registrationids", "").want(201)
			if !strings.HasPrefix(g.header.Get("Location"), "https://"+host+"/MyHub/registrationids/") {
				t.Errorf("%v", g)
			}
		}},
		{"PUT and PATCH of an installation: 200, nothing; PUT with Content-Location", func(t *testing.T, f *fixture) {
			put := f.putInstallation("i", installation).want(200)
			patch := f.patchInstallation("i", `[{"op":"add","path":"/tags","value":"a"}]`).want(200)
			if put.body != "" || patch.body != "" || put.header.Get("Content-Location") != "https://"+host+"/MyHub/installations/i?api-version=2020-06" {
				t.Errorf("%v\n%v", put, patch)
			}
			f.patchInstallation("none", `[{"op":"add","path":"/tags","value":"a"}]`).refused(404, "Installation not found")
		}},
		{"GET of an installation: 200, JSON, missing 404", func(t *testing.T, f *fixture) {
			f.putInstallation("i", installation).want(200)
			if g := f.get("/MyHub/installations/i").want(200); !strings.HasPrefix(g.body, `{"installationId":"i"`) {
				t.Errorf("%v", g)
			}
			f.get("/MyHub/installations/none").refused(404, "Installation not found")
		}},
		{"DELETE of an installation: 204, missing too", func(_ *testing.T, f *fixture) {
			f.putInstallation("i", installation).want(200)
			f.call(http.MethodDelete, "/MyHub/installations/i", "").want(204)
			f.call(http.MethodDelete, "/MyHub/installations/i", "").want(204)
		}},
		{"POST of a job: 201, Location, the entry; GET 200, missing 404; list 200", func(t *testing.T, f *fixture) {
			g := f.call(http.MethodPost, "/MyHub/jobs", jobBody).want(201)
			id := jobForm.FindString(g.body)
			if id == "" || g.header.Get("Location") != "https://"+host+"/MyHub/jobs/"+id || !strings.HasPrefix(g.body, "<entry ") {
				t.Errorf("%v", g)
			}
			if g := f.get("/MyHub/jobs/" + id).want(200); !strings.HasPrefix(g.body, "<entry ") {
				t.Errorf("%v", g)
			}
			if g := f.get("/MyHub/jobs").want(200); !strings.HasPrefix(g.body, "<feed ") {
				t.Errorf("%v", g)
			}
			f.get("/MyHub/jobs/none").want(404)
		}},
		{"PUT of a hub: 201 and then 200, the entry", func(t *testing.T, f *fixture) {
			made := f.manage(http.MethodPut, "/shop", hubBody("")).want(201)
			changed := f.manage(http.MethodPut, "/shop", hubBody(""), "If-Match", "*").want(200)
			if !strings.HasPrefix(made.body, "<entry ") || !strings.HasPrefix(changed.body, "<entry ") {
				t.Errorf("%v\n%v", made, changed)
			}
			f.manage(http.MethodPut, "/shop", hubBody("")).refused(409, "SubCode=40900. Conflict.")
		}},
		{"GET of a hub: 200, the entry, missing 404", func(t *testing.T, f *fixture) {
			if g := f.manage(http.MethodGet, "/MyHub", "").want(200); !strings.HasPrefix(g.body, "<entry ") {
				t.Errorf("%v", g)
			}
			f.manage(http.MethodGet, "/nosuch", "").refused(404, "No service is hosted at the specified address.")
		}},
		{"DELETE of a hub: 200, missing 404", func(_ *testing.T, f *fixture) {
			f.manage(http.MethodDelete, "/MyHub", "").want(200)
			f.manage(http.MethodDelete, "/MyHub", "").refused(404, "No service is hosted at the specified address.")
		}},
		{"errors in XML, those of JSON too", func(t *testing.T, f *fixture) {
			if g := f.putInstallation("i", `{`).want(400); !strings.HasPrefix(g.body, "<Error><Code>400</Code><Detail>") {
				t.Errorf("%v", g)
			}
		}},
	})
}
