// Package pnssim is a set of simulated push services that behave as the real
// ones do towards a sender: real TLS and ALPN, tokens and signatures, topics,
// sizes, every error answer. It shares no code with Fanfare's connectors, so
// that a test against it can fail.
//
// # Fates
//
// A handle of a documented form asks for a fate, in the same words at every
// service: its text holds fate-WORD or fate-WORD-N, closed by a dot or its end.
// Of an APNs token it is the bytes that count: hex("fate-gone.") and more.
//
//	fate-gone          the device is gone: 410 Unregistered, UNREGISTERED, 410
//	fate-malformed     the handle is not one: BadDeviceToken, INVALID_ARGUMENT, 404
//	fate-foreign       another app's: DeviceTokenNotForTopic, SENDER_ID_MISMATCH, 403
//	fate-throttled-N   throttled N times (1), then live
//	fate-unavailable-N the service says that it is unavailable, N times, then live
//	fate-error-N       an error of the service, N times, then live
//	fate-refused       the payload is refused
//	fate-hang          the request is never answered
//	fate-reset         the connection is closed in the middle of the answer, once
//	fate-sandbox       APNs: known in the sandbox environment only
//
// Any other well-formed handle is a live device.
package pnssim

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/fanfare-hub/fanfare/internal/clock"
)

// Service names a simulated push service.
type Service string

// The services.
const (
	APNs Service = "apns"
	FCM  Service = "fcm"
	WNS  Service = "wns"
)

// serviceOf returns the service that a host belongs to; "" is none.
func serviceOf(host string) Service {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	switch {
	case strings.HasSuffix(host, ".push.apple.com"):
		return APNs
	case host == "fcm.googleapis.com" || host == oauthHost:
		return FCM
	case strings.HasSuffix(host, ".notify.windows.com") || host == liveHost || host == entraHost:
		return WNS
	}
	return ""
}

// Config of a Sim. The zero value is good.
type Config struct {
	Clock       clock.Clock    // for the ages of tokens; nil: the machine's
	Listen      string         // "": 127.0.0.1, any port
	OnReceive   func(Received) // called in order for each push that a device gets; must not block
	APNsStreams int            // streams of a connection that has proved itself; 0: 1000
	History     int            // pushes kept for each device; 0: 1000
}

// Sim is the push services, all behind one address: the TLS server name tells
// them apart.
type Sim struct {
	cfg      Config
	ca       *ca
	keys     *keys
	listener net.Listener
	fcm, wns *http.Server
	feeds    map[Service]*feed
	ctx      context.Context // ends with Close
	cancel   context.CancelFunc
	wg       sync.WaitGroup

	mu       sync.Mutex
	inbox    inbox
	fates    map[device]Fate
	tries    map[device]int
	latency  map[Service]time.Duration
	holds    map[Service]chan struct{}
	stopped  map[Service]bool
	conns    map[net.Conn]Service
	requests map[Service]int
	verified map[string]verdict // APNs provider tokens
	access   map[string]access  // OAuth tokens that were given out
}

// device is a handle at a service.
type device struct {
	service Service
	handle  string
}

// Start serves until Close.
func Start(cfg Config) (*Sim, error) {
	if cfg.Clock == nil {
		cfg.Clock = clock.System
	}
	if cfg.Listen == "" {
		cfg.Listen = "127.0.0.1:0"
	}
	if cfg.APNsStreams == 0 {
		cfg.APNsStreams = 1000
	}
	if cfg.History == 0 {
		cfg.History = 1000
	}
	s := &Sim{
		cfg: cfg, fates: map[device]Fate{}, tries: map[device]int{}, latency: map[Service]time.Duration{},
		holds: map[Service]chan struct{}{}, stopped: map[Service]bool{}, conns: map[net.Conn]Service{},
		requests: map[Service]int{}, verified: map[string]verdict{}, access: map[string]access{}, feeds: map[Service]*feed{},
	}
	s.inbox.init()
	s.ctx, s.cancel = context.WithCancel(context.Background())
	var err error
	if s.ca, err = newCA(); err != nil {
		return nil, err
	}
	if s.keys, err = newKeys(); err != nil {
		return nil, err
	}
	if s.listener, err = net.Listen("tcp", cfg.Listen); err != nil {
		return nil, fmt.Errorf("pnssim: %w", err)
	}
	s.fcm = s.serveHTTP(FCM, s.fcmHandler())
	s.wns = s.serveHTTP(WNS, s.wnsHandler())
	s.wg.Go(s.accept)
	return s, nil
}

// serveHTTP runs the HTTP server of a service on a feed of connections.
func (s *Sim) serveHTTP(svc Service, h http.Handler) *http.Server {
	server := &http.Server{
		Handler: h, ReadHeaderTimeout: 10 * time.Second, MaxHeaderBytes: 32 << 10,
		HTTP2: &http.HTTP2Config{MaxConcurrentStreams: 100},
		ConnState: func(c net.Conn, state http.ConnState) {
			if t, ok := c.(*tls.Conn); ok && state == http.StateClosed {
				s.leave(t.NetConn())
			}
		},
	}
	f := newFeed(s.listener.Addr())
	s.feeds[svc] = f
	s.wg.Go(func() { server.Serve(f) }) //nolint:errcheck // it ends when the feed is closed
	return server
}

