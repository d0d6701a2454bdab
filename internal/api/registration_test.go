package api_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/store"
)

const (
	registrations = "/MyHub/registrations"
	nsConnect     = "http://schemas.microsoft.com/netservices/2010/10/servicebus/connect"
	nsXSI         = "http://www.w3.org/2001/XMLSchema-instance"
)

// description is what a client sends: a concrete element in an entry.
func description(kind, inner string) string {
	return `<entry xmlns="http://www.w3.org/2005/Atom"><content type="application/xml"><` + kind + `RegistrationDescription xmlns="` + nsConnect +
		`" xmlns:i="` + nsXSI + `">` + inner + `</` + kind + `RegistrationDescription></content></entry>`
}

// described is the description in an answer, without its common beginning.
func described(t *testing.T, body, kind, etag, id string) string {
	t.Helper()
	_, rest, ok := strings.Cut(body, `<content type="application/xml"><`+kind+`RegistrationDescription xmlns="`+nsConnect+`" xmlns:i="`+nsXSI+
		`"><ETag>`+etag+`</ETag><ExpirationTime>9999-12-31T23:59:59.999Z</ExpirationTime><RegistrationId>`+id+`</RegistrationId>`)
	inner, _, closed := strings.Cut(rest, `</`+kind+`RegistrationDescription></content></entry>`)
	if !ok || !closed {
		t.Fatalf("no %s with ETag %s and id %s: %s", kind, etag, id, body)
	}
	return inner
}

// put writes a registration with an id of the test's own.
func (f *fixture) put(id, kind, inner string) got {
	f.t.Helper()
	return f.call(http.MethodPut, registrations+"/"+id+"?api-version=2020-06", description(kind, inner))
}

const (
	jsonBody   = `<BodyTemplate><![CDATA[{"a":"$(msg)"}]]></BodyTemplate>`
	nameMember = `<TemplateName>t1</TemplateName>`
)

// kinds is every kind of registration, with its members in the order in which
// the .NET client must find them.
func kinds() []struct{ kind, inner string } {
	native := []struct{ kind, inner string }{
		{"Apple", `<DeviceToken>00AAbb</DeviceToken>`},
		{"Gcm", `<GcmRegistrationId>g:1</GcmRegistrationId>`},
		{"FcmV1", `<FcmV1RegistrationId>f:1</FcmV1RegistrationId>`},
		{"Windows", `<ChannelUri>` + wnsURI + `</ChannelUri><SecondaryTileName>tile7</SecondaryTileName>`},
		{"Mpns", `<ChannelUri>http://db5.notify.live.net/x/01.00/abc</ChannelUri>`},
		{"Adm", `<AdmRegistrationId>amzn1.adm-registration.v2.x</AdmRegistrationId>`},
		{"Baidu", `<BaiduUserId>11</BaiduUserId><BaiduChannelId>22</BaiduChannelId>`},
		{"Browser", `<Endpoint>https://updates.push.services.mozilla.com/wpush/v2/abc</Endpoint><P256DH>` + p256dh + `</P256DH><Auth>` + secret + `</Auth>`},
		{"Xiaomi", `<XiaomiRegistrationId>x-1</XiaomiRegistrationId>`},
	}
	templates := map[string]string{
		"Apple": jsonBody + `<Expiry>$(when)</Expiry>` + nameMember + `<Priority>5</Priority><ApnsHeaders><ApnsHeader><Header>apns-push-type</Header><Value>alert</Value></ApnsHeader></ApnsHeaders>`,
		"Windows": `<BodyTemplate><![CDATA[<toast><visual/></toast>]]></BodyTemplate>` +
			`<WnsHeaders><WnsHeader><Header>X-WNS-Type</Header><Value>wns/toast</Value></WnsHeader></WnsHeaders>` + nameMember,
		"Mpns": `<BodyTemplate><![CDATA[<a/>]]></BodyTemplate>` +
			`<MpnsHeaders><MpnsHeader><Header>X-NotificationClass</Header><Value>2</Value></MpnsHeader></MpnsHeaders>` + nameMember,
		"Baidu": jsonBody + nameMember + `<MessageType>1</MessageType>`,
	}
	all := native
	for _, n := range native {
		template := templates[n.kind]
		if template == "" {
			template = jsonBody + nameMember
		}
		all = append(all, struct{ kind, inner string }{n.kind + "Template", n.inner + template})
	}
	return all
}

