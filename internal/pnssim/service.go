package pnssim

import (
	"crypto/tls"
	"net/http"
	"slices"
	"strings"
)

// Service names a simulated push service.
type Service string

// The services.
const (
	APNs Service = "apns"
	FCM  Service = "fcm"
	WNS  Service = "wns"
	MPNS Service = "mpns"
	ADM  Service = "adm"

	Browser Service = "browser"
)

// trait is what tells one service from another.
type trait struct {
	service   Service
	owns      func(host string) bool
	protocols []string
	// demand asks for a certificate of the client; nil: the service wants none.
	demand func(*Sim, *tls.Config)
	// handler serves it over HTTP; nil is APNs, which is served frame by frame.
	handler func(*Sim) http.Handler
	plain   bool // also serves HTTP without TLS; one service does
}

// traits are the services; the first that owns a host has it.
var traits = []trait{
	{service: APNs, owns: func(host string) bool { return host != appleWebHost && hosts(".push.apple.com")(host) }, protocols: []string{"h2"}, demand: (*Sim).demandAppleCertificate},
	{service: FCM, owns: hosts("fcm.googleapis.com", oauthHost), protocols: []string{"h2", "http/1.1"}, handler: (*Sim).fcmHandler},
	{service: WNS, owns: hosts(".notify.windows.com", liveHost, entraHost), protocols: []string{"http/1.1"}, handler: (*Sim).wnsHandler},
	{service: MPNS, owns: hosts(phoneHosts), protocols: []string{"http/1.1"}, handler: (*Sim).mpnsHandler, demand: (*Sim).demandPhoneCertificate, plain: true},
	{service: ADM, owns: hosts(amazonHost), protocols: []string{"http/1.1"}, handler: (*Sim).admHandler},
	{service: Baidu, owns: hosts("api.tuisong.baidu.com", "channel.api.duapp.com"), protocols: []string{"http/1.1"}, handler: (*Sim).baiduHandler},
	{service: Xiaomi, owns: hosts(".xmpush.xiaomi.com", ".xmpush.global.xiaomi.com"), protocols: []string{"http/1.1"}, handler: (*Sim).xiaomiHandler},
	{service: Browser, owns: anyHost, protocols: []string{"h2", "http/1.1"}, handler: (*Sim).browserHandler}, // the last: it owns what is left
}

// Services returns every simulated push service, in alphabetical order.
func Services() []Service {
	all := make([]Service, 0, len(traits))
	for _, t := range traits {
		all = append(all, t.service)
	}
	slices.Sort(all)
	return all
}

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

// plainService is the service of connections without TLS, which name no host
// before their first request.
func plainService() Service {
	i := slices.IndexFunc(traits, func(t trait) bool { return t.plain })
	return traits[i].service
}
