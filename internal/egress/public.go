package egress

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// CheckPublicURL reports, as a sentence, why an endpoint that a device gave
// cannot be one on the public internet: not https, a user name, a literal
// address that is private or special, or a name that only a local network
// knows. What a public name resolves to is checked when it is dialled: see
// Guard. The error never holds the URL.
func CheckPublicURL(raw string) error {
	u, err := parse(raw)
	if err != nil {
		return err
	}
	if u.Scheme != "https" {
		return errors.New("the endpoint is not https")
	}
	host := strings.TrimSuffix(folded(u), ".")
	if addr, err := netip.ParseAddr(host); err == nil {
		return checkAddr(addr)
	}
	return checkName(host)
}

// localDomains never leave a machine or a network: RFC 6761 (localhost), RFC
// 6762 (local), RFC 8375 (home.arpa), and the name that ICANN keeps for
// private use.
var localDomains = []string{"localhost", "localdomain", "local", "internal", "home.arpa"}

func checkName(host string) error {
	labels := strings.Split(host, ".")
	last := labels[len(labels)-1]
	switch {
	case slices.Contains(labels, ""):
		return errors.New("the endpoint's host is not a host name")
	case isNumber(last):
		// 127.1, 0x7f.1 or 2130706433: resolvers take these for addresses.
		return errors.New("the endpoint's host is an address in an unusual form")
	}
	for _, d := range localDomains {
		if host == d || strings.HasSuffix(host, "."+d) {
			return fmt.Errorf("the endpoint's host is under %s, which is not a public name", d)
		}
	}
	if len(labels) == 1 {
		return errors.New("the endpoint's host has no domain, so it is not a public name")
	}
	return nil
}

// isNumber reports whether the URL standard (WHATWG, "ends in a number") would
// read a host with this last label as an IPv4 address.
func isNumber(label string) bool {
	digits, hex := strings.CutPrefix(label, "0x")
	for _, c := range digits {
		if !('0' <= c && c <= '9' || hex && 'a' <= c && c <= 'f') {
			return false
		}
	}
	return true
}