// Every kind is created, read back, replaced, listed and deleted.
func TestRegistrationOfEveryKind(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.clock.Advance(time.Millisecond / 7) // times are read back as they were answered
	for _, k := range kinds() {
		t.Run(k.kind, func(t *testing.T) {
			const common = `<Tags>vip,lang:de</Tags><PushVariables>{"nick":"Ada"}</PushVariables>`
			made := f.call(http.MethodPost, registrations, description(k.kind, common+k.inner)).want(200)
			id := registrationForm.FindString(made.body)
			address := "https://" + host + "/MyHub/registrations/" + id
			if made.header.Get("Content-Location") != address || made.header.Get("ETag") != `W/"1"` {
				t.Errorf("headers %v", made.header)
			}
			if got := described(t, unquoted(made.body), k.kind, "1", id); got != common+k.inner {
				t.Errorf("created\n got %s\nwant %s", got, common+k.inner)
			}
			read := f.call(http.MethodGet, "/MyHub/registrations/"+id, "").want(200)
			if read.body != made.body || read.header.Get("ETag") != `W/"1"` {
				t.Errorf("read back %q %s", read.header.Get("ETag"), read.body)
			}
			put := f.put(id, k.kind, k.inner).want(200)
			if got := described(t, unquoted(put.body), k.kind, "2", id); got != k.inner { // full replacement: tags and variables are gone
				t.Errorf("replaced\n got %s\nwant %s", got, k.inner)
			}
			if put.header.Get("ETag") != `W/"2"` || put.header.Get("Content-Location") != "" {
				t.Errorf("headers of the PUT %v", put.header)
			}
			list := f.call(http.MethodGet, registrations, "").want(200)
			if !strings.Contains(unquoted(list.body), k.inner+"</"+k.kind+"RegistrationDescription>") {
				t.Errorf("not in the list: %s", list.body)
			}
			f.call(http.MethodDelete, "/MyHub/registrations/"+id, "").want(200)
			f.call(http.MethodGet, "/MyHub/registrations/"+id, "").refused(404, "")
		})
	}
}

// unquoted makes quotes in text comparable: XML may escape them or not.
func unquoted(body string) string { return strings.ReplaceAll(body, "&quot;", `"`) }

// The forms of a request that readers of other services stumble over.
func TestRegistrationReadsEveryForm(t *testing.T) {
	t.Parallel()
	f := setup(t)
	for _, c := range []struct{ name, body string }{
		{"abstract element, its type under another prefix",
			`<entry xmlns="http://www.w3.org/2005/Atom"><content type="text/xml"><RegistrationDescription xmlns:q="` + nsXSI + `" q:type="AppleRegistrationDescription" xmlns="` + nsConnect + `"><DeviceToken>00AA</DeviceToken></RegistrationDescription></content></entry>`},
		{"declaration, id, title and updated",
			`<?xml version="1.0" encoding="utf-8" standalone="yes"?>` + "\n" + `<entry xmlns="http://www.w3.org/2005/Atom"><id/><title/><updated>2025-01-01T00:00:00Z</updated><content type="application/atom+xml;type=entry;charset=utf-8">` + "\n  " +
				`<AppleRegistrationDescription xmlns="` + nsConnect + `"><DeviceToken>00AA</DeviceToken></AppleRegistrationDescription>` + "\n" + `</content></entry>`},
		{"members in another order, unknown ones, an empty list of tags",
			description("Apple", `<DeviceToken><![CDATA[00AA]]></DeviceToken><Colour>red</Colour><Tags/>`)},
		{"the server's own members, which are not the client's to say",
			description("Apple", `<ETag>9</ETag><ExpirationTime>2001-01-01T00:00:00Z</ExpirationTime><RegistrationId>other</RegistrationId><DeviceToken>00AA</DeviceToken>`)},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := f.call(http.MethodPost, registrations, c.body, "Content-Type", "").want(200)
			id := registrationForm.FindString(g.header.Get("Content-Location"))
			if got := described(t, g.body, "Apple", "1", id); got != `<DeviceToken>00AA</DeviceToken>` {
				t.Errorf("stored %s", got)
			}
		})
	}
}

