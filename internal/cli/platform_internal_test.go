package cli

import (
	"strings"
	"testing"

	nh "github.com/fanfare-hub/fanfare/notificationhubs"
)

// Both of Azure's words for a platform are taken, for registrations, for formats
// and for simulated services.
func TestWordsOfPlatforms(t *testing.T) {
	t.Parallel()
	for word, want := range map[string]struct {
		platform nh.Platform
		format   string
		service  string
	}{
		"apns": {nh.APNs, "apple", "apns"}, "Apple": {nh.APNs, "apple", "apns"},
		"fcm": {nh.FCMV1, "fcmv1", "fcm"}, "FCMV1": {nh.FCMV1, "fcmv1", "fcm"}, "gcm": {nh.GCM, "gcm", "fcm"},
		"wns": {nh.WNS, "windows", "wns"}, "windows": {nh.WNS, "windows", "wns"},
		"mpns": {nh.MPNS, "windowsphone", "mpns"}, "windowsphone": {nh.MPNS, "windowsphone", "mpns"},
		"browser": {nh.Browser, "browser", "browser"}, "telex": {"telex", "telex", "telex"},
	} {
		if p, f, s := platformOf(word), formatOf(word), serviceOf(word); p != want.platform || f != want.format || s != want.service {
			t.Errorf("%s: %s, %s, %s, want %v", word, p, f, s, want)
		}
	}
	for _, p := range platforms {
		if !strings.Contains(platformNames, string(p)) {
			t.Errorf("%s is not in %s", p, platformNames)
		}
	}
	for word, format := range formatWords {
		if !strings.Contains(formatNames, format) {
			t.Errorf("%s stands for %s, which is not in %s", word, format, formatNames)
		}
		if _, err := makeNotification(word, []byte(`{"a":{}}`)); err != nil && strings.Contains(err.Error(), "--format") {
			t.Errorf("%s: %v", word, err)
		}
	}
}
