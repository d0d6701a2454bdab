package cli

import (
	"cmp"
	"strings"

	nh "github.com/fanfare-hub/fanfare/notificationhubs"
)

// Azure has two words for most platforms: one for registrations, one for the
// format of a send. Both are taken everywhere.

// platformNames tells people of platforms.
const platformNames = "apns, fcmv1, wns, mpns, adm, baidu, browser, xiaomi or gcm (legacy Firebase)"

// platforms are what a registration can be of.
var platforms = []nh.Platform{nh.APNs, nh.FCMV1, nh.GCM, nh.WNS, nh.MPNS, nh.ADM, nh.Baidu, nh.Browser, nh.Xiaomi}

var platformWords = map[string]nh.Platform{"apple": nh.APNs, "fcm": nh.FCMV1, "windows": nh.WNS, "windowsphone": nh.MPNS}

// platformOf is the platform that a word names, or the word where it names none.
func platformOf(word string) nh.Platform {
	word = strings.ToLower(word)
	return cmp.Or(platformWords[word], nh.Platform(word))
}

// formatNames tells people of formats.
const formatNames = "apple, fcmv1, gcm (legacy Firebase), windows, windows-raw, windowsphone, adm, baidu, browser, xiaomi or template"

var formatWords = map[string]string{"apns": "apple", "fcm": "fcmv1", "wns": "windows", "wns-raw": "windows-raw", "mpns": "windowsphone"}

// formatOf is the format that a word names, or the word where it names none.
func formatOf(word string) string {
	word = strings.ToLower(word)
	return cmp.Or(formatWords[word], word)
}

// serviceOf is the simulated push service that a word names, or the word where
// it names none. Firebase has one for both of its interfaces.
func serviceOf(word string) string {
	switch p := platformOf(word); p {
	case nh.FCMV1, nh.GCM:
		return "fcm"
	default:
		return string(p)
	}
}
