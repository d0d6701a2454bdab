package wire

import "strings"

// The platforms' names in installations, and in the types of this package.
const (
	apns    = "apns"
	mpns    = "mpns"
	wns     = "wns"
	gcm     = "gcm"
	adm     = "adm"
	baidu   = "baidu"
	browser = "browser"
	xiaomi  = "xiaomi"
	fcmv1   = "fcmv1"
)

// platformNames are a platform's other names on the wire.
type platformNames struct {
	platform string
	app      string // in send formats, test outcomes and TargetPlatforms
	element  string // begins the names of registration descriptions
	counts   string // the element of outcome counts
}

// platforms stand in the order of the outcome counts.
func platforms() []platformNames {
	return []platformNames{
		{apns, "apple", "Apple", "ApnsOutcomeCounts"},
		{mpns, "windowsphone", "Mpns", "MpnsOutcomeCounts"},
		{wns, "windows", "Windows", "WnsOutcomeCounts"},
		{gcm, "gcm", "Gcm", "GcmOutcomeCounts"},
		{adm, "adm", "Adm", "AdmOutcomeCounts"},
		{baidu, "baidu", "Baidu", "BaiduOutcomeCounts"},
		{browser, "browser", "Browser", "BrowserOutcomeCounts"},
		{xiaomi, "xiaomi", "Xiaomi", "XiaomiOutcomeCounts"},
		{fcmv1, "fcmv1", "FcmV1", "FcmV1OutcomeCounts"},
	}
}

func namesOf(platform string) platformNames {
	for _, n := range platforms() {
		if n.platform == platform {
			return n
		}
	}
	return platformNames{platform, platform, platform, platform + "OutcomeCounts"}
}

// AppPlatformName is a platform's name in ServiceBusNotification-Format, test
// outcomes and TargetPlatforms: apple, windows, …; for templates appletemplate,
// windowstemplate, ….
func AppPlatformName(platform string, template bool) string {
	name := namesOf(platform).app
	if template {
		name += "template"
	}
	return name
}

// PlatformOfFormat returns the platform that a send format names in any letter
// case, since documentation and SDKs disagree about fcmV1; fcm is gcm. It
// returns "" for template and for an unknown format.
func PlatformOfFormat(format string) string {
	if strings.EqualFold(format, "fcm") {
		return gcm
	}
	for _, n := range platforms() {
		if strings.EqualFold(n.app, format) {
			return n.platform
		}
	}
	return ""
}
