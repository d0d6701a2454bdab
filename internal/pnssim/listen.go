package pnssim

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"sync"
	"syscall"
	"time"
)

// member is a connection to a service.
type member struct {
	service Service
	id      int64
	apns    *apnsConn // of APNs
	fed     bool      // an HTTP server has it, and tells when it has ended
	leaves  bool      // it ends with the request after so many
	after   int
}

// Dial leads any host to the simulator. A stopped service refuses.
func (s *Sim) Dial(ctx context.Context, network, addr string) (net.Conn, error) {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, fmt.Errorf("pnssim: dialing %q: %w", addr, err)
	}
	if t := traitOf(host); t != nil && s.down(t.service) {
		return nil, &net.OpError{Op: "dial", Net: network, Err: syscall.ECONNREFUSED}
	}
	var d net.Dialer
	return d.DialContext(ctx, network, s.Addr())
}

func (s *Sim) down(svc Service) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.faults[svc].stopped
}

// acceptAgain is how long a failing listener is left alone.
const acceptAgain = 50 * time.Millisecond

// accept takes connections and hands each to its service.
func (s *Sim) accept() {
	for {
		c, err := s.listener.Accept()
		switch {
		case err == nil:
			s.wg.Go(func() { s.hand(c) })
		case errors.Is(err, net.ErrClosed):
			return
		default: // too many open files, as a rule
			select {
			case <-time.After(acceptAgain):
			case <-s.ctx.Done():
				return
			}
		}
	}
}

// handshakeTime bounds what a silent client costs.
const handshakeTime = 10 * time.Second

var (
	errNoService = errors.New("pnssim: the server name is no push service's")
	errStopped   = errors.New("pnssim: the service is stopped")
	errNoHTTP2   = errors.New("pnssim: APNs speaks HTTP/2 alone")
)

// hand looks at a connection's first byte, and serves it as that says.
func (s *Sim) hand(raw net.Conn) {
	ctx, cancel := context.WithTimeout(s.ctx, handshakeTime)
	defer cancel()
	c, first, err := peek(ctx, raw)
	switch {
	case err != nil:
		raw.Close() //nolint:errcheck // it is given up
	case first == tlsHandshake:
		s.handTLS(ctx, c)
	default:
		s.handPlain(c)
	}
}

// handTLS looks at a connection's server name and serves it.
func (s *Sim) handTLS(ctx context.Context, c net.Conn) {
	var m *member
	var host string
	t := tls.Server(c, &tls.Config{GetConfigForClient: func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		var err error
		host = hello.ServerName
		service := traitOf(host)
		switch {
		case service == nil:
			return nil, errNoService
		case service.handler == nil && !slices.Contains(hello.SupportedProtos, "h2"):
			return nil, errNoHTTP2
		}
		if m, err = s.admit(c, service.service); err != nil {
			return nil, err
		}
		cfg := &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: s.ca.certificate, NextProtos: service.speaks(host)}
		if service.demand != nil {
			service.demand(s, cfg)
		}
		return cfg, nil
	}})
	switch err := t.HandshakeContext(ctx); {
	case err != nil:
		hangUp(c)
	case m.service == APNs:
		s.serveAPNs(t, m, host)
	default:
		s.pass(t, m)
		return
	}
	s.leave(c)
}

// hangUp leaves a client whose handshake failed a moment to read the alert:
// closing at once, with something unread, would take it back.
func hangUp(c net.Conn) {
	c.SetReadDeadline(time.Now().Add(linger)) //nolint:errcheck // reading fails then
	io.Copy(io.Discard, c)                    //nolint:errcheck // it ends when the client closes, or has lingered
}

// admit notes a connection, unless its service is stopped.
func (s *Sim) admit(c net.Conn, svc Service) (*member, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.faults[svc].stopped || s.ctx.Err() != nil {
		return nil, errStopped
	}
	s.serial++
	s.counts[svc].conns++
	m := &member{service: svc, id: s.serial}
	s.conns[c] = m
	return m, nil
}

// leave closes a connection and forgets it.
func (s *Sim) leave(c net.Conn) {
	s.mu.Lock()
	m := s.conns[c]
	delete(s.conns, c)
	s.mu.Unlock()
	c.Close() //nolint:errcheck // it is given up
	if m != nil && m.fed {
		s.wg.Done()
	}
}

// pass gives a connection to its HTTP server.
func (s *Sim) pass(c net.Conn, m *member) {
	s.mu.Lock()
	m.fed = true
	s.mu.Unlock()
	s.wg.Add(1)
	// Another server may be taking over.
	for at := s.siteOf(m.service); !at.feed.give(c); {
		now := s.siteOf(m.service)
		if now == at {
			s.leave(under(c))
			return
		}
		at = now
	}
}

// connKey is under what a request's context has the number of its connection.
type connKey struct{}

func (s *Sim) number(c net.Conn) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	if m := s.conns[c]; m != nil {
		return m.id
	}
	return 0
}

// connOf returns the number of a request's connection.
func connOf(r *http.Request) int64 {
	id, _ := r.Context().Value(connKey{}).(int64)
	return id
}

// feed is a listener that is given its connections.
type feed struct {
	addr  net.Addr
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func newFeed(addr net.Addr) *feed {
	return &feed{addr: addr, conns: make(chan net.Conn), done: make(chan struct{})}
}

func (f *feed) give(c net.Conn) bool {
	select {
	case f.conns <- c:
		return true
	case <-f.done:
		return false
	}
}

func (f *feed) Accept() (net.Conn, error) {
	select {
	case c := <-f.conns:
		return c, nil
	case <-f.done:
		return nil, net.ErrClosed
	}
}

func (f *feed) Close() error {
	f.once.Do(func() { close(f.done) })
	return nil
}

func (f *feed) Addr() net.Addr { return f.addr }
