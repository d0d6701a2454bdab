package api_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func (f *fixture) putInstallation(id, body string) got {
	f.t.Helper()
	return f.call(http.MethodPut, "/MyHub/installations/"+id+"?api-version=2020-06", body)
}

// installation reads one back as JSON.
func (f *fixture) installation(hub, id string) map[string]any {
	f.t.Helper()
	g := f.call(http.MethodGet, "/"+hub+"/installations/"+id, "").want(200)
	var out map[string]any
	if err := json.Unmarshal([]byte(g.body), &out); err != nil {
		f.t.Fatalf("%v in %s", err, g.body)
	}
	return out
}

const never = "9999-12-31T23:59:59.9999999Z"

// What each client writes, and what it must find when it reads.
func TestInstallationOfEveryClient(t *testing.T) {
	t.Parallel()
	f := setup(t)
	endpoint := "https://updates.push.services.mozilla.com/wpush/v2/abc"
	channel := map[string]any{"endpoint": endpoint, "p256dh": p256dh, "auth": secret}
	asText, err := json.Marshal(channel)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, document string
		want           map[string]any
	}{
		{".NET, with null for what is absent",
			`{"installationId":"i","userId":null,"platform":"fcmV1","pushChannel":"tok","pushChannelExpired":null,"expirationTime":null}`,
			map[string]any{"platform": "fcmv1", "pushChannel": "tok", "expirationTime": never}},
		{"Android, for ninety days, with a name in its template",
			`{"installationId":"i","pushChannel":"tok","platform":"gcm","expirationTime":"2025-06-01T10:00+0000","tags":[],"templates":{"t":{"body":"{\"a\":\"b\"}","name":"t","headers":{},"tags":["x"]}}}`,
			map[string]any{"platform": "gcm", "pushChannel": "tok", "expirationTime": "2025-06-01T10:00:00Z",
				"templates": map[string]any{"t": map[string]any{"body": `{"a":"b"}`, "tags": []any{"x"}}}}},
		{"JavaScript, with a browser's channel as an object",
			`{"installationId":"i","platform":"browser","pushChannel":` + string(asText) + `}`,
			map[string]any{"platform": "browser", "pushChannel": channel, "expirationTime": never}},
		{".NET and Java, with a browser's channel as text",
			`{"installationId":"i","platform":"browser","pushChannel":` + quote(string(asText)) + `}`,
			map[string]any{"platform": "browser", "pushChannel": "as text", "expirationTime": never}},
		{"Windows, with a tile",
			`{"installationId":"i","platform":"wns","pushChannel":"` + wnsURI + `","secondaryTiles":{"tile7":{"pushChannel":"` + wnsURI + `2","tags":["s"],"templates":{"t":{"bodyTemplate":"<toast/>"}}}}}`,
			map[string]any{"platform": "wns", "pushChannel": wnsURI, "expirationTime": never,
				"secondaryTiles": map[string]any{"tile7": map[string]any{"pushChannel": wnsURI + "2", "pushChannelExpired": false, "tags": []any{"s"},
					"templates": map[string]any{"t": map[string]any{"body": "<toast/>", "tags": []any{"t"}}}}}}},
		{"a channel that it says has expired is alive once it is written",
			`{"installationId":"i","platform":"adm","pushChannel":"tok","pushChannelExpired":true}`,
			map[string]any{"platform": "adm", "pushChannel": "tok", "expirationTime": never}},
		{"Baidu", `{"installationId":"i","platform":"baidu","pushChannel":"11-22","tags":["a","A"]}`,
			map[string]any{"platform": "baidu", "pushChannel": "11-22", "expirationTime": never, "tags": []any{"a"}}},
		{"Xiaomi", `{"installationId":"i","platform":"xiaomi","pushChannel":"x"}`,
			map[string]any{"platform": "xiaomi", "pushChannel": "x", "expirationTime": never}},
		{"MPNS", `{"installationId":"i","platform":"mpns","pushChannel":"http://db5.notify.live.net/a"}`,
			map[string]any{"platform": "mpns", "pushChannel": "http://db5.notify.live.net/a", "expirationTime": never}},
	} {
		t.Run(c.name, func(t *testing.T) {
			f.putInstallation("i", c.document).want(200)
			got := f.installation("MyHub", "i")
			c.want["installationId"], c.want["pushChannelExpired"] = "i", false
			if text, ok := got["pushChannel"].(string); ok && c.want["pushChannel"] == "as text" {
				var inner map[string]any
				if err := json.Unmarshal([]byte(text), &inner); err != nil || cmp.Diff(channel, inner) != "" {
					t.Errorf("channel %q: %v", text, err)
				}
				got["pushChannel"] = "as text"
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("installation (-want +got):\n%s", diff)
			}
		})
	}
}

