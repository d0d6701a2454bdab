package simapi_test

import (
	"crypto/ecdh"
	"encoding/base64"
	"fmt"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"github.com/fanfare-hub/fanfare/internal/pnssim"
	"github.com/fanfare-hub/fanfare/internal/pnssim/simapi"
)

// Each mistake has a status, and a sentence that says what is allowed.
func TestMistakes(t *testing.T) {
	t.Parallel()
	f := setup(t)
	const apns, mpns = "/services/apns", "/services/mpns"
	for _, c := range []struct {
		method, path, body string
		status             int
		says               string
	}{
		{"GET", "/nosuch", "", 404, "/services/{service}/fate"},
		{"GET", "/", "", 404, "below /_fanfare/simulators there are /devices, "},
		{"DELETE", "", "", 405, "but GET"},
		{"POST", "/pushes", "", 405, "but GET"},
		{"POST", apns, "", 405, "but GET, PATCH"},
		{"GET", "/services/telex", "", 404, "adm, apns, baidu, browser, fcm, mpns, wns, xiaomi"},
		{"PATCH", "/services/telex", "{}", 404, "there is no service"},
		{"POST", "/services/telex/reset", "", 404, "there is no service"},
		{"PUT", "/services/telex/fate", "{}", 404, "there is no service"},
		{"DELETE", "/services/telex/fate?handle=a", "", 404, "there is no service"},
		{"GET", "/services/APNS", "", 404, "there is no service"},
		{"POST", "/services/fcm/leave", "", 404, "nothing is here"},
		{"POST", "/services/fcm/subscriptions", "", 404, "nothing is here"},

		{"GET", "?a=b", "", 400, `\"a\"; there is nothing to ask for here`},
		{"GET", "/pushes?handel=a", "", 400, "there are service, handle, after, limit, count, wait"},
		{"GET", "/pushes?limit=1&limit=2", "", 400, "limit 2 times"},
		{"GET", "/pushes?limit=%zz", "", 400, "the query string"},
		{"GET", "/pushes?service=telex", "", 400, "adm, apns, baidu"},
		{"GET", "/pushes?service=", "", 400, "adm, apns, baidu"},
		{"GET", "/pushes?handle=" + iphone, "", 400, "goes with its service"},
		{"GET", "/pushes?service=apns&handle=", "", 400, "the handle is empty"},
		{"GET", "/pushes?service=apns&handle=xyz", "", 400, "hexadecimal"},
		{"GET", "/pushes?service=mpns&handle=https://push.example/", "", 400, ".notify.live.net"},
		{"GET", "/pushes?limit=0", "", 400, "from 1 to 1000"},
		{"GET", "/pushes?limit=1001", "", 400, "from 1 to 1000"},
		{"GET", "/pushes?limit=ten", "", 400, "from 1 to 1000"},
		{"GET", "/pushes?limit=", "", 400, "from 1 to 1000"},
		{"GET", "/pushes?after=-1", "", 400, "after: "},
		{"GET", "/pushes?after=99999999999999999999", "", 400, "after: "},
		{"GET", "/pushes?count=2", "", 400, "goes with wait"},
		{"GET", "/pushes?wait=10", "", 400, "as in 1.5s"},
		{"GET", "/pushes?wait=0s", "", 400, "from 1ms to 30s"},
		{"GET", "/pushes?wait=31s", "", 400, "from 1ms to 30s"},
		{"GET", "/pushes?wait=1s&count=0", "", 400, "from 1 to 100"},
		{"GET", "/pushes?wait=1s&count=6&limit=5", "", 400, "from 1 to 5"},
		{"GET", "/pushes/0", "", 400, "not the number of a push"},
		{"GET", "/pushes/one", "", 400, "not the number of a push"},
		{"GET", "/pushes/1", "", 404, "there is no push 1"},
		{"GET", "/pushes/1/body", "", 404, "there is no push 1"},
		{"GET", "/devices?after=x", "", 400, "next of an earlier page"},
		{"GET", "/devices?after=telex/x", "", 400, "next of an earlier page"},
		{"GET", "/devices?limit=0", "", 400, "from 1 to 1000"},
		{"GET", "/devices?service=x", "", 400, "adm, apns, baidu"},

		{"PATCH", apns, "", 400, "stopped, latency, quota and streams"},
		{"PATCH", apns, "{}", 400, "stopped, latency, quota and streams"},
		{"PATCH", apns, "null", 400, "no JSON object"},
		{"PATCH", apns, "[]", 400, "no JSON object"},
		{"PATCH", apns, `{"stopped":true} {}`, 400, "no JSON object"},
		{"PATCH", apns, `{"stopped":true`, 400, "no JSON object; its members: stopped, latency, quota, streams"},
		{"PATCH", apns, `{"stoped":true}`, 400, "there are stopped, latency, quota, streams"},
		{"PATCH", apns, `{"Stopped":true}`, 400, "there are stopped, latency, quota, streams"},
		{"PATCH", apns, `{"stopped":"yes"}`, 400, "stopped: a JSON string stands where a bool belongs"},
		{"PATCH", apns, `{"latency":200}`, 400, "latency: a JSON number stands where a string belongs"},
		{"PATCH", apns, `{"latency":"-1s"}`, 400, "from 0s to 10m0s"},
		{"PATCH", apns, `{"latency":"11m"}`, 400, "from 0s to 10m0s"},
		{"PATCH", apns, `{"latency":"fast"}`, 400, "as in 1.5s or 200ms"},
		{"PATCH", mpns, `{"quota":-1}`, 400, "from 0 (any number)"},
		{"PATCH", mpns, `{"quota":1e99}`, 400, "quota: "},
		{"PATCH", apns, `{"quota":1}`, 400, "apns has none"},
		{"PATCH", apns, `{"streams":0}`, 400, "from 1 to 500"},
		{"PATCH", apns, `{"streams":501}`, 400, "from 1 to 500"},
		{"PATCH", mpns, `{"streams":1}`, 400, "which has no streams"},
		{"PATCH", apns, `{"stopped":true,"latency":"1s","streams":0}`, 400, "from 1 to 500"},
		{"PATCH", apns, strings.Repeat(" ", 64<<10) + "{}", 413, "more than 65536 bytes"},

		{"PUT", apns + "/fate", "", 400, "the handle is empty"},
		{"PUT", apns + "/fate", `{"handle":"xyz","fate":"gone"}`, 400, "hexadecimal"},
		{"PUT", apns + "/fate", `{"handle":"` + iphone + `"}`, 400, "is no fate of apns; there are error, expired"},
		{"PUT", apns + "/fate", `{"handle":"` + iphone + `","fate":"dead"}`, 400, "is no fate of apns; there are error, expired"},
		{"PUT", apns + "/fate", `{"handle":"` + iphone + `","fate":"gone-2"}`, 400, "gone has no number"},
		{"PUT", apns + "/fate", `{"handle":"` + iphone + `","fate":"throttled-0"}`, 400, "from 1 to 1000"},
		{"PUT", apns + "/fate", `{"handle":"` + iphone + `","fate":"gone","times":1}`, 400, "there are handle, fate, since, retryAfter"},
		{"PUT", apns + "/fate", `{"handle":"` + iphone + `","fate":"gone","since":"yesterday"}`, 400, "yesterday"},
		{"PUT", apns + "/fate", `{"handle":"` + iphone + `","fate":"error","since":"2030-01-01T00:00:00Z"}`, 400, "since goes with gone and expired"},
		{"PUT", mpns + "/fate", `{"handle":"` + phone + `","fate":"gone","since":"2030-01-01T00:00:00Z"}`, 400, "since goes with gone and expired at apns"},
		{"PUT", apns + "/fate", `{"handle":"` + iphone + `","fate":"throttled","retryAfter":"7"}`, 400, "not at apns"},
		{"PUT", mpns + "/fate", `{"handle":"` + phone + `","fate":"gone","retryAfter":"7"}`, 400, "throttled and unavailable"},
		{"PUT", mpns + "/fate", `{"handle":"` + phone + `","fate":"throttled","retryAfter":"7\r\nX: y"}`, 400, "characters of a header"},
		{"DELETE", apns + "/fate", "", 400, "the handle is empty"},
		{"DELETE", apns + "/fate?handle=xyz", "", 400, "hexadecimal"},

		{"POST", apns + "/goaway", `{"after":-1}`, 400, "from 0 to 1000000"},
		{"POST", mpns + "/goaway", `{}`, 400, "which has no GOAWAY"},
		{"POST", apns + "/goaway", `{"in":1}`, 400, "there are after"},
		{"POST", "/services/browser/subscriptions", `{"endpoint":"http://push.example/1"}`, 400, "https://HOST/"},
		{"POST", "/services/browser/subscriptions", `{"applicationServerKey":"AAAA"}`, 400, "P-256"},
		{"POST", "/services/browser/subscriptions", `{"applicationServerKey":"%"}`, 400, "P-256"},
		{"POST", "/services/browser/subscriptions", `{"host":"push.example"}`, 400, "there are endpoint, applicationServerKey"},
	} {
		before := get[simapi.Overview](f, "GET", "", "")
		status, h, text := f.call(c.method, c.path, c.body)
		var e simapi.Error
		f.read(text, &e)
		quoted := strings.ReplaceAll(c.says, `\"`, `"`)
		if status != c.status || !strings.Contains(e.Error, quoted) || h.Get("Content-Type") != "application/json" {
			t.Errorf("%s %s %.60s: %d %s; want %d, %q", c.method, c.path, c.body, status, text, c.status, c.says)
		}
		if allow := h.Get("Allow"); (status == 405) != (allow != "") {
			t.Errorf("%s %s: Allow %q", c.method, c.path, allow)
		}
		if after := get[simapi.Overview](f, "GET", "", ""); !reflect.DeepEqual(after, before) {
			t.Errorf("%s %s %.60s: something was done:\n%+v\n%+v", c.method, c.path, c.body, before, after)
		}
	}
	if d := get[simapi.Devices](f, "GET", "/devices", ""); len(d.Devices) != 0 {
		t.Errorf("fates were set: %+v", d)
	}
}

