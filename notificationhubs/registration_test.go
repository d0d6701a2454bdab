package notificationhubs_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fanfare-hub/fanfare/internal/wire"
	nh "github.com/fanfare-hub/fanfare/notificationhubs"
)

const (
	connect  = ` xmlns="http://schemas.microsoft.com/netservices/2010/10/servicebus/connect" xmlns:i="http://www.w3.org/2001/XMLSchema-instance"`
	anEntry  = `<entry a:etag="W/&quot;3&quot;" xmlns="http://www.w3.org/2005/Atom" xmlns:a="http://schemas.microsoft.com/ado/2007/08/dataservices/metadata"><id>https://h.example/MyHub/registrations/1-2-3?api-version=2020-06</id><title type="text">1-2-3</title><published>2025-03-04T05:06:07Z</published><updated>2025-03-04T05:06:07Z</updated><link rel="self" href="https://h.example/MyHub/registrations/1-2-3?api-version=2020-06"/><content type="application/xml">` + anApple + `</content></entry>`
	anApple  = `<AppleRegistrationDescription` + connect + `><ETag>3</ETag><ExpirationTime>9999-12-31T23:59:59.999Z</ExpirationTime><RegistrationId>1-2-3</RegistrationId><Tags>a,b</Tags><DeviceToken>00AA</DeviceToken></AppleRegistrationDescription>`
	envelope = `<?xml version="1.0" encoding="utf-8"?><entry xmlns="http://www.w3.org/2005/Atom"><content type="application/xml">`
)

// apple is what anEntry says.
func apple() *nh.Registration {
	return &nh.Registration{
		ID: "1-2-3", ETag: "3", Platform: nh.APNs, Handle: "00AA", Tags: []string{"a", "b"},
		ExpirationTime: time.Date(9999, 12, 31, 23, 59, 59, 999e6, time.UTC),
	}
}

// The address, headers and body of each call, and how its answer is read.
func TestRegistrationRequests(t *testing.T) {
	t.Parallel()
	r := nh.Registration{ID: "1-2-3", ETag: "2", Platform: nh.APNs, Handle: "00AA", Tags: []string{"a", "b"}}
	body := envelope + `<AppleRegistrationDescription` + connect + `><Tags>a,b</Tags><DeviceToken>00AA</DeviceToken></AppleRegistrationDescription></content></entry>`
	for name, c := range map[string]struct {
		call                       func(*nh.Client) (*nh.Registration, error)
		method, uri, ifMatch, body string
	}{
		"create":           {func(c *nh.Client) (*nh.Registration, error) { return c.CreateRegistration(t.Context(), r) }, "POST", "/MyHub/registrations?api-version=2020-06", "", body},
		"create or update": {func(c *nh.Client) (*nh.Registration, error) { return c.CreateOrUpdateRegistration(t.Context(), r) }, "PUT", "/MyHub/registrations/1-2-3?api-version=2020-06", "", body},
		"update":           {func(c *nh.Client) (*nh.Registration, error) { return c.UpdateRegistration(t.Context(), r) }, "PUT", "/MyHub/registrations/1-2-3?api-version=2020-06", `"2"`, body},
		"update any state": {func(c *nh.Client) (*nh.Registration, error) {
			any := r
			any.ETag = nh.AnyETag
			return c.UpdateRegistration(t.Context(), any)
		}, "PUT", "/MyHub/registrations/1-2-3?api-version=2020-06", "*", body},
		"read": {func(c *nh.Client) (*nh.Registration, error) { return c.Registration(t.Context(), "1-2-3") }, "GET", "/MyHub/registrations/1-2-3?api-version=2020-06", "", ""},
		"delete": {func(c *nh.Client) (*nh.Registration, error) {
			return nil, c.DeleteRegistration(t.Context(), "1-2-3", "")
		}, "DELETE", "/MyHub/registrations/1-2-3?api-version=2020-06", "*", ""},
		"delete any state": {func(c *nh.Client) (*nh.Registration, error) {
			return nil, c.DeleteRegistration(t.Context(), "1-2-3", nh.AnyETag)
		}, "DELETE", "/MyHub/registrations/1-2-3?api-version=2020-06", "*", ""},
		"delete a state": {func(c *nh.Client) (*nh.Registration, error) {
			return nil, c.DeleteRegistration(t.Context(), "1-2-3", "2")
		}, "DELETE", "/MyHub/registrations/1-2-3?api-version=2020-06", `"2"`, ""},
		"an odd id": {func(c *nh.Client) (*nh.Registration, error) { return c.Registration(t.Context(), "a/b?c") }, "GET", "/MyHub/registrations/a%2Fb%3Fc?api-version=2020-06", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, rec := setup(t, nh.ClientOptions{}, always(http.StatusOK, anEntry))
			got, err := c.call(client)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(apple(), got); c.method != "DELETE" && diff != "" {
				t.Error(diff)
			}
			r := rec.last()
			if r.method != c.method || r.uri != c.uri || r.header.Get("If-Match") != c.ifMatch {
				t.Errorf("%s %s, If-Match %q", r.method, r.uri, r.header.Get("If-Match"))
			}
			if r.body != c.body {
				t.Errorf("body\n%s\nwant\n%s", r.body, c.body)
			}
			if ct := r.header.Get("Content-Type"); c.body != "" && ct != "application/atom+xml;type=entry;charset=utf-8" {
				t.Errorf("Content-Type %q", ct)
			}
		})
	}
}