// Addr is where every push service's host leads.
func (s *Sim) Addr() string { return s.listener.Addr().String() }

// Roots verify the services' certificates.
func (s *Sim) Roots() *x509.CertPool { return s.ca.pool }

// CAPEM is the certificate authority of the services.
func (s *Sim) CAPEM() []byte { return s.ca.pem }

// Dial leads any host to the simulator. A stopped service refuses.
func (s *Sim) Dial(ctx context.Context, network, addr string) (net.Conn, error) {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	down := s.stopped[serviceOf(host)]
	s.mu.Unlock()
	if down {
		return nil, &net.OpError{Op: "dial", Net: network, Err: syscall.ECONNREFUSED}
	}
	var d net.Dialer
	return d.DialContext(ctx, network, s.Addr())
}

// accept takes connections and hands each to its service.
func (s *Sim) accept() {
	for {
		c, err := s.listener.Accept()
		if err != nil {
			return
		}
		s.wg.Go(func() { s.hand(c) })
	}
}

var errStopped = errors.New("pnssim: the service is stopped")

// hand looks at a connection's server name and serves it.
func (s *Sim) hand(c net.Conn) {
	var svc Service
	var host string
	base := &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: s.ca.certificate}
	base.GetConfigForClient = func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		host = hello.ServerName
		svc = serviceOf(host)
		if svc == "" || !s.admit(c, svc) {
			return nil, errStopped
		}
		own := base.Clone()
		own.GetConfigForClient = nil
		own.NextProtos = map[Service][]string{APNs: {"h2"}, FCM: {"h2", "http/1.1"}, WNS: {"http/1.1"}}[svc]
		return own, nil
	}
	t := tls.Server(c, base)
	ctx, cancel := context.WithTimeout(s.ctx, 10*time.Second)
	err := t.HandshakeContext(ctx)
	cancel()
	if err != nil {
		s.leave(c)
		return
	}
	switch {
	case svc == APNs && t.ConnectionState().NegotiatedProtocol == "h2":
		s.serveAPNs(t, host)
		s.leave(c)
	case svc == APNs:
		s.leave(c)
	case !s.feeds[svc].give(t):
		s.leave(c)
	}
}

// admit notes a connection, unless its service is stopped.
func (s *Sim) admit(c net.Conn, svc Service) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped[svc] || s.ctx.Err() != nil {
		return false
	}
	s.conns[c] = svc
	return true
}

func (s *Sim) leave(c net.Conn) {
	s.mu.Lock()
	delete(s.conns, c)
	s.mu.Unlock()
	c.Close()
}

// StopService makes a service unreachable: its connections are closed, and new
// ones refused.
func (s *Sim) StopService(svc Service) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stopped[svc] = true
	for c, of := range s.conns {
		if of == svc {
			c.Close()
		}
	}
}

// StartService ends StopService.
func (s *Sim) StartService(svc Service) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.stopped, svc)
}

// SetLatency makes a service answer so much later, in real time.
func (s *Sim) SetLatency(svc Service, d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.latency[svc] = d
}

// Hold keeps a service's answers back until release is called. Its devices get
// what is sent to them all the same.
func (s *Sim) Hold(svc Service) (release func()) {
	ch := make(chan struct{})
	s.mu.Lock()
	s.holds[svc] = ch
	s.mu.Unlock()
	return sync.OnceFunc(func() {
		s.mu.Lock()
		if s.holds[svc] == ch {
			delete(s.holds, svc)
		}
		s.mu.Unlock()
		close(ch)
	})
}

// pause waits for latency and hold; false if the request is over meanwhile.
func (s *Sim) pause(ctx context.Context, svc Service) bool {
	s.mu.Lock()
	d, hold := s.latency[svc], s.holds[svc]
	s.mu.Unlock()
	if d > 0 {
		t := time.NewTimer(d)
		defer t.Stop()
		select {
		case <-t.C:
		case <-ctx.Done():
			return false
		case <-s.ctx.Done():
			return false
		}
	}
	if hold != nil {
		select {
		case <-hold:
		case <-ctx.Done():
			return false
		case <-s.ctx.Done():
			return false
		}
	}
	return true
}

// Close ends every connection and leaves nothing behind.
func (s *Sim) Close() error {
	s.cancel()
	err := s.listener.Close()
	for _, f := range s.feeds {
		f.Close()
	}
	s.mu.Lock()
	for c := range s.conns {
		c.Close()
	}
	s.mu.Unlock()
	err = errors.Join(err, s.fcm.Close(), s.wns.Close())
	s.wg.Wait()
	return err
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
