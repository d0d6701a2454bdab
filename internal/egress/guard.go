package egress

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"syscall"
)

// Refused is the error for an address that Fanfare does not connect to. Its
// text is a sentence without the URL.
type Refused struct{ reason string }

func (e *Refused) Error() string { return e.reason }

func refuse(format string, args ...any) error {
	return &Refused{reason: fmt.Sprintf(format, args...)}
}

// Guard returns a dial function that connects to addresses on the public
// internet only. The check is made on each address that is about to be
// connected to, after names are resolved, so that a name which changes its
// address between a check and its use gains nothing. d gives the time-outs and
// the like; its own Control hooks still run, after the check. d is not changed.
func Guard(d *net.Dialer) func(ctx context.Context, network, addr string) (net.Conn, error) {
	return guard(d, checkAddr)
}

// guard is Guard with another opinion of what may be connected to.
func guard(d *net.Dialer, check func(netip.Addr) error) func(ctx context.Context, network, addr string) (net.Conn, error) {
	guarded := *d
	guarded.Control = nil // net ignores it where ControlContext is set
	guarded.ControlContext = func(ctx context.Context, network, address string, c syscall.RawConn) error {
		if err := checkDialled(network, address, check); err != nil {
			return err
		}
		switch {
		case d.ControlContext != nil:
			return d.ControlContext(ctx, network, address, c)
		case d.Control != nil:
			return d.Control(network, address, c)
		}
		return nil
	}
	return guarded.DialContext
}

// checkDialled judges what a Control hook is given: tcp4 or tcp6, and a literal
// address with a port.
func checkDialled(network, address string, check func(netip.Addr) error) error {
	if network != "tcp4" && network != "tcp6" {
		return refuse("connecting over %s: only TCP is allowed", network)
	}
	ap, err := netip.ParseAddrPort(address)
	if err != nil {
		return refuse("connecting: %q is not an address with a port", address)
	}
	if err := check(ap.Addr()); err != nil {
		return refuse("connecting: %v", err)
	}
	return nil
}
