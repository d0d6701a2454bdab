// Package wns delivers through the Windows Push Notification Services: one
// HTTP/1.1 POST to each device's own channel URI, with an OAuth token of the
// app.
package wns

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pns"
)

const (
	// liveEndpoint gives tokens for a package SID.
	liveEndpoint = "https://login.live.com/accesstoken.srf"
	liveScope    = "notify.windows.com"
	entraScope   = "https://wns.windows.com/.default"
)

// entraHosts are Microsoft Entra's token endpoints, of the public cloud and of
// the national ones. An app of the Windows App SDK gets its tokens there.
var entraHosts = []string{"login.microsoftonline.com", "login.microsoftonline.us", "login.partner.microsoftonline.cn"}

// config is a parsed WnsCredential: Azure's properties PackageSid, SecretKey
// and, if given, WindowsLiveEndpoint.
type config struct {
	endpoint string
	client   string
	secret   string
	scope    string
}

// Check says what is wrong with a credential, or nil.
func Check(cred hub.Credential) error {
	_, err := parseConfig(cred.Properties)
	return err
}

// The two ways to name an app: a package SID, and an application id of Entra.
var (
	sidForm   = regexp.MustCompile(`^S(-[0-9]{1,20}){2,20}$`)
	appIDForm = regexp.MustCompile(`^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$`)
)

const sidPrefix = "ms-app://"

func parseConfig(p map[string]string) (config, error) {
	c := config{client: strings.TrimSpace(p["PackageSid"]), secret: p["SecretKey"]}
	switch {
	case c.client == "":
		return config{}, errors.New("WNS credential: PackageSid is missing: it is ms-app://S-1-15-2-… from the app's page in Partner Center")
	case strings.TrimSpace(c.secret) == "":
		return config{}, errors.New("WNS credential: SecretKey is missing: it is the app's secret or password")
	}
	entra, err := c.setEndpoint(strings.TrimSpace(p["WindowsLiveEndpoint"]))
	if err != nil {
		return config{}, err
	}
	if entra {
		c.scope = entraScope
		if !appIDForm.MatchString(c.client) {
			return config{}, errors.New("WNS credential: PackageSid must be the application id (a GUID) where WindowsLiveEndpoint is Microsoft Entra's")
		}
		return c, nil
	}
	c.scope = liveScope
	sid := strings.TrimPrefix(c.client, sidPrefix)
	if !sidForm.MatchString(sid) {
		return config{}, errors.New("WNS credential: PackageSid is not of the form ms-app://S-1-15-2-…")
	}
	c.client = sidPrefix + sid
	return c, nil
}

// setEndpoint takes the token endpoint and reports whether it is Entra's.
func (c *config) setEndpoint(raw string) (entra bool, err error) {
	if raw == "" {
		c.endpoint = liveEndpoint
		return false, nil
	}
	u, err := url.Parse(raw)
	switch {
	case err != nil || u.Hostname() == "":
		return false, fmt.Errorf("WNS credential: WindowsLiveEndpoint is not an absolute URI, as %s is", liveEndpoint)
	case u.Scheme != "https":
		return false, errors.New("WNS credential: WindowsLiveEndpoint is not https: the secret is sent there")
	case u.User != nil:
		return false, errors.New("WNS credential: WindowsLiveEndpoint has a user name")
	}
	c.endpoint = u.String()
	for _, h := range entraHosts {
		if strings.EqualFold(u.Hostname(), h) {
			return true, nil
		}
	}
	return false, nil
}

// tokenRequest asks for an access token with the app's secret (RFC 6749 §4.4).
func (c *config) tokenRequest(time.Time) (pns.TokenRequest, error) {
	return pns.TokenRequest{URL: c.endpoint, Form: url.Values{
		"grant_type":    {"client_credentials"},
		"client_id":     {c.client},
		"client_secret": {c.secret},
		"scope":         {c.scope},
	}}, nil
}
