package notificationhubs_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/fanfare-hub/fanfare/hubtest"
	nh "github.com/fanfare-hub/fanfare/notificationhubs"
)

// A whole hub takes a native and a template registration of each platform, as
// the .NET client makes with a method for each, and gives back what was written.
func TestKindsOfRegistration(t *testing.T) {
	t.Parallel()
	const wpToast = `<wp:Notification xmlns:wp="WPNotification"><wp:Toast><wp:Text1>$(text)</wp:Text1></wp:Toast></wp:Notification>`
	hub := hubtest.Start(t)
	client := hub.Client()
	for name, c := range map[string]struct {
		device  *hubtest.Device
		body    string
		headers []nh.Header // which the body tells
	}{
		"Apple":         {hub.Device(nh.APNs, "a"), `{"aps":{"alert":"$(text)"}}`, nil},
		"FCM v1":        {hub.Device(nh.FCMV1, "a"), `{"message":{"data":{"a":"$(text)"}}}`, nil},
		"legacy FCM":    {hub.Device(nh.GCM, "a"), `{"data":{"a":"$(text)"}}`, nil},
		"Windows":       {hub.Device(nh.WNS, "a"), `<toast>$(text)</toast>`, []nh.Header{{Name: "X-WNS-Type", Value: "wns/toast"}}},
		"Windows Phone": {hub.Device(nh.MPNS, "a"), wpToast, []nh.Header{{Name: "X-WindowsPhone-Target", Value: "toast"}, {Name: "X-NotificationClass", Value: "2"}}},
		"Amazon":        {hub.Device(nh.ADM, "a"), `{"data":{"a":"$(text)"}}`, nil},
		"Baidu":         {hub.DeviceAt(nh.Baidu, nh.BaiduHandle("1001", "2002")), `{"title":"$(text)"}`, nil},
		"browser":       {hub.Device(nh.Browser, "a"), `{"title":"$(text)"}`, nil},
		"Xiaomi":        {hub.Device(nh.Xiaomi, "a"), `{"title":"$(text)"}`, nil},
	} {
		native, template := c.device.Registration(), c.device.Registration()
		native.Tags = []string{"sports", "user:ada"}
		template.Template = &nh.RegistrationTemplate{Name: "greeting", Body: c.body}
		for _, r := range []nh.Registration{native, template} {
			made, err := client.CreateRegistration(t.Context(), r)
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			if made.ID == "" || made.ETag == "" || made.ExpirationTime.Before(hub.Now()) {
				t.Errorf("%s: it has the id %q, the ETag %q and expires at %v", name, made.ID, made.ETag, made.ExpirationTime)
			}
			if r.Template != nil {
				r.Template.Headers = c.headers
			}
			ours := cmpopts.IgnoreFields(nh.Registration{}, "ID", "ETag", "ExpirationTime")
			if diff := cmp.Diff(&r, made, ours, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("%s: %s", name, diff)
			}
			read, err := client.Registration(t.Context(), made.ID)
			if diff := cmp.Diff(made, read); err != nil || diff != "" {
				t.Errorf("%s, read: %v\n%s", name, err, diff)
			}
		}
		if n, err := client.DeleteRegistrationsByHandle(t.Context(), c.device.Handle()); err != nil || n != 2 {
			t.Errorf("%s: %d registrations of the handle were deleted, %v", name, n, err)
		}
	}
	if left, err := collect(client.Registrations(t.Context())); err != nil || len(left) != 0 {
		t.Errorf("left are %v, %v", left, err)
	}
}
