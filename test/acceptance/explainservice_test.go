package acceptance_test

import (
	"fmt"
	"slices"
	"strings"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pnssim"
	nh "github.com/fanfare-hub/fanfare/notificationhubs"
)

// service is a push service as the scenarios see it.
type service struct {
	platform nh.Platform
	of       hub.Platform
	sim      pnssim.Service
	handle   func(i int, fate string) string
	message  func(text string) *nh.Notification
	template string
	known    func(*pnssim.Sim) map[string]string // a credential
	foreign  func(*pnssim.Sim) map[string]string // one that is refused
	other    *service                            // another platform
}

// toast is WNS's and MPNS's.
func toast(text string) string {
	return `<toast><visual><binding template="ToastText01"><text id="1">` + text + `</text></binding></visual></toast>`
}

// handles is the usual form: the fate stands in the handle as it is.
func handles(form string) func(int, string) string {
	return func(i int, fate string) string {
		if fate == "" {
			fate = "live"
		}
		return fmt.Sprintf(form, "fate-"+fate, i)
	}
}

// origins gives each browser a push service of its own: one that asks for a pause
// is left alone by all.
func origins(i int, fate string) string {
	return handles(fmt.Sprintf("https://push%d.example/%%s.%%d", i))(i, fate)
}

// services are all of them; legacy FCM is delivered as FCM is.
func services() []*service {
	all := []*service{
		{platform: nh.APNs, of: hub.APNs, sim: pnssim.APNs,
			handle: func(i int, fate string) string {
				if fate == "" {
					return apnsToken(i)
				}
				return fmt.Sprintf("%x%020x", "fate-"+fate+".", i)
			},
			message: func(text string) *nh.Notification {
				return nh.NewAppleNotification(map[string]any{"aps": map[string]any{"alert": text}}, nil)
			},
			template: `{"aps":{"alert":"$(a)"}}`, known: (*pnssim.Sim).APNsCredential, foreign: (*pnssim.Sim).ForeignAPNsCredential},
		{platform: nh.FCMV1, of: hub.FCMV1, sim: pnssim.FCM, handle: handles("fcm-%s.%d"),
			message: func(text string) *nh.Notification {
				return nh.NewFCMV1Notification(map[string]any{"message": map[string]any{"data": map[string]string{"a": text}}})
			},
			template: `{"message":{"data":{"a":"$(a)"}}}`, known: (*pnssim.Sim).FCMCredential, foreign: (*pnssim.Sim).ForeignFCMCredential},
		{platform: nh.WNS, of: hub.WNS, sim: pnssim.WNS, handle: handles("https://db5.notify.windows.com/?token=%s.%d"),
			message:  func(text string) *nh.Notification { return nh.NewWindowsNotification(toast(text), nil) },
			template: toast("$(a)"), known: (*pnssim.Sim).WNSCredential, foreign: (*pnssim.Sim).ForeignWNSCredential},
		{platform: nh.MPNS, of: hub.MPNS, sim: pnssim.MPNS, handle: handles(phone + "%s.%d"),
			message: func(text string) *nh.Notification {
				return nh.NewMPNSNotification(strings.Replace(phoneToast, "Hi", text, 1))
			},
			template: phoneTile, known: (*pnssim.Sim).MPNSCredential, foreign: (*pnssim.Sim).ForeignMPNSCredential},
		{platform: nh.ADM, of: hub.ADM, sim: pnssim.ADM, handle: handles(kindle + "%s.%d"),
			message: func(text string) *nh.Notification {
				return nh.NewADMNotification(map[string]any{"data": map[string]string{"a": text}})
			},
			template: `{"data":{"a":"$(a)"}}`, known: (*pnssim.Sim).ADMCredential, foreign: (*pnssim.Sim).ForeignADMCredential},
		{platform: nh.Browser, of: hub.Browser, sim: pnssim.Browser, handle: origins,
			message:  func(text string) *nh.Notification { return nh.NewBrowserNotification(text, nil) },
			template: `{"title":"$(a)"}`, known: (*pnssim.Sim).BrowserCredential, foreign: (*pnssim.Sim).ForeignBrowserCredential},
		{platform: nh.Baidu, of: hub.Baidu, sim: pnssim.Baidu, handle: handles("11-%s.%d"),
			message: func(text string) *nh.Notification {
				return nh.NewBaiduNotification(map[string]string{"title": "t", "description": text}, &nh.BaiduOptions{MessageType: nh.BaiduAlert})
			},
			template: `{"title":"t","description":"$(a)"}`, known: (*pnssim.Sim).BaiduCredential, foreign: (*pnssim.Sim).ForeignBaiduCredential},
		{platform: nh.Xiaomi, of: hub.Xiaomi, sim: pnssim.Xiaomi, handle: handles("mi-%s.%d"),
			message: func(text string) *nh.Notification {
				return nh.NewXiaomiNotification(map[string]string{"title": "t", "description": "d", "payload": text})
			},
			template: `{"title":"t","description":"$(a)"}`, known: (*pnssim.Sim).XiaomiCredential, foreign: (*pnssim.Sim).ForeignXiaomiCredential},
	}
	for i := range all {
		all[i].other = all[(i+1)%len(all)]
	}
	return all
}

// credential is the place of the service's credential in the configuration.
func (s *service) credential(w *world) int {
	return slices.IndexFunc(w.cfg.Hubs[0].Credentials, func(c hub.Credential) bool { return c.Platform == s.of })
}

// everybody gives the hub a credential of every service.
func everybody(w *world) {
	w.cfg.Hubs[0].Credentials = nil
	for _, s := range services() {
		with(s.of, s.known)(w)
	}
}

// device is an address: of a browser, with the keys of a new subscription.
func (w *world) device(s *service, i int, fate string) nh.Device {
	w.Helper()
	d := nh.Device{Handle: s.handle(i, fate)}
	if s.platform == nh.Browser {
		sub, err := w.sim.SubscribeAt(d.Handle, "")
		if err != nil {
			w.Fatal(err)
		}
		d.P256DH, d.Auth = sub.P256DH, sub.Auth
	}
	return d
}

// enrol registers a device; the template may be nil.
func (w *world) enrol(s *service, i int, fate string, template *nh.RegistrationTemplate, tags ...string) *nh.Registration {
	w.Helper()
	d := w.device(s, i, fate)
	r, err := w.client.CreateRegistration(w.ctx, nh.Registration{Platform: s.platform, Handle: d.Handle, P256DH: d.P256DH, Auth: d.Auth, Tags: tags, Template: template})
	if err != nil {
		w.Fatal(err)
	}
	return r
}

// instal writes an installation of a device.
func (w *world) instal(s *service, id, user string, i int, fate string) {
	w.Helper()
	d := w.device(s, i, fate)
	in := nh.Installation{ID: id, UserID: user, Platform: s.platform, PushChannel: d.Handle}
	if s.platform == nh.Browser {
		in.PushChannel, in.Browser = "", &nh.BrowserChannel{Endpoint: d.Handle, P256DH: d.P256DH, Auth: d.Auth}
	}
	if err := w.client.PutInstallation(w.ctx, in); err != nil {
		w.Fatal(err)
	}
}

// trusted has the service accept a device, so that what it says of handles
// counts.
func (w *world) trusted(s *service) {
	w.Helper()
	w.enrol(s, 1000, "", nil, "live")
	w.final(w.send(s.message("Hi"), "live"))
}