// Nobody is let in but programs on this machine.
func TestGuard(t *testing.T) {
	t.Parallel()
	f := setup(t)
	for _, c := range []struct {
		host, from, origin, site string
		status                   int
	}{
		{"127.0.0.1:8443", "127.0.0.1:1", "", "", 200},
		{"127.0.0.1", "127.0.0.1:1", "", "", 200},
		{"localhost:1", "127.0.0.1:1", "", "", 200},
		{"LOCALHOST", "[::1]:1", "", "", 200},
		{"[::1]:8443", "[::1]:1", "", "", 200},
		{"[::1]", "[::ffff:127.0.0.1]:1", "", "", 200},
		{"127.0.0.2:8443", "127.0.0.2:1", "", "", 200}, // fanfare dev --listen 127.0.0.2:8443
		{"evil.example:8443", "127.0.0.1:1", "", "", 403},
		{"127.0.0.1.evil.example", "127.0.0.1:1", "", "", 403},
		{"localhost.evil.example:8443", "127.0.0.1:1", "", "", 403},
		{"localhost@evil.example", "127.0.0.1:1", "", "", 403},
		{"192.168.1.2:8443", "127.0.0.1:1", "", "", 403},
		{"[::]:8443", "127.0.0.1:1", "", "", 403},
		{"0.0.0.0:8443", "127.0.0.1:1", "", "", 403},
		{"2130706433", "127.0.0.1:1", "", "", 403},
		{"", "127.0.0.1:1", "", "", 403},
		{"127.0.0.1:8443", "192.168.1.2:1", "", "", 403},
		{"127.0.0.1:8443", "[fe80::1]:1", "", "", 403},
		{"127.0.0.1:8443", "", "", "", 403},
		{"127.0.0.1:8443", "127.0.0.1:1", "https://127.0.0.1:8443", "same-origin", 200},
		{"localhost:8443", "127.0.0.1:1", "http://localhost:8443", "", 200},
		{"127.0.0.1:8443", "127.0.0.1:1", "", "none", 200},
		{"127.0.0.1:8443", "127.0.0.1:1", "https://evil.example", "", 403},
		{"127.0.0.1:8443", "127.0.0.1:1", "null", "", 403},
		{"127.0.0.1:8443", "127.0.0.1:1", "http://127.0.0.1:3000", "", 403},
		{"127.0.0.1:8443", "127.0.0.1:1", "http://localhost:8443", "", 403},
		{"127.0.0.1:8443", "127.0.0.1:1", "%", "", 403},
		{"127.0.0.1:8443", "127.0.0.1:1", "", "cross-site", 403},
		{"127.0.0.1:8443", "127.0.0.1:1", "", "same-site", 403},
		{"127.0.0.1:8443", "127.0.0.1:1", "https://127.0.0.1:8443", "cross-site", 403},
	} {
		for _, call := range []struct{ method, path, body string }{
			{"GET", "", ""}, {"GET", "/pushes", ""}, {"POST", "/reset", ""}, {"PATCH", "/services/fcm", `{"quota":1}`}, {"GET", "/nosuch", ""},
		} {
			r := request(t.Context(), call.method, call.path, call.body)
			r.Host, r.RemoteAddr = c.host, c.from
			for name, value := range map[string]string{"Origin": c.origin, "Sec-Fetch-Site": c.site} {
				if value != "" {
					r.Header.Set(name, value)
				}
			}
			w := httptest.NewRecorder()
			f.api.ServeHTTP(w, r)
			want := c.status
			if want == 200 && call.path == "/nosuch" {
				want = 404
			}
			if w.Code != want {
				t.Errorf("%+v: %s %s: %d %s", c, call.method, call.path, w.Code, w.Body)
			}
			if w.Header().Get("Access-Control-Allow-Origin") != "" {
				t.Error("pages of other origins may read answers")
			}
		}
		if got := get[simapi.Service](f, "GET", "/services/fcm", ""); (got.Quota == 1) != (c.status == 200) {
			t.Errorf("%+v: the quota is %d", c, got.Quota)
		}
		f.sim.Reset()
	}
}

