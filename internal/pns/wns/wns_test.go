package wns_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/fanfare-hub/fanfare/internal/clock"
	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pns"
	"github.com/fanfare-hub/fanfare/internal/pns/pnstest"
	"github.com/fanfare-hub/fanfare/internal/pns/wns"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const sid = "ms-app://S-1-15-2-1-2-3"

func credential(change ...string) hub.Credential {
	p := map[string]string{"PackageSid": sid, "SecretKey": "s3cr3t"}
	for i := 0; i < len(change); i += 2 {
		p[change[i]] = change[i+1]
	}
	return hub.Credential{Platform: hub.WNS, Properties: p}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		cred hub.Credential
		says string
	}{
		"good":          {credential(), ""},
		"without app":   {credential("PackageSid", "S-1-15-2-1-2-3"), ""},
		"Entra":         {credential("PackageSid", "11111111-2222-3333-4444-555555555555", "WindowsLiveEndpoint", "https://login.microsoftonline.com/t/oauth2/v2.0/token"), ""},
		"no SID":        {credential("PackageSid", ""), "PackageSid is missing"},
		"no secret":     {credential("SecretKey", ""), "SecretKey is missing"},
		"an odd SID":    {credential("PackageSid", "hello"), "not of the form"},
		"Entra's id":    {credential("WindowsLiveEndpoint", "https://login.microsoftonline.com/t/oauth2/v2.0/token"), "application id"},
		"odd endpoint":  {credential("WindowsLiveEndpoint", "://"), "WindowsLiveEndpoint"},
		"http endpoint": {credential("WindowsLiveEndpoint", "http://login.live.com/"), "WindowsLiveEndpoint"},
	} {
		err := wns.Check(c.cred)
		if (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want …%s…", name, err, c.says)
		}
		if err != nil && strings.Contains(err.Error(), "s3cr3t") {
			t.Errorf("%s: the secret is in %v", name, err)
		}
	}
}

// far is WNS and its token endpoint.
type far struct {
	mu     sync.Mutex
	tokens int
	pushes []*http.Request
	bodies []string
	answer func(n int, w http.ResponseWriter)
}

