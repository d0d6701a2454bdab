package browser

import (
	"crypto/tls"
	"net/http"
	"time"

	"github.com/fanfare-hub/fanfare/internal/pns"
)

const (
	// requestsPerConn is how many requests are under way for each connection
	// that Env allows: HTTP/2 endpoints, which nearly all are, share one, or more
	// where a host allows few streams. In all there are never more connections
	// than requests, and idle ones.
	requestsPerConn = 16
	// handshakeTimeout bounds the TLS handshake, in real time.
	handshakeTimeout = 10 * time.Second
)

// newPoster returns a Poster over a client for hosts that devices have named:
// HTTP/2 where the host speaks it, else HTTP/1.1, TLS 1.2 or later, no proxy and
// no redirects, and no address that is not public.
func newPoster(env pns.Env) *pns.Poster {
	requests := requestsPerConn * env.Connections()
	var protocols http.Protocols
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(true)
	client := &http.Client{
		Transport: &http.Transport{
			DialContext:         env.Guarded().Dial,
			TLSClientConfig:     &tls.Config{RootCAs: env.Roots, MinVersion: tls.VersionTLS12},
			TLSHandshakeTimeout: handshakeTimeout,
			Protocols:           &protocols,
			DisableCompression:  true,
			MaxConnsPerHost:     env.Connections(),
			MaxIdleConnsPerHost: env.Connections(),
			MaxIdleConns:        requests,
			IdleConnTimeout:     90 * time.Second,
			// An answer's headers are read into memory whole.
			MaxResponseHeaderBytes: 16 << 10,
		},
		Timeout:       env.Timeout(requestTimeout),
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	env.Conns = requests
	return pns.NewPosterWith(env, client)
}
