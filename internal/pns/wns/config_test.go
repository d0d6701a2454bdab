package wns_test

import (
	"strings"
	"testing"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pns/wns"
)

const (
	packageSID = "ms-app://S-1-15-2-3350-2-3-4-5-6-7"
	appID      = "3f2504e0-4f89-11d3-9a0c-0305e82c3301"
	entra      = "https://login.microsoftonline.com/contoso/oauth2/v2.0/token"
	secret     = "hunter2"
)

func liveCredential(sid, secret, endpoint string) hub.Credential {
	p := map[string]string{"PackageSid": sid, "SecretKey": secret}
	if endpoint != "" {
		p["WindowsLiveEndpoint"] = endpoint
	}
	return hub.Credential{Platform: hub.WNS, Version: 1, Properties: p}
}

func TestCredentialMistakes(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, sid, secret, endpoint, want string }{
		{"a package SID", packageSID, secret, "", ""},
		{"a SID without its scheme", "S-1-15-2-1-2-3-4-5-6-7", secret, "", ""},
		{"Windows Live's endpoint named", packageSID, secret, "https://login.live.com/accesstoken.srf", ""},
		{"Entra", appID, secret, entra, ""},
		{"Entra of a national cloud", appID, secret, "https://login.microsoftonline.us/t/oauth2/v2.0/token", ""},
		{"no SID", "", secret, "", "PackageSid is missing"},
		{"no secret", packageSID, " ", "", "SecretKey is missing"},
		{"not a SID", "com.example.app", secret, "", "not of the form ms-app://"},
		{"an application id for Windows Live", appID, secret, "", "not of the form ms-app://"},
		{"a SID for Entra", packageSID, secret, entra, "application id"},
		{"a relative endpoint", packageSID, secret, "/accesstoken.srf", "not an absolute URI"},
		{"an endpoint without TLS", packageSID, secret, "http://login.live.com/accesstoken.srf", "not https"},
		{"an endpoint with a user", packageSID, secret, "https://u:p@login.live.com/", "user name"},
		{"an endpoint with a control character", packageSID, secret, "https://login.live.com/\x01", "not an absolute URI"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			err := wns.Check(liveCredential(tt.sid, tt.secret, tt.endpoint))
			switch {
			case tt.want == "" && err != nil:
				t.Errorf("refused: %v", err)
			case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)):
				t.Errorf("error %v; want %q in it", err, tt.want)
			case err != nil && strings.Contains(err.Error(), secret):
				t.Error("the error holds the secret")
			}
		})
	}
}