func TestRegistrationRefuses(t *testing.T) {
	t.Parallel()
	f := setup(t)
	const token = `<DeviceToken>00AA</DeviceToken>`
	for _, c := range []struct{ name, kind, inner, sentence string }{
		{"a tag of the hub's own", "Apple", `<Tags>$InstallationId:{x}</Tags>` + token, "Tags can not start with $."},
		{"a character in a tag", "Apple", `<Tags>ok,a b</Tags>` + token,
			"An invalid tag(s) 'a b' was supplied. Valid tag characters are alphanumeric, _, @, -, ., : and #."},
		{"too many tags", "Apple", `<Tags>` + strings.TrimSuffix(strings.Repeat(strings.Repeat("x", 114)+"%,", 70), ",") + `</Tags>` + token,
			"Registration Tags serialized size is more than maximum supported value. Actual Size: '8189' and Max Allowed Size: '8000'"},
		{"no handle", "Apple", ``, "The PNS handle is missing."},
		{"a device token", "Apple", `<DeviceToken>xyz</DeviceToken>`, "The device token is not valid: hexadecimal digits, an even number of them, are expected."},
		{"a channel elsewhere", "Windows", `<ChannelUri>https://192.168.0.1/a</ChannelUri>`,
			"The PNS handle is not valid: the channel URI does not point to https://notify.windows.com."},
		{"a browser at home", "Browser", `<Endpoint>https://nas.local/a</Endpoint><P256DH>` + p256dh + `</P256DH><Auth>` + secret + `</Auth>`,
			"The PNS handle is not valid: the endpoint's host is under local, which is not a public name."},
	} {
		t.Run(c.name, func(t *testing.T) {
			inner := c.inner
			for i := 0; strings.Contains(inner, "%"); i++ { // seventy different tags
				inner = strings.Replace(inner, "%", string(rune('0'+i/10))+string(rune('0'+i%10)), 1)
			}
			f.call(http.MethodPost, registrations, description(c.kind, inner)).refused(400, c.sentence)
			f.put("1-2-3", c.kind, inner).refused(400, c.sentence)
		})
	}
	f.call(http.MethodGet, "/MyHub/registrations/1-2-3", "").want(404) // nothing was written
	f.call(http.MethodPost, registrations, strings.Repeat(" ", 1<<20+1)).refused(413, "The request body has more than 1048576 bytes.")
	for name, body := range map[string]string{
		"empty": "", "not XML": "hello", "cut off": "<entry", "another element": "<entry><content><a/></content></entry>",
		"a DOCTYPE": `<!DOCTYPE a [<!ENTITY b "c">]>` + description("Apple", `<DeviceToken>&b;</DeviceToken>`),
	} {
		t.Run(name, func(t *testing.T) {
			if g := f.call(http.MethodPost, registrations, body).want(400); !strings.HasPrefix(g.body, "<Error><Code>400</Code><Detail>") {
				t.Errorf("body %s", g.body)
			}
		})
	}
}

