package pnssim_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/fanfare-hub/fanfare/internal/pnssim"
)

// TestWebPushHosts: an endpoint can be anywhere, and is spoken to in what the
// host speaks.
func TestWebPushHosts(t *testing.T) {
	t.Parallel()
	f := setup(t)
	for host, want := range map[string]struct {
		proto  int
		begins string
	}{
		"fcm.googleapis.com":                 {2, "/fcm/send/"},
		"updates.push.services.mozilla.com":  {2, "/wpush/v2/"},
		"web.push.apple.com":                 {2, "/"},
		"wns2-par02p.notify.windows.com":     {1, "/w/?token="},
		"push.example":                       {2, "/push/"},
		"http1.push.example":                 {1, "/push/"},
		"ntfy.self-hosted.example.org":       {2, "/push/"},
		"not-http1.push.example":             {2, "/push/"},
		"api.push.apple.com.push.example":    {2, "/push/"},
		"evilnotify.windows.com":             {2, "/push/"},
		"fcm.googleapis.com.evil.example.uk": {2, "/push/"},
	} {
		sub := f.subscribe(host)
		if !strings.HasPrefix(sub.Endpoint, "https://"+host+want.begins) {
			t.Errorf("endpoint %s", sub.Endpoint)
		}
		resp := f.request(http.MethodPost, sub.Endpoint, f.sealer().seal(f, "hello "+host, sub), f.webPushHeaders(sub.Endpoint)...)
		if resp.StatusCode != 201 || resp.ProtoMajor != want.proto || !strings.HasPrefix(resp.Header.Get("Location"), "https://"+host+"/m/") {
			t.Errorf("%s: %s over %s: %v", host, resp.Status, resp.Proto, resp.Header)
		}
		got := f.sim.Received(pnssim.Browser, sub.Endpoint)
		if len(got) != 1 || string(got[0].Body) != "hello "+host || got[0].ID != resp.Header.Get("Location") || got[0].Conn == 0 {
			t.Errorf("%s: %+v", host, got)
		}
	}
	if n := f.sim.Requests(pnssim.Browser); n != 11 {
		t.Errorf("%d requests", n)
	}
	if n := f.sim.Requests(pnssim.FCM) + f.sim.Requests(pnssim.WNS) + f.sim.Requests(pnssim.APNs); n != 0 {
		t.Errorf("%d requests to the services that share hosts", n)
	}
}

// request sends one request and returns its answer, read to its end.
func (f *fixture) request(method, to, body string, headers ...string) *http.Response {
	f.Helper()
	req, err := http.NewRequestWithContext(f.Context(), method, to, strings.NewReader(body))
	if err != nil {
		f.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Add(headers[i], headers[i+1])
	}
	resp, err := f.client.Do(req)
	if err != nil {
		f.Fatal(err)
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		f.Fatal(err)
	}
	return resp
}

func TestWebPushReceived(t *testing.T) {
	t.Parallel()
	f := setup(t)
	sub := f.subscribe("push.example")
	status, h, _ := f.webPush(sub, "hello", "TTL", "9999999", "Topic", "news", "Urgency", "high")
	if status != 201 || h.Get("TTL") != "2592000" {
		t.Errorf("%d %v", status, h)
	}
	got := f.sim.Received(pnssim.Browser, sub.Endpoint)
	if len(got) != 1 || string(got[0].Body) != "hello" {
		t.Fatalf("%+v", got)
	}
	want := map[string]string{"Authorization": "", "Content-Encoding": "", "Topic": "news", "Urgency": "high", "Ttl": "9999999"}
	for name, value := range want {
		if v := got[0].Header.Get(name); v != value {
			t.Errorf("%s: %q, want %q", name, v, value)
		}
	}
	// Nobody has the keys of an endpoint that somebody made up.
	stranger := pnssim.Subscription{Endpoint: "https://push.example/made-up", P256DH: sub.P256DH, Auth: sub.Auth}
	body := f.sealer().seal(f, "hello", stranger)
	if status, _, text := f.webPushBody(stranger.Endpoint, body); status != 201 {
		t.Fatalf("%d %s", status, text)
	}
	got = f.sim.Received(pnssim.Browser, stranger.Endpoint)
	if len(got) != 1 || string(got[0].Body) != body || got[0].Header.Get("Content-Encoding") != "aes128gcm" {
		t.Errorf("%+v", got)
	}
	// A message may have no content (RFC 8030 §5).
	if status, _, text := f.webPushBody(sub.Endpoint, "", "Content-Encoding", "-"); status != 201 {
		t.Errorf("%d %s", status, text)
	}
}

func TestWebPushRefusals(t *testing.T) {
	t.Parallel()
	f := setup(t)
	sub := f.subscribe("updates.push.services.mozilla.com")
	for name, c := range map[string]struct {
		change []string
		status int
		errno  string
	}{
		"no TTL":              {[]string{"TTL", "-"}, 400, "111"},
		"a negative TTL":      {[]string{"TTL", "-1"}, 400, "112"},
		"a TTL in words":      {[]string{"TTL", "soon"}, 400, "112"},
		"an unknown urgency":  {[]string{"Urgency", "now"}, 400, "110"},
		"a long topic":        {[]string{"Topic", long(33)}, 400, "113"},
		"a topic with blanks": {[]string{"Topic", "a b"}, 400, "113"},
		"another encoding":    {[]string{"Content-Encoding", "aesgcm"}, 400, "110"},
		"no encoding":         {[]string{"Content-Encoding", "-"}, 400, "110"},
		"no authorization":    {[]string{"Authorization", "-"}, 401, "109"},
		"another scheme":      {[]string{"Authorization", "WebPush x"}, 401, "109"},
	} {
		status, _, text := f.webPush(sub, "x", c.change...)
		if status != c.status || !strings.Contains(text, `"errno":`+c.errno+",") {
			t.Errorf("%s: %d %s, want %d with errno %s", name, status, text, c.status, c.errno)
		}
	}
	if resp := f.request(http.MethodPut, sub.Endpoint, "", f.webPushHeaders(sub.Endpoint)...); resp.StatusCode != 405 {
		t.Errorf("PUT: %s", resp.Status)
	}
	if status, _, _ := f.webPushBody("https://push.example/", ""); status != 404 {
		t.Errorf("no endpoint: %d", status)
	}
	if got := f.sim.Count(pnssim.Browser); got != 0 {
		t.Errorf("%d pushes arrived", got)
	}
}
