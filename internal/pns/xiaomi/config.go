// Package xiaomi delivers through Mi Push: one form, posted over HTTP/1.1, for
// up to a thousand devices that get the same message
// (https://dev.mi.com/xiaomihyperos/documentation/detail?pId=1559).
//
// The body of a notification is a JSON object of Xiaomi's own parameters, under
// their names:
//
//	title, description       text; a notification must have a title, and one
//	                         without a description shows its title there too,
//	                         since Xiaomi takes none without
//	payload                  what the app gets, at most 4096 bytes: text, or any
//	                         other JSON, which the app gets as JSON
//	pass_through             0: a notification (also if absent); 1: data for the app
//	restricted_package_name  the app's package; several, with commas between
//	                         them, through version 3 of the interface
//	notify_type, notify_id   whole numbers
//	time_to_live             milliseconds; goes before the notification's expiry
//	time_to_send             milliseconds since 1970
//	extra                    an object of texts, numbers and booleans; less than
//	                         2048 bytes in all. A member extra.NAME says the same
//
// Whole numbers may be texts, as templates make them. A member of another name
// is refused, with its name: Xiaomi would ignore it in silence. So is one that
// names devices: the hub chooses those.
package xiaomi

import (
	"errors"
	"net/url"
	"strings"

	"github.com/fanfare-hub/fanfare/internal/hub"
)

const (
	defaultHost = "api.xmpush.xiaomi.com"
	pathV2      = "/v2/message/regid" // for one package
	pathV3      = "/v3/message/regid" // for several; takes whatever version 2 takes
)

// config is a parsed XiaomiCredential: Azure's properties AppSecret and, if
// given, Endpoint.
type config struct {
	url        string
	onePackage bool // version 2
	secret     string
}

// Check says what is wrong with a credential, or nil.
func Check(cred hub.Credential) error {
	_, err := parseConfig(cred.Properties)
	return err
}

func parseConfig(p map[string]string) (config, error) {
	c := config{secret: strings.TrimSpace(property(p, "AppSecret"))}
	switch {
	case c.secret == "":
		return config{}, errors.New("XiaomiCredential: AppSecret is missing: it stands on the app's page in Xiaomi's push console")
	case strings.ContainsFunc(c.secret, func(r rune) bool { return r <= ' ' || r > '~' }):
		return config{}, errors.New("XiaomiCredential: AppSecret has characters that no header can carry")
	}
	return c, c.setEndpoint(strings.TrimSpace(property(p, "Endpoint")))
}

// property looks a name up in any letter case: Azure's management API writes
// appSecret and endpoint, its .NET client AppSecret and Endpoint.
func property(p map[string]string, name string) string {
	if v, ok := p[name]; ok {
		return v
	}
	for k, v := range p {
		if strings.EqualFold(k, name) {
			return v
		}
	}
	return ""
}

// setEndpoint takes the endpoint: a region's host, and the interface if its
// path names one.
func (c *config) setEndpoint(raw string) error {
	if raw == "" {
		raw = "https://" + defaultHost
	}
	u, err := url.Parse(raw)
	switch {
	case err != nil || u.Hostname() == "":
		return errors.New("XiaomiCredential: Endpoint is not an absolute URI, as https://" + defaultHost + " is")
	case u.Scheme != "https":
		return errors.New("XiaomiCredential: Endpoint is not https: the secret is sent there")
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return errors.New("XiaomiCredential: Endpoint has more than a host and a path")
	}
	path := strings.TrimRight(u.Path, "/")
	switch path {
	case "":
		path = pathV3
	case pathV2:
		c.onePackage = true
	case pathV3:
	default:
		return errors.New("XiaomiCredential: the path of Endpoint is neither " + pathV2 + " nor " + pathV3)
	}
	c.url = "https://" + u.Host + path
	return nil
}