// The same ETag in every form that clients write, for PUT and for DELETE.
func TestIfMatch(t *testing.T) {
	t.Parallel()
	f := setup(t)
	const inner = `<DeviceToken>00AA</DeviceToken>`
	for _, c := range []struct {
		header string
		status int
	}{
		{`"1"`, 200}, {`W/"1"`, 200}, {`1`, 200}, {`*`, 200}, {`"*"`, 200}, {``, 200},
		{`"2"`, 412}, {`W/"2"`, 412}, {`2`, 412}, {`abc`, 412}, {`"a"`, 412}, {`-1`, 412},
	} {
		t.Run(c.header, func(t *testing.T) {
			const target = registrations + "/e-1"
			for _, method := range []string{http.MethodPut, http.MethodDelete} {
				f.call(http.MethodDelete, target, "")
				f.put("e-1", "Apple", inner).want(200)
				f.call(method, target, description("Apple", inner), "If-Match", c.header).want(c.status)
			}
		})
	}
	const changed = "The ETag does not match: the registration was changed since it was read."
	const malformed = `The ETag header is either missing or invalid. It should be "*", or a quoted ETag.`
	f.call(http.MethodDelete, registrations+"/e-1", "", "If-Match", `"7"`).refused(412, changed)
	f.call(http.MethodDelete, registrations+"/e-1", "", "If-Match", `seven`).refused(412, malformed)
	for _, star := range []string{`*`, `"*"`, `"1"`} {
		f.call(http.MethodPut, registrations+"/none", description("Apple", inner), "If-Match", star).refused(404, "")
		f.call(http.MethodDelete, registrations+"/none", "", "If-Match", star).refused(404, "")
	}
}

// Clients choose ids of any shape.
func TestRegistrationIDs(t *testing.T) {
	t.Parallel()
	f := setup(t)
	for _, c := range []struct{ escaped, id string }{
		{"123-234-1", "123-234-1"}, {"a%2Fb", "a/b"}, {"caf%C3%A9", "café"}, {"..", ".."}, {"a%20b", "a b"}, {"%24x", "$x"},
	} {
		t.Run(c.escaped, func(t *testing.T) {
			target := registrations + "/" + c.escaped + "?api-version=2020-06"
			request := func(method, body string) string {
				g := f.raw(method + " " + target + " HTTP/1.1\r\nHost: " + host + "\r\nAuthorization: " + f.token() +
					"\r\nConnection: close\r\nContent-Length: " + itoa(len(body)) + "\r\n\r\n" + body)
				return g
			}
			for _, answer := range []string{request("PUT", description("Apple", `<DeviceToken>00AA</DeviceToken>`)), request("GET", "")} {
				if !strings.HasPrefix(answer, "HTTP/1.1 200 ") || !strings.Contains(answer, "<RegistrationId>"+c.id+"</RegistrationId>") ||
					!strings.Contains(answer, "<id>https://"+host+target+"</id>") {
					t.Errorf("answer %s", answer)
				}
			}
			if answer := request("DELETE", ""); !strings.HasPrefix(answer, "HTTP/1.1 200 ") {
				t.Errorf("answer %s", answer)
			}
		})
	}
	f.put(strings.Repeat("x", 513), "Apple", `<DeviceToken>00AA</DeviceToken>`).refused(400, badID)
	f.put("a%0Ab", "Apple", `<DeviceToken>00AA</DeviceToken>`).refused(400, badID)
	f.put("a%FFb", "Apple", `<DeviceToken>00AA</DeviceToken>`).refused(400, badID)
	f.call(http.MethodGet, registrations+"/a%0Ab", "").refused(400, badID)
	f.call(http.MethodDelete, registrations+"/a%0Ab", "").refused(400, badID)
}

// A hub's RegistrationTtl counts from the last write; what is past is gone.
func TestRegistrationExpires(t *testing.T) {
	t.Parallel()
	f := setup(t)
	target := "/daily/registrations/1-2-3"
	body := description("Apple", `<DeviceToken>00AA</DeviceToken>`)
	const expires = `<ExpirationTime>2025-03-05T05:06:07.000Z</ExpirationTime>`
	if g := f.call(http.MethodPut, target, body).want(200); !strings.Contains(g.body, expires) {
		t.Errorf("body %s, want %s", g.body, expires)
	}
	f.clock.Advance(24*time.Hour - time.Second)
	f.call(http.MethodGet, target, "").want(200)
	f.clock.Advance(time.Second)
	f.call(http.MethodGet, target, "").want(404)
	if g := f.call(http.MethodGet, "/daily/registrations", "").want(200); strings.Contains(g.body, "<entry") {
		t.Errorf("an expired registration is listed: %s", g.body)
	}
}

