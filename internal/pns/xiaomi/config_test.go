package xiaomi_test

import (
	"strings"
	"testing"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pns"
	"github.com/fanfare-hub/fanfare/internal/pns/xiaomi"
)

const secret = "hunter2/+=="

func credential(secret, endpoint string) hub.Credential {
	p := map[string]string{"appSecret": secret}
	if endpoint != "" {
		p["endpoint"] = endpoint
	}
	return hub.Credential{Platform: hub.Xiaomi, Version: 1, Properties: p}
}

func TestCredentialMistakes(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, secret, endpoint, want string }{
		{"a secret", secret, "", ""},
		{"blanks around it", " " + secret + "\n", "", ""},
		{"a region", secret, "https://sgp-api.xmpush.global.xiaomi.com", ""},
		{"a region and a slash", secret, "https://fr-api.xmpush.global.xiaomi.com/", ""},
		{"version 2", secret, "https://api.xmpush.xiaomi.com/v2/message/regid", ""},
		{"version 3", secret, "https://api.xmpush.xiaomi.com/v3/message/regid", ""},
		{"no secret", " ", "", "AppSecret is missing"},
		{"a line break in the secret", "hunter2/+==\r\nX: y", "", "no header can carry"},
		{"a letter beyond ASCII", "hunter2/+==é", "", "no header can carry"},
		{"a relative endpoint", secret, "/v3/message/regid", "not an absolute URI"},
		{"a control character", secret, "https://api.xmpush.xiaomi.com/\x01", "not an absolute URI"},
		{"no TLS", secret, "http://api.xmpush.xiaomi.com", "not https"},
		{"a user", secret, "https://u:p@api.xmpush.xiaomi.com", "more than a host and a path"},
		{"a query", secret, "https://api.xmpush.xiaomi.com?a=b", "more than a host and a path"},
		{"another method", secret, "https://api.xmpush.xiaomi.com/v3/message/all", "neither /v2/message/regid nor /v3/message/regid"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			err := xiaomi.Check(credential(tt.secret, tt.endpoint))
			switch {
			case tt.want == "" && err != nil:
				t.Errorf("refused: %v", err)
			case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)):
				t.Errorf("error %v; want %q in it", err, tt.want)
			case err != nil && strings.Contains(err.Error(), "hunter2"):
				t.Error("the error holds the secret")
			}
		})
	}
}

func TestPropertiesInAnyLetterCase(t *testing.T) {
	t.Parallel()
	for _, p := range []map[string]string{{"AppSecret": "s", "Endpoint": "https://x.example"}, {"appsecret": "s"}} {
		if err := xiaomi.Check(hub.Credential{Platform: hub.Xiaomi, Properties: p}); err != nil {
			t.Errorf("%v: %v", p, err)
		}
	}
	bad := map[string]string{"appSecret": "s", "Endpoint": "http://x.example"}
	if err := xiaomi.Check(hub.Credential{Platform: hub.Xiaomi, Properties: bad}); err == nil {
		t.Error("an Endpoint without TLS is taken")
	}
}

func TestNewRefusesABadCredential(t *testing.T) {
	t.Parallel()
	if _, err := xiaomi.New(credential("", ""), pns.Env{}); err == nil || !strings.Contains(err.Error(), "AppSecret is missing") {
		t.Errorf("error %v", err)
	}
}
