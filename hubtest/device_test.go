package hubtest_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fanfare-hub/fanfare/hubtest"
	nh "github.com/fanfare-hub/fanfare/notificationhubs"
)

// platform is what is sent to a platform, and what its devices get of it.
type platform struct {
	name     nh.Platform
	message  func(text string) *nh.Notification
	template string // with $(text)
}

const toast = `<toast><visual><binding template="ToastText01"><text id="1">%s</text></binding></visual></toast>`
const phoneToast = `<?xml version="1.0" encoding="utf-8"?><wp:Notification xmlns:wp="WPNotification"><wp:Toast><wp:Text1>%s</wp:Text1></wp:Toast></wp:Notification>`

func platforms() []platform {
	wrap := func(f func(any) *nh.Notification, form string) func(string) *nh.Notification {
		return func(text string) *nh.Notification { return f(fmt.Sprintf(form, text)) }
	}
	return []platform{
		{nh.APNs, wrap(func(p any) *nh.Notification { return nh.NewAppleNotification(p, nil) }, `{"aps":{"alert":%q}}`), `{"aps":{"alert":"$(text)"}}`},
		{nh.FCMV1, wrap(nh.NewFCMV1Notification, `{"message":{"data":{"a":%q}}}`), `{"message":{"data":{"a":"$(text)"}}}`},
		{nh.GCM, wrap(nh.NewFCMNotification, `{"data":{"a":%q}}`), `{"data":{"a":"$(text)"}}`},
		{nh.WNS, func(text string) *nh.Notification { return nh.NewWindowsNotification(fmt.Sprintf(toast, text), nil) }, fmt.Sprintf(toast, "$(text)")},
		{nh.MPNS, func(text string) *nh.Notification { return nh.NewMPNSNotification(fmt.Sprintf(phoneToast, text)) }, fmt.Sprintf(phoneToast, "$(text)")},
		{nh.ADM, wrap(nh.NewADMNotification, `{"data":{"a":%q}}`), `{"data":{"a":"$(text)"}}`},
		{nh.Browser, func(text string) *nh.Notification { return nh.NewBrowserNotification(text, nil) }, `{"title":"$(text)"}`},
		{nh.Baidu, wrap(func(p any) *nh.Notification {
			return nh.NewBaiduNotification(p, &nh.BaiduOptions{MessageType: nh.BaiduAlert})
		}, `{"title":"t","description":%q}`), `{"title":"t","description":"$(text)"}`},
		{nh.Xiaomi, wrap(nh.NewXiaomiNotification, `{"title":"t","description":"d","payload":%q}`), `{"title":"t","description":"$(text)"}`},
	}
}

// texts checks that a device got pushes that hold some texts, in this order.
func texts(t *testing.T, d *hubtest.Device, want ...string) {
	t.Helper()
	got := d.Received()
	if len(got) != len(want) {
		t.Errorf("%s got %v, want %d", d.Platform(), got, len(want))
		return
	}
	for i, p := range got {
		if !strings.Contains(p.String(), want[i]) || p.At.IsZero() || p.Handle == "" {
			t.Errorf("%s: push %d is %+v %s, want %s", d.Platform(), i, p, p, want[i])
		}
	}
}

// A device of every platform gets what is sent to its registration, template,
// installation and handle; a browser reads it.
func TestEveryPlatform(t *testing.T) {
	t.Parallel()
	hub := hubtest.Start(t)
	client, ctx := hub.Client(), t.Context()
	for _, p := range platforms() {
		native, template := hub.Device(p.name, "native"), hub.Device(p.name, "template")
		installed, direct := hub.Device(p.name, "installed"), hub.Device(p.name, "direct")
		native.Register("all")
		template.RegisterTemplate(p.template, "all")
		if err := client.PutInstallation(ctx, installed.Installation(string(p.name), "installations")); err != nil {
			t.Fatal(err)
		}
		_, err := client.Send(ctx, p.message("one"), &nh.SendOptions{Expression: "all || installations"})
		_, err2 := client.SendDirect(ctx, p.message("two"), direct.Address())
		_, err3 := client.Send(ctx, nh.NewTemplateNotification(map[string]string{"text": "three"}), nil)
		if err := errors.Join(err, err2, err3); err != nil {
			t.Fatal(err)
		}
		hub.Advance(0)
		texts(t, native, "one")
		texts(t, installed, "one")
		texts(t, direct, "two")
		texts(t, template, "three")
		if err := client.DeleteRegistration(ctx, registered(t, client, template), ""); err != nil {
			t.Fatal(err)
		}
	}
	all := hub.Received()
	if len(all) != 4*len(platforms()) || !slices.IsSortedFunc(all, func(a, b hubtest.Push) int { return a.At.Compare(b.At) }) {
		t.Errorf("%d pushes in all: %v", len(all), all)
	}
	if got, err := hub.Wait(ctx, len(all)); err != nil || len(got) != len(all) {
		t.Errorf("Wait: %d, %v", len(got), err)
	}
}

// registered returns the id of a device's registration.
func registered(t *testing.T, client *nh.Client, d *hubtest.Device) string {
	t.Helper()
	for r, err := range client.Registrations(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if r.Handle == d.Handle() {
			return r.ID
		}
	}
	t.Fatalf("%s has no registration", d.Platform())
	return ""
}