// What the body of a template tells about its headers is said for it.
func TestTemplateRegistrationRequests(t *testing.T) {
	t.Parallel()
	const tile = `<wp:Notification xmlns:wp="WPNotification"><wp:Tile><wp:Title>$(a)</wp:Title></wp:Tile></wp:Notification>`
	header := func(service string, pairs ...string) string {
		s := "<" + service + "Headers>"
		for i := 0; i < len(pairs); i += 2 {
			s += "<" + service + "Header><Header>" + pairs[i] + "</Header><Value>" + pairs[i+1] + "</Value></" + service + "Header>"
		}
		return s + "</" + service + "Headers>"
	}
	for name, c := range map[string]struct {
		r    nh.Registration
		want string
	}{
		"apple": {
			nh.Registration{Platform: nh.APNs, Handle: "00AA", PushVariables: map[string]string{"nick": "Ada"}, Template: &nh.RegistrationTemplate{
				Name: "t", Body: `{"aps":{"alert":"$(a)"}}`, Expiry: "$(e)", Priority: "5", Headers: []nh.Header{{Name: "apns-topic", Value: "x"}}}},
			`<AppleTemplateRegistrationDescription` + connect + `><PushVariables>{"nick":"Ada"}</PushVariables><DeviceToken>00AA</DeviceToken><BodyTemplate><![CDATA[{"aps":{"alert":"$(a)"}}]]></BodyTemplate><Expiry>$(e)</Expiry><TemplateName>t</TemplateName><Priority>5</Priority>` + header("Apns", "apns-topic", "x") + `</AppleTemplateRegistrationDescription>`,
		},
		"toast": {
			nh.Registration{Platform: nh.WNS, Handle: "https://w/?x", SecondaryTileName: "s", Template: &nh.RegistrationTemplate{Body: toast}},
			`<WindowsTemplateRegistrationDescription` + connect + `><ChannelUri>https://w/?x</ChannelUri><SecondaryTileName>s</SecondaryTileName><BodyTemplate><![CDATA[` + toast + `]]></BodyTemplate>` + header("Wns", "X-WNS-Type", "wns/toast") + `</WindowsTemplateRegistrationDescription>`,
		},
		"toast with a header": {
			nh.Registration{Platform: nh.WNS, Handle: "h", Template: &nh.RegistrationTemplate{Body: toast, Headers: []nh.Header{{Name: "X-WNS-Tag", Value: "t"}}}},
			`<WindowsTemplateRegistrationDescription` + connect + `><ChannelUri>h</ChannelUri><BodyTemplate><![CDATA[` + toast + `]]></BodyTemplate>` + header("Wns", "X-WNS-Tag", "t", "X-WNS-Type", "wns/toast") + `</WindowsTemplateRegistrationDescription>`,
		},
		"a toast that is raw": {
			nh.Registration{Platform: nh.WNS, Handle: "h", Template: &nh.RegistrationTemplate{Body: toast, Headers: []nh.Header{{Name: "x-wns-type", Value: "wns/raw"}}}},
			`<WindowsTemplateRegistrationDescription` + connect + `><ChannelUri>h</ChannelUri><BodyTemplate><![CDATA[` + toast + `]]></BodyTemplate>` + header("Wns", "x-wns-type", "wns/raw") + `</WindowsTemplateRegistrationDescription>`,
		},
		"no toast": {
			nh.Registration{Platform: nh.WNS, Handle: "h", Template: &nh.RegistrationTemplate{Body: `{"a":"$(a)"}`}},
			`<WindowsTemplateRegistrationDescription` + connect + `><ChannelUri>h</ChannelUri><BodyTemplate><![CDATA[{"a":"$(a)"}]]></BodyTemplate>` + header("Wns") + `</WindowsTemplateRegistrationDescription>`,
		},
		"phone tile": {
			nh.Registration{Platform: nh.MPNS, Handle: "h", Template: &nh.RegistrationTemplate{Body: tile}},
			`<MpnsTemplateRegistrationDescription` + connect + `><ChannelUri>h</ChannelUri><BodyTemplate><![CDATA[` + tile + `]]></BodyTemplate>` + header("Mpns", "X-WindowsPhone-Target", "token", "X-NotificationClass", "1") + `</MpnsTemplateRegistrationDescription>`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, rec := setup(t, nh.ClientOptions{}, always(http.StatusOK, anEntry))
			if _, err := client.CreateRegistration(t.Context(), c.r); err != nil {
				t.Fatal(err)
			}
			if want := envelope + c.want + "</content></entry>"; rec.last().body != want {
				t.Errorf("%s\nwant\n%s", rec.last().body, want)
			}
		})
	}
}

