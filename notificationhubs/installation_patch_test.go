package notificationhubs_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"testing"
	"time"

	nh "github.com/fanfare-hub/fanfare/notificationhubs"
)

// What each call of the builder adds, in Azure's documented forms: every value
// is a text.
func TestInstallationPatch(t *testing.T) {
	t.Parallel()
	for want, build := range map[string]func(p *nh.InstallationPatch){
		`[{"op":"replace","path":"/pushChannel","value":"00BB"}]`: func(p *nh.InstallationPatch) { p.SetPushChannel("00BB") },
		`[{"op":"replace","path":"/pushChannel","value":"{\"endpoint\":\"e\",\"p256dh\":\"p\",\"auth\":\"a\"}"}]`: func(p *nh.InstallationPatch) {
			p.SetBrowserChannel(nh.BrowserChannel{Endpoint: "e", P256DH: "p", Auth: "a"})
		},
		`[{"op":"replace","path":"/userId","value":"u"},{"op":"remove","path":"/userId"}]`: func(p *nh.InstallationPatch) { p.SetUserID("u").SetUserID("") },
		`[{"op":"replace","path":"/expirationTime","value":"2030-01-02T02:04:05Z"},{"op":"remove","path":"/expirationTime"}]`: func(p *nh.InstallationPatch) {
			p.SetExpirationTime(time.Date(2030, 1, 2, 3, 4, 5, 0, time.FixedZone("", 3600))).SetExpirationTime(time.Time{})
		},
		`[{"op":"add","path":"/tags","value":"a"},{"op":"add","path":"/tags","value":"b"},{"op":"remove","path":"/tags/c"}]`: func(p *nh.InstallationPatch) { p.AddTags("a", "b").RemoveTags("c") },
		`[{"op":"replace","path":"/tags","value":"[\"a\",\"b\"]"},{"op":"remove","path":"/tags"}]`:                           func(p *nh.InstallationPatch) { p.SetTags("a", "b").SetTags() },
		`[{"op":"replace","path":"/pushVariables/n","value":"v"},{"op":"remove","path":"/pushVariables/m"}]`:                 func(p *nh.InstallationPatch) { p.SetPushVariable("n", "v").RemovePushVariable("m") },
		`[{"op":"replace","path":"/templates/a~1b~0","value":"{\"body\":\"{}\",\"headers\":{\"apns-priority\":\"5\"},\"expiry\":\"0\",\"tags\":[\"x\"]}"},{"op":"remove","path":"/templates/c"}]`: func(p *nh.InstallationPatch) {
			p.Template("a/b~").Set(nh.InstallationTemplate{Body: "{}", Headers: map[string]string{"apns-priority": "5"}, Expiry: "0", Tags: []string{"x"}})
			p.Template("c").Remove()
		},
		`[{"op":"replace","path":"/templates/t","value":"{\"body\":\"<toast/>\",\"headers\":{\"X-WNS-Type\":\"wns/toast\"}}"},` +
			`{"op":"replace","path":"/templates/t","value":"{\"body\":\"<n><Tile/></n>\",\"headers\":{\"X-NotificationClass\":\"1\",\"X-WindowsPhone-Target\":\"token\"}}"}]`: func(p *nh.InstallationPatch) {
			p.Template("t").Set(nh.InstallationTemplate{Body: "<toast/>"}).Set(nh.InstallationTemplate{Body: "<n><Tile/></n>"})
		},
		`[{"op":"replace","path":"/templates/t/body","value":"{}"},{"op":"replace","path":"/templates/t/headers/a","value":"b"},{"op":"remove","path":"/templates/t/headers/c"},` +
			`{"op":"replace","path":"/templates/t/expiry","value":"0"},{"op":"remove","path":"/templates/t/expiry"}]`: func(p *nh.InstallationPatch) {
			p.Template("t").SetBody("{}").SetHeader("a", "b").RemoveHeader("c").SetExpiry("0").SetExpiry("")
		},
		`[{"op":"add","path":"/templates/t/tags","value":"a"},{"op":"remove","path":"/templates/t/tags/b"},{"op":"replace","path":"/templates/t/tags","value":"[\"c\"]"}]`: func(p *nh.InstallationPatch) {
			p.Template("t").AddTags("a").RemoveTags("b").SetTags("c")
		},
		`[{"op":"replace","path":"/secondaryTiles/s","value":"{\"pushChannel\":\"c\",\"tags\":[\"a\"],\"templates\":{\"t\":{\"body\":\"<tile/>\",\"headers\":{\"X-WNS-Type\":\"wns/tile\"}}}}"},{"op":"remove","path":"/secondaryTiles/r"}]`: func(p *nh.InstallationPatch) {
			p.SecondaryTile("s").Set(nh.SecondaryTile{PushChannel: "c", Tags: []string{"a"}, Templates: map[string]nh.InstallationTemplate{"t": {Body: "<tile/>"}}})
			p.SecondaryTile("r").Remove()
		},
		`[{"op":"replace","path":"/secondaryTiles/s/pushChannel","value":"c"},{"op":"add","path":"/secondaryTiles/s/tags","value":"a"},{"op":"remove","path":"/secondaryTiles/s/tags/b"},` +
			`{"op":"replace","path":"/secondaryTiles/s/tags","value":"[\"d\"]"},{"op":"replace","path":"/secondaryTiles/s/templates/t/body","value":"<tile/>"}]`: func(p *nh.InstallationPatch) {
			p.SecondaryTile("s").SetPushChannel("c").AddTags("a").RemoveTags("b").SetTags("d").Template("t").SetBody("<tile/>")
		},
	} {
		client, rec := setup(t, nh.ClientOptions{}, always(http.StatusOK, ""))
		var p nh.InstallationPatch
		build(&p)
		if err := client.PatchInstallation(t.Context(), "i/1", &p); err != nil {
			t.Errorf("%s: %v", want, err)
			continue
		}
		r := rec.last()
		if r.body != want || r.method != "PATCH" || r.uri != "/MyHub/installations/i%2F1?api-version=2020-06" || r.header.Get("Content-Type") != "application/json-patch+json" {
			t.Errorf("%s %s, %s\n got %s\nwant %s", r.method, r.uri, r.header.Get("Content-Type"), r.body, want)
		}
		var read nh.InstallationPatch
		if err := json.Unmarshal([]byte(want), &read); err != nil {
			t.Error(err)
		}
		if again, err := read.MarshalJSON(); err != nil || string(again) != want {
			t.Errorf("read and written: %s, %v\nwant %s", again, err, want)
		}
	}
}

