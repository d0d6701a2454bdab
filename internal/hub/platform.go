package hub

import "strings"

// Platform is a push service and the way its devices are addressed. Values are
// stored; do not renumber them.
type Platform uint8

// The platforms that Azure Notification Hubs names.
const (
	APNs    Platform = 1
	FCMV1   Platform = 2
	GCM     Platform = 3 // legacy FCM; delivered through FCM v1
	WNS     Platform = 4
	MPNS    Platform = 5
	ADM     Platform = 6
	Baidu   Platform = 7
	Browser Platform = 8 // Web Push
	Xiaomi  Platform = 9
)

// Platforms lists every platform in order.
var Platforms = []Platform{APNs, FCMV1, GCM, WNS, MPNS, ADM, Baidu, Browser, Xiaomi}

var platformNames = [...]string{"", "apns", "fcmv1", "gcm", "wns", "mpns", "adm", "baidu", "browser", "xiaomi"}

// String returns the platform's name in installations: apns, fcmv1, wns, …
func (p Platform) String() string {
	if int(p) >= len(platformNames) {
		return "unknown"
	}
	return platformNames[p]
}

// ParsePlatform reads a name as in installations, in any letter case. Legacy
// FCM goes by two names.
func ParsePlatform(name string) (Platform, bool) {
	name = strings.ToLower(name)
	if name == "fcm" {
		return GCM, true
	}
	for _, p := range Platforms {
		if p.String() == name {
			return p, true
		}
	}
	return 0, false
}

func (p Platform) known() bool { return p >= APNs && p <= Xiaomi }
