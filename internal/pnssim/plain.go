package pnssim

import (
	"context"
	"crypto/tls"
	"net"
	"time"
)

// tlsHandshake is the first byte of every TLS connection (RFC 8446 §5.1), and
// of no HTTP request.
const tlsHandshake = 22

// peeked is a connection whose first byte was looked at.
type peeked struct {
	net.Conn
	first []byte // until it is read
}

func (p *peeked) Read(b []byte) (int, error) {
	if len(p.first) > 0 && len(b) > 0 {
		n := copy(b, p.first)
		p.first = p.first[n:]
		return n, nil
	}
	return p.Conn.Read(b)
}

// peek waits for a connection's first byte, no longer than ctx lives.
func peek(ctx context.Context, c net.Conn) (net.Conn, byte, error) {
	stop := context.AfterFunc(ctx, func() { c.SetReadDeadline(time.Unix(1, 0)) }) //nolint:errcheck // it is given up
	defer stop()
	first := make([]byte, 1)
	if _, err := c.Read(first); err != nil {
		return nil, 0, err
	}
	return &peeked{Conn: c, first: first}, first[0], nil
}

// handPlain serves a connection without TLS.
func (s *Sim) handPlain(c net.Conn) {
	m, err := s.admit(c, plainService())
	if err != nil {
		c.Close() //nolint:errcheck // it is given up
		return
	}
	s.pass(c, m)
}

// under is the connection that a Sim knows: the one beneath TLS.
func under(c net.Conn) net.Conn {
	if t, ok := c.(*tls.Conn); ok {
		return t.NetConn()
	}
	return c
}
