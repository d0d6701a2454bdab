package simapi

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
)

// guard refuses whoever is not a program on this machine. Without it any web
// page that a developer looks at could drive the simulators: by a request of its
// own to a loopback address, or, by DNS rebinding, to a host name of its own
// that leads to one.
func guard(r *http.Request) error {
	if at, err := netip.ParseAddrPort(r.RemoteAddr); err != nil || !at.Addr().Unmap().IsLoopback() {
		return refuse(http.StatusForbidden, "only programs on this machine are answered")
	}
	if !isLoopback(r.Host) {
		return refuse(http.StatusForbidden, "the Host %.100q is not this machine: ask for localhost or 127.0.0.1", r.Host)
	}
	// Fetch Metadata, "The Sec-Fetch-Site HTTP Request Header": "none" is a person who types the address.
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" && site != "none" {
		return refuse(http.StatusForbidden, "web pages of other origins are not answered (Sec-Fetch-Site: %.40s)", site)
	}
	for _, origin := range r.Header.Values("Origin") { // RFC 6454 §7.2
		if u, err := url.Parse(origin); err != nil || !strings.EqualFold(u.Host, r.Host) {
			return refuse(http.StatusForbidden, "web pages of other origins are not answered (Origin: %.100s)", origin)
		}
	}
	return nil
}

// isLoopback reports whether a Host header, with or without a port, names this
// machine in words that no name server is asked for.
func isLoopback(hostport string) bool {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		host = hostport
	}
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(host, "["), "]"))
	return err == nil && ip.Unmap().IsLoopback()
}
