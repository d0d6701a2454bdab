package pns

import (
	"crypto/tls"
	"net"
	"net/http"
	"time"

	"github.com/fanfare-hub/fanfare/internal/egress"
)

// DefaultConns is how many connections a connector has to its service where
// Env does not say.
const DefaultConns = 4

// Connections returns Env.Conns, or DefaultConns.
func (e Env) Connections() int {
	if e.Conns > 0 {
		return e.Conns
	}
	return DefaultConns
}

// Timeout returns Env.RequestTimeout, or what is usual for a service.
func (e Env) Timeout(usual time.Duration) time.Duration {
	if e.RequestTimeout > 0 {
		return e.RequestTimeout
	}
	return usual
}

// dialTimeout bounds connecting to one address of a handle's host, in real time.
const dialTimeout = 10 * time.Second

// Guarded returns an Env for requests whose hosts come from handles, which
// anybody can register: unless the operator leads all connections elsewhere,
// they go to addresses on the public internet only, whatever a name resolves to
// at that moment.
func (e Env) Guarded() Env {
	if e.Dial != nil {
		return e
	}
	dialer := e.Dialer
	if dialer == nil {
		dialer = &net.Dialer{Timeout: dialTimeout}
	}
	e.Dial = egress.Guard(dialer)
	return e
}

// HTTP1 returns a client for a push service or token endpoint that is spoken
// to over HTTP/1.1: TLS 1.2 or later, at most Connections connections to one
// host, no proxy, no redirects, each request and its answer within timeout. It
// shows the certificates, if any, to a server that asks for one.
func (e Env) HTTP1(timeout time.Duration, certificates ...tls.Certificate) *http.Client {
	var protocols http.Protocols
	protocols.SetHTTP1(true)
	transport := &http.Transport{
		DialContext:         e.Dial,
		TLSClientConfig:     &tls.Config{RootCAs: e.Roots, MinVersion: tls.VersionTLS12, Certificates: certificates},
		TLSHandshakeTimeout: 10 * time.Second,
		Protocols:           &protocols,
		DisableCompression:  true,
		MaxConnsPerHost:     e.Connections(),
		MaxIdleConnsPerHost: e.Connections(),
		MaxIdleConns:        e.Connections(),
		IdleConnTimeout:     90 * time.Second,
		// An answer's headers are read into memory whole.
		MaxResponseHeaderBytes: 16 << 10,
	}
	return &http.Client{
		Transport: transport,
		Timeout:   timeout,
		// A redirect would carry our token to a host of somebody else's choice.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}
