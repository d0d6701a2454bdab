package api_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/store"
)

func (f *fixture) patchInstallation(id, body string) got {
	f.t.Helper()
	return f.call(http.MethodPatch, "/MyHub/installations/"+id+"?api-version=2020-06", body, "Content-Type", "application/json-patch+json")
}

const patched = `{"installationId":"i","platform":"apns","pushChannel":"00AA","userId":"u","tags":["a","b"],"templates":{"t":{"body":"{\"a\":\"b\"}"}}}`

// An installation's registrations follow a patch, and keep their ids.
func TestPatchDerives(t *testing.T) {
	t.Parallel()
	f := setup(t)
	const byID = "/MyHub/tags/$InstallationId:%7Bi%7D/registrations"
	f.putInstallation("i", patched).want(200)
	before := f.get(byID).ids()
	f.clock.Advance(time.Hour)
	g := f.patchInstallation("i", `[{"op":"replace","path":"/pushChannel","value":"00BB"},{"op":"add","path":"/tags","value":["c","A"]},{"op":"remove","path":"/tags/B"},
		{"op":"replace","path":"/userId","value":"v"},{"op":"add","path":"/templates/n","value":"{\"body\":\"{}\",\"tags\":[\"x\"]}"}]`).want(200)
	if g.body != "" || g.header.Get("Content-Location") != "https://"+host+"/MyHub/installations/i?api-version=2020-06" {
		t.Errorf("answer %v", g)
	}
	want := map[string]any{
		"installationId": "i", "platform": "apns", "pushChannel": "00BB", "pushChannelExpired": false, "expirationTime": never, "userId": "v", "tags": []any{"a", "c"},
		"templates": map[string]any{"t": map[string]any{"body": `{"a":"b"}`, "tags": []any{"t"}}, "n": map[string]any{"body": "{}", "tags": []any{"x"}}},
	}
	if diff := cmp.Diff(want, f.installation("MyHub", "i")); diff != "" {
		t.Errorf("installation (-want +got):\n%s", diff)
	}
	after := f.get(byID)
	if ids := after.ids(); len(ids) != 3 || ids[0] != before[0] || ids[1] != before[1] {
		t.Errorf("registrations %v after %v", ids, before)
	}
	if n := strings.Count(after.body, "<DeviceToken>00BB</DeviceToken>"); n != 3 {
		t.Errorf("%d registrations have the new channel: %s", n, after.body)
	}
	for tag, n := range map[string]int{"$UserId:%7Bu%7D": 0, "$UserId:%7Bv%7D": 3, "b": 0, "c": 3, "x": 1, "n": 1, "t": 1} {
		if got := f.get("/MyHub/tags/" + tag + "/registrations").ids(); len(got) != n {
			t.Errorf("%s finds %v, want %d", tag, got, n)
		}
	}
}

// A patch that fails, wherever, has changed nothing.
func TestPatchIsAtomic(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.putInstallation("i", patched).want(200)
	document, registrations := f.installation("MyHub", "i"), f.get("/MyHub/registrations").body
	const first = `[{"op":"add","path":"/tags","value":"c"},{"op":"replace","path":"/pushChannel","value":"00BB"},`
	const third = "The operation at index 2 of the patch "
	const failed = "Installation validation failed with following error(s):\n\n"
	for _, c := range []struct{ name, operation, sentence string }{
		{"an operation", `{"op":"move","from":"/tags","path":"/tags"}`, third + `("move" "/tags") is not valid: the op is none of add, remove, replace.`},
		{"a path", `{"op":"remove","path":"/tags/a/b"}`, third + `("remove" "/tags/a/b") is not valid: the path is unknown: nothing is in a tag.`},
		{"a value", `{"op":"add","path":"/userId"}`, third + `("add" "/userId") is not valid: it has no value.`},
		{"a template that is not there", `{"op":"add","path":"/templates/z/body","value":"{}"}`, third + `("add" "/templates/z/body") is not valid: there is no template of this name.`},
		{"the platform", `{"op":"replace","path":"/platform","value":"gcm"}`, third + `("replace" "/platform") is not valid: it cannot be changed: put another installation.`},
		{"a character in a tag, as a list in one text", `{"op":"replace","path":"/tags","value":"a,b,c"}`,
			failed + "An invalid tag(s) 'a,b,c' was supplied. Valid tag characters are alphanumeric, _, @, -, ., : and #."},
		{"a tag of the hub's own", `{"op":"add","path":"/tags","value":"$UserId:{x}"}`, failed + "Tags can not start with $."},
		{"too many tags", `{"op":"add","path":"/tags","value":[` + strings.TrimSuffix(numbered(499), ",") + `]}`, failed + "There are 502 tags; at most 500 are allowed."},
		{"a device token", `{"op":"replace","path":"/pushChannel","value":"xyz"}`, failed + "The device token is not valid: hexadecimal digits, an even number of them, are expected."},
		{"a user", `{"op":"replace","path":"/userId","value":"a b"}`, failed + `userId "a b" is not valid: letters, digits and - _ @ # . : = are allowed, at most 512.`},
		{"a body", `{"op":"replace","path":"/templates/t/body","value":"<toast/>"}`, failed + "templates/t: The body template is not valid: a JSON object is expected."},
		{"a tile of another platform", `{"op":"add","path":"/secondaryTiles/s","value":{"pushChannel":"` + wnsURI + `"}}`, failed + "secondaryTiles are for the platform wns only."},
	} {
		t.Run(c.name, func(t *testing.T) {
			f.patchInstallation("i", first+c.operation+"]").refused(400, c.sentence)
		})
	}
	f.patchInstallation("i", strings.Repeat(" ", 1<<20+1)).refused(413, "The request body has more than 1048576 bytes.")
	f.patchInstallation("i", `{}`).refused(400, "the patch is not a JSON array")
	if diff := cmp.Diff(document, f.installation("MyHub", "i")); diff != "" {
		t.Errorf("the installation was changed:\n%s", diff)
	}
	if got := f.get("/MyHub/registrations").body; got != registrations {
		t.Errorf("the registrations were changed:\n got %s\nwant %s", got, registrations)
	}
}