// Tags are a set without regard to case; they are stored as given.
func TestRegistrationTagsAreDistinct(t *testing.T) {
	t.Parallel()
	f := setup(t)
	g := f.put("1-2-3", "Apple", `<Tags>VIP, news ,vip,a_b@c#d.e:f-g</Tags><DeviceToken>00AA</DeviceToken>`).want(200)
	if want := `<Tags>VIP,news,a_b@c#d.e:f-g</Tags>`; !strings.Contains(g.body, want) {
		t.Errorf("body %s, want %s", g.body, want)
	}
}

// The same id may become another platform's, or a template's.
func TestRegistrationChangesKind(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.put("1-2-3", "Gcm", `<GcmRegistrationId>g</GcmRegistrationId>`).want(200)
	g := f.put("1-2-3", "FcmV1Template", `<FcmV1RegistrationId>f</FcmV1RegistrationId>`+jsonBody).want(200)
	if got := described(t, unquoted(g.body), "FcmV1Template", "2", "1-2-3"); got != `<FcmV1RegistrationId>f</FcmV1RegistrationId>`+jsonBody {
		t.Errorf("stored %s", got)
	}
}

// What an installation derived is not to be written here, with its tags or
// without, but may be deleted.
func TestDerivedRegistration(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.call(http.MethodPut, "/MyHub/installations/i-42", `{"installationId":"i-42","platform":"apns","pushChannel":"00AA"}`).want(200)
	list := f.call(http.MethodGet, "/MyHub/tags/$InstallationId:%7Bi-42%7D/registrations", "").want(200)
	_, rest, _ := strings.Cut(list.body, "<RegistrationId>")
	id, _, _ := strings.Cut(rest, "</RegistrationId>")

	f.put(id, "Apple", `<Tags>$InstallationId:{i-42}</Tags><DeviceToken>00AA</DeviceToken>`).refused(400, "Tags can not start with $.")
	f.put(id, "Apple", `<DeviceToken>00AA</DeviceToken>`).
		refused(400, "The registration belongs to an installation. Write the installation instead.")
	f.call(http.MethodDelete, registrations+"/"+id, "", "If-Match", "*").want(200)
	f.call(http.MethodGet, registrations+"/"+id, "").refused(404, "")
}

// A store that cannot write now: 503, and nothing is said to be done.
func TestWritesWhenTheStoreIsBusy(t *testing.T) {
	t.Parallel()
	f := setupBusy(t)
	body := description("Apple", `<DeviceToken>00AA</DeviceToken>`)
	for _, c := range []struct{ method, target, body string }{
		{http.MethodPost, registrations, body},
		{http.MethodPut, registrations + "/1-2-3", body},
		{http.MethodDelete, registrations + "/1-2-3", ""},
		{http.MethodPut, "/MyHub/installations/i-1", `{"installationId":"i-1","platform":"apns","pushChannel":"00AA"}`},
		{http.MethodDelete, "/MyHub/installations/i-1", ""},
	} {
		t.Run(c.method+" "+c.target, func(t *testing.T) {
			g := f.call(c.method, c.target, c.body).refused(503, "The server is busy. Try again later.")
			if g.header.Get("Retry-After") != "1" {
				t.Errorf("Retry-After %q", g.header.Get("Retry-After"))
			}
		})
	}
}

// Numbers are for life: a stored registration keeps its own over a PUT.
func TestRegistrationKeepsItsNumber(t *testing.T) {
	t.Parallel()
	f := setup(t)
	number := func() (n int64) {
		err := f.store.View(t.Context(), func(r store.Reader) error {
			h, err := r.Hub("MyHub")
			if err != nil {
				return err
			}
			var reg hub.Registration
			reg, err = r.Registration(h.ID, "1-2-3", now)
			n = reg.Number
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	f.put("1-2-3", "Apple", `<DeviceToken>00AA</DeviceToken>`).want(200)
	first := number()
	f.put("1-2-3", "Apple", `<Tags>a</Tags><DeviceToken>00BB</DeviceToken>`).want(200)
	if second := number(); second != first {
		t.Errorf("number %d became %d", first, second)
	}
}