func TestServices(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.push(phone, "x")
	all := get[simapi.Overview](f, "GET", "", "")
	var services []string
	for _, s := range all.Services {
		services = append(services, string(s.Service))
		if !reflect.DeepEqual(s.Fates, pnssim.Words(s.Service)) {
			t.Errorf("%s has the fates %v", s.Service, s.Fates)
		}
	}
	if got := strings.Join(services, " "); all.Last != 1 || got != "adm apns baidu browser fcm mpns wns xiaomi" {
		t.Errorf("%d, %s", all.Last, got)
	}
	mpns := get[simapi.Service](f, "GET", "/services/mpns", "")
	mpns.Fates = nil
	if want := (simapi.Service{Service: "mpns", Latency: "0s", Requests: 1, Received: 1, Connections: 1, OpenConnections: 1}); !reflect.DeepEqual(mpns, want) {
		t.Errorf("%+v, want %+v", mpns, want)
	}
	changed := get[simapi.Service](f, "PATCH", "/services/mpns", `{"latency":"1.5s","quota":7,"stopped":true}`)
	if !changed.Stopped || changed.Latency != "1.5s" || changed.Quota != 7 || !f.sim.State(pnssim.MPNS).Stopped {
		t.Errorf("%+v", changed)
	}
	if _, err := f.sim.Dial(t.Context(), "tcp", "sn1.notify.live.net:80"); err == nil {
		t.Error("a stopped service takes connections")
	}
	changed = get[simapi.Service](f, "PATCH", "/services/mpns", `{"stopped":false}`)
	if changed.Stopped || changed.Latency != "1.5s" || changed.Quota != 7 {
		t.Errorf("started again: %+v", changed)
	}
	if got := get[simapi.Service](f, "PATCH", "/services/apns", `{"streams":3}`); got.Streams != 3 || f.sim.State(pnssim.APNs).Streams != 3 {
		t.Errorf("%+v", got)
	}
	if got := get[simapi.Service](f, "POST", "/services/apns/reset", ""); got.Streams != 500 {
		t.Errorf("%+v", got)
	}
	if got := get[simapi.Service](f, "GET", "/services/mpns", ""); got.Quota != 7 || got.Received != 1 {
		t.Errorf("after the reset of another: %+v", got)
	}
	all = get[simapi.Overview](f, "POST", "/reset", "")
	for _, s := range all.Services {
		if s.Stopped || s.Latency != "0s" || s.Quota != 0 || s.Received != 0 || s.Requests != 0 {
			t.Errorf("after the reset: %+v", s)
		}
	}
	f.client.CloseIdleConnections() // the one that StopService has closed
	f.push(phone, "y")
	if p := get[simapi.Pushes](f, "GET", "/pushes", ""); len(p.Pushes) != 1 || p.Pushes[0].Number != 2 {
		t.Errorf("%+v", p)
	}
}