func numbered(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `"t%d",`, i)
	}
	return b.String()
}

func TestPatchOfNothing(t *testing.T) {
	t.Parallel()
	f := setup(t)
	const add = `[{"op":"add","path":"/tags","value":"a"}]`
	f.patchInstallation("none", add).refused(404, "Installation not found")
	f.patchInstallation("none", `[]`).refused(404, "Installation not found")
	f.patchInstallation("a%00b", add).refused(400, badID)
	f.call(http.MethodPut, "/daily/installations/i", patched).want(200)
	f.clock.Advance(24 * time.Hour)
	f.call(http.MethodPatch, "/daily/installations/i", add).want(404)
	busy := setupBusy(t)
	busy.patchInstallation("i", add).refused(503, "The server is busy. Try again later.")
}

// A channel of a platform that is spoken to on the device's word is checked as
// in a PUT; what has been written as text comes back as text.
func TestPatchChannels(t *testing.T) {
	t.Parallel()
	f := setup(t)
	const replace = `[{"op":"replace","path":"/pushChannel","value":%s}]`
	f.putInstallation("w", `{"installationId":"w","platform":"wns","pushChannel":"`+wnsURI+`"}`).want(200)
	f.patchInstallation("w", fmt.Sprintf(replace, `"https://10.0.0.1/a"`)).refused(400, "The PNS handle is not valid: the channel URI does not point to https://notify.windows.com.")
	tile := `[{"op":"add","path":"/secondaryTiles/s","value":%s}]`
	f.patchInstallation("w", fmt.Sprintf(tile, `{"pushChannel":"https://10.0.0.1/a"}`)).refused(400, "The PNS handle is not valid: the channel URI does not point to https://notify.windows.com.")
	f.patchInstallation("w", fmt.Sprintf(tile, `{"pushChannel":"`+wnsURI+`2","tags":["s"],"templates":{"t":{"body":"<toast/>"}}}`)).want(200)
	if got := f.get("/MyHub/tags/s/registrations"); len(got.ids()) != 2 || !strings.Contains(got.body, "<SecondaryTileName>s</SecondaryTileName>") {
		t.Errorf("the tile: %s", got.body)
	}

	browser := func(n int) string {
		return fmt.Sprintf(`{"endpoint":"https://updates.push.services.mozilla.com/wpush/v2/%d","p256dh":"%s","auth":"%s"}`, n, p256dh, secret)
	}
	f.putInstallation("b", `{"installationId":"b","platform":"browser","pushChannel":`+browser(1)+`}`).want(200)
	f.patchInstallation("b", fmt.Sprintf(replace, `"https://10.0.0.1/a"`)).
		refused(400, `The operation at index 0 of the patch ("replace" "/pushChannel") is not valid: pushChannel is not an object with endpoint, p256dh and auth`)
	f.patchInstallation("b", fmt.Sprintf(replace, quote(browser(2)))).want(200)
	if got := f.installation("MyHub", "b")["pushChannel"]; got != browser(2) {
		t.Errorf("what came as text is %v", got)
	}
	f.patchInstallation("b", fmt.Sprintf(replace, browser(3))).want(200)
	got, ok := f.installation("MyHub", "b")["pushChannel"].(map[string]any)
	if !ok || got["endpoint"] != "https://updates.push.services.mozilla.com/wpush/v2/3" {
		t.Errorf("what came as an object is %v", got)
	}
}

