package api

import (
	"net/url"
	"strings"
)

// path is a request's path in both forms that are needed: decoded, to match
// and to compare; as it came, to be echoed in links.
type path struct {
	segments []string // decoded
	escaped  []string
}

// parsePath splits an escaped path. Empty segments are dropped: clients send
// trailing slashes, and join with one too many. A dot is a segment like any
// other, since ids are free.
func parsePath(escaped string) (path, error) {
	var p path
	for e := range strings.SplitSeq(escaped, "/") {
		if e == "" {
			continue
		}
		s, err := url.PathUnescape(e)
		if err != nil {
			return path{}, badRequest("The path is not valid: a %% must be followed by two hexadecimal digits.")
		}
		p.segments = append(p.segments, s)
		p.escaped = append(p.escaped, e)
	}
	return p, nil
}

// String returns the path as it came, without empty segments.
func (p path) String() string { return "/" + strings.Join(p.escaped, "/") }
