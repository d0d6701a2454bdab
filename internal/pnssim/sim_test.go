package pnssim_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/fanfare-hub/fanfare/internal/clock"
	"github.com/fanfare-hub/fanfare/internal/pnssim"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fixture is a Sim and a plain HTTP client that every host leads to it.
type fixture struct {
	*testing.T
	sim    *pnssim.Sim
	clock  *clock.Fake
	client *http.Client

	bearer   string // the token of apple, made when the clock has moved
	bearerAt time.Time
	shown    *tls.Certificate // the client's own; nil: none
}

func setup(t *testing.T) *fixture {
	t.Helper()
	return setupWith(t, pnssim.Config{})
}

func setupWith(t *testing.T, cfg pnssim.Config) *fixture {
	t.Helper()
	f := &fixture{T: t, clock: clock.NewFake(time.Now())}
	cfg.Clock = f.clock
	var err error
	if f.sim, err = pnssim.Start(cfg); err != nil {
		t.Fatal(err)
	}
	f.client = f.newClient()
	t.Cleanup(func() {
		f.client.CloseIdleConnections()
		if err := f.sim.Close(); err != nil {
			t.Error(err)
		}
	})
	return f
}

// reconnect leaves every connection behind.
func (f *fixture) reconnect() {
	f.Cleanup(f.client.CloseIdleConnections)
	f.client = f.newClient()
}

func (f *fixture) newClient() *http.Client {
	return &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{
		DialContext: f.sim.Dial, TLSClientConfig: f.clientTLS(), ForceAttemptHTTP2: true,
	}}
}

// clientTLS shows the fixture's certificate to whoever asks for one.
func (f *fixture) clientTLS() *tls.Config {
	c := &tls.Config{RootCAs: f.sim.Roots()}
	if f.shown != nil {
		c.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return f.shown, nil }
	}
	return c
}

// post sends a request and returns the status, headers and body of its answer.
func (f *fixture) post(to, body string, headers ...string) (int, http.Header, string) {
	f.Helper()
	status, h, text, err := f.try(to, body, headers...)
	if err != nil {
		f.Fatal(err)
	}
	return status, h, text
}

func (f *fixture) try(to, body string, headers ...string) (int, http.Header, string, error) {
	f.Helper()
	req, err := http.NewRequestWithContext(f.Context(), http.MethodPost, to, strings.NewReader(body))
	if err != nil {
		f.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Add(headers[i], headers[i+1])
	}
	resp, err := f.client.Do(req)
	if err != nil {
		return 0, nil, "", err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return resp.StatusCode, resp.Header, string(b), err
}

// token signs a JWT with the standard library.
func (f *fixture) token(header, claims map[string]any, key string) string {
	f.Helper()
	part := func(v any) string {
		b, err := json.Marshal(v)
		if err != nil {
			f.Fatal(err)
		}
		return base64.RawURLEncoding.EncodeToString(b)
	}
	text := part(header) + "." + part(claims)
	sum := sha256.Sum256([]byte(text))
	if block, _ := pem.Decode([]byte(key)); block != nil {
		key = base64.StdEncoding.EncodeToString(block.Bytes)
	}
	der, err := base64.StdEncoding.DecodeString(key)
	if err != nil {
		f.Fatal(err)
	}
	k, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		f.Fatal(err)
	}
	var sig []byte
	switch k := k.(type) {
	case *ecdsa.PrivateKey:
		r, s, err := ecdsa.Sign(rand.Reader, k, sum[:])
		if err != nil {
			f.Fatal(err)
		}
		sig = append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...)
	case *rsa.PrivateKey:
		if sig, err = rsa.SignPKCS1v15(rand.Reader, k, crypto.SHA256, sum[:]); err != nil {
			f.Fatal(err)
		}
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(sig)
}

func TestStopAndStart(t *testing.T) {
	t.Parallel()
	f := setup(t)
	if status, _ := f.apple(token, alert); status != 200 {
		t.Fatal(status)
	}
	f.sim.StopService(pnssim.APNs)
	if _, _, _, err := f.try(apns+token, alert); err == nil {
		t.Error("a stopped service answers")
	}
	if _, err := f.sim.Dial(t.Context(), "tcp", "api.push.apple.com:443"); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("a stopped service: %v", err)
	}
	if status, _ := f.googleToken(nil); status != 200 {
		t.Errorf("another service: %d", status)
	}
	f.sim.StartService(pnssim.APNs)
	if status, _ := f.apple(token, alert); status != 200 {
		t.Errorf("started again: %d", status)
	}
}

