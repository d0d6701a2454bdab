// Package egress decides where Fanfare may connect when the address came from
// a caller or a device: the channel hosts of a push service by name, and Web
// Push endpoints by the address that their host resolves to.
package egress

import (
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"unicode"
)

// maxURL bounds the length of a channel or endpoint, in bytes. The longest in
// use have a few hundred.
const maxURL = 4096

// parse reads an absolute URL that could be dialled as it stands. Errors never
// hold the URL: it is a device's secret address.
func parse(raw string) (*url.URL, error) {
	if len(raw) > maxURL {
		return nil, fmt.Errorf("the URI has %d bytes, at most %d are allowed", len(raw), maxURL)
	}
	u, err := url.Parse(raw)
	switch {
	case err != nil:
		return nil, errors.New("not a URI")
	case u.Scheme == "" || u.Hostname() == "":
		return nil, errors.New("not an absolute URI: a scheme and a host are needed")
	case u.User != nil:
		return nil, errors.New("the URI has a user name, which no channel has")
	case strings.ContainsFunc(u.Hostname(), func(r rune) bool { return r > unicode.MaxASCII }):
		// Clients map such characters to others (UTS #46): ① to 1, 。 to a dot.
		return nil, errors.New("the URI's host is not ASCII")
	case !possiblePort(u.Port()):
		return nil, errors.New("the URI's port is none: 1 to 65535 are")
	}
	return u, nil
}

func possiblePort(port string) bool {
	n, err := strconv.ParseUint(port, 10, 16)
	return port == "" || err == nil && n > 0
}

// folded is the host in the form in which names are compared.
func folded(u *url.URL) string { return strings.ToLower(u.Hostname()) }
