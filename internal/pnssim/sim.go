package pnssim

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/fanfare-hub/fanfare/internal/clock"
)

// Config of a Sim. The zero value is good.
type Config struct {
	Clock       clock.Clock    // for the ages of tokens and for quotas; nil: the machine's
	CA          *CA            // of the services' certificates; nil: a new one
	Listen      string         // host:port; "": 127.0.0.1, any port
	Latency     time.Duration  // of every answer to a push, in real time
	OnReceive   func(Received) // called in order for each push that a device gets; must not block, nor call the Sim
	APNsStreams int            // streams of a connection that has proved itself; 0: 1000
	History     int            // pushes kept for each device; 0: 1000
}

func (c *Config) fill() {
	if c.Clock == nil {
		c.Clock = clock.System
	}
	if c.Listen == "" {
		c.Listen = "127.0.0.1:0"
	}
	if c.APNsStreams <= 0 {
		c.APNsStreams = 1000
	}
	if c.History <= 0 {
		c.History = 1000
	}
}

// Sim is the push services, all behind one address: the TLS server name tells
// them apart.
type Sim struct {
	cfg      Config
	ca       *CA
	accounts *accounts
	listener net.Listener
	ctx      context.Context // ends with Close
	cancel   context.CancelFunc
	wg       sync.WaitGroup

	mu      sync.Mutex
	sites   map[Service]*site // but APNs'
	inbox   inbox
	fates   map[device]Fate
	tries   map[device]int
	faults  map[Service]*faults
	counts  map[Service]*counts
	conns   map[net.Conn]*member
	serial  int64              // of connections
	verdict map[string]verdict // APNs provider tokens that were looked at
	access  map[string]access  // OAuth tokens that were given out
	agents  agents             // of Web Push
}

// counts is what a service was asked.
type counts struct {
	conns, pushes, tokens int
}

// Start serves until Close.
func Start(cfg Config) (*Sim, error) {
	cfg.fill()
	s := &Sim{
		cfg: cfg, ca: cfg.CA, inbox: newInbox(), agents: newAgents(), fates: map[device]Fate{}, tries: map[device]int{},
		faults: map[Service]*faults{}, counts: map[Service]*counts{}, conns: map[net.Conn]*member{},
		verdict: map[string]verdict{}, access: map[string]access{},
	}
	for _, svc := range Services() {
		s.forget(svc)
	}
	var err error
	if s.ca == nil {
		if s.ca, err = NewCA(); err != nil {
			return nil, fmt.Errorf("pnssim: making a certificate authority: %w", err)
		}
	}
	if s.accounts, err = newAccounts(cfg.Clock.Now()); err != nil {
		return nil, fmt.Errorf("pnssim: making keys: %w", err)
	}
	if s.listener, err = net.Listen("tcp", cfg.Listen); err != nil {
		return nil, fmt.Errorf("pnssim: %w", err)
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.sites = map[Service]*site{}
	for _, t := range traits {
		if t.handler != nil {
			s.sites[t.service] = s.serveHTTP(t.service, t.handler(s), httpStreams)
		}
	}
	s.wg.Go(s.accept)
	return s, nil
}

// Addr is where every push service's host leads.
func (s *Sim) Addr() string { return s.listener.Addr().String() }

// Roots verify the services' certificates.
func (s *Sim) Roots() *x509.CertPool { return s.ca.pool }

// CAPEM is the certificate authority of the services.
func (s *Sim) CAPEM() []byte { return s.ca.pem }

// Requests returns how many pushes a service was asked for, refused ones too.
func (s *Sim) Requests(svc Service) int { return s.counted(svc).pushes }

// TokenRequests returns how often the token endpoints of FCM, WNS or ADM were asked.
func (s *Sim) TokenRequests(svc Service) int { return s.counted(svc).tokens }

// Connections returns how many connections a service has taken.
func (s *Sim) Connections(svc Service) int { return s.counted(svc).conns }

func (s *Sim) counted(svc Service) counts {
	s.mu.Lock()
	defer s.mu.Unlock()
	return *s.counts[svc]
}

// count changes the counts of a service.
func (s *Sim) count(svc Service, add func(*counts)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	add(s.counts[svc])
}

// Close ends every connection and leaves nothing behind.
func (s *Sim) Close() error {
	s.cancel()
	err := s.listener.Close()
	s.mu.Lock()
	for c := range s.conns {
		c.Close() //nolint:errcheck // it is given up
	}
	s.mu.Unlock()
	err = errors.Join(err, s.closeSites())
	s.wg.Wait()
	return err
}
