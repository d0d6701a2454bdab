package acceptance_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/fanfare-hub/fanfare/internal/app"
	"github.com/fanfare-hub/fanfare/internal/clock"
	"github.com/fanfare-hub/fanfare/internal/pnssim/simapi"
	nh "github.com/fanfare-hub/fanfare/notificationhubs"
)

// theWait is how long a call waits that a test must know to be waiting.
const theWait = 17 * time.Second

// watchedClock tells when a timer is set for theWait.
type watchedClock struct {
	*clock.Fake
	set chan struct{}
}

func (c watchedClock) NewTimer(d time.Duration) *clock.Timer {
	t := c.Fake.NewTimer(d)
	if d == theWait {
		c.set <- struct{}{}
	}
	return t
}

// devWorld is a world whose hub is fanfare dev, and whose simulators are
// reached over HTTP alone.
type devWorld struct {
	*world
	dev     *app.Dev
	base    string
	http    *http.Client
	waiting chan struct{} // a call waits for theWait
}

func newDevWorld(t *testing.T) *devWorld {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	w := &devWorld{
		world:   &world{T: t, ctx: ctx, dir: t.TempDir(), clock: clock.NewFake(time.Now().Truncate(time.Millisecond))},
		waiting: make(chan struct{}, 1),
	}
	var err error
	w.dev, err = app.StartDev(ctx, app.DevOptions{Data: w.dir, Listen: "127.0.0.1:0", Hub: hubName, Clock: watchedClock{w.clock, w.waiting}})
	if err != nil {
		t.Fatal(err)
	}
	w.app, w.base = w.dev.App, "http://"+w.dev.Addr().String()+simapi.Prefix
	transport := &http.Transport{}
	w.http = &http.Client{Transport: transport}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		w.end()
	})
	cs := fmt.Sprintf("Endpoint=http://%s/;SharedAccessKeyName=%s;SharedAccessKey=%s", w.dev.Addr(), app.DevRule, app.DevKey)
	w.client, err = nh.NewClientFromConnectionString(cs, hubName, &nh.ClientOptions{TokenLife: 72 * time.Hour, Retry: &nh.RetryOptions{Attempts: 1}})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// end stops the hub, if nobody has yet.
func (w *devWorld) end() {
	w.Helper()
	if w.dev == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := w.dev.Stop(ctx); err != nil {
		w.Error(err)
	}
	w.dev = nil
}

// ask makes a request, and returns the status and the body of its answer.
func (w *devWorld) ask(method, path string, body any) (int, []byte) {
	w.Helper()
	status, b, err := w.try(method, path, body)
	if err != nil {
		w.Fatal(err)
	}
	return status, b
}

func (w *devWorld) try(method, path string, body any) (int, []byte, error) {
	b, err := json.Marshal(body)
	if err != nil {
		return 0, nil, err
	}
	req, err := http.NewRequestWithContext(w.ctx, method, w.base+path, bytes.NewReader(b))
	if err != nil {
		return 0, nil, err
	}
	resp, err := w.http.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer resp.Body.Close()
	b, err = io.ReadAll(resp.Body)
	return resp.StatusCode, b, err
}

// good makes a request that must succeed, and reads its answer.
func good[V any](w *devWorld, method, path string, body any) (v V) {
	w.Helper()
	status, b := w.ask(method, path, body)
	if status != http.StatusOK {
		w.Fatalf("%s %s: %d %s", method, path, status, b)
	}
	if err := json.Unmarshal(b, &v); err != nil {
		w.Fatalf("%s %s: %s: %v", method, path, b, err)
	}
	return v
}

// arrives waits for the first push to a device.
func (w *devWorld) arrives(service, handle string) simapi.Push {
	w.Helper()
	q := url.Values{"service": {service}, "handle": {handle}, "wait": {"30s"}}
	return good[simapi.Pushes](w, "GET", "/pushes?"+q.Encode(), nil).Pushes[0]
}

type object = map[string]any

// What a device got is waited for over HTTP: the very bytes, and the id under
// which explain knows it.
func TestWaitForAPushOverHTTP(t *testing.T) {
	t.Parallel()
	w := newDevWorld(t)
	handle := apnsToken(1)
	w.register(nh.APNs, handle, "a")
	const payload = `{ "aps" : { "alert" : "Grüße <b>" }, "n" : 12345678901234567890 }`
	came := make(chan simapi.Push, 1)
	go func() { came <- w.arrives("apns", handle) }()
	id := w.send(nh.NewAppleNotification(payload, nil), "a")
	p := <-came
	if _, body := w.ask("GET", fmt.Sprint("/pushes/", p.Number, "/body"), nil); string(body) != payload || p.Size != len(payload) {
		t.Errorf("the device got %q, want %q", body, payload)
	}
	var document struct{ N json.Number }
	if err := json.Unmarshal(p.JSON, &document); err != nil || document.N != "12345678901234567890" {
		t.Errorf("%s: %v", p.JSON, err)
	}
	if p.Environment != "production" || p.Header.Get("Apns-Topic") == "" || p.Header.Get("Authorization") != "" || !p.At.Equal(w.clock.Now()) {
		t.Errorf("%+v", p)
	}
	w.counts(w.final(id), map[string]map[string]int64{"apns": {"Success": 1}})
	e, err := w.client.Explain(w.ctx, id, handle)
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, s := range e.Registrations[0].Steps {
		if s.Correlation != "" {
			ids = append(ids, s.Correlation)
		}
	}
	if len(ids) != 1 || ids[0] != p.ID {
		t.Errorf("explain names the ids %q, the device's push is %q", ids, p.ID)
	}
}