// A dead channel stays dead until another is written, or the same again.
func TestPatchRevivesTheChannel(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.putInstallation("i", patched).want(200)
	f.update(func(tx store.Tx) error {
		h, err := tx.Hub("MyHub")
		return errors.Join(err, tx.ChangeInstallation(h.ID, "i", now, func(i *hub.Installation) error {
			i.ChannelExpired = true
			return nil
		}))
	})
	f.patchInstallation("i", `[{"op":"add","path":"/tags","value":"c"}]`).want(200)
	if got := f.installation("MyHub", "i")["pushChannelExpired"]; got != true {
		t.Error("a tag revived the channel")
	}
	if got := f.get("/MyHub/registrations").ids(); len(got) != 0 {
		t.Errorf("a dead channel has registrations: %v", got)
	}
	f.patchInstallation("i", `[{"op":"replace","path":"/pushChannel","value":"00AA"}]`).want(200)
	if got := f.installation("MyHub", "i")["pushChannelExpired"]; got != false {
		t.Error("the channel is still called dead")
	}
	if got := f.get("/MyHub/registrations").ids(); len(got) != 2 {
		t.Errorf("%d registrations, want 2", len(got))
	}
}

// The expiry is the device's own, or the hub's as of the last PUT; a patch that
// does not name it leaves it alone.
func TestPatchAndExpiry(t *testing.T) {
	t.Parallel()
	f := setup(t)
	const never = `"9999-12-31T23:59:59.9999999Z"`
	for _, c := range []struct{ hub, given, patch, want string }{
		{"MyHub", `null`, `[{"op":"add","path":"/tags","value":"c"}]`, never},
		{"MyHub", `"2025-06-01T10:00Z"`, `[{"op":"add","path":"/tags","value":"c"}]`, `"2025-06-01T10:00:00Z"`},
		{"MyHub", `"2025-06-01T10:00Z"`, `[{"op":"remove","path":"/expirationTime"}]`, never},
		{"MyHub", `null`, `[{"op":"replace","path":"/expirationTime","value":"2025-06-01T10:00+0000"}]`, `"2025-06-01T10:00:00Z"`},
		{"MyHub", `"2025-06-01T10:00Z"`, `[{"op":"add","path":"/expirationTime","value":` + never + `}]`, never},
		{"daily", `null`, `[{"op":"add","path":"/tags","value":"c"}]`, `"2025-03-05T05:06:07Z"`},
		{"daily", `"2025-06-01T10:00Z"`, `[{"op":"remove","path":"/expirationTime"}]`, `"2025-03-05T06:06:07Z"`},
		{"daily", `null`, `[{"op":"replace","path":"/expirationTime","value":` + never + `}]`, never},
		{"daily", never, `[{"op":"add","path":"/tags","value":"c"}]`, never},
	} {
		f := setup(t)
		target := "/" + c.hub + "/installations/i"
		f.call(http.MethodPut, target, `{"installationId":"i","platform":"apns","pushChannel":"00AA","expirationTime":`+c.given+`}`).want(200)
		f.clock.Advance(time.Hour)
		f.call(http.MethodPatch, target, c.patch).want(200)
		if got := quote(f.installation(c.hub, "i")["expirationTime"].(string)); got != c.want {
			t.Errorf("%s, %s, %s: expires %s, want %s", c.hub, c.given, c.patch, got, c.want)
		}
	}
	f.putInstallation("i", patched).want(200)
	f.patchInstallation("i", `[{"op":"replace","path":"/expirationTime","value":"2025-03-04T05:06:08Z"}]`).want(200)
	f.clock.Advance(time.Second)
	f.call(http.MethodGet, "/MyHub/installations/i", "").want(404)
}

// Patches that are made side by side do not lose each other's change.
func TestPatchesSideBySide(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.putInstallation("i", `{"installationId":"i","platform":"apns","pushChannel":"00AA"}`).want(200)
	const n = 30
	statuses := make([]int, n)
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPatch, f.server.URL+"/MyHub/installations/i",
				strings.NewReader(fmt.Sprintf(`[{"op":"add","path":"/tags","value":"t%d"},{"op":"add","path":"/pushVariables/v%d","value":"1"}]`, i, i)))
			if err != nil {
				return
			}
			req.Host = host
			req.Header.Set("Authorization", f.token())
			if resp, err := f.client.Do(req); err == nil {
				statuses[i] = resp.StatusCode
				resp.Body.Close()
			}
		})
	}
	all.Wait()
	got := f.installation("MyHub", "i")
	tags, _ := got["tags"].([]any)
	variables, _ := got["pushVariables"].(map[string]any)
	if len(tags) != n || len(variables) != n {
		t.Errorf("%d tags and %d variables are left of %d patches, answered %v", len(tags), len(variables), n, statuses)
	}
}
