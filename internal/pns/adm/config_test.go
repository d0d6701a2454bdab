package adm_test

import (
	"strings"
	"testing"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pns/adm"
)

const (
	clientID = "amzn1.application-oa2-client.0123456789abcdef"
	secret   = "hunter2"
)

// credential is a good one but for the pairs of change.
func credential(change ...string) hub.Credential {
	p := map[string]string{"ClientId": clientID, "ClientSecret": secret}
	for i := 0; i < len(change); i += 2 {
		p[change[i]] = change[i+1]
	}
	return hub.Credential{Platform: hub.ADM, Version: 1, Properties: p}
}

func TestCredentialMistakes(t *testing.T) {
	t.Parallel()
	const token, send = "AuthTokenUrl", "SendUrlTemplate"
	for name, c := range map[string]struct {
		change []string
		want   string
	}{
		"good":                   {nil, ""},
		"Amazon's URLs named":    {[]string{token, "https://api.amazon.com/auth/O2/token", send, "https://api.amazon.com/messaging/registrations/{0}/messages"}, ""},
		"a relay":                {[]string{token, "https://relay.example/token", send, "https://relay.example:8443/a?id={0}&b=c"}, ""},
		"no id":                  {[]string{"ClientId", " "}, "ClientId is missing"},
		"no secret":              {[]string{"ClientSecret", ""}, "ClientSecret is missing"},
		"a relative token URL":   {[]string{token, "/auth"}, "AuthTokenUrl is not an absolute URL"},
		"a token URL in clear":   {[]string{token, "http://api.amazon.com/auth/O2/token"}, "AuthTokenUrl is not https"},
		"a token URL's user":     {[]string{token, "https://u:p@api.amazon.com/"}, "AuthTokenUrl has a user name"},
		"no place for the id":    {[]string{send, "https://api.amazon.com/messages"}, "does not hold {0} once"},
		"two places for the id":  {[]string{send, "https://api.amazon.com/{0}/{0}"}, "does not hold {0} once"},
		"the id as the host":     {[]string{send, "https://{0}/messages"}, "with {0} in its path"},
		"the id as a host's end": {[]string{send, "https://api.amazon.com{0}"}, "with {0} in its path"},
		"the id after a query":   {[]string{send, "https://api.amazon.com?{0}"}, "with {0} in its path"},
		"a send URL in clear":    {[]string{send, "http://localhost:8450/adm/{0}"}, "is not an https URL"},
		"the id as the scheme":   {[]string{send, "{0}://api.amazon.com/"}, "is not an https URL"},
	} {
		err := adm.Check(credential(c.change...))
		switch {
		case c.want == "" && err != nil:
			t.Errorf("%s: refused: %v", name, err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "ADM credential: ")):
			t.Errorf("%s: error %v; want %q in it", name, err, c.want)
		case err != nil && strings.Contains(err.Error(), secret):
			t.Errorf("%s: the error holds the secret", name)
		}
	}
}