// A patch leaves the same when it is made twice, so it may be tried again;
// Azure's documentation has 204 where Azure answers 200.
func TestPatchInstallationAnswers(t *testing.T) {
	t.Parallel()
	var p nh.InstallationPatch
	p.AddTags("a")
	client, rec := setup(t, nh.ClientOptions{Retry: &nh.RetryOptions{Attempts: 2, Base: time.Nanosecond}}, func(n int, w http.ResponseWriter, _ request) {
		w.WriteHeader(map[int]int{1: http.StatusInternalServerError, 2: http.StatusNoContent}[n])
	})
	if err := client.PatchInstallation(t.Context(), "i", &p); err != nil || len(rec.all()) != 2 {
		t.Errorf("%v after %d requests", err, len(rec.all()))
	}
	client, rec = setup(t, nh.ClientOptions{}, always(http.StatusNotFound, "<Error><Code>404</Code><Detail>Installation not found</Detail></Error>"))
	err := client.PatchInstallation(t.Context(), "i", &p)
	if e, ok := errors.AsType[*nh.ResponseError](err); !ok || e.StatusCode != http.StatusNotFound {
		t.Errorf("%v", err)
	}
	for _, empty := range []*nh.InstallationPatch{nil, {}} {
		if err := client.PatchInstallation(t.Context(), "i", empty); err == nil || len(rec.all()) != 1 {
			t.Errorf("an empty patch: %v", err)
		}
	}
	for _, text := range []string{`{}`, `[1]`, `[{"op":"move","from":"/a"}]`, `[`} {
		if err := json.Unmarshal([]byte(text), &p); err == nil {
			t.Errorf("%s was read", text)
		}
	}
	if text, err := json.Marshal(nh.InstallationPatch{}); err != nil || string(text) != "[]" {
		t.Errorf("an empty patch is %s, %v", text, err)
	}
}
