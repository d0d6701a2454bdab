package hub_test

import (
	"strings"
	"testing"

	"github.com/fanfare-hub/fanfare/internal/hub"
)

// The spellings are those that clients and documentation write.
func TestParsePlatform(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]hub.Platform{
		"apns": hub.APNs, "APNS": hub.APNs, "gcm": hub.GCM, "Gcm": hub.GCM, "fcm": hub.GCM, "FCM": hub.GCM,
		"fcmv1": hub.FCMV1, "fcmV1": hub.FCMV1, "FCMV1": hub.FCMV1, "wns": hub.WNS, "mpns": hub.MPNS, "adm": hub.ADM,
		"baidu": hub.Baidu, "browser": hub.Browser, "xiaomi": hub.Xiaomi,
	} {
		if got, ok := hub.ParsePlatform(name); !ok || got != want {
			t.Errorf("ParsePlatform(%q) = %v, %v", name, got, ok)
		}
	}
	for _, name := range []string{"", "unknown", "apple", "windows", "nokiax", " apns", "apns "} {
		if got, ok := hub.ParsePlatform(name); ok {
			t.Errorf("ParsePlatform(%q) = %v", name, got)
		}
	}
}

func TestPlatformNames(t *testing.T) {
	t.Parallel()
	for _, p := range hub.Platforms {
		for _, name := range []string{p.String(), strings.ToUpper(p.String())} {
			if got, ok := hub.ParsePlatform(name); !ok || got != p {
				t.Errorf("%v comes back as %v, %v", p, got, ok)
			}
		}
	}
	if got := hub.Platform(100).String(); got != "unknown" {
		t.Errorf("a platform without a name is %q", got)
	}
}
