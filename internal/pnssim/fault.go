package pnssim

import (
	"context"
	"sync"
	"time"
)

// faults is how a service departs from its best. Sim's lock guards it.
type faults struct {
	stopped bool
	latency time.Duration
	hold    chan struct{} // answers wait until it is closed; nil: none
	token   *Answer       // what the token endpoint says to everybody; nil: what it should
	quota   int           // pushes for each minute; 0: any number
	used    int
	since   time.Time // when the minute began
	streams int       // of a connection; of APNs, one that has proved itself
}

// StopService makes a service unreachable: its connections are closed, and new
// ones refused.
func (s *Sim) StopService(svc Service) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults[svc].stopped = true
	for c, m := range s.conns {
		if m.service == svc {
			c.Close() //nolint:errcheck // it is given up
		}
	}
}

// StartService ends StopService.
func (s *Sim) StartService(svc Service) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults[svc].stopped = false
}

// SetLatency makes a service answer pushes so much later, in real time.
func (s *Sim) SetLatency(svc Service, d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults[svc].latency = d
}

// SetQuota lets our account send so many pushes in a minute of the clock; 0 is
// any number. Beyond, FCM and ADM answer 429 and WNS 406, all with a
// Retry-After, MPNS 406 without, Baidu 30699 and Xiaomi 10027. APNs has no
// quota of an account.
func (s *Sim) SetQuota(svc Service, perMinute int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.faults[svc]
	f.quota, f.used, f.since = perMinute, 0, s.cfg.Clock.Now()
}

// spend takes a push from the quota; false if there is nothing left.
func (s *Sim) spend(svc Service) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	f, now := s.faults[svc], s.cfg.Clock.Now()
	if f.quota == 0 {
		return true
	}
	if now.Sub(f.since) >= time.Minute {
		f.used, f.since = 0, now
	}
	f.used++
	return f.used <= f.quota
}

// Hold keeps a service's answers to pushes back until release is called. Its
// devices get what is sent to them all the same, and tokens are given out.
func (s *Sim) Hold(svc Service) (release func()) {
	ch := make(chan struct{})
	s.mu.Lock()
	s.faults[svc].hold = ch
	s.mu.Unlock()
	return sync.OnceFunc(func() {
		s.mu.Lock()
		if f := s.faults[svc]; f.hold == ch {
			f.hold = nil
		}
		s.mu.Unlock()
		close(ch)
	})
}

// apnsConns are the connections to APNs that are open.
func (s *Sim) apnsConns() (all []*apnsConn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range s.conns {
		if m.apns != nil {
			all = append(all, m.apns)
		}
	}
	return all
}

// pause waits for the service's latency, the device's own and the hold; false
// if the request is over meanwhile.
func (s *Sim) pause(ctx context.Context, svc Service, more time.Duration) bool {
	s.mu.Lock()
	d, hold := s.faults[svc].latency+more, s.faults[svc].hold
	s.mu.Unlock()
	if d > 0 {
		t := time.NewTimer(d)
		defer t.Stop()
		select {
		case <-t.C:
		case <-ctx.Done():
			return false
		}
	}
	if hold != nil {
		select {
		case <-hold:
		case <-ctx.Done():
			return false
		}
	}
	return true
}
