package egress_test

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"syscall"
	"testing"

	"github.com/fanfare-hub/fanfare/internal/egress"
)

// TestGuardRefusesALocalListener dials an address at which somebody listens: a
// connection would succeed, were it not for the guard.
func TestGuardRefusesALocalListener(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	dial := egress.Guard(&net.Dialer{})
	for _, host := range []string{"127.0.0.1", "localhost"} {
		conn, err := dial(t.Context(), "tcp", net.JoinHostPort(host, port))
		if err == nil {
			conn.Close()
			t.Fatalf("dialling %s succeeded", host)
		}
		if !strings.Contains(err.Error(), "not an address on the public internet") {
			t.Errorf("dialling %s: %v", host, err)
		}
	}
}

// TestGuardLooksAtTheResolvedAddress gives a public name whose address is
// private, as an attacker's name server would.
func TestGuardLooksAtTheResolvedAddress(t *testing.T) {
	t.Parallel()
	dial := egress.Guard(&net.Dialer{Resolver: &net.Resolver{PreferGo: true, Dial: answering(t, [4]byte{10, 0, 0, 7})}})
	conn, err := dial(t.Context(), "tcp4", "push.example:443")
	if err == nil {
		conn.Close()
		t.Fatal("dialling succeeded")
	}
	var refused *egress.Refused
	if !errors.As(err, &refused) || refused.Error() != "connecting: 10.0.0.7 is not an address on the public internet" {
		t.Errorf("error %q is no refusal that names the address", err)
	}
}

func TestGuardKeepsTheDialersOwnHook(t *testing.T) {
	t.Parallel()
	stop := errors.New("stopped by the dialer's own hook")
	own := func(string, string, syscall.RawConn) error { return stop }
	ownCtx := func(context.Context, string, string, syscall.RawConn) error { return stop }
	for name, d := range map[string]*net.Dialer{"Control": {Control: own}, "ControlContext": {ControlContext: ownCtx}} {
		// No packet leaves: the hook runs before connecting.
		if _, err := egress.Guard(d)(t.Context(), "tcp", "8.8.8.8:9"); !errors.Is(err, stop) {
			t.Errorf("%s: error %v", name, err)
		}
		if _, err := egress.Guard(d)(t.Context(), "tcp", "127.0.0.1:9"); errors.Is(err, stop) || err == nil {
			t.Errorf("%s: a refused address: error %v", name, err)
		}
	}
	if _, err := egress.Guard(&net.Dialer{})(t.Context(), "udp", "8.8.8.8:9"); err == nil || !strings.Contains(err.Error(), "only TCP") {
		t.Errorf("udp: error %v", err)
	}
}

// TestOtherFailuresAreNoRefusals: an address that cannot be reached now may be
// reached later.
func TestOtherFailuresAreNoRefusals(t *testing.T) {
	t.Parallel()
	silent := &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		return nil, errors.New("no name server")
	}}
	_, err := egress.Guard(&net.Dialer{Resolver: silent})(t.Context(), "tcp", "push.example:443")
	var refused *egress.Refused
	if err == nil || errors.As(err, &refused) {
		t.Errorf("a name that does not resolve: %v, of type %T", err, err)
	}
}

// answering stands in for a name server: every question for an IPv4 address is
// answered with addr.
func answering(t *testing.T, addr [4]byte) func(context.Context, string, string) (net.Conn, error) {
	t.Helper()
	return func(context.Context, string, string) (net.Conn, error) {
		client, server := net.Pipe()
		go func() {
			defer server.Close()
			var size [2]byte
			for {
				if _, err := io.ReadFull(server, size[:]); err != nil {
					return
				}
				query := make([]byte, int(size[0])<<8|int(size[1]))
				if _, err := io.ReadFull(server, query); err != nil {
					return
				}
				if _, err := server.Write(dnsAnswer(query, addr)); err != nil {
					return
				}
			}
		}()
		return client, nil
	}
}
