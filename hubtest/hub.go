package hubtest

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/fanfare-hub/fanfare/internal/app"
	"github.com/fanfare-hub/fanfare/internal/clock"
	"github.com/fanfare-hub/fanfare/internal/config"
	"github.com/fanfare-hub/fanfare/internal/pnssim"
	"github.com/fanfare-hub/fanfare/notificationhubs"
)

// Options change a hub. The zero value is good.
type Options struct {
	Name string    // of the hub; "": myhub
	Now  time.Time // where its clock begins; zero: at the machine's time
	// RequestTimeout is how long a push service may take for an answer, in real
	// time, before a push is given up for the moment; 0: 5 seconds.
	RequestTimeout time.Duration
}

// requestTimeout is the default: a loaded machine answers within it, and a
// device that hangs does not hold up a test for long.
const requestTimeout = 5 * time.Second

// Hub is a notification hub for one test.
type Hub struct {
	t         testing.TB
	dev       *app.Dev
	clock     *clock.Fake
	authority *x509.Certificate
	caFile    string
	own       func() *notificationhubs.Client // for the hub's own requests

	mu       sync.Mutex // guards browsers and clients
	browsers map[string]pnssim.Subscription
	clients  []*http.Transport

	moving sync.Mutex // one Advance at a time
}

// Start starts a hub, which ends with the test.
func Start(t testing.TB) *Hub {
	t.Helper()
	return StartWith(t, Options{})
}

// StartWith starts a hub with options, which ends with the test.
func StartWith(t testing.TB, o Options) *Hub {
	t.Helper()
	h, err := start(t, o)
	if err != nil {
		t.Fatalf("hubtest: starting a hub: %v", err)
	}
	t.Cleanup(h.stop)
	return h
}

func start(t testing.TB, o Options) (*Hub, error) {
	if o.Name == "" {
		o.Name = app.DevHub
	}
	if !config.ValidHubName(o.Name) {
		return nil, fmt.Errorf("%q is not a hub name: letters, digits and . _ -, first a letter or digit, at most 260", o.Name)
	}
	if o.Now.IsZero() {
		o.Now = time.Now()
	}
	if o.RequestTimeout <= 0 {
		o.RequestTimeout = requestTimeout
	}
	shared, err := sharedParts()
	if err != nil {
		return nil, err
	}
	data := t.TempDir()
	if err := shared.seed.copyTo(data); err != nil {
		return nil, err
	}
	caFile := filepath.Join(data, "ca.pem")
	if err := os.WriteFile(caFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: shared.authority.Raw}), 0o600); err != nil {
		return nil, err
	}
	h := &Hub{
		t: t, authority: shared.authority, caFile: caFile, browsers: map[string]pnssim.Subscription{},
		// The database keeps microseconds; whole milliseconds are easier to read.
		clock: clock.NewFake(o.Now.Truncate(time.Millisecond)),
	}
	h.own = sync.OnceValue(h.Client)
	h.dev, err = app.StartDev(context.Background(), app.DevOptions{
		Data: data, Listen: "127.0.0.1:0", Hub: o.Name, Clock: h.clock, Tokens: clock.System, RequestTimeout: o.RequestTimeout,
		Log:         slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn})),
		Certificate: shared.certificate, SimulatorCA: shared.simulatorCA, Volatile: true,
	})
	return h, err
}

// stop ends the hub at once: nobody reads its database again.
func (h *Hub) stop() {
	h.mu.Lock()
	for _, c := range h.clients {
		c.CloseIdleConnections()
	}
	h.mu.Unlock()
	now, cancel := context.WithCancel(context.Background())
	cancel()
	if err := h.dev.Stop(now); err != nil && !errors.Is(err, context.Canceled) {
		h.t.Errorf("hubtest: stopping the hub: %v", err)
	}
}

// Name is the hub's name.
func (h *Hub) Name() string { return h.dev.Hub }

// ConnectionString opens the hub with every right. Its endpoint is an http://
// one, so that a client of package notificationhubs needs to trust no
// certificate.
func (h *Hub) ConnectionString() string { return h.connectionString("http") }

// TLSConnectionString is ConnectionString for clients that speak TLS alone, in
// the form of Azure's. They must trust RootCAs, or what CAFile names.
func (h *Hub) TLSConnectionString() string { return h.connectionString("sb") }

func (h *Hub) connectionString(scheme string) string {
	return "Endpoint=" + scheme + "://" + h.dev.Addr().String() + "/;SharedAccessKeyName=" + app.DevRule + ";SharedAccessKey=" + app.DevKey
}

// RootCAs verify the hub's certificate, which is for 127.0.0.1, ::1 and
// localhost.
func (h *Hub) RootCAs() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(h.authority)
	return pool
}

// CAFile names a PEM file with RootCAs, for clients that read from a file whom
// they trust, such as programs in other languages that the test starts. It is
// gone when the test ends.
func (h *Hub) CAFile() string { return h.caFile }

// Client returns a client of the hub, whose connections end with the test. It
// does not repeat what fails.
func (h *Hub) Client() *notificationhubs.Client {
	h.t.Helper()
	transport := &http.Transport{}
	h.mu.Lock()
	h.clients = append(h.clients, transport)
	h.mu.Unlock()
	c, err := notificationhubs.NewClientFromConnectionString(h.ConnectionString(), h.Name(), &notificationhubs.ClientOptions{
		HTTPClient: &http.Client{Transport: transport, Timeout: time.Minute},
		Retry:      &notificationhubs.RetryOptions{Attempts: 1},
	})
	if err != nil {
		h.t.Fatalf("hubtest: %v", err)
	}
	return c
}
