package pnssim

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"maps"
	"net"
	"net/http"
	"slices"
)

// httpStreams is how many streams the services but APNs let a connection have
// (Google's front ends do), if nothing is said.
const httpStreams = 100

// multiplexed reports whether a service speaks HTTP/2.
func multiplexed(svc Service) bool {
	return slices.ContainsFunc(traits, func(t trait) bool { return t.service == svc && slices.Contains(t.protocols, "h2") })
}

// mostStreams is the highest limit of a service; 0: it has no streams.
func (s *Sim) mostStreams(svc Service) int {
	switch {
	case svc == APNs:
		return s.cfg.APNsStreams
	case multiplexed(svc):
		return httpStreams
	}
	return 0
}

// GoAway makes a service that speaks HTTP/2 take its leave on each connection
// that is open. APNs takes so many more requests, says GOAWAY with the last of
// them and the reason Shutdown, answers what it has taken, and closes; requests
// on later streams are not looked at. The others say GOAWAY with their answer to
// the request after so many.
func (s *Sim) GoAway(svc Service, after int) error {
	if !multiplexed(svc) {
		return fmt.Errorf("pnssim: %s speaks HTTP/1.1, which has no GOAWAY", svc)
	}
	if svc == APNs {
		for _, c := range s.apnsConns() {
			c.takeLeave(after)
		}
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range s.conns {
		if m.service == svc && m.fed {
			m.leaves, m.after = true, after
		}
	}
	return nil
}

// leaves reports whether a connection takes its leave with this request.
func (s *Sim) leaves(number int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range s.conns {
		if m.id == number && m.leaves {
			m.after--
			return m.after < 0
		}
	}
	return false
}

// SetStreams changes how many streams a service that speaks HTTP/2 lets a
// connection have: APNs one that has proved itself, from 1 to
// Config.APNsStreams, on open connections too; the others from 1 to 100 on new
// ones, and they leave those that are open with a GOAWAY.
func (s *Sim) SetStreams(svc Service, n int) error {
	most := s.mostStreams(svc)
	switch {
	case most == 0:
		return fmt.Errorf("pnssim: %s speaks HTTP/1.1, which has no streams", svc)
	case n < 1 || n > most:
		return fmt.Errorf("pnssim: %d streams: %s has from 1 to %d for a connection", n, svc, most)
	}
	s.mu.Lock()
	s.faults[svc].streams = n
	s.mu.Unlock()
	s.tellStreams(svc)
	return nil
}

// tellStreams brings the limit to every connection, open or new.
func (s *Sim) tellStreams(svc Service) {
	n := s.streams(svc)
	if svc != APNs {
		s.serveAgain(svc, n)
		return
	}
	for _, c := range s.apnsConns() {
		c.setStreams(n)
	}
}

// streams is the limit that SetStreams changes.
func (s *Sim) streams(svc Service) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.faults[svc].streams
}

// site is the HTTP server of a service, and the connections that it is given.
type site struct {
	server  *http.Server
	feed    *feed
	streams int
}

// serveHTTP runs the HTTP server of a service on a feed of connections.
func (s *Sim) serveHTTP(svc Service, h http.Handler, streams int) *site {
	server := &http.Server{
		ReadHeaderTimeout: handshakeTime, MaxHeaderBytes: 32 << 10, ErrorLog: log.New(io.Discard, "", 0),
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if s.leaves(connOf(r)) {
				w.Header().Set("Connection", "close") // over HTTP/2, net/http makes a GOAWAY of it
			}
			h.ServeHTTP(w, r)
		}),
		HTTP2:       &http.HTTP2Config{MaxConcurrentStreams: streams},
		BaseContext: func(net.Listener) context.Context { return s.ctx },
		ConnContext: func(ctx context.Context, c net.Conn) context.Context {
			return context.WithValue(ctx, connKey{}, s.number(under(c)))
		},
		ConnState: func(c net.Conn, state http.ConnState) {
			if state == http.StateClosed {
				s.leave(under(c))
			}
		},
	}
	at := &site{server: server, feed: newFeed(s.listener.Addr()), streams: streams}
	s.wg.Go(func() { server.Serve(at.feed) }) //nolint:errcheck // it ends when the feed is closed
	return at
}

// serveAgain has a service go on with another limit of streams. The connections
// that are open are left in good order.
func (s *Sim) serveAgain(svc Service, streams int) {
	i := slices.IndexFunc(traits, func(t trait) bool { return t.service == svc })
	s.mu.Lock()
	defer s.mu.Unlock()
	old := s.sites[svc]
	if old.streams == streams || s.ctx.Err() != nil {
		return
	}
	s.sites[svc] = s.serveHTTP(svc, traits[i].handler(s), streams)
	s.wg.Go(func() {
		old.feed.Close()                                            //nolint:errcheck // never fails
		errors.Join(old.server.Shutdown(s.ctx), old.server.Close()) //nolint:errcheck // what is open then is closed
	})
}

// siteOf returns the server that takes a service's connections now.
func (s *Sim) siteOf(svc Service) *site {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sites[svc]
}

// closeSites ends the servers; their connections are closed.
func (s *Sim) closeSites() (err error) {
	s.mu.Lock()
	all := maps.Clone(s.sites)
	s.mu.Unlock()
	for _, at := range all {
		err = errors.Join(err, at.feed.Close(), at.server.Close())
	}
	return err
}
