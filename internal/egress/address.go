package egress

import (
	"fmt"
	"net/netip"
)

// special are the blocks of the IANA special-purpose address registries that
// are not globally reachable, and multicast. IPv6 has one public block, see
// ipv6Public; these lie within it.
var special = prefixes(
	"0.0.0.0/8",       // this network, RFC 791
	"10.0.0.0/8",      // private, RFC 1918
	"100.64.0.0/10",   // carrier-grade NAT, RFC 6598
	"127.0.0.0/8",     // loopback, RFC 1122
	"169.254.0.0/16",  // link-local, RFC 3927; cloud metadata services
	"172.16.0.0/12",   // private, RFC 1918
	"192.0.0.0/24",    // protocol assignments, RFC 6890
	"192.0.2.0/24",    // documentation, RFC 5737
	"192.88.99.0/24",  // 6to4 relays, RFC 7526
	"192.168.0.0/16",  // private, RFC 1918
	"198.18.0.0/15",   // benchmarks, RFC 2544
	"198.51.100.0/24", // documentation, RFC 5737
	"203.0.113.0/24",  // documentation, RFC 5737
	"224.0.0.0/4",     // multicast, RFC 5771
	"240.0.0.0/4",     // reserved, and broadcast, RFC 1112
	"2001::/23",       // protocol assignments with Teredo and ORCHID, RFC 2928
	"2001:db8::/32",   // documentation, RFC 3849
	"2002::/16",       // 6to4: leads to an IPv4 address of any sort, RFC 3056
	"3fff::/20",       // documentation, RFC 9637
)

var (
	// ipv6Public is all that is given out for global unicast, RFC 4291: loopback,
	// link-local, unique local and multicast addresses are outside.
	ipv6Public = netip.MustParsePrefix("2000::/3")
	// nat64 is the prefix behind which networks without IPv4 see IPv4, RFC 6052.
	nat64 = netip.MustParsePrefix("64:ff9b::/96")
)

func prefixes(list ...string) []netip.Prefix {
	out := make([]netip.Prefix, len(list))
	for i, s := range list {
		out[i] = netip.MustParsePrefix(s)
	}
	return out
}

// checkAddr reports why an address is not one on the public internet.
func checkAddr(a netip.Addr) error {
	if !public(a) {
		return fmt.Errorf("%s is not an address on the public internet", a)
	}
	return nil
}

func public(a netip.Addr) bool {
	a = a.Unmap()
	if a.Zone() != "" {
		return false
	}
	if nat64.Contains(a) {
		b := a.As16()
		return public(netip.AddrFrom4([4]byte(b[12:])))
	}
	for _, p := range special {
		if p.Contains(a) {
			return false
		}
	}
	return a.Is4() || ipv6Public.Contains(a)
}
