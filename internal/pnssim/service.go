package pnssim

import (
	"net/http"
	"net/url"
	"strings"
)

// Service names a simulated push service.
type Service string

// The services.
const (
	APNs Service = "apns"
	FCM  Service = "fcm"
	WNS  Service = "wns"
)

// trait is what tells one service from another.
type trait struct {
	service   Service
	owns      func(host string) bool
	protocols []string
	// handler serves it over HTTP; nil is APNs, which is served frame by frame.
	handler func(*Sim) http.Handler
}

// traits are the services; the first that owns a host has it.
var traits = []trait{
	{service: APNs, owns: hosts(".push.apple.com"), protocols: []string{"h2"}},
	{service: FCM, owns: hosts("fcm.googleapis.com", oauthHost), protocols: []string{"h2", "http/1.1"}, handler: (*Sim).fcmHandler},
	{service: WNS, owns: hosts(".notify.windows.com", liveHost, entraHost), protocols: []string{"http/1.1"}, handler: (*Sim).wnsHandler},
}

// forms are how a service's handles are compared, if not as they are.
var forms = map[Service]func(handle string) string{APNs: strings.ToLower, WNS: channelForm}

// hosts owns these and, of names that begin with a dot, all below them.
func hosts(names ...string) func(string) bool {
	return func(host string) bool {
		for _, n := range names {
			if host == n || strings.HasPrefix(n, ".") && strings.HasSuffix(host, n) {
				return true
			}
		}
		return false
	}
}

// traitOf returns the service that a host belongs to; nil is none.
func traitOf(host string) *trait {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	for i := range traits {
		if traits[i].owns(host) {
			return &traits[i]
		}
	}
	return nil
}

// channelForm is a channel URI as HTTP clients write it.
func channelForm(handle string) string {
	if u, err := url.Parse(handle); err == nil {
		return "https://" + strings.ToLower(u.Hostname()) + u.RequestURI()
	}
	return handle
}
