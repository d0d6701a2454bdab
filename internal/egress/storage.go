package egress

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"reflect"
	"slices"
	"strings"
)

// Storage is where the files of jobs may be: accounts by host, each with the
// addresses that its name may lead to. The zero value allows nothing.
type Storage struct{ places []place }

// place is a scheme, a domain with everything under it, and a port.
type place struct {
	scheme, domain, port string // port "*": any
	reach                func(netip.Addr) error
}

// AzureStorage is Azure's blob storage, at addresses on the public internet.
func AzureStorage() Storage {
	return Storage{[]place{{"https", "blob.core.windows.net", "443", checkAddr}}}
}

// WithLoopback is s, and every port of the machine itself: where emulators
// listen.
func (s Storage) WithLoopback() Storage {
	out := Storage{append([]place(nil), s.places...)}
	for _, scheme := range []string{"http", "https"} {
		for _, host := range []string{"localhost", "127.0.0.1", "::1"} {
			out.places = append(out.places, place{scheme, host, "*", checkLoopback})
		}
	}
	return out
}

// ParseStorage reads what an operator allows: each entry is http or https, a
// host that stands for itself and everything under it, and a port if it is not
// the standard one, as in https://blob.core.windows.net. An operator's names
// may lead to private addresses, as those of private endpoints do.
func ParseStorage(entries []string) (Storage, error) {
	var s Storage
	for _, e := range entries {
		u, err := parse(e)
		if err != nil {
			return Storage{}, fmt.Errorf("%q: %w", e, err)
		}
		if u.Scheme != "http" && u.Scheme != "https" {
			return Storage{}, fmt.Errorf("%q: the scheme is neither http nor https", e)
		}
		if strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" {
			return Storage{}, fmt.Errorf("%q: only a scheme, a host and a port are expected", e)
		}
		s.places = append(s.places, place{u.Scheme, folded(u), portOf(u), checkNamed})
	}
	return s, nil
}

// Equal reports whether both allow the same, named in the same order.
func (s Storage) Equal(o Storage) bool {
	return slices.EqualFunc(s.places, o.places, func(a, b place) bool {
		return a.scheme == b.scheme && a.domain == b.domain && a.port == b.port &&
			reflect.ValueOf(a.reach).Pointer() == reflect.ValueOf(b.reach).Pointer() // one of this package's functions
	})
}

// Check reports, as a sentence, why a URL does not point into the storage. The
// error never holds the URL: its query is a key.
func (s Storage) Check(rawURL string) error {
	u, err := parse(rawURL)
	if err != nil {
		return err
	}
	for _, p := range s.places {
		if p.scheme == u.Scheme && p.covers(folded(u), portOf(u)) {
			return nil
		}
	}
	return fmt.Errorf("%s://%s is not a storage that this server may use", u.Scheme, u.Host)
}

// Guard returns a dial function for the URLs that Check lets pass: it connects
// to the addresses that their place may lead to, and looks at each address
// after the name is resolved. See the function Guard.
func (s Storage) Guard(d *net.Dialer) func(ctx context.Context, network, addr string) (net.Conn, error) {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		host, port, err := net.SplitHostPort(addr)
		if err != nil {
			return nil, refuse("connecting: %q is not a host with a port", addr)
		}
		host = strings.ToLower(host)
		return guard(d, func(a netip.Addr) error { return s.reach(host, port, a) })(ctx, network, addr)
	}
}

// reach asks every place that covers a host; one that agrees is enough.
func (s Storage) reach(host, port string, a netip.Addr) error {
	err := fmt.Errorf("%s is not a storage that this server may use", host)
	for _, p := range s.places {
		if p.covers(host, port) {
			if err = p.reach(a); err == nil {
				return nil
			}
		}
	}
	return err
}

// covers compares whole labels. An address has no domain under it.
func (p place) covers(host, port string) bool {
	return (p.port == "*" || p.port == port) && (host == p.domain || strings.HasSuffix(host, "."+p.domain))
}

func portOf(u *url.URL) string {
	switch {
	case u.Port() != "":
		return u.Port()
	case u.Scheme == "http":
		return "80"
	}
	return "443"
}

func checkLoopback(a netip.Addr) error {
	if !a.Unmap().IsLoopback() {
		return fmt.Errorf("%s is not an address of this machine", a)
	}
	return nil
}

// checkNamed keeps a name that an operator allows from the addresses under
// which clouds hand out credentials.
func checkNamed(a netip.Addr) error {
	if a = a.Unmap(); a.IsLinkLocalUnicast() || a.IsUnspecified() {
		return errors.New("link-local addresses are never connected to")
	}
	return nil
}
