package api_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fanfare-hub/fanfare/internal/api"
	"github.com/fanfare-hub/fanfare/internal/auth"
	"github.com/fanfare-hub/fanfare/internal/clock"
	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/store"
	"github.com/fanfare-hub/fanfare/internal/wire"
)

// operations is every operation, and the right that it needs.
func operations() []struct {
	method, target, body string
	right                string
	status               int
} {
	reg := description("Apple", `<DeviceToken>00AA</DeviceToken>`)
	return []struct {
		method, target, body string
		right                string
		status               int
	}{
		{"POST", "/MyHub/messages", `{}`, "Send", 201},
		{"POST", "/MyHub/messages?test", `{}`, "Send", 201},
		{"POST", "/MyHub/messages/$batch", "", "Send", 400},
		{"POST", "/MyHub/messages/$batch", "", "Send", 400},
		{"GET", "/MyHub/messages/NH-0", "", "Send", 404},
		{"POST", "/MyHub/schedulednotifications", `{}`, "Send", 400},
		{"DELETE", "/MyHub/schedulednotifications/NH-0", "", "Send", 404},
		{"POST", "/MyHub/registrationids", "", "Listen", 201},
		{"POST", "/MyHub/registrations", reg, "Listen", 200},
		{"GET", "/MyHub/registrations", "", "Manage", 200},
		{"GET", "/MyHub/registrations?$filter=ChannelUri+eq+'x'", "", "Listen", 200},
		{"PUT", "/MyHub/registrations/1-2-3", reg, "Listen", 200},
		{"GET", "/MyHub/registrations/9-9-9", "", "Listen", 404},
		{"DELETE", "/MyHub/registrations/9-9-9", "", "Listen", 404},
		{"GET", "/MyHub/tags/a/registrations", "", "Manage", 200},
		{"PUT", "/MyHub/installations/i", `{"installationId":"i","platform":"apns","pushChannel":"00AA"}`, "Listen", 200},
		{"GET", "/MyHub/installations/j", "", "Listen", 404},
		{"PATCH", "/MyHub/installations/j", `[{"op":"add","path":"/tags","value":"a"}]`, "Listen", 404},
		{"DELETE", "/MyHub/installations/j", "", "Listen", 204},
		{"POST", "/MyHub/jobs", exportJob, "Manage", 201},
		{"GET", "/MyHub/jobs", "", "Manage", 200},
		{"GET", "/MyHub/jobs/none", "", "Manage", 404},
		{"GET", "/MyHub/feedbackcontainer", "", "Manage", 200},
		{"GET", "/_fanfare/hubs/MyHub/notifications/NH-0/delays", "", "Send", 404},
	}
}

// Each operation under each rule: a missing right is 401 with the sentence that
// names it, since the Java client repeats what is 403.
func TestRights(t *testing.T) {
	t.Parallel()
	f := setup(t)
	rules := []struct {
		name, key string
		rights    hub.Rights
	}{
		{"Full", fullKey, hub.Listen | hub.Send | hub.Manage}, {"Full", secondKey, hub.Manage}, {"Listen", listenKey, hub.Listen},
		{"Send", sendKey, hub.Send}, {"Root", namespaceKey, hub.Manage},
	}
	need := map[string]hub.Rights{"Listen": hub.Listen, "Send": hub.Send, "Manage": hub.Manage}
	for _, o := range operations() {
		for _, rule := range rules {
			t.Run(o.method+" "+o.target+" as "+rule.name, func(t *testing.T) {
				g := f.call(o.method, o.target, o.body, "Authorization", f.tokenOf(rule.name, rule.key))
				if rule.rights.Has(need[o.right]) {
					g.want(o.status)
				} else {
					g.refused(401, o.right+" claim is required for this operation.")
				}
			})
		}
	}
}

// The expiry of tokens can be held against a clock of its own: callers sign by
// theirs.
func TestClockOfTokens(t *testing.T) {
	t.Parallel()
	real := clock.NewFake(now)
	f := setupWith(t, func(c *api.Config) { c.Tokens = real })
	token := f.token()
	f.clock.Advance(30 * 24 * time.Hour)
	f.send(`{}`, "Authorization", token).want(201)
	real.Advance(5*time.Minute + auth.Skew + time.Second)
	f.send(`{}`, "Authorization", token).want(401)
}

