package notificationhubs_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	nh "github.com/fanfare-hub/fanfare/notificationhubs"
)

func TestPutInstallation(t *testing.T) {
	t.Parallel()
	own := map[string]string{"X-WNS-Tag": "t"}
	for name, c := range map[string]struct {
		i    nh.Installation
		want string
	}{
		"all of Apple": {nh.Installation{
			ID: "i-42", UserID: "u.7", Platform: nh.APNs, PushChannel: "6F0A", Tags: []string{"vip", "lang:de"}, PushVariables: map[string]string{"nick": "Ada"},
			ExpirationTime: time.Date(2030, 1, 2, 3, 4, 5, 0, time.FixedZone("", 3600)),
			Templates:      map[string]nh.InstallationTemplate{"greet": {Body: `{"aps":{"alert":"$(nick)"}}`, Expiry: "$(when)", Tags: []string{"tpl"}}},
		}, `{"installationId":"i-42","userId":"u.7","platform":"apns","pushChannel":"6F0A","tags":["vip","lang:de"],"pushVariables":{"nick":"Ada"},
			"expirationTime":"2030-01-02T02:04:05Z","templates":{"greet":{"body":"{\"aps\":{\"alert\":\"$(nick)\"}}","expiry":"$(when)","tags":["tpl"]}}}`},
		"little": {nh.Installation{ID: "i-42", Platform: nh.FCMV1, PushChannel: "t"}, `{"installationId":"i-42","platform":"fcmv1","pushChannel":"t"}`},
		"browser": {nh.Installation{ID: "i-42", Platform: nh.Browser, Browser: &nh.BrowserChannel{Endpoint: "https://p/", P256DH: "p", Auth: "a"}},
			`{"installationId":"i-42","platform":"browser","pushChannel":{"endpoint":"https://p/","p256dh":"p","auth":"a"}}`},
		"Windows, with what its templates tell": {nh.Installation{
			ID: "i-42", Platform: nh.WNS, PushChannel: "https://w/",
			Templates:      map[string]nh.InstallationTemplate{"a": {Body: "<toast/>", Headers: own}, "b": {Body: "<toast/>", Headers: map[string]string{"x-wns-type": "wns/raw"}}},
			SecondaryTiles: map[string]nh.SecondaryTile{"s": {PushChannel: "https://s/", Tags: []string{"x"}, Templates: map[string]nh.InstallationTemplate{"c": {Body: "<tile/>"}}}},
		}, `{"installationId":"i-42","platform":"wns","pushChannel":"https://w/",
			"templates":{"a":{"body":"<toast/>","headers":{"X-WNS-Tag":"t","X-WNS-Type":"wns/toast"}},"b":{"body":"<toast/>","headers":{"x-wns-type":"wns/raw"}}},
			"secondaryTiles":{"s":{"pushChannel":"https://s/","pushChannelExpired":false,"tags":["x"],"templates":{"c":{"body":"<tile/>","headers":{"X-WNS-Type":"wns/tile"}}}}}}`},
	} {
		client, rec := setup(t, nh.ClientOptions{}, always(http.StatusOK, ""))
		if err := client.PutInstallation(t.Context(), c.i); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		r := rec.last()
		if r.method != "PUT" || r.uri != "/MyHub/installations/i-42?api-version=2020-06" || r.header.Get("Content-Type") != "application/json" {
			t.Errorf("%s: %s %s, %s", name, r.method, r.uri, r.header.Get("Content-Type"))
		}
		var got, want any
		if err := json.Unmarshal([]byte(r.body), &got); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if err := json.Unmarshal([]byte(c.want), &want); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	if len(own) != 1 {
		t.Errorf("the caller's headers were changed: %v", own)
	}
}

// Answers as Azure has been seen to give, with the content type of XML.
func TestInstallation(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		body string
		want *nh.Installation
	}{
		"Apple": {`{"installationId":"i-42","pushChannel":"6F0A","pushChannelExpired":true,"platform":"apns","expirationTime":"9999-12-31T23:59:59.9999999Z","userId":"u.7","tags":["vip"],"pushVariables":{"nick":"Ada"},"templates":{"a b":{"body":"{}","tags":["a b"]}}}`,
			&nh.Installation{ID: "i-42", UserID: "u.7", Platform: nh.APNs, PushChannel: "6F0A", ChannelExpired: true, Tags: []string{"vip"}, PushVariables: map[string]string{"nick": "Ada"},
				ExpirationTime: time.Date(9999, 12, 31, 23, 59, 59, 999_999_900, time.UTC), Templates: map[string]nh.InstallationTemplate{"a b": {Body: "{}", Tags: []string{"a b"}}}}},
		"browser, as an object": {`{"installationId":"i","platform":"browser","pushChannel":{"endpoint":"https://p/","p256dh":"p","auth":"a"}}`,
			&nh.Installation{ID: "i", Platform: nh.Browser, Browser: &nh.BrowserChannel{Endpoint: "https://p/", P256DH: "p", Auth: "a"}}},
		"browser, as a text": {`{"installationId":"i","platform":"browser","pushChannel":"{\"endpoint\":\"https://p/\",\"p256dh\":\"p\",\"auth\":\"a\"}"}`,
			&nh.Installation{ID: "i", Platform: nh.Browser, Browser: &nh.BrowserChannel{Endpoint: "https://p/", P256DH: "p", Auth: "a"}}},
		"a tile": {`{"installationId":"i","platform":"wns","pushChannel":"w","secondaryTiles":{"s":{"pushChannel":"t","pushChannelExpired":true,"tags":["x"],"templates":{"c":{"body":"<tile/>","headers":{"X-WNS-Type":"wns/tile"}}}}}}`,
			&nh.Installation{ID: "i", Platform: nh.WNS, PushChannel: "w", SecondaryTiles: map[string]nh.SecondaryTile{"s": {PushChannel: "t", ChannelExpired: true, Tags: []string{"x"},
				Templates: map[string]nh.InstallationTemplate{"c": {Body: "<tile/>", Headers: map[string]string{"X-WNS-Type": "wns/tile"}}}}}}},
	} {
		client, rec := setup(t, nh.ClientOptions{}, func(n int, w http.ResponseWriter, r request) {
			w.Header().Set("Content-Type", "application/xml; charset=utf-8")
			always(http.StatusOK, c.body)(n, w, r)
		})
		got, err := client.Installation(t.Context(), "i-42")
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if r := rec.last(); r.method != "GET" || r.uri != "/MyHub/installations/i-42?api-version=2020-06" {
			t.Errorf("%s: %s %s", name, r.method, r.uri)
		}
	}
}

