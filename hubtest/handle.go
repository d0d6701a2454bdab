package hubtest

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"

	"github.com/fanfare-hub/fanfare/internal/pnssim"
	"github.com/fanfare-hub/fanfare/notificationhubs"
)

// service is the simulated push service of a platform, and the form of its
// handles: handle makes one of a device's digits, of which there are 64.
type service struct {
	sim    pnssim.Service
	handle func(digits string) string
}

func before(prefix string) func(string) string {
	return func(digits string) string { return prefix + digits }
}

// serviceOf returns the service of a platform; ok is false if there is none.
func serviceOf(p notificationhubs.Platform) (s service, ok bool) {
	switch p {
	case notificationhubs.APNs:
		s = service{pnssim.APNs, before("")}
	case notificationhubs.FCMV1:
		s = service{pnssim.FCM, before("hubtest:APA91b")}
	case notificationhubs.GCM: // the same service, and other devices
		s = service{pnssim.FCM, before("legacy:APA91b")}
	case notificationhubs.WNS:
		s = service{pnssim.WNS, before("https://db5p.notify.windows.com/?token=")}
	case notificationhubs.MPNS:
		s = service{pnssim.MPNS, before("https://db3.notify.live.net/unthrottledthirdparty/01.00/")}
	case notificationhubs.ADM:
		s = service{pnssim.ADM, before("amzn1.adm-registration.v2.")}
	case notificationhubs.Browser:
		s = service{pnssim.Browser, before("https://updates.push.services.mozilla.com/wpush/v2/")}
	case notificationhubs.Baidu:
		s = service{pnssim.Baidu, baiduHandle}
	case notificationhubs.Xiaomi:
		s = service{pnssim.Xiaomi, before("")}
	}
	return s, s.sim != ""
}

// platformOf is the platform of what a service's devices got. Legacy messages
// for Firebase arrive in the form of its v1 API.
func platformOf(s pnssim.Service) notificationhubs.Platform {
	if s == pnssim.FCM {
		return notificationhubs.FCMV1
	}
	return notificationhubs.Platform(s) // the others have the SDK's names
}

// baiduHandle is a user and a channel, both numbers.
func baiduHandle(digits string) string {
	number := func(s string) string {
		n, err := strconv.ParseUint(s, 16, 64)
		if err != nil {
			panic("hubtest: " + err.Error()) // they are hexadecimal
		}
		return strconv.FormatUint(n, 10)
	}
	return number(digits[:15]) + "-" + number(digits[15:30])
}

// digitsOf are the same for the same name.
func digitsOf(name string) string {
	sum := sha256.Sum256([]byte(name))
	return hex.EncodeToString(sum[:])
}