func TestTokensRefused(t *testing.T) {
	t.Parallel()
	f := setup(t)
	later := now.Add(time.Hour)
	for _, c := range []struct{ name, header, sentence string }{
		{"none", "", "MissingToken: The request has no Authorization header."},
		{"malformed", "Bearer x", "MalformedToken: The Authorization header does not begin with SharedAccessSignature."},
		{"wrong key", f.tokenOf("Full", listenKey), "InvalidSignature: The token has an invalid signature."},
		{"wrong name", f.tokenOf("NoSuchRule", fullKey), "InvalidSignature: The token has an invalid signature."},
		{"no key at all", f.tokenOf("Listen", ""), "InvalidSignature: The token has an invalid signature."},
		{"expired", wire.SignSAS("https://"+host+"/", "Full", fullKey, now.Add(-time.Hour)), "ExpiredToken: The token is expired."},
		{"another host", wire.SignSAS("https://other.example/", "Full", fullKey, later), "InvalidAudience: The authorization header contains a token with a wrong audience."},
		{"another hub", wire.SignSAS("https://"+host+"/daily", "Full", fullKey, later), "InvalidAudience: The authorization header contains a token with a wrong audience."},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, o := range operations() {
				f.call(o.method, o.target, o.body, "Authorization", c.header).refused(401, c.sentence)
			}
		})
	}
	if n := f.dispatch.count(); n != 0 {
		t.Errorf("%d sends were accepted", n)
	}
}

// A name that is wrong is said loudly to whoever holds a key of this namespace,
// and not told to anybody else.
func TestUnknownHub(t *testing.T) {
	t.Parallel()
	f := setup(t)
	const target = "/NoSuchHub/registrationids"
	f.call("POST", target, "").refused(404, "No service is hosted at the specified address.")
	f.call("POST", target, "", "Authorization", f.tokenOf("Root", namespaceKey)).refused(404, "No service is hosted at the specified address.")
	f.call("POST", target, "", "Authorization", f.tokenOf("Listen", listenKey)).refused(404, "No service is hosted at the specified address.")
	f.call("POST", target, "", "Authorization", f.tokenOf("Full", sendKey)).refused(401, "InvalidSignature: The token has an invalid signature.")
	f.call("POST", target, "", "Authorization", "").refused(401, "MissingToken: The request has no Authorization header.")
}