// The same name is the same device, and DeviceAt the one that has its handle;
// another name, or platform, is another.
func TestDevices(t *testing.T) {
	t.Parallel()
	hub := hubtest.Start(t)
	for _, p := range platforms() {
		a, again, b := hub.Device(p.name, "a"), hub.Device(p.name, "a"), hub.Device(p.name, "b")
		at := hub.DeviceAt(p.name, a.Handle())
		if a.Address() != again.Address() || a.Address() != at.Address() || a.Handle() == b.Handle() || a.Platform() != p.name {
			t.Errorf("%s: %v %v %v %v", p.name, a.Address(), again.Address(), at.Address(), b.Address())
		}
	}
	if hub.Device(nh.FCMV1, "a").Handle() == hub.Device(nh.GCM, "a").Handle() {
		t.Error("a device of legacy Firebase is one of FCM v1")
	}
}

func TestFates(t *testing.T) {
	t.Parallel()
	hub := hubtest.Start(t)
	client := hub.Client()
	for fate, want := range map[hubtest.Fate]nh.Outcome{
		hubtest.Live: "Success", hubtest.Gone: "BadChannel", hubtest.Foreign: "InvalidCredentials", hubtest.Throttled: "Success",
		hubtest.Error.Times(3): "Success", hubtest.Slow(time.Millisecond): "Success",
		hubtest.Unavailable.Times(1000): "AbandonedNotificationMessages",
	} {
		d := hub.Device(nh.FCMV1, string(fate))
		d.Register(string(fate))
		d.SetFate(fate)
		sent, err := client.Send(t.Context(), nh.NewFCMV1Notification(`{"message":{"data":{"a":"b"}}}`), &nh.SendOptions{Tags: []string{string(fate)}})
		if err != nil {
			t.Fatal(err)
		}
		hub.Advance(time.Hour)
		details, err := client.NotificationDetails(t.Context(), sent.NotificationID)
		if err != nil || !details.Final() || details.Count(want) != 1 {
			t.Errorf("%s: %+v, %v, want one %s", fate, details, err, want)
		}
	}
}

// A platform's service can be away, throttle, and be late.
func TestServices(t *testing.T) {
	t.Parallel()
	hub := hubtest.Start(t)
	client := hub.Client()
	d := hub.Device(nh.WNS, "laptop")
	d.Register()
	send := func() {
		t.Helper()
		if _, err := client.Send(t.Context(), nh.NewWindowsNotification(`<badge value="1"/>`, nil), nil); err != nil {
			t.Fatal(err)
		}
		hub.Advance(0)
	}
	hub.StopService(nh.WNS)
	send()
	if texts(t, d); hub.Requests(nh.WNS) != 0 {
		t.Errorf("a stopped service was asked %d times", hub.Requests(nh.WNS))
	}
	hub.StartService(nh.WNS)
	hub.Advance(2 * time.Minute)
	texts(t, d, "badge")
	hub.SetQuota(nh.WNS, 1)
	hub.SetLatency(nh.WNS, time.Millisecond)
	send()
	send()
	texts(t, d, "badge", "badge")
	hub.Advance(10 * time.Minute)
	texts(t, d, "badge", "badge", "badge")
}

// Those who wait are woken when a push comes, and when their time is over.
func TestWait(t *testing.T) {
	t.Parallel()
	hub := hubtest.Start(t)
	d := hub.Device(nh.APNs, "phone")
	d.Register()
	client := hub.Client()
	var waiting sync.WaitGroup
	for range 3 {
		waiting.Go(func() {
			if got, err := d.Wait(t.Context(), 2); err != nil || len(got) != 2 {
				t.Errorf("%v, %v", got, err)
			}
		})
		waiting.Go(func() {
			if got, err := hub.Wait(t.Context(), 1); err != nil || len(got) < 1 {
				t.Errorf("%v, %v", got, err)
			}
		})
	}
	for range 2 {
		if _, err := client.Send(t.Context(), nh.NewAppleNotification(`{"aps":{}}`, nil), nil); err != nil {
			t.Fatal(err)
		}
	}
	waiting.Wait()
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if got, err := d.Wait(ended, 3); !errors.Is(err, context.Canceled) || len(got) != 2 {
		t.Errorf("%v, %v", got, err)
	}
	_, err := d.Wait(ended, 3)
	if want := "hubtest: the device " + d.Handle() + " of apns, whose push service was asked for 2 pushes in all: "; !strings.HasPrefix(fmt.Sprint(err), want) {
		t.Errorf("%v, want %s…", err, want)
	}
	if got, err := hub.Wait(ended, 3); !errors.Is(err, context.Canceled) || len(got) != 2 {
		t.Errorf("%v, %v", got, err)
	}
}

// More than is kept can never be there: nobody waits for it.
func TestWaitForMoreThanIsKept(t *testing.T) {
	t.Parallel()
	hub := hubtest.Start(t)
	if _, err := hub.Device(nh.APNs, "phone").Wait(t.Context(), 1_001); err == nil {
		t.Error("a device had 1,001 pushes")
	}
	if _, err := hub.Wait(t.Context(), 100_001); err == nil {
		t.Error("all devices had 100,001 pushes")
	}
}
