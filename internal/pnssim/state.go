package pnssim

import (
	"maps"
	"time"
)

// State is how a service fares, and what it was asked since Reset.
type State struct {
	Service       Service
	Stopped       bool
	Latency       time.Duration // of every answer to a push, in real time
	Quota         int           // pushes for each minute of the clock; 0: any number
	Streams       int           // of a connection over HTTP/2, at APNs one that has proved itself; 0: it speaks HTTP/1.1
	Requests      int           // pushes, refused ones too
	Received      int           // pushes that devices got
	TokenRequests int           // access tokens that were asked for
	Connections   int           // taken since Reset
	Open          int           // of the connections, those that are open now
}

// State returns how a service fares.
func (s *Sim) State(svc Service) State {
	s.mu.Lock()
	defer s.mu.Unlock()
	f, n := s.faults[svc], s.counts[svc]
	st := State{
		Service: svc, Stopped: f.stopped, Latency: f.latency, Quota: f.quota, Streams: f.streams,
		Requests: n.pushes, Received: s.inbox.count[svc], TokenRequests: n.tokens, Connections: n.conns,
	}
	for _, m := range s.conns {
		if m.service == svc {
			st.Open++
		}
	}
	return st
}

// Reset forgets every push, count, fate and fault, as after Start. Connections,
// accounts and access tokens stay; what is held stays held until its release.
// Pushes are not numbered anew.
func (s *Sim) Reset() {
	for _, svc := range Services() {
		s.ResetService(svc)
	}
}

// ResetService is Reset for one service.
func (s *Sim) ResetService(svc Service) {
	s.mu.Lock()
	s.forget(svc)
	s.mu.Unlock()
	if multiplexed(svc) {
		s.tellStreams(svc)
	}
}

// forget makes all of a service new. The caller holds mu, or is the only one.
func (s *Sim) forget(svc Service) {
	s.inbox.forget(svc)
	if svc == Browser {
		s.agents.forget()
	}
	maps.DeleteFunc(s.fates, func(k device, _ Fate) bool { return k.service == svc })
	maps.DeleteFunc(s.tries, func(k device, _ int) bool { return k.service == svc })
	s.faults[svc] = &faults{latency: s.cfg.Latency, streams: s.mostStreams(svc)}
	s.counts[svc] = &counts{}
}