func TestPaths(t *testing.T) {
	t.Parallel()
	f := setup(t)
	for _, c := range []struct {
		target string
		status int
	}{
		{"/MyHub/registrationids", 201},
		{"/myhub/RegistrationIDs", 201},
		{"/MYHUB/REGISTRATIONIDS/", 201},
		{"//MyHub//registrationids//", 201},
		{"/MyHub/%72egistrationids", 201},
		{"/MyHub/registrationids?", 201},
		{"/MyHub/registrationids?api-version=1066-10&x;y=%zz", 201},
		{"/", 405},
		{"/MyHub", 405},
		{"/MyHub/", 405},
		{"/MyHub/registrationids/x", 404},
		{"/MyHub/../MyHub/registrationids", 404},
		{"/MyHub%2Fregistrationids", 405},
		{"/MyHub/messages/$batch/x", 404},
		{"/MyHub/schedulednotifications/x/y", 404},
		{"/MyHub/jobs/1/2", 404},
		{"/$Resources/NotificationHubs", 405},
	} {
		t.Run(c.target, func(t *testing.T) {
			answer := f.raw("POST " + c.target + " HTTP/1.1\r\nHost: " + host + "\r\nAuthorization: " + f.token() + "\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
			if !strings.HasPrefix(answer, fmt.Sprintf("HTTP/1.1 %d ", c.status)) {
				t.Errorf("answer %s", answer)
			}
			if c.status == 404 && !strings.Contains(answer, "<Error><Code>404</Code><Detail>No service is hosted at the specified address..TrackingId:") {
				t.Errorf("answer %s", answer)
			}
		})
	}
}

func TestMethods(t *testing.T) {
	t.Parallel()
	f := setup(t)
	for target, allow := range map[string]string{
		"/MyHub/messages": "POST", "/MyHub/messages/x": "GET", "/MyHub/registrationids": "POST", "/MyHub/registrations": "GET, POST",
		"/MyHub/registrations/x": "DELETE, GET, PUT", "/MyHub/tags/x/registrations": "GET", "/MyHub/installations/x": "DELETE, GET, PATCH, PUT",
		"/MyHub/schedulednotifications": "POST", "/MyHub/schedulednotifications/x": "DELETE",
	} {
		for _, method := range []string{"HEAD", "OPTIONS", "MERGE", "BREW"} {
			g := f.call(method, target, "").want(405)
			if g.header.Get("Allow") != allow {
				t.Errorf("%s %s: Allow %q, want %q", method, target, g.header.Get("Allow"), allow)
			}
			if method != "HEAD" {
				g.refused(405, "The method "+method+" is not supported here. Supported: "+allow+".")
			}
		}
	}
}

func TestHeadersOfEveryAnswer(t *testing.T) {
	t.Parallel()
	f := setup(t)
	for _, o := range operations() {
		g := f.call(o.method, o.target, o.body)
		id := g.header.Get("TrackingId")
		if !uuidForm.MatchString(id) || g.header.Get("x-ms-correlation-request-id") != id {
			t.Errorf("%s %s: TrackingId %q, correlation %q", o.method, o.target, id, g.header.Get("x-ms-correlation-request-id"))
		}
		if g.header.Get("Server") != "Fanfare" || g.header.Get("Strict-Transport-Security") != "max-age=2592000" || g.header.Get("Date") == "" {
			t.Errorf("%s %s: headers %v", o.method, o.target, g.header)
		}
	}
	const own = "0b9f7c1e-5a57-4a2f-9f0e-3c9a1d0d6b11"
	if g := f.call("GET", "/MyHub/messages/x", "", "TrackingId", own).refused(404, "The notification is not known, or is no longer kept."); g.header.Get("TrackingId") != own {
		t.Errorf("TrackingId %q is not the caller's", g.header.Get("TrackingId"))
	}
	for _, bad := range []string{strings.Repeat("x", 129), "caf\u00e9"} {
		if g := f.call("GET", "/MyHub/messages/x", "", "TrackingId", bad); !uuidForm.MatchString(g.header.Get("TrackingId")) {
			t.Errorf("TrackingId %q was taken over", bad)
		}
	}
}

// The addresses in answers follow the connection and the Host of the request.
func TestAddresses(t *testing.T) {
	t.Parallel()
	f := setup(t)
	token := wire.SignSAS("https://localhost:9443/", "Full", fullKey, now.Add(time.Minute))
	answer := f.raw("POST https://LocalHost:9443/MyHub/messages?api-version=2013-10 HTTP/1.1\r\nHost: ignored.example\r\nAuthorization: " + token +
		"\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")
	if want := "Location: https://LocalHost:9443/MyHub/messages/" + notificationID(1) + "?api-version=2013-10\r\n"; !strings.Contains(answer, want) {
		t.Errorf("answer %s, want %s", answer, want)
	}
	// A version that would end the parameter stays in it.
	g := f.call("POST", "/MyHub/messages?api-version=a%26b%0d%0ac", "{}").want(201)
	if want := "?api-version=a%26b%0D%0Ac"; !strings.HasSuffix(g.header.Get("Location"), want) {
		t.Errorf("Location %q, want it to end %s", g.header.Get("Location"), want)
	}
}

func TestPanicIsAnswered(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.dispatch.panics = true
	f.call("POST", "/MyHub/messages", "{}").refused(500, "An internal error has occurred.")
	f.dispatch.panics = false
	f.call("POST", "/MyHub/messages", "{}").want(201)
	f.server.Close()
	if log := f.log.String(); !strings.Contains(log, "panic: the recorder was told to") || !strings.Contains(log, "notification.go") {
		t.Errorf("the log has no trace: %s", log)
	}
}

// One event for each request, and nothing secret in any.
func TestLog(t *testing.T) {
	t.Parallel()
	f := setup(t)
	const secretTag = "tag-that-is-nobodys-business"
	f.call("PUT", "/myhub/registrations/1-2-3", description("Apple", `<Tags>`+secretTag+`</Tags><DeviceToken>00AABBCCDD</DeviceToken>`)).want(200)
	f.call("GET", "/MyHub/registrations?$filter=ChannelUri+eq+'00AABBCCDD'", "").want(200)
	f.call("PUT", "/MyHub/registrations/1-2-3", description("Apple", `<DeviceToken>00AABBCCDDx</DeviceToken>`)).want(400)
	f.call("GET", "/MyHub/registrations/unknown", "", "Authorization", "SharedAccessSignature sr=x").want(401)
	f.call("GET", "/nothing/at/all", "").want(404)
	f.server.Close()

	want := []struct {
		method, route, hub string
		status             int
	}{
		{"PUT", "/{hub}/registrations/{id}", "MyHub", 200}, {"GET", "/{hub}/registrations", "MyHub", 200},
		{"PUT", "/{hub}/registrations/{id}", "MyHub", 400}, {"GET", "/{hub}/registrations/{id}", "", 401}, {"GET", "", "", 404},
	}
	lines := strings.Split(strings.TrimSpace(f.log.String()), "\n")
	if len(lines) != len(want) {
		t.Fatalf("%d events, want %d:\n%s", len(lines), len(want), f.log)
	}
	for i, line := range lines {
		var e struct {
			Msg, Level, Method, Route, Hub string
			Status                         int
			Duration                       *int64
			TrackingID                     string `json:"tracking_id"`
		}
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatal(err)
		}
		if w := want[i]; e.Msg != "request" || e.Level != "INFO" || e.Method != w.method || e.Route != w.route || e.Hub != w.hub ||
			e.Status != w.status || e.Duration == nil || !uuidForm.MatchString(e.TrackingID) {
			t.Errorf("event %d is %s, want %+v", i, line, w)
		}
	}
	for _, secret := range []string{"00AABBCCDD", secretTag, "1-2-3", "SharedAccess", "sr=", fullKey} {
		if strings.Contains(f.log.String(), secret) {
			t.Errorf("the log holds %q: %s", secret, f.log)
		}
	}
}

