package simapi_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/fanfare-hub/fanfare/internal/clock"
	"github.com/fanfare-hub/fanfare/internal/pnssim"
	"github.com/fanfare-hub/fanfare/internal/pnssim/simapi"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// The devices of the tests. MPNS takes pushes in the clear, of any bytes.
const (
	phone  = "http://sn1.notify.live.net/throttledthirdparty/01.00/one"
	phone2 = "http://sn1.notify.live.net/throttledthirdparty/01.00/two"
	iphone = "00fc13adff785122b4ad28809a342098"
)

// fixture is the API of a Sim, and a client of its push services.
type fixture struct {
	*testing.T
	sim    *pnssim.Sim
	clock  *clock.Fake
	api    *simapi.API
	client *http.Client
	close  func() // ends the Sim, once
}

func setup(t *testing.T) *fixture {
	t.Helper()
	f := &fixture{T: t, clock: clock.NewFake(time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC))}
	var err error
	if f.sim, err = pnssim.Start(pnssim.Config{Clock: f.clock, APNsStreams: 500}); err != nil {
		t.Fatal(err)
	}
	f.close = sync.OnceFunc(func() {
		if err := f.sim.Close(); err != nil {
			t.Error(err)
		}
	})
	f.api = simapi.New(simapi.Config{Sim: f.sim, Clock: f.clock})
	transport := &http.Transport{DialContext: f.sim.Dial}
	f.client = &http.Client{Transport: transport, Timeout: 20 * time.Second}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		f.api.Close()
		f.close()
	})
	return f
}

// push gives a body to a phone.
func (f *fixture) push(handle, body string) {
	f.Helper()
	req, err := http.NewRequestWithContext(f.Context(), http.MethodPost, handle, strings.NewReader(body))
	if err != nil {
		f.Fatal(err)
	}
	req.Header.Set("Content-Type", "text/xml")
	req.Header.Set("X-NotificationClass", "3") // raw, at once
	req.Header.Set("X-MessageID", "11111111-2222-3333-4444-555555555555")
	resp, err := f.client.Do(req)
	if err != nil {
		f.Fatal(err)
	}
	defer resp.Body.Close()
	if status := resp.Header.Get("X-NotificationStatus"); status != "Received" {
		f.Fatalf("pushing to %s: %d %s", handle, resp.StatusCode, status)
	}
}

// request is one that a program on this machine makes, of a path below Prefix.
func request(ctx context.Context, method, path, body string) *http.Request {
	r := httptest.NewRequestWithContext(ctx, method, "http://127.0.0.1:8443"+simapi.Prefix+path, strings.NewReader(body))
	r.RemoteAddr = "127.0.0.1:50000"
	return r
}

// call makes a request, and returns what is answered.
func (f *fixture) call(method, path, body string) (status int, h http.Header, text string) {
	f.Helper()
	w := httptest.NewRecorder()
	f.api.ServeHTTP(w, request(f.Context(), method, path, body))
	return w.Code, w.Header(), w.Body.String()
}

// get makes a request that must succeed, and reads its answer.
func get[V any](f *fixture, method, path, body string) (v V) {
	f.Helper()
	status, h, text := f.call(method, path, body)
	if status != http.StatusOK || h.Get("Content-Type") != "application/json" {
		f.Fatalf("%s %s: %d %s", method, path, status, text)
	}
	f.read(text, &v)
	return v
}

// read reads an answer strictly: members that the views do not have are a mistake.
func (f *fixture) read(text string, v any) {
	f.Helper()
	dec := json.NewDecoder(strings.NewReader(text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(v); err != nil {
		f.Fatalf("%s: %v", text, err)
	}
	if dec.More() {
		f.Fatalf("more than one value: %s", text)
	}
}

func q(handle string) string { return strings.NewReplacer(":", "%3A", "/", "%2F").Replace(handle) }