// Every platform and template comes back as it was sent.
func TestRegistrationsComeBack(t *testing.T) {
	t.Parallel()
	client, _ := setup(t, nh.ClientOptions{}, func(_ int, w http.ResponseWriter, r request) {
		d, err := wire.DecodeEntry(strings.NewReader(r.body))
		if err != nil {
			t.Error(err)
		}
		d.RegistrationID, d.ETag = "1-2-3", "1"
		_, _ = w.Write(wire.AppendEntry(nil, &wire.Entry{Registration: d})) // a failure is the client's to see
	})
	platforms := []nh.Platform{nh.APNs, nh.FCMV1, nh.GCM, nh.WNS, nh.MPNS, nh.ADM, nh.Baidu, nh.Browser, nh.Xiaomi}
	templates := []*nh.RegistrationTemplate{nil, {Name: "n", Body: `{"a":"$(a)]]>"}`}}
	for _, p := range platforms {
		for _, tpl := range templates {
			want := &nh.Registration{ID: "1-2-3", ETag: "1", Platform: p, Handle: "user-channel", Tags: []string{"a", "é"}, PushVariables: map[string]string{"n": "<&>"}, Template: tpl}
			if p == nh.Browser {
				want.P256DH, want.Auth = "p", "a"
			}
			got, err := client.CreateOrUpdateRegistration(t.Context(), *want)
			if err != nil {
				t.Errorf("%s: %v", p, err)
				continue
			}
			got.ExpirationTime = time.Time{} // the hub's own
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s: %s", p, diff)
			}
		}
	}
}

func TestCreateRegistrationID(t *testing.T) {
	t.Parallel()
	client, rec := setup(t, nh.ClientOptions{}, func(_ int, w http.ResponseWriter, _ request) {
		w.Header().Set("Location", "https://h.example/MyHub/registrationids/46979-61320-3?api-version=2020-06")
		w.WriteHeader(http.StatusCreated)
	})
	id, err := client.CreateRegistrationID(t.Context())
	if r := rec.last(); err != nil || id != "46979-61320-3" || r.method != "POST" || r.uri != "/MyHub/registrationids?api-version=2020-06" || r.body != "" {
		t.Errorf("%q, %v, %+v", id, err, r)
	}
	client, _ = setup(t, nh.ClientOptions{}, always(http.StatusCreated, ""))
	if id, err := client.CreateRegistrationID(t.Context()); err == nil {
		t.Errorf("an answer without Location gave %q", id)
	}
}

func TestRegistrationExists(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]struct{ there, fails bool }{200: {true, false}, 404: {false, false}, 401: {false, true}} {
		client, _ := setup(t, nh.ClientOptions{}, always(status, anEntry))
		if there, err := client.RegistrationExists(t.Context(), "1-2-3"); there != want.there || (err != nil) != want.fails {
			t.Errorf("%d: %v, %v", status, there, err)
		}
	}
}

