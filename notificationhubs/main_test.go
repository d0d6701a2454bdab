package notificationhubs_test

import (
	"crypto/x509"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	nh "github.com/fanfare-hub/fanfare/notificationhubs"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// key must never be seen.
const key = "c2VjcmV0LWtleS10aGF0LW11c3QtbmV2ZXItc2hvdyE="

// recorder is a hub that notes what it is asked, and answers as it is told.
type recorder struct {
	*httptest.Server
	mu       sync.Mutex
	requests []request
	answer   func(n int, w http.ResponseWriter, r request)
}

type request struct {
	method, uri, proto string
	header             http.Header
	body               string
}

func newRecorder(answer func(n int, w http.ResponseWriter, r request)) *recorder {
	rec := &recorder{answer: answer}
	rec.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, hr *http.Request) {
		b, err := io.ReadAll(hr.Body)
		if err != nil {
			panic(err)
		}
		r := request{hr.Method, hr.RequestURI, hr.Proto, hr.Header, string(b)}
		rec.mu.Lock()
		rec.requests = append(rec.requests, r)
		n := len(rec.requests)
		rec.mu.Unlock()
		rec.answer(n, w, r)
	}))
	rec.Config.ErrorLog = log.New(io.Discard, "", 0) // a client that closes a spare connection is no news
	rec.EnableHTTP2 = true
	return rec
}

func (rec *recorder) connectionString() string {
	return "Endpoint=sb://" + rec.Listener.Addr().String() + "/;SharedAccessKeyName=Full;SharedAccessKey=" + key
}

func (rec *recorder) roots() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(rec.Certificate())
	return pool
}

func (rec *recorder) all() []request {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	return append([]request(nil), rec.requests...)
}

func (rec *recorder) last() request {
	all := rec.all()
	return all[len(all)-1]
}

// setup returns a client of a hub with TLS.
func setup(t *testing.T, o nh.ClientOptions, answer func(int, http.ResponseWriter, request)) (*nh.Client, *recorder) {
	t.Helper()
	rec := newRecorder(answer)
	rec.StartTLS()
	t.Cleanup(rec.Close)
	o.RootCAs = rec.roots()
	if o.Retry == nil {
		o.Retry = &nh.RetryOptions{Attempts: 1}
	}
	return newClient(t, rec.connectionString(), &o), rec
}

func newClient(t *testing.T, connectionString string, o *nh.ClientOptions) *nh.Client {
	t.Helper()
	c, err := nh.NewClientFromConnectionString(connectionString, "MyHub", o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// transport answers without a network, so that it can be used in a bubble whose
// clock is not the machine's.
type transport func(n int, r *http.Request) (*http.Response, error)

// fake returns a client whose requests a transport answers, and their times.
func fake(t *testing.T, o nh.ClientOptions, answer transport) (*nh.Client, *[]time.Time) {
	t.Helper()
	f := &fakeTransport{answer: answer}
	o.HTTPClient = &http.Client{Transport: f}
	return newClient(t, "Endpoint=sb://hub.example/;SharedAccessKeyName=Full;SharedAccessKey="+key, &o), &f.times
}

type fakeTransport struct {
	mu     sync.Mutex
	times  []time.Time
	answer transport
}

func (f *fakeTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	f.mu.Lock()
	f.times = append(f.times, time.Now())
	n := len(f.times)
	f.mu.Unlock()
	return f.answer(n, r)
}

// respond makes an answer for a transport; further are names and values of
// headers.
func respond(status int, body string, further ...string) (*http.Response, error) {
	h := http.Header{}
	for i := 0; i+1 < len(further); i += 2 {
		h.Set(further[i], further[i+1])
	}
	return &http.Response{StatusCode: status, Status: http.StatusText(status), Header: h, Body: io.NopCloser(strings.NewReader(body))}, nil
}

// The answer to a test send, as Azure's how-to for other back-ends shows it.
const outcome = `<NotificationOutcome xmlns="http://schemas.microsoft.com/netservices/2010/10/servicebus/connect" xmlns:i="http://www.w3.org/2001/XMLSchema-instance"><Success>1</Success><Failure>0</Failure><Results><RegistrationResult><ApplicationPlatform>windows</ApplicationPlatform><PnsHandle>h</PnsHandle><RegistrationId>1-2-3</RegistrationId><Outcome>The Notification was successfully sent to the Push Notification System</Outcome></RegistrationResult></Results></NotificationOutcome>`

// accepted answers as a hub does that took a notification.
func accepted(_ int, w http.ResponseWriter, r request) {
	w.Header().Set("Location", "https://h.example/MyHub/messages/NH-1?api-version=2020-06")
	w.Header().Set("TrackingId", "t-1")
	w.Header().Set("x-ms-correlation-request-id", "c-1")
	w.WriteHeader(http.StatusCreated)
	if strings.HasSuffix(r.uri, "&test") {
		_, _ = io.WriteString(w, outcome) // a failure is the client's to see
	}
}

// always answers every request in the same way.
func always(status int, body string) func(int, http.ResponseWriter, request) {
	return func(_ int, w http.ResponseWriter, _ request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body) // a failure is the client's to see
	}
}
