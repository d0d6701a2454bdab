// Package pnstest is the far side for the tests of connectors: one TLS server
// that answers for whatever push service a connector dials.
package pnstest

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/fanfare-hub/fanfare/internal/certtest"
	"github.com/fanfare-hub/fanfare/internal/clock"
	"github.com/fanfare-hub/fanfare/internal/pns"
)

// Start serves h over HTTP/1.1 and HTTP/2, asks for a client certificate and
// takes any or none, and returns an Env whose every connection leads to it. It
// ends with the test; close connectors first.
func Start(t testing.TB, h http.Handler) pns.Env {
	t.Helper()
	return StartStreams(t, 0, h)
}

// StartStreams is Start where an HTTP/2 connection has so many streams at most;
// 0: as many as usual.
func StartStreams(t testing.TB, streams int, h http.Handler) pns.Env {
	t.Helper()
	cert, roots := certificate()
	srv := httptest.NewUnstartedServer(h)
	srv.EnableHTTP2 = true
	srv.Config.HTTP2 = &http.HTTP2Config{MaxConcurrentStreams: streams}
	srv.TLS = &tls.Config{Certificates: []tls.Certificate{cert}, ClientAuth: tls.RequestClientCert}
	srv.StartTLS()
	t.Cleanup(srv.Close)
	addr := srv.Listener.Addr().String()
	return pns.Env{
		Clock: clock.NewFake(Now),
		Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, network, addr)
		},
		Roots: roots,
		Conns: 4,
	}
}

// Now is where the clock of an Env stands.
var Now = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

// certificate is made once for each test process.
var certificate = sync.OnceValues(func() (tls.Certificate, *x509.CertPool) {
	return certtest.Server(
		"fcm.googleapis.com", "oauth2.googleapis.com", "login.live.com",
		"login.microsoftonline.com", "*.notify.windows.com", "*.notify.live.net", "api.amazon.com",
		"channel.api.duapp.com", "api.tuisong.baidu.com", "*.xmpush.xiaomi.com", "*.xmpush.global.xiaomi.com",
		"*.push.services.mozilla.com", "*.push.apple.com", "token.example", "*.example",
	)
})

// Unreachable is an Env that refuses every connection.
func Unreachable() pns.Env {
	return Refuse(pns.Env{Clock: clock.NewFake(Now)}, func(string) bool { return true })
}

// Refuse returns an Env that refuses connections to some addresses, each a host
// and a port.
func Refuse(env pns.Env, refused func(addr string) bool) pns.Env {
	dial := env.Dial
	env.Dial = func(ctx context.Context, network, addr string) (net.Conn, error) {
		if refused(addr) {
			return nil, &net.OpError{Op: "dial", Net: network, Err: errors.New("connection refused")}
		}
		return dial(ctx, network, addr)
	}
	return env
}
