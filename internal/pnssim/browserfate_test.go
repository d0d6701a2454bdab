package pnssim_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fanfare-hub/fanfare/internal/pnssim"
)

func TestWebPushFates(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	for word, want := range map[string]struct {
		status     int
		errno      string
		retryAfter string
	}{
		"gone":          {410, "106", ""},
		"expired":       {410, "103", ""},
		"malformed":     {404, "102", ""},
		"foreign":       {403, "109", ""},
		"throttled-1":   {429, "0", "60"},
		"unavailable-1": {503, "201", "30"},
		"shutdown":      {503, "202", ""},
		"error":         {500, "999", ""},
		"refused":       {400, "110", ""},
		"gateway":       {502, "", ""},
		"redirect":      {307, "0", ""},
		"answer-202":    {202, "", ""},
		"answer-301":    {301, "0", ""},
		"answer-401":    {401, "0", ""},
		"answer-413":    {413, "0", ""},
		"answer-9":      {201, "", ""},
		"slow-1":        {201, "", ""},
		"blocked":       {201, "", ""},
		"flood":         {201, "", ""},
	} {
		for _, endpoint := range []string{"https://push.example/fate-" + word + ".1", "https://wns2-par02p.notify.windows.com/w/?token=fate-" + word} {
			sub := f.subscribeAt(endpoint)
			status, h, text := f.webPush(sub, "x")
			if status != want.status || h.Get("Retry-After") != want.retryAfter || want.errno != "" && !strings.Contains(text, `"errno":`+want.errno+",") {
				t.Errorf("%s: %d %v %.100s, want %+v", endpoint, status, h, text, want)
			}
			if got := len(f.sim.Received(pnssim.Browser, endpoint)); got == 1 != (status < 300) {
				t.Errorf("%s: the browser got %d pushes", endpoint, got)
			}
			if word == "redirect" && !strings.HasPrefix(h.Get("Location"), "https://10.") {
				t.Errorf("Location %q", h.Get("Location"))
			}
		}
	}
	sub := f.subscribeAt("https://push.example/fate-throttled-2.")
	f.sim.SetFate(pnssim.Browser, "https://PUSH.example/set", pnssim.Fate{Kind: "throttled", RetryAfter: "7"})
	if status, h, _ := f.webPush(f.subscribeAt("https://push.example/set"), "x"); status != 429 || h.Get("Retry-After") != "7" {
		t.Errorf("%d %v", status, h)
	}
	for i, want := range []int{429, 429, 201} {
		if status, _, _ := f.webPush(sub, "x"); status != want {
			t.Errorf("push %d: %d, want %d", i+1, status, want)
		}
	}
}

func TestWebPushAnswersInTheOwnersForm(t *testing.T) {
	t.Parallel()
	f := setup(t)
	for host, want := range map[string]string{
		"web.push.apple.com": `{"reason":"Unregistered"}`, "fcm.googleapis.com": "Invalid subscription",
		"push.example": `{"code":410,"errno":106,"error":"Gone","message":"Invalid subscription"}`,
	} {
		sub := f.subscribe(host)
		f.sim.SetFate(pnssim.Browser, sub.Endpoint, pnssim.Fate{Kind: "gone"})
		if status, _, text := f.webPush(sub, "x"); status != 410 || strings.TrimSpace(text) != want {
			t.Errorf("%s: %d %s", host, status, text)
		}
	}
	for status, want := range map[int]string{401: "BadJwtToken", 413: "PayloadTooLarge", 503: "ServiceUnavailable"} {
		sub := f.subscribe("web.push.apple.com")
		f.sim.SetFate(pnssim.Browser, sub.Endpoint, pnssim.Fate{Kind: "answer", Times: status})
		if _, _, text := f.webPush(sub, "x"); strings.TrimSpace(text) != `{"reason":"`+want+`"}` {
			t.Errorf("%d: %s", status, text)
		}
	}
}

