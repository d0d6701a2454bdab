package apns

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/fanfare-hub/fanfare/internal/pns"
	"github.com/fanfare-hub/fanfare/internal/pns/h2"
)

// nobody is a device token that APNs gives to no device.
var nobody = strings.Repeat("0", 64)

// Probe pushes to a device that does not exist. APNs looks at the credential
// first: where it finds fault with the device alone, the credential is good.
func (c *connector) Probe(ctx context.Context) (d pns.Diagnosis) {
	if cert := c.cfg.certificate; cert != nil {
		d.NotAfter = cert.pair.Leaf.NotAfter
	}
	token, refused := c.authorize(false)
	if refused != nil {
		d.Sentence = refused.Reason
		return d
	}
	p := &push{
		fields: []h2.Field{{Name: "apns-priority", Value: "5"}, {Name: "apns-topic", Value: c.cfg.anyTopic()}},
		body:   []byte(`{"aps":{}}`),
	}
	resps := make([]h2.Response, 1)
	c.main.Do(ctx, []h2.Request{p.request(token, &pns.Target{Handle: nobody})}, h2.Mode{}, resps)
	d.OK, d.Sentence = c.cfg.diagnose(&resps[0])
	return d
}

// anyTopic is one that the credential opens: a VoIP certificate does not open
// the app's own.
func (c *config) anyTopic() string {
	if c.allows(c.bundleID) {
		return c.bundleID
	}
	return c.certificate.topicOf(c.bundleID)
}

// diagnose says what the answer to a probe means.
func (c *config) diagnose(r *h2.Response) (ok bool, sentence string) {
	switch {
	case r.Err == nil:
	case certificateRefused(r.Err):
		return false, pns.Reason("APNs does not take the certificate: it has expired, was revoked or is not one of Apple's; make a new one", r.Err.Error())
	default:
		return false, pns.NotAsked("APNs", r.Err.Error()).Sentence
	}
	var b body
	json.Unmarshal(r.Body, &b) //nolint:errcheck // then there is no reason
	said := strconv.Itoa(r.Status) + " " + b.Reason
	if r.Status == http.StatusOK || ofTheDevice[b.Reason] {
		return true, fmt.Sprintf("APNs takes %s for %s in %s", c.who(), c.bundleID, c.environment())
	}
	if trouble := c.trouble(b.Reason); trouble != "" {
		return false, pns.Reason(trouble, said)
	}
	return false, pns.Reason("APNs neither took nor refused "+c.who()+": try again later", said)
}

// ofTheDevice are the reasons for which the credential is in order.
var ofTheDevice = map[string]bool{"BadDeviceToken": true, "Unregistered": true, "ExpiredToken": true, "TooManyRequests": true}

// trouble says what is wrong with the credential; "" is nothing that APNs has
// named.
func (c *config) trouble(reason string) string {
	switch reason {
	case "InvalidProviderToken", "MissingProviderToken":
		return fmt.Sprintf("the .p8 file is not that of key %s of team %s, or the key was revoked; give a key its own file, id and team", c.keyID, c.teamID)
	case "ExpiredProviderToken":
		return "APNs calls a new token too old: this machine's clock is wrong"
	case "BadEnvironmentKeyIdInToken", "BadEnvironmentKeyInToken", "BadCertificateEnvironment":
		return fmt.Sprintf("%s is not for %s: change the endpoint, or take another", c.who(), c.environment())
	case "TopicDisallowed", "BadTopic", "MissingTopic", "DeviceTokenNotForTopic":
		return fmt.Sprintf("%s does not open %s: the bundle id is misspelt or another team's", c.who(), c.bundleID)
	case "BadCertificate":
		return "the certificate is not one for pushing, or was revoked; make a new one"
	case "Forbidden":
		return fmt.Sprintf("APNs does not let %s push: see that it is enabled for the Apple Push Notifications service", c.who())
	}
	return ""
}

// who names the credential without its secret.
func (c *config) who() string {
	if c.certificate != nil {
		return "the certificate"
	}
	return fmt.Sprintf("key %s of team %s", c.keyID, c.teamID)
}

func (c *config) environment() string {
	switch {
	case isSandbox(c.origin):
		return "the sandbox"
	case strings.HasPrefix(c.origin, production+":"):
		return "production"
	}
	return "the environment of " + c.origin
}

var _ pns.Prober = (*connector)(nil)
