package cli

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/fanfare-hub/fanfare/internal/pnssim"
	"github.com/fanfare-hub/fanfare/internal/pnssim/simapi"
)

// fanfare sim, against a running fanfare dev.
func TestSim(t *testing.T) {
	t.Parallel()
	r, _ := startDev(t)
	address := strings.TrimPrefix(r.Endpoint, "https://")
	if want := r.Endpoint + simapi.Prefix; r.Simulators.API != want {
		t.Errorf("the ready file has %q, want %q", r.Simulators.API, want)
	}
	fanfare := func(args ...string) string {
		t.Helper()
		code, stdout, stderr := call(t.Context(), args...)
		if code != exitGood {
			t.Fatalf("%v: exit %d: %s", args, code, stderr)
		}
		return stdout
	}
	sim := func(args ...string) string {
		t.Helper()
		return fanfare(append([]string{"sim", "--address", address}, args...)...)
	}
	const iphone, other = "00fc13adff785122b4ad28809a342098", "11fc13adff785122b4ad28809a342098"
	hub := []string{"--connection-string", r.ConnectionString, "--hub", r.Hub, "--ca-file", r.CAFile}
	send := func(handle, text string) {
		t.Helper()
		fanfare(append([]string{"send", "--format", "apple", "--handle", handle, "--wait", `{"aps":{"alert":"` + text + `"}}`}, hub...)...)
	}

	send(iphone, "One")
	for _, c := range []struct{ args, want string }{
		{"wait apns " + strings.ToUpper(iphone), "1  "},
		{"wait apns " + iphone, "apns     00fc13adff…809a342098  {\"aps\":{\"alert\":\"One\"}}\n"},
		{"pushes", `{"aps":{"alert":"One"}}`},
		{"pushes --service apns --handle " + iphone + " --json", `"alert": "One"`},
		{"devices", "apns  " + iphone + "  pushes 1  live\n"},
		{"devices --service apns --json", `"pushes": 1,`},
		{"services", "apns     running  0s       -      1         1         1\n"},
		{"services --json", `"service": "apns"`},
		{"fate apns " + iphone, "pushes 1  live\n"},
		{"fate apns " + iphone + " gone --since 2030-01-31T12:00:00Z", "pushes 1  gone (set)\n"},
		{"fate apns " + iphone, "pushes 1  gone (set)\n"},
		{"fate apns " + iphone + " --clear", "pushes 1  live\n"},
		{"fate fcm dPhone1:APA91b throttled-2 --retry-after 7", "pushes 0  throttled-2 (set)\n"},
		{"latency wns 200ms", "200ms"},
		{"quota wns 7", "7"},
		{"streams apns 3 --json", `"streams": 3`},
		{"stop wns", "stopped"},
		{"start wns", "running"},
		{"goaway apns --after 1", "apns"},
		{"subscribe", `"p256dh": "B`},
		{"subscribe --endpoint https://push.example/1", `"endpoint": "https://push.example/1"`},
	} {
		if got := sim(strings.Fields(c.args)...); !strings.Contains(got, c.want) {
			t.Errorf("sim %s:\n%s\nis without %q", c.args, got, c.want)
		}
	}
	if got := sim("pushes", "--after", "1"); got != "" {
		t.Errorf("after the last push: %s", got)
	}

	follower := &lines{news: make(chan struct{}, 1)}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, []string{"sim", "pushes", "--follow", "--address", address}, follower, follower)
	}()
	follower.until(t, "One")
	send(other, "Two")
	send(iphone, "Three")
	follower.until(t, "Three")
	cancel()
	if code := <-ended; code != exitGood || strings.Count(follower.text.String(), "\n") != 3 {
		t.Errorf("exit %d: %s", code, follower.text.String())
	}
	var last simapi.Push
	if err := json.Unmarshal([]byte(sim("wait", "apns", iphone, "--after", "1", "--json")), &last); err != nil || last.Number != 3 || last.Service != pnssim.APNs {
		t.Errorf("%+v, %v", last, err)
	}
	if code, _, errs := call(t.Context(), "sim", "wait", "apns", other, "--count", "2", "--timeout", "5ms", "--address", address); code != exitFailed || !strings.Contains(errs, "fewer than 2") {
		t.Errorf("waiting in vain: exit %d, %s", code, errs)
	}

	for _, args := range []string{
		"stop telex", "latency wns soon", "quota wns x", "quota apns 1", "streams apns x", "streams apns 0", "streams wns 3", "goaway wns", "fate apns xyz gone", "fate apns " + iphone + " dead",
		"fate apns " + iphone + " gone --clear", "fate apns " + iphone + " --since 2030-01-31T12:00:00Z", "fate apns " + iphone + " gone --since today", "fate apns",
		"devices --service telex", "pushes --handle " + iphone, "wait apns " + iphone + " --count 0", "wait apns " + iphone + " --timeout 0s", "reset a b", "goaway apns --after=-1",
	} {
		if code, _, errs := call(t.Context(), append(strings.Fields("sim --address "+address), strings.Fields(args)...)...); code != exitMisuse || errs == "" {
			t.Errorf("sim %s: exit %d, %s", args, code, errs)
		}
	}

	sim("reset", "apns")
	if got := sim("devices"); !strings.HasPrefix(got, "fcm") {
		t.Errorf("after the reset of apns: %s", got)
	}
	sim("reset")
	if got := sim("devices") + sim("pushes"); got != "" {
		t.Errorf("after the reset: %s", got)
	}
}

// The address is one of this machine, wherever it comes from.
func TestSimAddress(t *testing.T) {
	for _, c := range []struct{ flag, environment, base, says string }{
		{"", "", "http://127.0.0.1:8443/_fanfare/simulators", ""},
		{"localhost:1", "", "http://localhost:1/_fanfare/simulators", ""},
		{"[::1]:1", "nonsense", "http://[::1]:1/_fanfare/simulators", ""},
		{"", "Endpoint=sb://127.0.0.1:9/;SharedAccessKeyName=a;SharedAccessKey=b", "http://127.0.0.1:9/_fanfare/simulators", ""},
		{"", "Endpoint=sb://ns.servicebus.windows.net:443/;SharedAccessKeyName=a;SharedAccessKey=b", "", "ns.servicebus.windows.net is another machine"},
		{"", "nonsense", "", "FANFARE_CONNECTION_STRING"},
		{"127.0.0.1", "", "", "is not host:port"},
		{"192.0.2.1:8443", "", "", "is another machine"},
		{":8443", "", "", "is another machine"},
	} {
		t.Setenv("FANFARE_CONNECTION_STRING", c.environment)
		base, err := (&simulators{address: c.flag}).base()
		if base != c.base || (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("%+v: %q, %v", c, base, err)
		}
	}
}

// Where no fanfare dev serves, that is what is said.
func TestSimWithoutDev(t *testing.T) {
	t.Parallel()
	code, _, errs := call(t.Context(), "sim", "services", "--address", "127.0.0.1:1")
	if code != exitFailed || !strings.Contains(errs, "reaching fanfare dev at 127.0.0.1:1") {
		t.Errorf("exit %d: %s", code, errs)
	}
}
