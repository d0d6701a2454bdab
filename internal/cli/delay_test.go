package cli

import (
	"strings"
	"testing"
	"time"

	nh "github.com/fanfare-hub/fanfare/notificationhubs"
)

// Whoever waits for a notification is told what for while a push service is
// down, and it is delivered when that runs again.
func TestWaitTellsOfDelays(t *testing.T) {
	t.Parallel()
	r, _ := startDev(t)
	target := []string{"--connection-string", r.ConnectionString, "--hub", r.Hub, "--ca-file", r.CAFile}
	sim := func(args ...string) {
		t.Helper()
		args = append([]string{"sim"}, args...)
		if code, _, errs := call(t.Context(), append(args, "--address", strings.TrimPrefix(r.Endpoint, "https://"))...); code != exitGood {
			t.Fatalf("%v: exit %d, %s", args, code, errs)
		}
	}
	sim("stop", "apns")
	out, errs := &lines{news: make(chan struct{}, 1)}, &lines{news: make(chan struct{}, 1)}
	ended := make(chan int, 1)
	go func() {
		ended <- run(t.Context(), append([]string{"send", "--format", "apple", "--handle", "00ff", "--handle", "00ee", "--wait", `{"aps":{}}`}, target...), out, errs)
	}()
	errs.until(t, "waiting: apns fails as a whole, or refuses the credential (")
	sim("start", "apns")
	if code := <-ended; code != exitGood {
		t.Errorf("exit %d, %s", code, errs.text.String())
	}
	out.until(t, `"Success": 2`)
}

func TestDelaySentence(t *testing.T) {
	t.Parallel()
	at := time.Date(2030, 1, 2, 3, 4, 5, 0, time.FixedZone("", 3600))
	for want, d := range map[string]nh.Delay{
		"apns fails as a whole, or refuses the credential (refused); next try at 02:04:05 UTC": {Platform: nh.APNs, Whole: true, Until: at, Reason: "refused"},
		"devices of wns are tried again from 02:04:05 UTC on":                                  {Platform: nh.WNS, Until: at, Reason: "x"},
	} {
		if got := delaySentence(d); !strings.HasPrefix(got, "waiting: "+want) {
			t.Errorf("%s, want %s", got, want)
		}
	}
}
