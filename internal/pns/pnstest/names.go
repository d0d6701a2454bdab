package pnstest

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"net"
	"sync"
	"syscall"
	"testing"
)

// ErrNoNetwork is why nothing beyond this machine is connected to.
var ErrNoNetwork = errors.New("no packet leaves a test")

// Private is where names that begin with private. are.
var Private = [4]byte{10, 0, 0, 7}

// Names returns a Dialer that finds every name at the first of the addresses at
// the first look-up, at the next one at the next, and at the last for ever after.
// It connects to none, once all its checks have been passed.
func Names(t testing.TB, addrs ...[4]byte) *net.Dialer {
	t.Helper()
	s := serveNames(t, addrs)
	return &net.Dialer{
		Resolver: &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, "udp", s.conn.LocalAddr().String())
		}},
		Control: func(string, string, syscall.RawConn) error { return ErrNoNetwork },
	}
}

// nameServer is a DNS server on UDP (RFC 1035) for names with IPv4 addresses.
type nameServer struct {
	conn net.PacketConn

	mu    sync.Mutex
	addrs [][4]byte
	asked int
}

func serveNames(t testing.TB, addrs [][4]byte) *nameServer {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &nameServer{conn: conn, addrs: addrs}
	var done sync.WaitGroup
	done.Go(s.serve)
	t.Cleanup(func() {
		conn.Close()
		done.Wait()
	})
	return s
}

func (s *nameServer) serve() {
	buf := make([]byte, 1500)
	for {
		n, from, err := s.conn.ReadFrom(buf)
		if err != nil {
			return
		}
		if m := s.answer(buf[:n]); m != nil {
			s.conn.WriteTo(m, from) //nolint:errcheck // it is asked again
		}
	}
}

func (s *nameServer) answer(query []byte) []byte {
	const header, typeA = 12, 1
	end := header
	for end < len(query) && query[end] != 0 {
		end += 1 + int(query[end])
	}
	if end += 5; end > len(query) { // the root label, type and class
		return nil
	}
	m := append([]byte{}, query[:2]...)
	m = append(m, 0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0) // an answer; one question, no record yet
	m = append(m, query[header:end]...)
	if binary.BigEndian.Uint16(query[end-4:]) != typeA {
		return m
	}
	addr := s.next(query[header+1:])
	m[7] = 1
	m = append(m, 0xc0, header, 0, typeA, 0, 1, 0, 0, 0, 0, 0, 4) // the same name, A, IN, no life
	return append(m, addr[:]...)
}

// next returns where the name is now.
func (s *nameServer) next(name []byte) [4]byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	if bytes.HasPrefix(name, []byte("private")) {
		return Private
	}
	addr := s.addrs[min(s.asked, len(s.addrs)-1)]
	s.asked++
	return addr
}
