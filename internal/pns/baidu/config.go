// Package baidu delivers through Baidu Cloud Push: one signed form, posted over
// HTTP/1.1, for each device.
//
// There are two generations of the interface, and the endpoint's path chooses:
// /rest/2.0/channel/channel, which Azure's credentials name, and /rest/3.0/,
// today's, which is the default. The older one finds a device by user id and
// channel id, today's by the channel id alone; a handle is both, joined by a
// hyphen. The body of a notification is handed to the device as it is: any
// text for a message, Baidu's JSON object for a notification
// (https://push.baidu.com/doc/restapi/msg_struct).
package baidu

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"

	"github.com/fanfare-hub/fanfare/internal/hub"
)

const (
	defaultHost = "api.tuisong.baidu.com"
	rootV3      = "/rest/3.0"
	pathV3      = rootV3 + "/push/single_device"
)

// pathV2 is a channel of the older interface; its name is free.
var pathV2 = regexp.MustCompile(`^/rest/2\.0/channel/[A-Za-z0-9_.-]+$`)

// config is a parsed BaiduCredential: Azure's properties BaiduApiKey,
// BaiduSecretKey and, if given, BaiduEndPoint.
type config struct {
	url    string // of every request, as it is signed: without a query
	older  bool   // version 2
	key    string
	secret string
}

// Check says what is wrong with a credential, or nil.
func Check(cred hub.Credential) error {
	_, err := parseConfig(cred.Properties)
	return err
}

func parseConfig(p map[string]string) (config, error) {
	c := config{key: strings.TrimSpace(p["BaiduApiKey"]), secret: strings.TrimSpace(p["BaiduSecretKey"])}
	switch {
	case c.key == "":
		return config{}, errors.New("BaiduCredential: BaiduApiKey is missing: it stands on the app's page in Baidu's push console")
	case c.secret == "":
		return config{}, errors.New("BaiduCredential: BaiduSecretKey is missing: it stands beside the API key")
	}
	return c, c.setEndpoint(strings.TrimSpace(p["BaiduEndPoint"]))
}

// setEndpoint takes the endpoint and finds the interface that it speaks.
func (c *config) setEndpoint(raw string) error {
	if raw == "" {
		raw = "https://" + defaultHost
	}
	u, err := url.Parse(raw)
	switch {
	case err != nil || u.Hostname() == "":
		return errors.New("BaiduCredential: BaiduEndPoint is not an absolute URI, as https://" + defaultHost + rootV3 + " is")
	case u.Scheme != "https":
		return errors.New("BaiduCredential: BaiduEndPoint is not https: notifications are sent there")
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return errors.New("BaiduCredential: BaiduEndPoint has more than a host and a path")
	}
	path := strings.TrimRight(u.Path, "/")
	switch {
	case path == "" || path == rootV3 || path == pathV3:
		path = pathV3
	case pathV2.MatchString(path):
		c.older = true
	default:
		return fmt.Errorf("BaiduCredential: the path of BaiduEndPoint is neither /rest/2.0/channel/channel nor %s", rootV3)
	}
	// The host is signed as the request's Host header has it.
	c.url = "https://" + strings.TrimSuffix(strings.ToLower(u.Host), ":443") + path
	return nil
}