func quote(s string) string {
	b, _ := json.Marshal(s)
	return string(b)
}

// An installation has the date that its device gives, or else the hub's.
func TestInstallationExpires(t *testing.T) {
	t.Parallel()
	f := setup(t)
	put := func(id, more string) {
		f.call(http.MethodPut, "/daily/installations/"+id, `{"installationId":"`+id+`","platform":"apns","pushChannel":"00AA"`+more+`}`).want(200)
	}
	put("hub", "")
	put("device", `,"expirationTime":"2025-03-06T00:00:00Z"`)
	put("never", `,"expirationTime":"`+never+`"`)
	for id, want := range map[string]string{"hub": "2025-03-05T05:06:07Z", "device": "2025-03-06T00:00:00Z", "never": never} {
		if got := f.installation("daily", id)["expirationTime"]; got != want {
			t.Errorf("%s expires at %v, want %s", id, got, want)
		}
	}
	f.clock.Advance(24 * time.Hour)
	f.call(http.MethodGet, "/daily/installations/hub", "").want(404)
	f.call(http.MethodGet, "/daily/installations/device", "").want(200)
	if got := f.call(http.MethodGet, "/daily/registrations", "").ids(); len(got) != 2 {
		t.Errorf("%d registrations, want those of the two that live", len(got))
	}
}

// What an installation derives follows it: re-derived on PUT, gone on DELETE.
// What a client reads it can write back, and a template's name stands among its
// tags whatever it is made of.
func TestInstallationIsWrittenBack(t *testing.T) {
	t.Parallel()
	f := setup(t)
	long := strings.Repeat("x", 150)
	f.putInstallation("i", `{"installationId":"i","platform":"wns","pushChannel":"`+wnsURI+`","templates":{"Template Name":{"body":"<toast/>"},"`+long+`":{"body":"<toast/>"}},`+
		`"secondaryTiles":{"t":{"pushChannel":"`+wnsURI+`2","templates":{"a, b":{"body":"<toast/>"}}}}}`).want(200)
	read := f.call(http.MethodGet, "/MyHub/installations/i", "").want(200).body
	f.putInstallation("i", read).want(200)
	if again := f.call(http.MethodGet, "/MyHub/installations/i", "").want(200).body; again != read || !strings.Contains(read, `"tags":["Template Name"]`) {
		t.Errorf("it was\n%s\nand is\n%s", read, again)
	}
	f.patchInstallation("i", `[{"op":"add","path":"/templates/Template Name/tags","value":"template name"}]`).want(200)
	f.patchInstallation("i", `[{"op":"add","path":"/templates/Template Name/tags","value":"another name"}]`).
		refused(400, "Installation validation failed with following error(s):\n\nAn invalid tag(s) 'another name' was supplied. Valid tag characters are alphanumeric, _, @, -, ., : and #.")
}

func TestInstallationDerives(t *testing.T) {
	t.Parallel()
	f := setup(t)
	const byID = "/MyHub/tags/$InstallationId:%7Bi%7D/registrations"
	f.putInstallation("i", `{"installationId":"i","platform":"apns","pushChannel":"00AA","tags":["a"],"templates":{"t":{"body":"{\"a\":\"b\"}"}}}`).want(200)
	before := f.get(byID).ids()
	if len(before) != 2 {
		t.Fatalf("%d registrations, want the native one and a template", len(before))
	}
	f.putInstallation("i", `{"installationId":"i","platform":"apns","pushChannel":"00BB"}`).want(200)
	g := f.get(byID)
	if got := g.ids(); len(got) != 1 || !strings.Contains(g.body, "<DeviceToken>00BB</DeviceToken>") {
		t.Errorf("after the PUT: %s", g.body)
	}
	if got := f.get("/MyHub/tags/a/registrations").ids(); got != nil {
		t.Errorf("the tag that is gone still finds %v", got)
	}
	f.call(http.MethodDelete, "/MyHub/installations/i", "").want(204)
	if got := f.get(byID).ids(); got != nil {
		t.Errorf("after the DELETE: %v", got)
	}
}