func (f *far) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if r.Host == "login.live.com" {
		f.tokens++
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"access_token":"t%d","token_type":"bearer","expires_in":86400}`, f.tokens)
		return
	}
	f.pushes, f.bodies = append(f.pushes, r), append(f.bodies, string(b))
	if f.answer != nil {
		f.answer(len(f.pushes), w)
		return
	}
	w.Header().Set("X-WNS-Status", "received")
}

func connect(t *testing.T, f *far) pns.Connector {
	t.Helper()
	return connectTo(t, pnstest.Start(t, f))
}

func connectTo(t *testing.T, env pns.Env) pns.Connector {
	t.Helper()
	c, err := wns.New(credential(), env)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func send(t *testing.T, c pns.Connector, m *pns.Message, fresh bool, handles ...string) []pns.Result {
	t.Helper()
	b := &pns.Batch{Message: m, FreshToken: fresh}
	for _, h := range handles {
		b.Targets = append(b.Targets, pns.Target{Handle: h})
	}
	results := make([]pns.Result, len(handles))
	c.Send(t.Context(), b, results)
	return results
}

const channel = "https://db5p.notify.windows.com/?token=a"

func TestRequest(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		m    pns.Message
		want map[string]string
	}{
		"a toast with a type":     {pns.Message{Body: []byte("<toast/>"), Headers: []hub.Header{{Name: "X-WNS-Type", Value: "wns/toast"}}}, map[string]string{"X-WNS-Type": "wns/toast", "Content-Type": "text/xml"}},
		"a tile without a type":   {pns.Message{Body: []byte(`<?xml version="1.0"?><tile a="b"/>`)}, map[string]string{"X-WNS-Type": "wns/tile", "Content-Type": "text/xml"}},
		"raw":                     {pns.Message{Body: []byte("bytes"), Headers: []hub.Header{{Name: "X-WNS-Type", Value: "wns/raw"}}}, map[string]string{"X-WNS-Type": "wns/raw", "Content-Type": "application/octet-stream"}},
		"headers of WNS pass":     {pns.Message{Body: []byte("<badge/>"), Headers: []hub.Header{{Name: "X-WNS-Tag", Value: "t"}, {Name: "apns-id", Value: "no"}}}, map[string]string{"X-WNS-Tag": "t", "apns-id": ""}},
		"the status is asked":     {pns.Message{Body: []byte("<badge/>")}, map[string]string{"X-WNS-RequestForStatus": "true", "Authorization": "Bearer t1"}},
		"an expiry becomes a TTL": {pns.Message{Body: []byte("<badge/>"), Expiry: pnstest.Now.Add(time.Minute)}, map[string]string{"X-WNS-TTL": "60"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := &far{}
			r := send(t, connect(t, f), &c.m, false, channel)
			if r[0].Class != pns.OK || len(f.pushes) != 1 || f.pushes[0].ContentLength != int64(len(c.m.Body)) {
				t.Fatalf("%+v, %d pushes", r[0], len(f.pushes))
			}
			for h, want := range c.want {
				if got := f.pushes[0].Header.Get(h); got != want {
					t.Errorf("%s: %q, want %q", h, got, want)
				}
			}
		})
	}
}

// The token goes to WNS's own hosts only, and a redirect is not followed.
func TestTokenStaysAtHome(t *testing.T) {
	t.Parallel()
	f := &far{answer: func(_ int, w http.ResponseWriter) {
		w.Header().Set("Location", "https://evil.example/")
		w.WriteHeader(http.StatusFound)
	}}
	c := connect(t, f)
	m := &pns.Message{Body: []byte("<toast/>")}
	for _, bad := range []string{"https://evil.example/", "http://db5p.notify.windows.com/", "https://notify.windows.com.evil.example/", "https://169.254.169.254/", "://"} {
		if r := send(t, c, m, false, bad); r[0].Class == pns.OK || r[0].Outcome != hub.BadChannel {
			t.Errorf("%s: %+v", bad, r[0])
		}
	}
	if len(f.pushes) != 0 {
		t.Errorf("%d pushes went to other hosts", len(f.pushes))
	}
	if r := send(t, c, m, false, channel); r[0].Class == pns.OK || len(f.pushes) != 1 {
		t.Errorf("a redirect: %+v, %d pushes", r[0], len(f.pushes))
	}
}

// A refused token is replaced once, however many devices it was refused for.
func TestRefusedToken(t *testing.T) {
	t.Parallel()
	f := &far{}
	f.answer = func(_ int, w http.ResponseWriter) {
		if f.tokens == 1 {
			w.WriteHeader(http.StatusUnauthorized)
		}
	}
	env := pnstest.Start(t, f)
	c := connectTo(t, env)
	m := &pns.Message{Body: []byte("<toast/>")}
	for _, r := range send(t, c, m, false, channel, channel+"b", channel+"c") {
		if r.Class != pns.Credential || r.Again != pns.WithFreshToken {
			t.Errorf("%+v", r)
		}
	}
	env.Clock.(*clock.Fake).Advance(10 * time.Minute) // a token that is brand new is not replaced
	for _, r := range send(t, c, m, true, channel, channel+"b", channel+"c") {
		if r.Class != pns.OK {
			t.Errorf("with a fresh token: %+v", r)
		}
	}
	if f.tokens != 2 {
		t.Errorf("%d tokens were asked for, want 2", f.tokens)
	}
}

func TestTooLarge(t *testing.T) {
	t.Parallel()
	f := &far{}
	m := &pns.Message{Body: []byte(strings.Repeat("x", 5001)), Headers: []hub.Header{{Name: "X-WNS-Type", Value: "wns/raw"}}}
	if r := send(t, connect(t, f), m, false, channel); r[0].Class != pns.Body || r[0].Outcome != hub.InvalidNotificationSize || len(f.pushes) != 0 {
		t.Errorf("%+v", r[0])
	}
}
