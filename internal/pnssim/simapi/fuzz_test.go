package simapi_test

import (
	"encoding/json"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/fanfare-hub/fanfare/internal/clock"
	"github.com/fanfare-hub/fanfare/internal/pnssim"
	"github.com/fanfare-hub/fanfare/internal/pnssim/simapi"
)

// Whatever is asked, the answer is JSON, and a mistake is the caller's.
func FuzzBody(f *testing.F) {
	for _, seed := range []string{`{"stopped":true}`, `{"handle":"00ff","fate":"gone","since":"2030-01-01T00:00:00Z"}`, `{"after":1}`, `{"endpoint":"https://a/"}`, `[`, "null"} {
		f.Add(seed)
	}
	sim, err := pnssim.Start(pnssim.Config{})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() {
		if err := sim.Close(); err != nil {
			f.Error(err)
		}
	})
	api := simapi.New(simapi.Config{Sim: sim})
	f.Fuzz(func(t *testing.T, body string) {
		for path, method := range map[string]string{
			"/services/apns": "PATCH", "/services/fcm/fate": "PUT", "/services/apns/fate": "PUT", "/services/apns/goaway": "POST", "/services/browser/subscriptions": "POST",
		} {
			w := httptest.NewRecorder()
			api.ServeHTTP(w, request(t.Context(), method, path, body))
			if !json.Valid(w.Body.Bytes()) || w.Code != 200 && w.Code/100 != 4 {
				t.Errorf("%s: %d %s", path, w.Code, w.Body)
			}
		}
	})
}

func FuzzQuery(f *testing.F) {
	for _, seed := range []string{"service=apns&handle=00ff&after=1&limit=2", "wait=1ms&count=1", "after=apns%2F00ff", "a;b"} {
		f.Add(seed)
	}
	sim, err := pnssim.Start(pnssim.Config{})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() {
		if err := sim.Close(); err != nil {
			f.Error(err)
		}
	})
	api := simapi.New(simapi.Config{Sim: sim, Clock: over{}})
	f.Fuzz(func(t *testing.T, query string) {
		for path, method := range map[string]string{"": "GET", "/pushes": "GET", "/devices": "GET", "/services/fcm/fate": "DELETE"} {
			r := request(t.Context(), method, path, "")
			r.URL.RawQuery = query
			w := httptest.NewRecorder()
			api.ServeHTTP(w, r)
			if !json.Valid(w.Body.Bytes()) || w.Code != 200 && w.Code/100 != 4 && w.Code != 504 {
				t.Errorf("%s?%s: %d %s", path, query, w.Code, w.Body)
			}
		}
	})
}

// over is a clock on which every time is over at once.
type over struct{}

func (over) Now() time.Time { return time.Time{} }

func (over) NewTimer(time.Duration) *clock.Timer { return clock.NewFake(time.Time{}).NewTimer(0) }
