package pnssim

import (
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

// forms are how a service's handles are compared, if not as they are.
var forms = map[Service]func(handle string) string{
	APNs: strings.ToLower, WNS: channelForm, MPNS: channelForm, Baidu: baiduForm, Browser: channelForm,
}

// device is a handle at a service.
type device struct {
	service Service
	handle  string
}

// key is the form in which handles are compared.
func key(svc Service, handle string) device {
	if form := forms[svc]; form != nil {
		handle = form(handle)
	}
	return device{svc, handle}
}

// channelForm is a channel URI as HTTP clients write it.
func channelForm(handle string) string {
	if u, err := url.Parse(handle); err == nil {
		return u.Scheme + "://" + strings.ToLower(u.Hostname()) + u.RequestURI()
	}
	return handle
}

// maxHandle bounds a handle, in bytes: endpoints are the longest.
const maxHandle = 4 << 10

// CheckHandle says why nothing can ever be pushed to a handle of a service: a
// slip of who sets a device's fate or waits for it. It does not say that a
// device has the handle.
func CheckHandle(svc Service, handle string) error {
	odd := func(r rune) bool { return !unicode.IsGraphic(r) }
	switch {
	case handle == "":
		return errors.New("the handle is empty")
	case len(handle) > maxHandle:
		return fmt.Errorf("the handle has %d bytes, at most %d are allowed", len(handle), maxHandle)
	case !utf8.ValidString(handle) || strings.ContainsFunc(handle, odd):
		return errors.New("the handle holds what is no text")
	}
	switch u, err := url.Parse(handle); svc {
	case APNs:
		if _, err := hex.DecodeString(handle); err != nil {
			return errors.New("a device token of APNs is hexadecimal, two digits for each byte")
		}
	case FCM:
		if len(handle) < minFCMToken || strings.ContainsAny(handle, notInFCMToken) {
			return fmt.Errorf("a registration token of FCM has at least %d characters, and none of %q", minFCMToken, notInFCMToken)
		}
	case WNS:
		if err != nil || u.Scheme != "https" || !strings.HasSuffix(u.Hostname(), ".notify.windows.com") {
			return errors.New("a channel of WNS is https://NAME.notify.windows.com/…")
		}
	case MPNS:
		if err != nil || u.Scheme != "https" && u.Scheme != "http" || !strings.HasSuffix(u.Hostname(), phoneHosts) {
			return errors.New("a channel of MPNS is http://NAME" + phoneHosts + "/…, or https")
		}
	case Browser:
		if err != nil || u.Scheme != "https" || u.Hostname() == "" {
			return errors.New("an endpoint of Web Push is https://HOST/…")
		}
	case Baidu:
		if _, channel, _ := strings.Cut(handle, "-"); channel == "" {
			return errors.New("a handle of Baidu is USER-CHANNEL, of which the channel counts")
		}
	}
	return nil
}
