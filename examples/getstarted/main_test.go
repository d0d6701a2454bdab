package main

import (
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/fanfare-hub/fanfare/hubtest"
	nh "github.com/fanfare-hub/fanfare/notificationhubs"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// printed is what the program says: a line for each platform.
var printed = regexp.MustCompile(`^Windows       accepted as NH-\S+
Windows Phone accepted as NH-\S+
iOS           accepted as NH-\S+
Android       accepted as NH-\S+
Kindle Fire   accepted as NH-\S+
Baidu         accepted as NH-\S+
$`)

// A device of each platform gets what the how-to sends, over TLS, from a hub with
// a local authority. Whoever runs it again has the same devices.
func TestRun(t *testing.T) {
	t.Parallel()
	hub := hubtest.Start(t)
	env := map[string]string{"FANFARE_CONNECTION_STRING": hub.TLSConnectionString(), "FANFARE_HUB": hub.Name(), "FANFARE_CA_FILE": hub.CAFile()}
	want := map[nh.Platform]string{
		nh.WNS:  `<toast><visual><binding template="ToastText01"><text id="1">Test</text></binding></visual></toast>`,
		nh.MPNS: `<?xml version="1.0" encoding="utf-8"?><wp:Notification xmlns:wp="WPNotification"><wp:Toast><wp:Text1>Test</wp:Text1></wp:Toast></wp:Notification>`,
		nh.APNs: `{"aps":{"alert":"Hello!"}}`,
		// Firebase's v1 API and ADM are told more than the payload.
		nh.FCMV1: `"data":{"msg":"Hello!"}`,
		nh.ADM:   `{"data":{"msg":"Hello!"},`,
		nh.Baidu: `{"data":{"msg":"Hello!"}}`,
	}
	for range 2 {
		before := len(hub.Received())
		var out strings.Builder
		if err := run(t.Context(), func(name string) string { return env[name] }, &out); err != nil {
			t.Fatal(err)
		}
		if !printed.MatchString(out.String()) {
			t.Errorf("%s\nwant\n%s", &out, printed)
		}
		hub.Advance(0) // until nothing is in flight
		got := map[nh.Platform]string{}
		for _, p := range hub.Received()[before:] {
			got[p.Platform] += p.String()
		}
		for platform, text := range want {
			if strings.Count(got[platform], text) != 1 {
				t.Errorf("%s got %s, want one %s", platform, got[platform], text)
			}
		}
		if len(got) != len(want) {
			t.Errorf("%v, want %v", got, want)
		}
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
		err := run(t.Context(), func(name string) string { return env[name] }, io.Discard)
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%v, want …%s…", err, says)
		}
	}
}
