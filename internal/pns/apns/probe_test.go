package apns

import (
	"errors"
	"strings"
	"testing"

	"github.com/fanfare-hub/fanfare/internal/pns/h2"
)

// What APNs says to a push to nobody, and what that says of the credential.
func TestDiagnose(t *testing.T) {
	t.Parallel()
	key := &config{keyID: "ABCDE12345", teamID: "TEAM567890", bundleID: "a.b", origin: production + ":443"}
	cert := &config{bundleID: "a.b", certificate: &certificate{}, origin: sandbox + ":443"}
	own := &config{bundleID: "a.b", certificate: &certificate{}, origin: "https://h:1"}
	for _, c := range []struct {
		cfg    *config
		status int
		reason string
		ok     bool
		says   string
	}{
		{key, 400, "BadDeviceToken", true, "APNs takes key ABCDE12345 of team TEAM567890 for a.b in production"},
		{cert, 400, "BadDeviceToken", true, "APNs takes the certificate for a.b in the sandbox"},
		{own, 400, "BadDeviceToken", true, "in the environment of https://h:1"},
		{key, 200, "", true, "APNs takes"},
		{key, 410, "Unregistered", true, "APNs takes"},
		{key, 410, "ExpiredToken", true, "APNs takes"},
		{key, 429, "TooManyRequests", true, "APNs takes"},
		{key, 403, "InvalidProviderToken", false, "the .p8 file is not that of key ABCDE12345 of team TEAM567890, or the key was revoked; give a key its own file, id and team: 403 InvalidProviderToken"},
		{key, 403, "MissingProviderToken", false, "the .p8 file is not"},
		{key, 403, "ExpiredProviderToken", false, "this machine's clock is wrong"},
		{key, 403, "BadEnvironmentKeyIdInToken", false, "key ABCDE12345 of team TEAM567890 is not for production"},
		{key, 403, "BadEnvironmentKeyInToken", false, "is not for production"},
		{cert, 403, "BadCertificateEnvironment", false, "the certificate is not for the sandbox"},
		{cert, 403, "BadCertificate", false, "not one for pushing, or was revoked"},
		{key, 403, "Forbidden", false, "does not let key ABCDE12345 of team TEAM567890 push"},
		{key, 400, "TopicDisallowed", false, "does not open a.b: the bundle id is misspelt or another team's: 400 TopicDisallowed"},
		{key, 400, "BadTopic", false, "does not open a.b"},
		{key, 400, "MissingTopic", false, "does not open a.b"},
		{key, 400, "DeviceTokenNotForTopic", false, "does not open a.b"},
		{key, 503, "ServiceUnavailable", false, "APNs neither took nor refused key ABCDE12345 of team TEAM567890: try again later: 503 ServiceUnavailable"},
		{key, 429, "TooManyProviderTokenUpdates", false, "try again later"},
		{key, 400, "SomethingNew", false, "try again later: 400 SomethingNew"},
		{key, 502, "", false, "try again later: 502"},
	} {
		ok, sentence := c.cfg.diagnose(&h2.Response{Status: c.status, Body: []byte(`{"reason":"` + c.reason + `"}`)})
		if ok != c.ok || !strings.Contains(sentence, c.says) {
			t.Errorf("%d %s: %v %q, want …%s…", c.status, c.reason, ok, sentence, c.says)
		}
	}
	if ok, sentence := key.diagnose(&h2.Response{Err: errors.New("connection refused")}); ok || sentence != "APNs could not be asked, see whether this machine may connect to it: connection refused" {
		t.Errorf("%v %q", ok, sentence)
	}
}