// HTTP/2 is what Java clients and push tools speak.
func TestHTTP2(t *testing.T) {
	t.Parallel()
	f := setup(t)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, f.server.URL+"/MyHub/messages/?api-version=2020-06", strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	req.Host = host
	req.Header.Set("Authorization", f.token())
	resp, err := f.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.ProtoMajor != 2 || resp.StatusCode != 201 || resp.ContentLength != 0 {
		t.Errorf("%s %d, length %d", resp.Proto, resp.StatusCode, resp.ContentLength)
	}
}

// A read that fails, when the caller is let in or after it, is answered as what
// it is, and never as something that is missing.
func TestReadsThatFail(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		err      error
		status   int
		sentence string
	}{
		{fmt.Errorf("reading: %w", store.ErrBusy), 503, "The server is busy. Try again later."},
		{fmt.Errorf("reading: %w", context.DeadlineExceeded), 503, "The server is busy. Try again later."},
		{errors.New("reading: the page is torn"), 500, "An internal error has occurred."},
	} {
		for nth := range int64(2) {
			t.Run(fmt.Sprintf("%v, read %d", c.err, nth+1), func(t *testing.T) {
				t.Parallel()
				reads := new(atomic.Int64)
				f := setupWith(t, func(cfg *api.Config) { cfg.Store = torn{cfg.Store, nth + 1, c.err, reads} })
				for _, target := range []string{"/MyHub/messages/x", registrations, registrations + "/x", "/MyHub/installations/x"} {
					reads.Store(0)
					f.get(target).refused(c.status, c.sentence)
				}
			})
		}
	}
}

// Over plain HTTP the addresses are plain, and nothing asks for TLS.
func TestPlainHTTP(t *testing.T) {
	t.Parallel()
	f := setup(t)
	req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/MyHub/messages", strings.NewReader("{}"))
	req.Host = host + ":8080"
	req.Header.Set("Authorization", f.token())
	w := httptest.NewRecorder()
	f.server.Config.Handler.ServeHTTP(w, req)
	if want := "http://" + host + ":8080/MyHub/messages/" + notificationID(1) + "?api-version=2020-06"; w.Code != 201 || w.Header().Get("Location") != want {
		t.Errorf("%d, Location %q, want %q", w.Code, w.Header().Get("Location"), want)
	}
	if hsts, there := w.Header()["Strict-Transport-Security"]; there {
		t.Errorf("Strict-Transport-Security %q over plain HTTP", hsts)
	}
}