func TestInstallationExists(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]struct{ there, fails bool }{200: {true, false}, 404: {false, false}, 401: {false, true}} {
		client, _ := setup(t, nh.ClientOptions{}, always(status, `{"installationId":"i","platform":"apns","pushChannel":"00AA"}`))
		if there, err := client.InstallationExists(t.Context(), "i"); there != want.there || (err != nil) != want.fails {
			t.Errorf("%d: %v, %v", status, there, err)
		}
	}
}

func TestDeleteInstallation(t *testing.T) {
	t.Parallel()
	client, rec := setup(t, nh.ClientOptions{}, always(http.StatusNoContent, ""))
	if err := client.DeleteInstallation(t.Context(), "i/1"); err != nil {
		t.Fatal(err)
	}
	if r := rec.last(); r.method != "DELETE" || r.uri != "/MyHub/installations/i%2F1?api-version=2020-06" {
		t.Errorf("%s %s", r.method, r.uri)
	}
	if err := client.PutInstallation(t.Context(), nh.Installation{}); err == nil {
		t.Error("an installation without an id was taken")
	}
	client, _ = setup(t, nh.ClientOptions{}, always(http.StatusOK, "<a/>"))
	if _, err := client.Installation(t.Context(), "i"); err == nil {
		t.Error("XML passed for an installation")
	}
}
