package h2_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fanfare-hub/fanfare/internal/certtest"
	"github.com/fanfare-hub/fanfare/internal/pns/h2"
)

const origin = "https://push.example:443"

// identity is the far side's certificate. It is good at the time at which a
// synctest bubble begins, too.
var identity = sync.OnceValues(func() (tls.Certificate, *x509.CertPool) { return certtest.Server("push.example") })

// pipes is a listener without a network: it works in a synctest bubble.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
	open   atomic.Int64 // connections of serve

	mu    sync.Mutex
	dials []time.Time
}

func newPipes() *pipes { return &pipes{conns: make(chan net.Conn), closed: make(chan struct{})} }

func (p *pipes) Dial(ctx context.Context, _, _ string) (net.Conn, error) {
	p.mu.Lock()
	p.dials = append(p.dials, time.Now())
	p.mu.Unlock()
	near, far := net.Pipe()
	select {
	case p.conns <- far:
		return near, nil
	case <-p.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (p *pipes) dialled() []time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.dials
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error { p.once.Do(func() { close(p.closed) }); return nil }

func (p *pipes) Addr() net.Addr { return &net.TCPAddr{} }

type connKey struct{}

// connOf says on which connection a request came, counted from 1.
func connOf(r *http.Request) int { return r.Context().Value(connKey{}).(int) }

// serve answers with net/http's server, which allows so many streams.
func serve(t *testing.T, streams int, h http.HandlerFunc) *pipes {
	t.Helper()
	p := newPipes()
	cert, _ := identity()
	n := 0
	srv := &http.Server{
		Handler: h, TLSConfig: &tls.Config{Certificates: []tls.Certificate{cert}},
		HTTP2: &http.HTTP2Config{MaxConcurrentStreams: streams},
		ConnState: func(_ net.Conn, state http.ConnState) {
			switch state {
			case http.StateNew:
				p.open.Add(1)
			case http.StateClosed:
				p.open.Add(-1)
			}
		},
		ErrorLog: log.New(io.Discard, "", 0), // clients that break off
		ConnContext: func(ctx context.Context, _ net.Conn) context.Context {
			n++
			return context.WithValue(ctx, connKey{}, n)
		},
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		srv.ServeTLS(p, "", "") //nolint:errcheck // the server was closed
	}()
	t.Cleanup(func() { srv.Close(); <-done })
	return p
}

// connect returns a sender to p. It is closed before what was started earlier.
func connect(t *testing.T, p *pipes, cfg h2.Config) *h2.Sender {
	t.Helper()
	cfg.Origin = origin
	_, cfg.Roots = identity()
	if cfg.Dial == nil {
		cfg.Dial = p.Dial
	}
	s, err := h2.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func batch(n int) []h2.Request {
	reqs := make([]h2.Request, n)
	for i := range reqs {
		reqs[i] = h2.Request{
			Path: fmt.Sprintf("/3/device/%d", i), Body: fmt.Append(nil, "body ", i),
			Fields: []h2.Field{{Name: "apns-id", Value: fmt.Sprint("id ", i)}},
		}
	}
	return reqs
}

func do(ctx context.Context, s *h2.Sender, reqs []h2.Request) []h2.Response {
	resps := make([]h2.Response, len(reqs))
	s.Do(ctx, reqs, h2.Mode{}, resps)
	return resps
}