func TestFates(t *testing.T) {
	t.Parallel()
	f := setup(t)
	const dead = "http://sn1.notify.live.net/throttledthirdparty/01.00/fate-gone.1"
	for _, c := range []struct{ method, path, body, want string }{
		{"PUT", "/services/mpns/fate", `{"handle":"` + phone + `","fate":"throttled-2","retryAfter":"7"}`, phone + " throttled-2 true"},
		{"PUT", "/services/mpns/fate", `{"handle":"` + dead + `","fate":"live"}`, dead + " live true"},
		{"DELETE", "/services/mpns/fate?handle=" + q(dead), "", dead + " gone false"},
		{"DELETE", "/services/mpns/fate?handle=" + q(phone2), "", phone2 + " live false"},
		{"PUT", "/services/apns/fate", `{"handle":"` + strings.ToUpper(iphone) + `","fate":"gone","since":"2029-01-01T00:00:00Z"}`, iphone + " gone true"},
		{"PUT", "/services/fcm/fate", `{"handle":"dPhone1:APA91b","fate":"unavailable","retryAfter":"Wed, 21 Oct 2015 07:28:00 GMT"}`, "dPhone1:APA91b unavailable true"},
	} {
		d := get[simapi.Device](f, c.method, c.path, c.body)
		if got := fmt.Sprint(d.Handle, " ", d.Fate, " ", d.FateSet); got != c.want {
			t.Errorf("%s %s: %s, want %s", c.method, c.path, got, c.want)
		}
	}
	if d := f.sim.Device(pnssim.MPNS, phone); d.Fate != (pnssim.Fate{Kind: "throttled", Times: 2, RetryAfter: "7"}) {
		t.Errorf("%+v", d.Fate)
	}
	if d := f.sim.Device(pnssim.APNs, iphone); d.Fate.Since.Year() != 2029 {
		t.Errorf("%+v", d.Fate)
	}
}

