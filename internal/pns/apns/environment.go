package apns

import (
	"errors"
	"net/url"
	"strings"
)

// Apple's two environments. Each host listens on two ports, the second one for
// networks whose firewalls let nothing else through.
const (
	production = "https://api.push.apple.com"
	sandbox    = "https://api.sandbox.push.apple.com"
	port       = "443"
	otherPort  = "2197"
)

// environments interprets an endpoint. Azure's clients write the names of the
// retired binary protocol, of Apple's HTTP/2 hosts, and an older name of the
// second one. An https URL of another host is somebody's stand-in for Apple,
// and has no other environment.
func environments(endpoint string) (origin, other string, err error) {
	text := strings.ToLower(strings.TrimSpace(endpoint))
	if text == "" {
		text = production
	}
	bare := !strings.Contains(text, "://")
	if bare {
		text = "https://" + text
	}
	u, err := url.Parse(text)
	if err != nil || u.Hostname() == "" {
		return "", "", errors.New("it is not a URL")
	}
	if host, ok := strings.CutSuffix(u.Hostname(), ".push.apple.com"); ok {
		p := port
		if u.Port() == otherPort {
			p = otherPort
		}
		if strings.Contains(host, "sandbox") || strings.Contains(host, "development") {
			return sandbox + ":" + p, production + ":" + p, nil
		}
		return production + ":" + p, sandbox + ":" + p, nil
	}
	switch path := strings.TrimSuffix(u.Path, "/"); {
	case bare || u.Scheme != "https":
		return "", "", errors.New("it is neither one of Apple's nor an https URL")
	case u.User != nil || u.RawQuery != "" || u.Fragment != "" || path != "" && path != "/3/device":
		return "", "", errors.New("its path is /3/device, and nothing else stands beside its host and port")
	case u.Port() == "":
		u.Host += ":" + port
	}
	return "https://" + u.Host, "", nil
}

// isSandbox reports whether an origin is Apple's sandbox.
func isSandbox(origin string) bool { return strings.HasPrefix(origin, sandbox+":") }