func TestInstallationRefuses(t *testing.T) {
	t.Parallel()
	f := setup(t)
	const failed = "Installation validation failed with following error(s):\n\n"
	for _, c := range []struct{ name, id, body, sentence string }{
		{"another id", "i", `{"installationId":"j","platform":"apns","pushChannel":"00AA"}`, "The installationId of the body is not the one in the path."},
		{"no id", "i", `{"platform":"apns","pushChannel":"00AA"}`, "The installationId of the body is not the one in the path."},
		{"no platform", "i", `{"installationId":"i","pushChannel":"00AA"}`, failed + "platform is missing or unknown."},
		{"another platform", "i", `{"installationId":"i","platform":"nokia","pushChannel":"00AA"}`, failed + "platform is missing or unknown."},
		{"no channel", "i", `{"installationId":"i","platform":"apns"}`, failed + "pushChannel is missing."},
		{"a device token", "i", `{"installationId":"i","platform":"apns","pushChannel":"xyz"}`,
			failed + "The device token is not valid: hexadecimal digits, an even number of them, are expected."},
		{"a tag of the hub's own", "i", `{"installationId":"i","platform":"apns","pushChannel":"00AA","tags":["$UserId:{x}"]}`,
			failed + "Tags can not start with $."},
		{"a character in a tag", "i", `{"installationId":"i","platform":"apns","pushChannel":"00AA","tags":["a,b"]}`,
			failed + "An invalid tag(s) 'a,b' was supplied. Valid tag characters are alphanumeric, _, @, -, ., : and #."},
		{"tiles of another platform", "i", `{"installationId":"i","platform":"apns","pushChannel":"00AA","secondaryTiles":{"t":{"pushChannel":"` + wnsURI + `"}}}`,
			failed + "secondaryTiles are for the platform wns only."},
		{"a channel elsewhere", "i", `{"installationId":"i","platform":"wns","pushChannel":"https://10.0.0.1/a"}`,
			"The PNS handle is not valid: the channel URI does not point to https://notify.windows.com."},
		{"a tile's channel elsewhere", "i", `{"installationId":"i","platform":"wns","pushChannel":"` + wnsURI + `","secondaryTiles":{"t":{"pushChannel":"https://10.0.0.1/a"}}}`,
			"The PNS handle is not valid: the channel URI does not point to https://notify.windows.com."},
	} {
		t.Run(c.name, func(t *testing.T) {
			f.putInstallation(c.id, c.body).refused(400, c.sentence)
		})
	}
	for name, body := range map[string]string{
		"empty": "", "not JSON": "{", "an array": "[]", "a number for the id": `{"installationId":1}`,
		"too deep": strings.Repeat(`{"a":`, 1000) + "1" + strings.Repeat("}", 1000),
	} {
		t.Run(name, func(t *testing.T) {
			if g := f.putInstallation("i", body).want(400); !strings.HasPrefix(g.body, "<Error><Code>400</Code><Detail>") {
				t.Errorf("body %s", g.body)
			}
		})
	}
	f.putInstallation("i", strings.Repeat(" ", 1<<20+1)).refused(413, "The request body has more than 1048576 bytes.")
	f.putInstallation("a%00b", "{}").refused(400, badID)
	f.call(http.MethodGet, "/MyHub/installations/a%00b", "").refused(400, badID)
	f.call(http.MethodDelete, "/MyHub/installations/a%00b", "").refused(400, badID)
	f.call(http.MethodGet, "/MyHub/installations/i", "").refused(404, "Installation not found") // nothing was written
}
