package app_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/fanfare-hub/fanfare/internal/app"
	"github.com/fanfare-hub/fanfare/internal/config"
	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/seal"
	"github.com/fanfare-hub/fanfare/internal/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func dev(t *testing.T, dir string) *app.Dev {
	t.Helper()
	d, err := app.StartDev(t.Context(), app.DevOptions{Data: dir, Listen: "127.0.0.1:0", Hub: "myhub"})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func end(t *testing.T, stop func(context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := stop(ctx); err != nil {
		t.Error(err)
	}
}

func trusting(t *testing.T, file string) *http.Client {
	t.Helper()
	pem, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		t.Fatal("no certificate")
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, ForceAttemptHTTP2: true}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

func get(t *testing.T, c *http.Client, url string) *http.Response {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	return resp
}

// One port serves TLS with HTTP/2 and HTTP/1.1, and plain HTTP; a connection
// that says nothing holds up nobody.
func TestOnePort(t *testing.T) {
	t.Parallel()
	d := dev(t, t.TempDir())
	defer end(t, d.Stop)
	var dialer net.Dialer
	silent, err := dialer.DialContext(t.Context(), "tcp", d.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	secure := trusting(t, d.CAFile)
	if r := get(t, secure, d.Endpoint+"/myhub/messages/x"); r.ProtoMajor != 2 || r.StatusCode != http.StatusUnauthorized {
		t.Errorf("TLS: %s %d", r.Proto, r.StatusCode)
	}
	_, port, err := net.SplitHostPort(d.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	asLocalhost := get(t, secure, "https://localhost:"+port+"/myhub/messages/x")
	if asLocalhost.StatusCode != http.StatusUnauthorized {
		t.Errorf("as localhost: %d", asLocalhost.StatusCode)
	}
	// RFC 6797 §8.1: browsers would ask every port of localhost for TLS.
	if pin := asLocalhost.Header.Get("Strict-Transport-Security"); pin != "" {
		t.Errorf("Strict-Transport-Security %q beside plain HTTP", pin)
	}
	plain := &http.Transport{}
	defer plain.CloseIdleConnections()
	if r := get(t, &http.Client{Transport: plain}, "http://"+d.Addr().String()+"/myhub/messages/x"); r.ProtoMajor != 1 || r.StatusCode != http.StatusUnauthorized {
		t.Errorf("plain: %s %d", r.Proto, r.StatusCode)
	}
}

// The local authority is made once; whoever trusts it goes on doing so.
func TestAuthorityStays(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	d := dev(t, dir)
	client := trusting(t, d.CAFile)
	end(t, d.Stop)
	d = dev(t, dir)
	defer end(t, d.Stop)
	if r := get(t, client, d.Endpoint+"/"); r.StatusCode != http.StatusUnauthorized {
		t.Errorf("%d", r.StatusCode)
	}
	if info, err := os.Stat(filepath.Join(dir, "ca-key.pem")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the authority's key: %v, %v", info.Mode(), err)
	}
}

func TestDevStaysAtHome(t *testing.T) {
	t.Parallel()
	for _, listen := range []string{"0.0.0.0:0", ":0", "192.0.2.1:0", "example.com:1", "nowhere"} {
		_, err := app.StartDev(t.Context(), app.DevOptions{Data: t.TempDir(), Listen: listen, Hub: "h"})
		if err == nil || !strings.Contains(err.Error(), "listen") {
			t.Errorf("%s: %v", listen, err)
		}
	}
}

func TestConnectionStringHasThreeParts(t *testing.T) {
	t.Parallel()
	d := dev(t, t.TempDir())
	defer end(t, d.Stop)
	want := "Endpoint=sb://" + d.Addr().String() + "/;SharedAccessKeyName=" + app.DevRule + ";SharedAccessKey=" + app.DevKey
	if d.ConnectionString != want {
		t.Errorf("%s, want %s", d.ConnectionString, want)
	}
	if len(app.DevKey) != 44 || strings.Count(app.DevKey, "=") != 1 {
		t.Error("the key has not the form that the Ruby client needs")
	}
}

// A second process on the same data, another master key, a missing certificate:
// each is refused, and nothing is left open.
func TestRefusals(t *testing.T) {
	t.Parallel()
	cfg := config.Default()
	cfg.Data, cfg.Listen = t.TempDir(), "127.0.0.1:0"
	a, err := app.New(t.Context(), cfg, app.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := app.New(t.Context(), cfg, app.Options{}); err == nil || !strings.Contains(err.Error(), "another process") {
		t.Errorf("a second process: %v", err)
	}
	end(t, a.Stop)
	other := cfg
	other.MasterKey = make([]byte, seal.KeySize)
	if _, err := app.New(t.Context(), other, app.Options{}); !errors.Is(err, seal.ErrWrongKey) {
		t.Errorf("another master key: %v", err)
	}
	other = cfg
	other.Hubs = []config.Hub{{Name: "h", Credentials: []hub.Credential{{Platform: hub.APNs, Properties: map[string]string{
		"Token": "no key", "KeyId": "ABCDE12345", "AppId": "TEAM567890", "AppName": "com.example",
	}}}}}
	if _, err := app.New(t.Context(), other, app.Options{}); err == nil || !strings.Contains(err.Error(), "hub h: ") || strings.Contains(err.Error(), "no key") {
		t.Errorf("a key that is none: %v", err)
	}
	other = cfg
	other.CertFile, other.KeyFile = "nosuch", "nosuch"
	if _, err := app.New(t.Context(), other, app.Options{}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a missing certificate: %v", err)
	}
	other = cfg
	other.PushServices = config.PushServices{Dial: "127.0.0.1:1", CAFile: filepath.Join(cfg.Data, "master.key")}
	if _, err := app.New(t.Context(), other, app.Options{}); err == nil || !strings.Contains(err.Error(), "no PEM certificate") {
		t.Errorf("an authority that is none: %v", err)
	}
	busy, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer busy.Close()
	other = cfg
	other.Listen = busy.Addr().String()
	a, err = app.New(t.Context(), other, app.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Start(t.Context()); err == nil {
		t.Error("an address that is taken was taken")
	}
	end(t, a.Stop)
}

// A master key is made once, with its database: later a new one would open
// nothing.
func TestLostMasterKey(t *testing.T) {
	t.Parallel()
	cfg := config.Default()
	cfg.Data, cfg.Listen = t.TempDir(), "127.0.0.1:0"
	a, err := app.New(t.Context(), cfg, app.Options{})
	if err != nil {
		t.Fatal(err)
	}
	end(t, a.Stop)
	key := filepath.Join(cfg.Data, "master.key")
	if err := os.Remove(key); err != nil {
		t.Fatal(err)
	}
	if _, err := app.New(t.Context(), cfg, app.Options{}); err == nil || !strings.Contains(err.Error(), "restore it from a backup") {
		t.Errorf("without its key: %v", err)
	}
	if _, err := os.Stat(key); err == nil {
		t.Error("another key was made")
	}
}

// A request that never ends is cut off when patience is over; that is no
// failure, and takes no time from what is being sent.
func TestStopWithASlowRequest(t *testing.T) {
	t.Parallel()
	d := dev(t, t.TempDir())
	var dialer net.Dialer
	slow, err := dialer.DialContext(t.Context(), "tcp", d.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer slow.Close()
	// The server asks for the body when the handler reads it.
	_, err = io.WriteString(slow, "POST /myhub/messages HTTP/1.1\r\nHost: a\r\nAuthorization: "+
		wire.SignSAS("http://a/", app.DevRule, app.DevKey, time.Now().Add(time.Hour))+
		"\r\nServiceBusNotification-Format: apple\r\nExpect: 100-continue\r\nContent-Length: 10\r\n\r\n")
	if err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(slow).ReadString('\n'); err != nil || !strings.Contains(line, "100 Continue") {
		t.Fatalf("%q, %v", line, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if err := d.Stop(ctx); err != nil {
		t.Errorf("stopping: %v", err)
	}
}
