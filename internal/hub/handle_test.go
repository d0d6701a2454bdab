package hub_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/fanfare-hub/fanfare/internal/hub"
)

// browserKeys have the lengths of RFC 8291: a point of 65 bytes that begins with
// 4, a secret of 16.
func browserKeys(enc *base64.Encoding) *hub.BrowserKeys {
	point := append([]byte{4}, make([]byte, 64)...)
	point[1], point[2], point[3] = 0xfb, 0xff, 0xbe // digits that differ between the alphabets
	secret := []byte("\xfb\xff\xbe4567890123456")
	return &hub.BrowserKeys{P256DH: enc.EncodeToString(point), Auth: enc.EncodeToString(secret)}
}

func TestValidateHandle(t *testing.T) {
	t.Parallel()
	const token = "The device token is not valid: hexadecimal digits, an even number of them, are expected."
	const channel = "The channel URI is not an absolute URI that begins with http:// or https://."
	const baidu = "The Baidu handle is not valid: userId-channelId is expected."
	const blanks = "The PNS handle holds blanks or control characters."
	for _, c := range []struct {
		platform       hub.Platform
		handle, refuse string
	}{
		{hub.APNs, "6F0A", ""},
		{hub.APNs, strings.Repeat("aB", 80), ""},
		{hub.APNs, "6F0", token},
		{hub.APNs, "6G0A", token},
		{hub.APNs, "<6f0a>", token},
		{hub.FCMV1, "cGh:APA91b-_x", ""},
		{hub.GCM, "abc", ""},
		{hub.ADM, "amzn1.adm-registration.v3.x", ""},
		{hub.Xiaomi, "x/+=", ""},
		{hub.WNS, "https://db5.notify.windows.com/?token=AgYAA%2f", ""},
		{hub.WNS, "HTTP://db5.notify.windows.com/a", ""},
		{hub.WNS, "/?token=a", channel},
		{hub.WNS, "https:///a", channel},
		{hub.WNS, "ftp://a.example/b", channel},
		{hub.WNS, "https://a.example/%zz", channel},
		{hub.MPNS, "http://db5.notify.live.net/x/01.00/abc", ""},
		{hub.MPNS, "x", channel},
		{hub.Baidu, "11-22", ""},
		{hub.Baidu, "11-22-33", ""},
		{hub.Baidu, "1122", baidu},
		{hub.Baidu, "-22", baidu},
		{hub.Baidu, "11-", baidu},
		{hub.APNs, "", "The PNS handle is missing."},
		{hub.FCMV1, "a b", blanks},
		{hub.FCMV1, "a\r\nb", blanks},
		{hub.FCMV1, "a\x7f", blanks},
		{hub.FCMV1, "a\xff", blanks},
		{hub.FCMV1, strings.Repeat("x", 4096), ""},
		{hub.FCMV1, strings.Repeat("x", 4097), "The PNS handle has 4097 bytes; at most 4096 are allowed."},
	} {
		name := c.platform.String() + " " + strings.ToValidUTF8(c.handle[:min(len(c.handle), 40)], "?")
		refused(t, name, hub.ValidateHandle(c.platform, c.handle, nil), c.refuse)
	}
}

func TestValidateBrowserHandle(t *testing.T) {
	t.Parallel()
	const missing = "A browser needs its endpoint, p256dh and auth."
	const point = "p256dh is not a public key of 65 bytes in base64url."
	const secret = "auth is not a secret of 16 bytes in base64url."
	good := browserKeys(base64.RawURLEncoding)
	of := func(point []byte) string { return base64.RawURLEncoding.EncodeToString(point) }
	for _, c := range []struct {
		name, endpoint string
		keys           *hub.BrowserKeys
		refuse         string
	}{
		{"base64url", "https://push.example/a", good, ""},
		{"base64url with padding", "https://push.example/a", browserKeys(base64.URLEncoding), ""},
		{"base64", "https://push.example/a", browserKeys(base64.RawStdEncoding), ""},
		{"base64 with padding", "https://push.example/a", browserKeys(base64.StdEncoding), ""},
		{"plain HTTP", "http://push.example/a", good, "The endpoint is not an absolute URI that begins with https://."},
		{"no keys", "https://push.example/a", nil, missing},
		{"no p256dh", "https://push.example/a", &hub.BrowserKeys{Auth: good.Auth}, missing},
		{"no auth", "https://push.example/a", &hub.BrowserKeys{P256DH: good.P256DH}, missing},
		{"a short point", "https://push.example/a", &hub.BrowserKeys{P256DH: of(append([]byte{4}, make([]byte, 63)...)), Auth: good.Auth}, point},
		{"a compressed point", "https://push.example/a", &hub.BrowserKeys{P256DH: of(append([]byte{2}, make([]byte, 64)...)), Auth: good.Auth}, point},
		{"a point that is not base64", "https://push.example/a", &hub.BrowserKeys{P256DH: "!", Auth: good.Auth}, point},
		{"a point with a line end", "https://push.example/a", &hub.BrowserKeys{P256DH: good.P256DH[:40] + "\r\n" + good.P256DH[40:], Auth: good.Auth}, point},
		{"a long secret", "https://push.example/a", &hub.BrowserKeys{P256DH: good.P256DH, Auth: of(make([]byte, 17))}, secret},
		{"a secret with a line end", "https://push.example/a", &hub.BrowserKeys{P256DH: good.P256DH, Auth: good.Auth + "\n"}, secret},
	} {
		refused(t, c.name, hub.ValidateHandle(hub.Browser, c.endpoint, c.keys), c.refuse)
	}
}

// A handle is a secret: no sentence repeats it.
func TestValidateHandleKeepsTheSecret(t *testing.T) {
	t.Parallel()
	for _, p := range hub.Platforms {
		err := hub.ValidateHandle(p, "s3cret~handle with blanks", nil)
		if err == nil || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%v: %v", p, err)
		}
	}
}

func TestHandleKey(t *testing.T) {
	t.Parallel()
	if a, b := hub.HandleKey(hub.APNs, "AAbb"), hub.HandleKey(hub.APNs, "aaBB"); a != b {
		t.Errorf("device tokens differ: %s, %s", a, b)
	}
	if a, b := hub.HandleKey(hub.FCMV1, "AAbb"), hub.HandleKey(hub.FCMV1, "aaBB"); a == b {
		t.Error("the tokens of FCM are the same without regard to case")
	}
}
