package auth

import (
	"net"
	"net/url"
	"strings"
)

// covers reports whether a token signed for resource opens target. Clients sign
// the namespace's root, the hub, or the whole request, with the scheme http,
// https or sb, with the port or without it, with the query or without it, in
// lower case or as given: scheme, port and query count for nothing, hosts
// compare without regard to case, and the path must be a prefix of the
// request's, segment by segment.
func covers(resource string, target Target) bool {
	scheme, rest, ok := strings.Cut(resource, "://")
	if !ok || !knownScheme(scheme) {
		return false
	}
	rest, _, _ = strings.Cut(rest, "#")
	rest, _, _ = strings.Cut(rest, "?")
	host, path, _ := strings.Cut(rest, "/")
	if hostname(host) == "" || !strings.EqualFold(hostname(host), hostname(target.Host)) {
		return false
	}
	return prefixes(path, target.Segments)
}

// knownScheme takes amqp too: tokens of the Service Bus family are signed so.
func knownScheme(s string) bool {
	switch strings.ToLower(s) {
	case "http", "https", "sb", "amqp", "amqps":
		return true
	}
	return false
}

// hostname drops the port, and the brackets of an IPv6 address.
func hostname(hostport string) string {
	if host, _, err := net.SplitHostPort(hostport); err == nil {
		return host
	}
	return strings.TrimSuffix(strings.TrimPrefix(hostport, "["), "]")
}

func prefixes(path string, segments []string) bool {
	for s := range strings.SplitSeq(path, "/") {
		if s == "" {
			continue
		}
		if len(segments) == 0 || !sameSegment(s, segments[0]) {
			return false
		}
		segments = segments[1:]
	}
	return true
}

// sameSegment compares a segment as signed, which may be escaped, with a
// decoded one.
func sameSegment(signed, segment string) bool {
	if strings.EqualFold(signed, segment) {
		return true
	}
	decoded, err := url.PathUnescape(signed)
	return err == nil && strings.EqualFold(decoded, segment)
}
