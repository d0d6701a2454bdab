package acceptance_test

import (
	"testing"
	"time"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pnssim"
	nh "github.com/fanfare-hub/fanfare/notificationhubs"
)

// subscribe registers a browser with an endpoint.
func (w *world) subscribe(endpoint string, tags ...string) {
	w.Helper()
	sub, err := w.sim.SubscribeAt(endpoint, "")
	if err != nil {
		w.Fatal(err)
	}
	r := nh.Registration{Platform: nh.Browser, Handle: sub.Endpoint, P256DH: sub.P256DH, Auth: sub.Auth, Tags: tags}
	if _, err := w.client.CreateRegistration(w.ctx, r); err != nil {
		w.Fatal(err)
	}
}

// install writes an installation of a browser with a template.
func (w *world) install(endpoint string, template nh.InstallationTemplate, tags ...string) {
	w.Helper()
	sub, err := w.sim.SubscribeAt(endpoint, "")
	if err != nil {
		w.Fatal(err)
	}
	channel := nh.BrowserChannel(sub)
	err = w.client.PutInstallation(w.ctx, nh.Installation{
		ID: "browser-1", Platform: nh.Browser, Browser: &channel, Tags: tags, Templates: map[string]nh.InstallationTemplate{"greeting": template},
	})
	if err != nil {
		w.Fatal(err)
	}
}

const (
	page   = "https://push.example/page"
	old    = "https://http1.push.example/old" // speaks no HTTP/2
	google = "https://fcm.googleapis.com/fcm/send/browser"
)

// received checks the last push that a browser got, as it read it, and how many
// it got in all.
func (w *world) received(endpoint string, n int, body string, headers ...string) {
	w.Helper()
	got := w.sim.Received(pnssim.Browser, endpoint)
	if len(got) != n {
		w.Errorf("%s got %d pushes, want %d", endpoint, len(got), n)
		return
	}
	if n == 0 {
		return
	}
	last := got[n-1]
	if string(last.Body) != body {
		w.Errorf("%s got %q, want %q", endpoint, last.Body, body)
	}
	for i := 0; i < len(headers); i += 2 {
		if v := last.Header.Get(headers[i]); v != headers[i+1] {
			w.Errorf("%s: %s is %q, want %q", endpoint, headers[i], v, headers[i+1])
		}
	}
}

func TestBrowser(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	for _, e := range []string{page, old, google} {
		w.subscribe(e, "native")
	}
	w.install(page+"/2", nh.InstallationTemplate{Body: `{"title":"$(a)"}`, Headers: map[string]string{"Urgency": "low", "Topic": "$(topic)"}}, "template")
	n := nh.NewBrowserNotification(`{"title":"Goal!"}`, nil).SetHeader("TTL", "600").SetHeader("Topic", "score").SetHeader("Urgency", "high")
	w.counts(w.final(w.send(n, "native")), map[string]map[string]int64{"browser": {"Success": 3}})
	for _, e := range []string{page, old, google} {
		w.received(e, 1, `{"title":"Goal!"}`, "TTL", "600", "Topic", "score", "Urgency", "high", "Content-Encoding", "", "Content-Type", "application/octet-stream")
	}
	w.counts(w.final(w.send(hello(), "template")), map[string]map[string]int64{"browser": {"Success": 1}})
	w.received(page+"/2", 1, `{"title":"Hello"}`, "TTL", "86400", "Topic", "", "Urgency", "low")
}

func TestBrowserFates(t *testing.T) {
	t.Parallel()
	const (
		gone      = "https://push.example/fate-gone."
		unknown   = "https://push.example/fate-malformed."
		foreign   = "https://push.example/fate-foreign."
		throttled = "https://busy.example/fate-throttled-1."
		redirect  = "https://push.example/fate-redirect."
		flood     = "https://push.example/fate-flood."
	)
	w := newWorld(t, nil)
	for _, e := range []string{page, gone, unknown, foreign, throttled, redirect, flood} {
		w.subscribe(e, "a")
	}
	id := w.send(nh.NewBrowserNotification("x", nil), "a")
	w.idle()
	if n := w.listed(); n != 1 {
		t.Errorf("%d devices are to be tried again, want the one that is throttled", n)
	}
	w.received(throttled, 0, "")
	const beside = "https://busy.example/beside" // is not asked about while its origin wants a pause
	w.subscribe(beside, "b")
	late := w.send(nh.NewBrowserNotification("x", nil), "b")
	w.idle()
	if n := w.listed(); n != 2 {
		t.Errorf("%d devices are to be tried again, want two at the origin that is throttled", n)
	}
	w.clock.Advance(59 * time.Second) // Retry-After is a minute
	w.idle()
	w.received(throttled, 0, "")
	w.advance(31 * time.Minute)
	w.counts(w.final(id), map[string]map[string]int64{"browser": {
		"BadChannel": 1, "ExpiredChannel": 1, "InvalidCredentials": 1, "PnsInterfaceError": 1, "Success": 3,
	}})
	w.counts(w.final(late), map[string]map[string]int64{"browser": {"Success": 1}})
	for _, e := range []string{page, throttled, flood, beside} {
		w.received(e, 1, "x")
	}
	if n := w.registered("a"); n != 5 {
		t.Errorf("%d registrations are left, want all but the two that are gone", n)
	}
}

// A key that no subscription was made with parks the range and touches no
// handle; the right one delivers at once.
func TestBrowserWrongKey(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(w *world) { w.cfg.Hubs[0].Credentials[3].Properties = w.sim.ForeignBrowserCredential() })
	for _, e := range []string{page, old, google} {
		w.subscribe(e, "a")
	}
	id := w.send(nh.NewBrowserNotification("x", nil), "a")
	w.idle()
	w.advance(5 * time.Minute)
	if d := w.details(id); d.State != "Processing" || len(d.Outcomes["browser"]) != 0 {
		t.Errorf("with the wrong key: %+v", d)
	}
	if n := w.registered("a"); n != 3 {
		t.Errorf("%d registrations are left, want 3", n)
	}
	w.cfg.Hubs[0].Credentials[3] = hub.Credential{Platform: hub.Browser, Properties: w.sim.BrowserCredential()}
	if err := w.app.Reload(w.ctx, w.cfg); err != nil {
		t.Fatal(err)
	}
	w.counts(w.final(id), map[string]map[string]int64{"browser": {"Success": 3}})
	for _, e := range []string{page, old, google} {
		w.received(e, 1, "x")
	}
}

// One endpoint that is down, of a service of its own, holds up nobody.
func TestBrowserDeadEndpoint(t *testing.T) {
	t.Parallel()
	const down = "https://down.example/fate-unavailable-1000."
	w := newWorld(t, small(1, 1))
	for _, e := range []string{down, page, google} {
		w.subscribe(e, "a")
	}
	id := w.send(nh.NewBrowserNotification("x", nil), "a")
	w.idle() // the clock stands
	w.received(page, 1, "x")
	w.received(google, 1, "x")
	w.advance(31 * time.Minute)
	w.counts(w.final(id), map[string]map[string]int64{"browser": {"AbandonedNotificationMessages": 1, "Success": 2}})
}