// Every registration of the handle is removed, from all pages, and what somebody
// else has removed meanwhile is no error.
func TestDeleteRegistrationsByHandle(t *testing.T) {
	t.Parallel()
	client, rec := setup(t, nh.ClientOptions{}, func(n int, w http.ResponseWriter, r request) {
		switch {
		case r.method == http.MethodGet:
			pages(page{[]string{"1", "2"}, "a"}, page{[]string{"3", "4"}, ""})(n, w, r)
		case strings.HasPrefix(r.uri, "/MyHub/registrations/2?"):
			w.WriteHeader(http.StatusNotFound)
		}
	})
	if n, err := client.DeleteRegistrationsByHandle(t.Context(), "it's"); err != nil || n != 3 {
		t.Errorf("%d, %v", n, err)
	}
	var got []string
	for _, r := range rec.all() {
		got = append(got, r.method+" "+r.uri)
	}
	list := "GET /MyHub/registrations?api-version=2020-06"
	want := []string{
		list + "&%24filter=ChannelUri+eq+%27it%27%27s%27", list + "&%24filter=ChannelUri+eq+%27it%27%27s%27&continuationtoken=a",
		"DELETE /MyHub/registrations/1?api-version=2020-06", "DELETE /MyHub/registrations/2?api-version=2020-06",
		"DELETE /MyHub/registrations/3?api-version=2020-06", "DELETE /MyHub/registrations/4?api-version=2020-06",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if n, err := client.DeleteRegistrationsByHandle(t.Context(), ""); err == nil || n != 0 || len(rec.all()) != len(want) {
		t.Errorf("without a handle: %d, %v", n, err)
	}
}

// An error ends it, and says how far it came.
func TestDeleteRegistrationsByHandleErrors(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		method  string
		deleted int
	}{"of the list": {http.MethodGet, 0}, "of a deletion": {http.MethodDelete, 1}} {
		client, _ := setup(t, nh.ClientOptions{}, func(n int, w http.ResponseWriter, r request) {
			switch {
			case r.method == c.method && !strings.HasPrefix(r.uri, "/MyHub/registrations/1?"):
				w.WriteHeader(http.StatusForbidden)
			case r.method == http.MethodGet:
				pages(page{[]string{"1", "2"}, ""})(n, w, r)
			}
		})
		n, err := client.DeleteRegistrationsByHandle(t.Context(), "h")
		if e, ok := errors.AsType[*nh.ResponseError](err); !ok || e.StatusCode != http.StatusForbidden || n != c.deleted {
			t.Errorf("%s: %d, %v", name, n, err)
		}
	}
}

func TestRegistrationErrors(t *testing.T) {
	t.Parallel()
	client, rec := setup(t, nh.ClientOptions{}, always(http.StatusPreconditionFailed, ""))
	fine := nh.Registration{ID: "1-2-3", ETag: "1", Platform: nh.APNs, Handle: "00AA"}
	_, err := client.UpdateRegistration(t.Context(), fine)
	if e, ok := errors.AsType[*nh.ResponseError](err); !ok || e.StatusCode != http.StatusPreconditionFailed {
		t.Errorf("%v", err)
	}
	for name, change := range map[string]func(*nh.Registration){
		"no id":           func(r *nh.Registration) { r.ID = "" },
		"no ETag":         func(r *nh.Registration) { r.ETag = "" },
		"two tags in one": func(r *nh.Registration) { r.Tags = []string{"a,b"} },
	} {
		r := fine
		change(&r)
		if _, err := client.UpdateRegistration(t.Context(), r); err == nil {
			t.Errorf("%s: it was taken", name)
		}
	}
	if _, err := client.CreateOrUpdateRegistration(t.Context(), nh.Registration{}); err == nil {
		t.Error("a registration without an id was taken")
	}
	if n := len(rec.all()); n != 1 {
		t.Errorf("%d requests", n)
	}
	client, _ = setup(t, nh.ClientOptions{}, func(_ int, w http.ResponseWriter, _ request) { _, _ = io.WriteString(w, "<feed/>") })
	if _, err := client.Registration(t.Context(), "1-2-3"); err == nil || !strings.HasPrefix(err.Error(), "notificationhubs: the registration: ") {
		t.Errorf("an answer of another kind: %v", err)
	}
}