// A fate that is set over HTTP is the outcome in the telemetry.
func TestFateOverHTTP(t *testing.T) {
	t.Parallel()
	w := newDevWorld(t)
	w.register(nh.FCMV1, fcmToken(1), "a")
	w.register(nh.FCMV1, fcmToken(2), "a")
	good[simapi.Device](w, "PUT", "/services/fcm/fate", object{"handle": fcmToken(1), "fate": "foreign"})
	w.counts(w.final(w.send(message(), "a")), map[string]map[string]int64{"fcmv1": {"Success": 1, "InvalidCredentials": 1}})
	good[simapi.Device](w, "DELETE", "/services/fcm/fate?handle="+url.QueryEscape(fcmToken(1)), nil)
	w.counts(w.final(w.send(message(), "a")), map[string]map[string]int64{"fcmv1": {"Success": 2}})
	page := good[simapi.Devices](w, "GET", "/devices", nil)
	if len(page.Devices) != 2 || page.Devices[0].Pushes != 1 || page.Devices[1].Pushes != 2 {
		t.Errorf("%+v", page)
	}
}

// A service that is stopped over HTTP parks what is for it; started again, it
// gets it.
func TestStopAndStartOverHTTP(t *testing.T) {
	t.Parallel()
	w := newDevWorld(t)
	w.register(nh.APNs, apnsToken(1), "a")
	if s := good[simapi.Service](w, "PATCH", "/services/apns", object{"stopped": true}); !s.Stopped {
		t.Errorf("%+v", s)
	}
	id := w.send(alert(), "a")
	w.idle()
	if d := w.details(id); d.State != "Processing" || len(d.Outcomes["apns"]) != 0 {
		t.Errorf("while the service is stopped: %+v", d)
	}
	if parked := w.tasks(); len(parked) != 1 || parked[0].reason == "" {
		t.Errorf("%+v: nothing is parked", parked)
	}
	good[simapi.Service](w, "PATCH", "/services/apns", object{"stopped": false})
	w.advance(3 * time.Minute)
	w.counts(w.final(id), map[string]map[string]int64{"apns": {"Success": 1}})
	if p := w.arrives("apns", apnsToken(1)); p.Number != 1 || string(p.JSON) == "" {
		t.Errorf("%+v", p)
	}
}

// A browser that is subscribed over HTTP reads what is pushed to it.
func TestSubscriptionOverHTTP(t *testing.T) {
	t.Parallel()
	w := newDevWorld(t)
	s := good[simapi.Subscription](w, "POST", "/services/browser/subscriptions", object{})
	r := nh.Registration{Platform: nh.Browser, Handle: s.Endpoint, P256DH: s.Keys.P256DH, Auth: s.Keys.Auth, Tags: []string{"a"}}
	if _, err := w.client.CreateRegistration(w.ctx, r); err != nil {
		t.Fatal(err)
	}
	w.counts(w.final(w.send(nh.NewBrowserNotification(`{"title":"Hi"}`, nil), "a")), map[string]map[string]int64{"browser": {"Success": 1}})
	p := w.arrives("browser", s.Endpoint)
	if _, body := w.ask("GET", fmt.Sprint("/pushes/", p.Number, "/body"), nil); string(body) != `{"title":"Hi"}` {
		t.Errorf("the browser read %q", body)
	}
}

// APNs takes its leave: the hub goes on, by another connection.
func TestGoAwayOverHTTP(t *testing.T) {
	t.Parallel()
	w := newDevWorld(t)
	w.register(nh.APNs, apnsToken(1), "a")
	w.final(w.send(alert(), "a"))
	good[simapi.Service](w, "POST", "/services/apns/goaway", object{"after": 0})
	w.counts(w.final(w.send(alert(), "a")), map[string]map[string]int64{"apns": {"Success": 1}})
	page := good[simapi.Pushes](w, "GET", "/pushes", nil)
	if len(page.Pushes) != 2 || page.Pushes[0].Connection == page.Pushes[1].Connection {
		t.Errorf("%+v", page)
	}
	if s := good[simapi.Service](w, "GET", "/services/apns", nil); s.Connections != 2 || s.Requests != 2 {
		t.Errorf("%+v", s)
	}
}

// A hub that stops lets go of those who wait.
func TestStopEndsWaiting(t *testing.T) {
	t.Parallel()
	w := newDevWorld(t)
	type answer struct {
		status int
		err    error
	}
	ended := make(chan answer, 1)
	go func() {
		status, _, err := w.try("GET", "/pushes?wait="+theWait.String(), nil)
		ended <- answer{status, err}
	}()
	<-w.waiting
	w.end()
	if a := <-ended; a.status != http.StatusServiceUnavailable || a.err != nil {
		t.Errorf("%+v", a)
	}
}

// The simulators stand before no hub but that of fanfare dev.
func TestServeHasNoSimulators(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	for _, path := range []string{"", "/pushes", "/services/apns"} {
		req, err := http.NewRequestWithContext(w.ctx, http.MethodGet, "http://"+w.app.Addr().String()+simapi.Prefix+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := transport.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusNotFound || resp.Header.Get("Content-Type") == "application/json" {
			t.Errorf("%q: %d %v", path, resp.StatusCode, resp.Header)
		}
	}
}
