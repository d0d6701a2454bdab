package baidu_test

import (
	"strings"
	"testing"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pns"
	"github.com/fanfare-hub/fanfare/internal/pns/baidu"
)

const (
	apiKey = "Ljc710pzAa99GULCo8y48NvB"
	secret = "hunter2"
	v2     = "https://channel.api.duapp.com/rest/2.0/channel/channel"
)

func credential(key, secret, endpoint string) hub.Credential {
	p := map[string]string{"BaiduApiKey": key, "BaiduSecretKey": secret}
	if endpoint != "" {
		p["BaiduEndPoint"] = endpoint
	}
	return hub.Credential{Platform: hub.Baidu, Version: 1, Properties: p}
}

func TestCredentialMistakes(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, key, secret, endpoint, want string }{
		{"key and secret", apiKey, secret, "", ""},
		{"blanks around them", " " + apiKey + "\n", secret + "\n", "", ""},
		{"Azure's endpoint", apiKey, secret, v2, ""},
		{"today's host", apiKey, secret, "https://api.tuisong.baidu.com", ""},
		{"today's root", apiKey, secret, "https://api.tuisong.baidu.com/rest/3.0/", ""},
		{"today's method", apiKey, secret, "https://api.tuisong.baidu.com:443/rest/3.0/push/single_device", ""},
		{"another host", apiKey, secret, "https://push.example/rest/2.0/channel/channel", ""},
		{"no key", " ", secret, "", "BaiduApiKey is missing"},
		{"no secret", apiKey, "", "", "BaiduSecretKey is missing"},
		{"a relative endpoint", apiKey, secret, "/rest/3.0", "not an absolute URI"},
		{"a control character", apiKey, secret, "https://api.tuisong.baidu.com/\x01", "not an absolute URI"},
		{"no TLS", apiKey, secret, "http://api.tuisong.baidu.com/rest/3.0", "not https"},
		{"a user", apiKey, secret, "https://u:p@api.tuisong.baidu.com/rest/3.0", "more than a host and a path"},
		{"a query", apiKey, secret, v2 + "?a=b", "more than a host and a path"},
		{"an unknown version", apiKey, secret, "https://api.tuisong.baidu.com/rest/4.0", "neither /rest/2.0/channel/channel nor /rest/3.0"},
		{"half of a path", apiKey, secret, "https://channel.api.duapp.com/rest/2.0", "neither /rest/2.0/channel/channel nor /rest/3.0"},
		{"another method", apiKey, secret, "https://api.tuisong.baidu.com/rest/3.0/push/all", "neither /rest/2.0/channel/channel nor /rest/3.0"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			err := baidu.Check(credential(tt.key, tt.secret, tt.endpoint))
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

func TestNewRefusesABadCredential(t *testing.T) {
	t.Parallel()
	if _, err := baidu.New(credential("", secret, ""), pns.Env{}); err == nil || !strings.Contains(err.Error(), "BaiduApiKey is missing") {
		t.Errorf("error %v", err)
	}
}
