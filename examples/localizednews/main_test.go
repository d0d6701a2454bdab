package main

import (
	"context"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/fanfare-hub/fanfare/internal/app"
	"github.com/fanfare-hub/fanfare/internal/pnssim"
	nh "github.com/fanfare-hub/fanfare/notificationhubs"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// startHub runs what fanfare dev runs, and returns the environment that names it.
func startHub(t *testing.T) (*app.Dev, map[string]string) {
	t.Helper()
	hub, err := app.StartDev(t.Context(), app.DevOptions{Data: t.TempDir(), Listen: "127.0.0.1:0", Hub: app.DevHub})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := hub.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
	return hub, map[string]string{"FANFARE_CONNECTION_STRING": hub.ConnectionString, "FANFARE_HUB": hub.Hub, "FANFARE_CA_FILE": hub.CAFile}
}

// received is what every device got, by service and handle, in the order of the
// texts: sends that follow each other closely may arrive in any order.
func received(hub *app.Dev) map[string][]string {
	got := map[string][]string{}
	for _, r := range hub.Sim.Everything() {
		device := string(r.Service) + " " + r.Handle
		got[device] = append(got[device], string(r.Body))
	}
	for _, bodies := range got {
		slices.Sort(bodies)
	}
	return got
}

// Each reader gets the news in the language that was chosen last, once, and
// nothing else. Whoever subscribes again is still one.
func TestRun(t *testing.T) {
	t.Parallel()
	hub, env := startHub(t)
	browser, err := hub.Sim.Subscribe("updates.push.services.mozilla.com")
	if err != nil {
		t.Fatal(err)
	}
	all := readers(nh.BrowserChannel(browser))
	want := map[string][]string{
		"apns 11fc13adff785122b4ad28809a3420982341241421348097878e577c991de8f1": {`{"aps":{"alert":"Breaking \"World\" news!"}}`},
		"fcm dReader:APA91bLocalizedNewsAndroid": {
			`{"message":{"token":"dReader:APA91bLocalizedNewsAndroid","notification":{"title":"News","body":"Dernière minute : le monde"}}}`,
			`{"message":{"token":"dReader:APA91bLocalizedNewsAndroid","notification":{"title":"News","body":"Rectificatif : c'était hier"}}}`,
		},
		"wns https://db5p.notify.windows.com/?token=AwYAAALocalizedNewsLaptop": {
			`<toast><visual><binding template="ToastText01"><text id="1">国际突发新闻</text></binding></visual></toast>`,
		},
		"browser " + browser.Endpoint: {`{"title":"News","body":"Breaking \"World\" news!"}`},
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for range 2 {
		hub.Sim.Reset()
		var out strings.Builder
		if err := run(ctx, func(name string) string { return env[name] }, all, &out); err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(out.String(), " accepted as NH-"); n != 2 {
			t.Errorf("%d sends were accepted, want 2:\n%s", n, &out)
		}
		if err := hub.Dispatcher().Idle(ctx); err != nil {
			t.Fatal(err)
		}
		if got := received(hub); !maps.EqualFunc(got, want, slices.Equal) {
			t.Errorf("the devices got\n%q\nwant\n%q", got, want)
		}
	}
}

// The program's own subscription of a browser is one that a hub takes.
func TestDevBrowser(t *testing.T) {
	t.Parallel()
	hub, env := startHub(t)
	if err := run(t.Context(), func(name string) string { return env[name] }, readers(devBrowser), io.Discard); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	got, err := hub.Sim.Wait(ctx, pnssim.Browser, devBrowser.Endpoint, 1)
	if err != nil || got[0].Header.Get("Content-Encoding") != "aes128gcm" {
		t.Errorf("%+v, %v", got, err)
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
