package browser_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"net"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pns"
	"github.com/fanfare-hub/fanfare/internal/pns/browser"
	"github.com/fanfare-hub/fanfare/internal/pns/pnstest"
)

var errNoNetwork = errors.New("no packet leaves a test")

func refuseAll(_ context.Context, network, _ string) (net.Conn, error) {
	return nil, &net.OpError{Op: "dial", Net: network, Err: errNoNetwork}
}

// nameServer is a DNS server on UDP (RFC 1035) that answers each question for an
// IPv4 address with the next of its list, and the last one for ever; names that
// begin with private. are at 10.0.0.7.
type nameServer struct {
	conn net.PacketConn

	mu    sync.Mutex
	addrs [][4]byte
	asked int
}

func serveNames(t *testing.T, addrs ...[4]byte) *nameServer {
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
	s.mu.Lock()
	defer s.mu.Unlock()
	addr := [4]byte{10, 0, 0, 7}
	if !bytes.HasPrefix(query[header+1:], []byte("private")) {
		addr = s.addrs[min(s.asked, len(s.addrs)-1)]
		s.asked++
	}
	m[7] = 1
	m = append(m, 0xc0, header, 0, typeA, 0, 1, 0, 0, 0, 0, 0, 4) // the same name, A, IN, no life
	return append(m, addr[:]...)
}

// guarded returns a connector that dials for itself, with names from s. Packets
// to public addresses are stopped after the guard has let them pass.
func guarded(t *testing.T, s *nameServer) pns.Connector {
	t.Helper()
	env := pnstest.Start(t, http.NotFoundHandler())
	env.Dial = nil
	c, err := browser.NewDialling(credential(), env, &net.Dialer{
		Resolver: &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, "udp", s.conn.LocalAddr().String())
		}},
		Control: func(string, string, syscall.RawConn) error { return errNoNetwork },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// A name can be public when it is registered, and lead elsewhere when it is
// dialled; also from one send to the next.
func TestANameThatLeadsIntoTheNetwork(t *testing.T) {
	t.Parallel()
	for _, addr := range [][4]byte{{10, 0, 0, 7}, {127, 0, 0, 1}, {169, 254, 169, 254}, {192, 168, 1, 1}} {
		for name, list := range map[string][][4]byte{
			"at the first look-up":  {addr},
			"at the second look-up": {{8, 8, 8, 8}, addr},
		} {
			t.Run(name+" "+net.IP(addr[:]).String(), func(t *testing.T) {
				t.Parallel()
				c := guarded(t, serveNames(t, list...))
				b := batch("https://rebind.push.example/secret")
				if len(list) == 2 {
					if r := send(t, c, b)[0]; r.Class != pns.Unsent || !strings.Contains(r.Reason, errNoNetwork.Error()) {
						t.Errorf("a public address: %+v", r)
					}
				}
				r := send(t, c, b)[0]
				if r.Class != pns.Body || r.Outcome != hub.BadChannel || r.Service || r.Again != pns.No {
					t.Errorf("%+v", r)
				}
				if want := "connecting: " + net.IP(addr[:]).String() + " is not an address on the public internet"; r.Reason != want {
					t.Errorf("reason %q, want %q", r.Reason, want)
				}
			})
		}
	}
}

// A refusal of ours is no sign of life of Web Push: the others of its batch are
// unreachable all the same, and parked.
func TestARefusedAddressBesideAnOutage(t *testing.T) {
	t.Parallel()
	c := guarded(t, serveNames(t, [4]byte{8, 8, 8, 8}))
	got := send(t, c, batch("https://a.push.example/1", "https://private.push.example/1", "https://b.push.example/1"))
	for i, want := range []pns.Class{pns.Unsent, pns.Body, pns.Unsent} {
		if r := got[i]; r.Class != want || r.Service != (want == pns.Unsent) {
			t.Errorf("target %d: %+v", i, r)
		}
	}
}

// What is refused at registration is refused at send too: direct sends have no
// registration, and rules may have been laxer when a row was written.
func TestEndpointsThatAreNotPublic(t *testing.T) {
	t.Parallel()
	c, _ := reach(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { t.Errorf("a request to %s", r.Host) }))
	all := []string{
		"http://push.example/1", "https://127.0.0.1/1", "https://[::1]/1", "https://169.254.169.254/1", "https://10.0.0.1/1",
		"https://localhost/1", "https://printer.local/1", "https://u:p@push.example/1", "https://2130706433/1", "push.example/1", "",
		"https://push.example/\r\nHost: evil.example", "https://intranet/1",
	}
	for i, r := range send(t, c, batch(all...)) {
		if r.Class != pns.Body || r.Outcome != hub.BadChannel || r.Service || r.Reason == "" {
			t.Errorf("%q: %+v", all[i], r)
		}
	}
}

func TestARedirectIsNotFollowed(t *testing.T) {
	t.Parallel()
	for _, status := range []int{301, 302, 303, 307, 308} {
		c, _ := reach(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Host != "push.example" {
				t.Errorf("%d: a request to %s", status, r.Host)
			}
			w.Header().Set("Location", "https://10.0.0.1/latest/meta-data")
			w.WriteHeader(status)
		}))
		if r := send(t, c, batch("https://push.example/1"))[0]; r.Class != pns.Body || r.Outcome != hub.PnsInterfaceError || r.Service {
			t.Errorf("%d: %+v", status, r)
		}
	}
}
