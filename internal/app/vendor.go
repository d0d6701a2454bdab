package app

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/fanfare-hub/fanfare/internal/egress"
	"github.com/fanfare-hub/fanfare/internal/hub"
)

// vendors are the hosts to which a credential that came through the API may be
// sent, by the property that names one. Whoever may manage a hub may not have
// its server connect to hosts of theirs, or be given the secrets that it keeps.
var vendors = map[hub.Platform]map[string]egress.HostList{
	hub.APNs:   {"Endpoint": {"https://push.apple.com"}},
	hub.WNS:    {"WindowsLiveEndpoint": {"https://login.live.com", "https://login.microsoftonline.com", "https://login.microsoftonline.us", "https://login.partner.microsoftonline.cn"}},
	hub.ADM:    {"AuthTokenUrl": amazon, "SendUrlTemplate": amazon},
	hub.Baidu:  {"BaiduEndPoint": {"https://baidu.com", "https://channel.api.duapp.com"}},
	hub.Xiaomi: {"Endpoint": {"https://xiaomi.com"}},
}

var amazon = egress.HostList{"https://api.amazon.com", "https://api.amazon.co.uk", "https://api.amazon.co.jp"}

// CheckManagedCredential is CheckCredential for one that a client of the API
// sets: its endpoints are the vendor's own. Those of the configuration file are
// the operator's choice.
func CheckManagedCredential(cred hub.Credential) error {
	if err := CheckCredential(cred); err != nil {
		return err
	}
	places := vendors[cred.Platform]
	for _, name := range slices.Sorted(maps.Keys(places)) {
		value := strings.TrimSpace(cred.Properties[name])
		if value == "" {
			continue
		}
		if !strings.Contains(value, "://") {
			value = "https://" + value // Apple's gateway.push.apple.com
		}
		if !places[name].Covers(value) {
			return fmt.Errorf("%s does not lead to a host of the push service, which are %s; any other is set in the server's configuration", name, strings.Join(places[name], ", "))
		}
	}
	return nil
}