func TestDevices(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.push(phone, "one")
	f.push(phone2, "two")
	f.push(phone, "three")
	if err := f.sim.SetFate(pnssim.APNs, iphone, pnssim.Fate{Kind: "gone"}); err != nil {
		t.Fatal(err)
	}
	show := func(page simapi.Devices) (out string) {
		for _, d := range page.Devices {
			last := "nothing"
			if d.Last != nil {
				last = d.Last.Text
			}
			out += fmt.Sprint(d.Service, " ", d.Handle, " ", d.Pushes, " ", d.Fate, " ", last, "; ")
		}
		return out
	}
	const first, second, third = "apns " + iphone + " 0 gone nothing; ", "mpns " + phone + " 2 live three; ", "mpns " + phone2 + " 1 live two; "
	for query, want := range map[string]string{
		"":                                        first + second + third,
		"?limit=3":                                first + second + third,
		"?limit=2":                                first + second,
		"?service=mpns":                           second + third,
		"?service=mpns&limit=1":                   second,
		"?service=fcm":                            "",
		"?service=mpns&handle=" + q(phone2):       third,
		"?service=fcm&handle=dPhone1:APA91b":      "fcm dPhone1:APA91b 0 live nothing; ",
		"?after=" + q("apns/"+iphone):             second + third,
		"?after=" + q("mpns/"+phone2):             "",
		"?after=apns/ffff&service=mpns":           second + third,
		"?after=" + q("mpns/"+phone) + "&limit=1": third,
	} {
		page := get[simapi.Devices](f, "GET", "/devices"+query, "")
		if got := show(page); got != want {
			t.Errorf("%s: %s, want %s", query, got, want)
		}
	}
	var walked string
	for next, more := "", true; more; more = next != "" {
		page := get[simapi.Devices](f, "GET", "/devices?limit=1"+next, "")
		if walked += show(page); page.Next != "" {
			page.Next = "&after=" + q(page.Next)
		}
		next = page.Next
	}
	if walked != first+second+third {
		t.Errorf("walked over %s", walked)
	}
}

func TestSubscriptions(t *testing.T) {
	t.Parallel()
	f := setup(t)
	const path = "/services/browser/subscriptions"
	seen := map[string]bool{}
	for _, body := range []string{"", "{}", `{"endpoint":"https://push.example/1"}`, `{"applicationServerKey":"` + f.sim.BrowserCredential()["VapidPublicKey"] + `"}`} {
		s := get[simapi.Subscription](f, "POST", path, body)
		key, err := base64.RawURLEncoding.DecodeString(s.Keys.P256DH)
		if _, bad := ecdh.P256().NewPublicKey(key); err != nil || bad != nil {
			t.Errorf("%s: the key %q: %v, %v", body, s.Keys.P256DH, err, bad)
		}
		if auth, err := base64.RawURLEncoding.DecodeString(s.Keys.Auth); err != nil || len(auth) != 16 {
			t.Errorf("%s: the secret %q: %v", body, s.Keys.Auth, err)
		}
		if seen[s.Endpoint] || strings.Contains(body, "push.example") != (s.Endpoint == "https://push.example/1") || pnssim.CheckHandle(pnssim.Browser, s.Endpoint) != nil {
			t.Errorf("%s: the endpoint %s", body, s.Endpoint)
		}
		seen[s.Endpoint] = true
	}
}