// TestWebPushOffline: a browser that is away gets what is kept for it: the last
// of each topic, and nothing whose time is over (RFC 8030 §5.2, §5.4).
func TestWebPushOffline(t *testing.T) {
	t.Parallel()
	f := setup(t)
	sub := f.subscribeAt("https://push.example/fate-offline.1")
	push := func(text string, change ...string) {
		t.Helper()
		if status, _, answer := f.webPush(sub, text, change...); status != 201 {
			t.Fatalf("%s: %d %s", text, status, answer)
		}
	}
	push("now or never", "TTL", "0")
	push("short", "TTL", "10")
	push("old score", "Topic", "score")
	push("old weather", "Topic", "weather")
	push("new score", "Topic", "score")
	push("without a topic")
	push("weather, now or never", "Topic", "weather", "TTL", "0")
	f.clock.Advance(11 * time.Second)
	f.sim.ClearFate(pnssim.Browser, sub.Endpoint) // its endpoint asks for it still
	if n := f.sim.Count(pnssim.Browser); n != 0 {
		t.Fatalf("%d pushes reached a browser that is offline", n)
	}
	f.sim.SetFate(pnssim.Browser, sub.Endpoint, pnssim.Fate{})
	f.sim.SetFate(pnssim.Browser, sub.Endpoint, pnssim.Fate{}) // nothing comes twice
	var got []string
	for _, r := range f.sim.Received(pnssim.Browser, sub.Endpoint) {
		got = append(got, string(r.Body))
	}
	if diff := cmp.Diff([]string{"new score", "without a topic"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestWebPushBrokenAnswers(t *testing.T) {
	t.Parallel()
	f := setup(t)
	for _, host := range []string{"push.example", "http1.push.example"} {
		sub := f.subscribeAt("https://" + host + "/fate-reset.")
		try := func() (int, error) {
			status, _, _, err := f.try(sub.Endpoint, f.sealer().seal(f, "x", sub), f.webPushHeaders(sub.Endpoint)...)
			return status, err
		}
		if status, err := try(); err == nil {
			t.Errorf("%s: reset: %d", host, status)
		}
		if status, err := try(); status != 201 || err != nil {
			t.Errorf("%s: reset, again: %d %v", host, status, err)
		}
		// A drip is not read to its end.
		drip := f.subscribeAt("https://" + host + "/fate-drip.")
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, drip.Endpoint, strings.NewReader(f.sealer().seal(f, "x", drip)))
		if err != nil {
			t.Fatal(err)
		}
		h := f.webPushHeaders(drip.Endpoint)
		for i := 0; i < len(h); i += 2 {
			req.Header.Set(h[i], h[i+1])
		}
		resp, err := f.client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(resp.Body, make([]byte, 3)); resp.StatusCode != 201 || err != nil {
			t.Errorf("%s: drip: %s, %v", host, resp.Status, err)
		}
		resp.Body.Close()
	}
}

func TestWebPushQuotaAndStop(t *testing.T) {
	t.Parallel()
	f := setup(t)
	sub, google := f.subscribe("push.example"), f.subscribe("fcm.googleapis.com")
	f.sim.SetQuota(pnssim.Browser, 1)
	for i, want := range []int{201, 429} {
		if status, h, _ := f.webPush(sub, "x"); status != want || (h.Get("Retry-After") != "") != (want == 429) {
			t.Errorf("push %d: %d %v, want %d", i+1, status, h, want)
		}
	}
	f.sim.SetQuota(pnssim.Browser, 0)
	f.sim.StopService(pnssim.Browser)
	for _, sub := range []pnssim.Subscription{sub, google} {
		if status, _, _, err := f.try(sub.Endpoint, "", f.webPushHeaders(sub.Endpoint)...); err == nil {
			t.Errorf("%s, stopped: %d", sub.Endpoint, status)
		}
	}
	if status, _, text := f.post("https://fcm.googleapis.com/v1/projects/x/messages:send", "{}"); status != 401 {
		t.Errorf("FCM itself: %d %s", status, text)
	}
	f.sim.StartService(pnssim.Browser)
	for _, sub := range []pnssim.Subscription{sub, google} {
		if status, _, text := f.webPush(sub, "x"); status != 201 {
			t.Errorf("%s, started: %d %s", sub.Endpoint, status, text)
		}
	}
}
