package egress

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// HostList names hosts of one push service. An entry is a scheme and a
// domain; it stands for the domain and everything under it.
type HostList []string

// The hosts to which channels may point. They are not changed after start.
var (
	// WNSHosts is the domain that Microsoft asks senders to check channel URIs
	// against before a token is sent there.
	WNSHosts = HostList{"https://notify.windows.com"}
	// MPNSHosts also has plain http: an unauthenticated Windows Phone channel
	// has no other form.
	MPNSHosts = HostList{"https://notify.live.net", "http://notify.live.net"}
)

// Check reports, as a sentence, why a channel URI does not point to one of the
// hosts: not absolute, another scheme, a user name, a port of its own, or a
// host that is not under one of the domains. The error never holds the URI.
func (l HostList) Check(rawURL string) error {
	u, err := parse(rawURL)
	if err != nil {
		return err
	}
	if !standardPort(u) {
		return fmt.Errorf("the channel URI has the port %s, push services use the standard one", u.Port())
	}
	if slices.ContainsFunc(l, func(entry string) bool { return covers(entry, u) }) {
		return nil
	}
	return fmt.Errorf("the channel URI does not point to %s", strings.Join(l, ", "))
}

// Covers reports whether a URL leads to one of the hosts, at any port.
func (l HostList) Covers(rawURL string) bool {
	u, err := parse(rawURL)
	return err == nil && slices.ContainsFunc(l, func(entry string) bool { return covers(entry, u) })
}

// covers compares whole labels, so that evilnotify.windows.com is not under
// notify.windows.com.
func covers(entry string, u *url.URL) bool {
	scheme, domain, _ := strings.Cut(entry, "://")
	host := folded(u)
	return u.Scheme == scheme && (host == domain || strings.HasSuffix(host, "."+domain))
}

func standardPort(u *url.URL) bool {
	switch u.Port() {
	case "":
		return true
	case "443":
		return u.Scheme == "https"
	case "80":
		return u.Scheme == "http"
	}
	return false
}
