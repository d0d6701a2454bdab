package h2

import (
	"errors"
	"net/http"
	"slices"
	"time"
)

// maxStreams bounds the requests on one connection; peers that name no limit of
// their own, or a very high one, would let a batch start a goroutine for each
// request.
const maxStreams = 1000

// conn is one connection. Its fields are guarded by the Sender's mu.
type conn struct {
	cc       *http.ClientConn
	serial   int       // in the order of dialling
	busy     int       // requests in flight, or about to be
	since    time.Time // when the last of them began
	answered bool      // it is known to work
	warm     bool      // it takes more than one request at a time
	old      bool      // it takes no more requests, and is closed when none is in flight
}

// take reserves a stream, if there is a free one. Until its first answer a
// connection takes one request: the peer's limit has come by then, which the
// stock client takes for 100 before.
func (c *conn) take() bool {
	if c.old || !c.warm && c.busy > 0 || c.busy >= maxStreams || c.cc.Reserve() != nil {
		return false
	}
	c.busy++
	c.since = time.Now()
	return true
}

// spent reports whether the connection is closed, or nothing is in flight and
// still no stream can be had: one that got a GOAWAY, or has used up its stream
// ids, may stay open for ever, and the stock client does not call it bad.
func (c *conn) spent() bool {
	return c.busy == 0 && (c.cc.Err() != nil || c.cc.InFlight() == 0 && c.cc.Available() == 0)
}

// reserve takes a stream of the connections that are younger than a serial. The
// youngest come first: the older ones may have been refused by the peer. The
// caller holds mu.
func (s *Sender) reserve(oldest int) *conn {
	for _, c := range slices.Backward(slices.Clone(s.conns)) {
		if c.serial > oldest && c.take() {
			return c
		}
		if c.spent() {
			if !c.answered {
				s.failed(errors.New("h2: the peer closed a connection before it answered anything"))
			}
			s.drop(c)
		}
	}
	return nil
}

// hope reports whether there is a connection to wait for: one that works, or
// whose first answer is not late. The caller holds mu.
func (s *Sender) hope(oldest int) bool {
	return slices.ContainsFunc(s.conns, func(c *conn) bool {
		return c.serial > oldest && !c.old && c.cc.Err() == nil && (c.answered || time.Since(c.since) < coldWait)
	})
}

// done gives a stream back. err is what kept an answer from coming, if that was
// not the caller.
func (s *Sender) done(c *conn, status int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.signal()
	c.busy--
	switch {
	case status > 0:
		c.answered = true
		c.warm = c.warm || !s.cfg.WarmUp || proves(status)
	case err == nil:
	case !c.answered: // nothing speaks for it
		c.old = true
		s.failed(err)
	case leaving(err):
		c.old = true
	}
	if c.old && c.busy == 0 {
		s.drop(c)
	}
}

// proves reports whether an answer shows that the peer has taken our token: it
// looks at the device and the payload after that.
func proves(status int) bool {
	return status/100 == 2 || status/100 == 4 && status != http.StatusUnauthorized && status != http.StatusForbidden
}

// failed notes that a connection could not be made, or was of no use. The
// caller holds mu.
func (s *Sender) failed(err error) {
	s.failures++
	s.failure = err
}

// retire takes a connection out of use. The caller holds mu.
func (s *Sender) retire(c *conn) {
	c.old = true
	if c.busy == 0 {
		s.drop(c)
	}
}

// drop closes a connection, aside: that can take a moment when the peer does
// not read. The caller holds mu.
func (s *Sender) drop(c *conn) {
	s.conns = slices.DeleteFunc(s.conns, func(other *conn) bool { return other == c })
	s.work.Go(func() { c.cc.Close() }) //nolint:errcheck // it is given up anyway
}