func TestHoldAndWait(t *testing.T) {
	t.Parallel()
	f := setup(t)
	release := f.sim.Hold(pnssim.APNs)
	answered := make(chan int, 1)
	bearer, topic := f.appleToken(), f.sim.APNsCredential()["AppName"]
	go func() {
		status, _, _, err := f.try(apns+token, alert, "authorization", bearer, "apns-topic", topic)
		if err != nil {
			t.Error(err)
		}
		answered <- status
	}()
	if got, err := f.sim.Wait(t.Context(), pnssim.APNs, token, 1); err != nil || string(got[0].Body) != alert || got[0].Environment != "production" {
		t.Errorf("%+v, %v", got, err)
	}
	select {
	case status := <-answered:
		t.Errorf("answered %d while it was held", status)
	default:
	}
	defer f.sim.Hold(pnssim.FCM)()
	if status, _ := f.googleToken(nil); status != 200 {
		t.Errorf("no token while answers to pushes are held: %d", status)
	}
	release()
	if status := <-answered; status != 200 {
		t.Errorf("answered %d", status)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := f.sim.Wait(ended, pnssim.APNs, token, 2); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

func TestWaitEndsWithTheSim(t *testing.T) {
	t.Parallel()
	sim, err := pnssim.Start(pnssim.Config{})
	if err != nil {
		t.Fatal(err)
	}
	waited := make(chan error, 1)
	go func() { waited <- sim.WaitCount(context.Background(), pnssim.FCM, 1) }()
	if err := sim.Close(); err != nil {
		t.Error(err)
	}
	if err := <-waited; !errors.Is(err, pnssim.ErrClosed) {
		t.Errorf("waiting ended with %v", err)
	}
	if _, err := sim.Dial(t.Context(), "tcp", "api.push.apple.com:443"); err == nil {
		t.Error("a closed Sim takes connections")
	}
}

// An answer that would come in an hour: the request is over before.
func TestLatency(t *testing.T) {
	t.Parallel()
	for name, late := range map[string]func(*pnssim.Sim){
		"of the service": func(s *pnssim.Sim) { s.SetLatency(pnssim.APNs, time.Hour) },
		"of the device": func(s *pnssim.Sim) {
			s.SetFate(pnssim.APNs, token, pnssim.Fate{Kind: "slow", Delay: time.Hour})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := setup(t)
			late(f.sim)
			ctx, cancel := context.WithCancel(t.Context())
			req, err := http.NewRequestWithContext(ctx, http.MethodPost, apns+token, strings.NewReader(alert))
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Authorization", f.appleToken())
			req.Header.Set("Apns-Topic", f.sim.APNsCredential()["AppName"])
			ended := make(chan error, 1)
			go func() {
				resp, err := f.client.Do(req)
				if err == nil {
					resp.Body.Close()
				}
				ended <- err
			}()
			if _, err := f.sim.Wait(t.Context(), pnssim.APNs, token, 1); err != nil {
				t.Error(err)
			}
			cancel()
			if err := <-ended; !errors.Is(err, context.Canceled) {
				t.Errorf("it ended with %v", err)
			}
		})
	}
}

func TestReset(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.sim.SetFate(pnssim.APNs, token, pnssim.Fate{Kind: "gone"})
	f.apple(token, alert)
	f.apple("00"+token, alert)
	if n := f.sim.Requests(pnssim.APNs); n != 2 || f.sim.Count(pnssim.APNs) != 1 || f.sim.Connections(pnssim.APNs) != 1 {
		t.Errorf("%d requests, %d pushes, %d connections", n, f.sim.Count(pnssim.APNs), f.sim.Connections(pnssim.APNs))
	}
	f.sim.SetLatency(pnssim.APNs, time.Hour)
	f.sim.StopService(pnssim.FCM)
	f.sim.Reset()
	if n := f.sim.Requests(pnssim.APNs); n != 0 || f.sim.Count(pnssim.APNs) != 0 || len(f.sim.Everything()) != 0 || len(f.sim.All(pnssim.APNs)) != 0 {
		t.Errorf("%d requests and %d pushes are left", n, f.sim.Count(pnssim.APNs))
	}
	if status, text := f.apple(token, alert); status != 200 {
		t.Errorf("the fate is left: %d %s", status, text)
	}
	if status, _ := f.googleToken(nil); status != 200 || f.sim.TokenRequests(pnssim.FCM) != 1 {
		t.Errorf("the other service is stopped: %d", status)
	}
}

func TestInbox(t *testing.T) {
	t.Parallel()
	var told []string // guarded by the Sim
	f := setupWith(t, pnssim.Config{History: 2, OnReceive: func(r pnssim.Received) { told = append(told, string(r.Body)) }})
	const other = "ab" + token
	want := []string{`{"n":0}`, `{"n":1}`, `{"n":2}`, `{"n":3}`}
	for i, device := range []string{token, other, strings.ToUpper(token), token} {
		if status, text := f.apple(device, want[i]); status != 200 {
			t.Fatalf("%d %s", status, text)
		}
	}
	bodies := func(got []pnssim.Received) (out []string) {
		for i := range got {
			out = append(out, string(got[i].Body))
		}
		return out
	}
	if got := bodies(f.sim.Received(pnssim.APNs, token)); !slices.Equal(got, want[2:]) {
		t.Errorf("one device has %q: the last two are kept", got)
	}
	all := f.sim.Everything()
	if got := bodies(all); !slices.Equal(got, want[1:]) {
		t.Errorf("all devices have %q", got)
	}
	if got := f.sim.All(pnssim.APNs); len(got) != 2 || got[token] != 2 || got[other] != 1 {
		t.Errorf("%v", got)
	}
	if r := all[2]; r.Service != pnssim.APNs || r.Handle != token || !r.At.Equal(f.clock.Now()) || r.Conn != 1 || r.Stream != 7 || r.Header.Get("Authorization") != "" {
		t.Errorf("%+v", r)
	}
	if f.sim.Count(pnssim.APNs) != 4 || !slices.Equal(told, want) {
		t.Errorf("%d pushes, told of %q", f.sim.Count(pnssim.APNs), told)
	}
}

func TestSharedAuthority(t *testing.T) {
	t.Parallel()
	ca, err := pnssim.NewCA()
	if err != nil {
		t.Fatal(err)
	}
	one, two := setupWith(t, pnssim.Config{CA: ca}), setupWith(t, pnssim.Config{CA: ca})
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(one.sim.CAPEM()) {
		t.Fatal("the authority is no PEM")
	}
	for host, want := range map[string]bool{"api.push.apple.com": true, "fcm.googleapis.com": true, "db5p.notify.windows.com": true, "push.example": true, "": false} {
		c, err := tls.Dial("tcp", two.sim.Addr(), &tls.Config{RootCAs: pool, ServerName: host, InsecureSkipVerify: host == "", NextProtos: []string{"h2", "http/1.1"}})
		if (err == nil) != want {
			t.Errorf("%q: %v", host, err)
		}
		if err == nil {
			c.Close()
		}
	}
}

func TestProtocols(t *testing.T) {
	t.Parallel()
	f := setup(t)
	for host, want := range map[string]string{"api.push.apple.com": "h2", "fcm.googleapis.com": "h2", "oauth2.googleapis.com": "h2", "db5p.notify.windows.com": "http/1.1", "login.live.com": "http/1.1"} {
		c, err := tls.Dial("tcp", f.sim.Addr(), &tls.Config{RootCAs: f.sim.Roots(), ServerName: host, NextProtos: []string{"h2", "http/1.1"}})
		if err != nil {
			t.Errorf("%s: %v", host, err)
			continue
		}
		if got := c.ConnectionState().NegotiatedProtocol; got != want {
			t.Errorf("%s speaks %q, want %q", host, got, want)
		}
		c.Close()
	}
	if c, err := tls.Dial("tcp", f.sim.Addr(), &tls.Config{RootCAs: f.sim.Roots(), ServerName: "api.push.apple.com", NextProtos: []string{"http/1.1"}}); err == nil {
		c.Close()
		t.Error("APNs speaks HTTP/1.1")
	}
	if c, err := tls.Dial("tcp", f.sim.Addr(), &tls.Config{RootCAs: f.sim.Roots(), ServerName: "api.push.apple.com", NextProtos: []string{"h2"}, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}); err == nil {
		c.Close()
		t.Error("APNs speaks TLS 1.1")
	}
}
