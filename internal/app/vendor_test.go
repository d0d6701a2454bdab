package app_test

import (
	"maps"
	"strings"
	"testing"

	"github.com/fanfare-hub/fanfare/internal/app"
	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pnssim"
)

// Every property that says where a secret is sent leads to the vendor, however
// it is written; elsewhere only as the operator's own file has it.
func TestManagedCredentialsStayWithTheVendor(t *testing.T) {
	t.Parallel()
	sim, err := pnssim.Start(pnssim.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := sim.Close(); err != nil {
			t.Error(err)
		}
	})
	const sid, entraID = "ms-app://S-1-15-2-1", "11111111-2222-3333-4444-555555555555"
	wns := func(client string) map[string]string {
		return map[string]string{"PackageSid": client, "SecretKey": "s"}
	}
	for _, c := range []struct {
		platform hub.Platform
		base     map[string]string
		property string
		good     []string
		bad      []string
	}{
		{hub.APNs, sim.APNsCredential(), "Endpoint",
			[]string{"gateway.push.apple.com", "https://api.push.apple.com:2197/3/device", "https://api.development.push.apple.com:443/3/device", "API.SANDBOX.PUSH.APPLE.COM"},
			[]string{"https://127.0.0.1/3/device", "https://apple.example/3/device", "https://xpush.apple.com.example"}},
		{hub.WNS, wns(sid), "WindowsLiveEndpoint",
			[]string{"https://login.live.com/accesstoken.srf"}, []string{"https://169.254.169.254/x", "https://live.com.example/accesstoken.srf", "https://evillogin.live.com/accesstoken.srf"}},
		{hub.WNS, wns(entraID), "WindowsLiveEndpoint",
			[]string{"https://login.microsoftonline.com/t/oauth2/v2.0/token", "https://login.partner.microsoftonline.cn/t/oauth2/v2.0/token"}, nil},
		{hub.ADM, map[string]string{"ClientId": "amzn1.x", "ClientSecret": "s"}, "AuthTokenUrl",
			[]string{"https://api.amazon.com/auth/O2/token", "https://api.amazon.co.uk/auth/o2/token"}, []string{"https://api.amazon.com.example/auth", "https://[::1]/token"}},
		{hub.ADM, map[string]string{"ClientId": "amzn1.x", "ClientSecret": "s"}, "SendUrlTemplate",
			[]string{"https://api.amazon.com/messaging/registrations/{0}/messages"}, []string{"https://adm.example/messaging/registrations/{0}/messages"}},
		{hub.Baidu, map[string]string{"BaiduApiKey": "k", "BaiduSecretKey": "s"}, "BaiduEndPoint",
			[]string{"https://api.tuisong.baidu.com/rest/3.0", "https://channel.api.duapp.com/rest/2.0/channel/channel"}, []string{"https://baidu.example/rest/3.0", "https://notbaidu.com/rest/3.0"}},
		{hub.Xiaomi, map[string]string{"AppSecret": "s"}, "Endpoint",
			[]string{"https://api.xmpush.xiaomi.com/v3/message/regid", "https://api.xmpush.global.xiaomi.com"}, []string{"https://10.0.0.1", "https://xiaomi.com.example"}},
	} {
		check := func(value string, managed, named bool) {
			t.Helper()
			cred := hub.Credential{Platform: c.platform, Properties: maps.Clone(c.base)}
			cred.Properties[c.property] = value
			if err := app.CheckCredential(cred); err != nil && named {
				t.Errorf("%s %s=%s in the configuration: %v", c.platform, c.property, value, err)
			}
			err := app.CheckManagedCredential(cred)
			if (err == nil) != managed || err != nil && !strings.Contains(err.Error(), c.property) {
				t.Errorf("%s %s=%s through the API: %v", c.platform, c.property, value, err)
			}
		}
		for _, value := range c.good {
			check(value, true, true)
		}
		for _, value := range c.bad {
			check(value, false, true)
		}
	}
}
