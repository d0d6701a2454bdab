package main

import (
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/fanfare-hub/fanfare/hubtest"
	nh "github.com/fanfare-hub/fanfare/notificationhubs"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// environment names a hub, as whoever runs the program does.
func environment(hub *hubtest.Hub) func(string) string {
	env := map[string]string{"FANFARE_CONNECTION_STRING": hub.TLSConnectionString(), "FANFARE_HUB": hub.Name(), "FANFARE_CA_FILE": hub.CAFile()}
	return func(name string) string { return env[name] }
}

// byDevice sorts the texts of pushes by platform and handle: sends that follow
// each other closely may arrive in any order.
func byDevice(pushes []hubtest.Push) map[string][]string {
	texts := map[string][]string{}
	for _, p := range pushes {
		device := string(p.Platform) + " " + p.Handle
		texts[device] = append(texts[device], p.String())
		slices.Sort(texts[device])
	}
	return texts
}

// Each reader gets the news of the chosen categories, once, in the words of the
// reader's platform, and nothing else. Whoever subscribes again is still one.
func TestRun(t *testing.T) {
	t.Parallel()
	hub := hubtest.Start(t)
	browser := hub.Device(nh.Browser, "reader")
	all := readers(*browser.Installation("").Browser)
	want := map[string][]string{
		"apns 00fc13adff785122b4ad28809a3420982341241421348097878e577c991de8f0": {
			`{"aps":{"alert":"Cup final goes to penalties"}}`,
			`{"aps":{"alert":"Leaders sign the \"Harbour & Rivers\" treaty"}}`,
		},
		"fcmv1 dReader:APA91bBreakingNewsAndroid": {
			`{"message":{"token":"dReader:APA91bBreakingNewsAndroid","notification":{"body":"Leaders sign the \"Harbour & Rivers\" treaty","title":"Breaking news"}}}`,
		},
		"wns https://db5p.notify.windows.com/?token=AwYAAABreakingNewsLaptop": {
			`<toast><visual><binding template="ToastText01"><text id="1">Cup final goes to penalties</text></binding></visual></toast>`,
			`<toast><visual><binding template="ToastText01"><text id="1">Leaders sign the &#34;Harbour &amp; Rivers&#34; treaty</text></binding></visual></toast>`,
		},
		"adm amzn1.adm-registration.v2.BreakingNewsKindle": {
			`{"data":{"headline":"Stadium builder doubles its profit"},"md5":"nNhTBPNL5kyJTUGitObIZA=="}`,
		},
		"browser " + browser.Handle(): {
			`{"body":"Leaders sign the \"Harbour & Rivers\" treaty","title":"Breaking news"}`,
		},
	}
	for range 2 {
		before := len(hub.Received())
		var out strings.Builder
		if err := run(t.Context(), environment(hub), all, &out); err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(out.String(), " accepted as NH-"); n != 15 {
			t.Errorf("%d sends were accepted, want 15:\n%s", n, &out)
		}
		hub.Advance(0) // until nothing is in flight
		if got := byDevice(hub.Received()[before:]); !maps.EqualFunc(got, want, slices.Equal) {
			t.Errorf("the devices got\n%q\nwant\n%q", got, want)
		}
	}
}

// The program's own subscription of a browser is one that a hub takes.
func TestDevBrowser(t *testing.T) {
	t.Parallel()
	hub := hubtest.Start(t)
	if err := run(t.Context(), environment(hub), readers(devBrowser), io.Discard); err != nil {
		t.Fatal(err)
	}
	hub.Advance(0)
	if !slices.ContainsFunc(hub.Received(), func(p hubtest.Push) bool {
		return p.Handle == devBrowser.Endpoint && p.Header.Get("Content-Encoding") == "aes128gcm"
	}) {
		t.Errorf("the browser got nothing: %v", hub.Received())
	}
}

func TestRunSaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	empty := filepath.Join(t.TempDir(), "empty.pem")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	const cs = "Endpoint=sb://127.0.0.1:1/;SharedAccessKeyName=Full;SharedAccessKey=bXlLZXk="
	for says, env := range map[string]map[string]string{
		"FANFARE_CONNECTION_STRING is not set": {},
		"FANFARE_HUB is not set":               {"FANFARE_CONNECTION_STRING": cs},
		"SharedAccessKey=… is missing":         {"FANFARE_CONNECTION_STRING": "Endpoint=sb://h/;SharedAccessKeyName=n", "FANFARE_HUB": "h"},
		"FANFARE_CA_FILE: open":                {"FANFARE_CONNECTION_STRING": cs, "FANFARE_HUB": "h", "FANFARE_CA_FILE": empty + "x"},
		"empty.pem holds no PEM certificate":   {"FANFARE_CONNECTION_STRING": cs, "FANFARE_HUB": "h", "FANFARE_CA_FILE": empty},
	} {
		err := run(t.Context(), func(name string) string { return env[name] }, nil, io.Discard)
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%v, want …%s…", err, says)
		}
	}
}
