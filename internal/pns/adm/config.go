// Package adm delivers through Amazon Device Messaging: one HTTP/1.1 POST for
// each device, with an OAuth token of the app's security profile.
package adm

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pns"
)

const (
	defaultTokenURL = "https://api.amazon.com/auth/O2/token"
	defaultSendURL  = "https://api.amazon.com/messaging/registrations/{0}/messages"
	// place is where the registration id goes in a SendUrlTemplate.
	place = "{0}"
	scope = "messaging:push"
)

// config is a parsed AdmCredential: Azure's properties ClientId, ClientSecret
// and, if given, AuthTokenUrl and SendUrlTemplate.
type config struct {
	client, secret      string
	tokenURL            string
	sendBefore, sendEnd string // the send URL around the registration id
}

// Check says what is wrong with a credential, or nil.
func Check(cred hub.Credential) error {
	_, err := parseConfig(cred.Properties)
	return err
}

func parseConfig(p map[string]string) (*config, error) {
	c := &config{client: strings.TrimSpace(p["ClientId"]), secret: strings.TrimSpace(p["ClientSecret"])}
	switch {
	case c.client == "":
		return nil, errors.New("ADM credential: ClientId is missing: it is amzn1.application-oa2-client.… from the app's security profile")
	case c.secret == "":
		return nil, errors.New("ADM credential: ClientSecret is missing: it stands below the client id in the app's security profile")
	}
	c.tokenURL = either(p["AuthTokenUrl"], defaultTokenURL)
	if err := checkURL(c.tokenURL); err != nil {
		return nil, fmt.Errorf("ADM credential: AuthTokenUrl %w, as %s is", err, defaultTokenURL)
	}
	send := either(p["SendUrlTemplate"], defaultSendURL)
	if strings.Count(send, place) != 1 {
		return nil, fmt.Errorf("ADM credential: SendUrlTemplate does not hold %s once, as %s does", place, defaultSendURL)
	}
	// {0} in the host would let a registration id choose where the token goes.
	if err := checkURL(send); err != nil || !strings.Contains(afterHost(send), place) {
		return nil, fmt.Errorf("ADM credential: SendUrlTemplate is not an https URL with %s in its path, as %s is", place, defaultSendURL)
	}
	c.sendBefore, c.sendEnd, _ = strings.Cut(send, place)
	return c, nil
}

func either(given, usual string) string {
	if given = strings.TrimSpace(given); given != "" {
		return given
	}
	return usual
}

// checkURL reports why a secret cannot be sent to a URL.
func checkURL(raw string) error {
	u, err := url.Parse(strings.Replace(raw, place, "0", 1))
	switch {
	case err != nil || u.Hostname() == "":
		return errors.New("is not an absolute URL")
	case u.Scheme != "https":
		return errors.New("is not https")
	case u.User != nil:
		return errors.New("has a user name")
	}
	return nil
}

// afterHost is a URL's path and what follows it.
func afterHost(raw string) string {
	_, rest, _ := strings.Cut(raw, "://")
	_, path, _ := strings.Cut(rest, "/")
	return path
}

// sendURL is where a push to a device goes.
func (c *config) sendURL(registration string) string {
	return c.sendBefore + url.PathEscape(registration) + c.sendEnd
}

// tokenRequest asks for an access token with the app's secret (RFC 6749 §4.4).
func (c *config) tokenRequest(time.Time) (pns.TokenRequest, error) {
	return pns.TokenRequest{URL: c.tokenURL, Form: url.Values{
		"grant_type":    {"client_credentials"},
		"client_id":     {c.client},
		"client_secret": {c.secret},
		"scope":         {scope},
	}}, nil
}
