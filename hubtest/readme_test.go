package hubtest_test

import (
	"testing"
	"time"

	"github.com/fanfare-hub/fanfare/hubtest"
	nh "github.com/fanfare-hub/fanfare/notificationhubs"
)

func TestReminder(t *testing.T) {
	t.Parallel()
	hub := hubtest.Start(t) // gone when the test ends
	phone, tablet := hub.Device(nh.APNs, "Ada's phone"), hub.Device(nh.FCMV1, "Ada's tablet")
	phone.RegisterTemplate(`{"aps":{"alert":"$(text)"}}`, "user:ada")
	tablet.RegisterTemplate(`{"message":{"notification":{"body":"$(text)"}}}`, "user:ada")
	tablet.SetFate(hubtest.Throttled.Times(2)) // refused twice, and then live

	client, err := nh.NewClientFromConnectionString(hub.ConnectionString(), hub.Name(), nil)
	if err != nil {
		t.Fatal(err)
	}
	reminder := nh.NewTemplateNotification(map[string]string{"text": "The train leaves at six."})
	sent, err := client.Schedule(t.Context(), reminder, hub.Now().Add(3*time.Hour), &nh.SendOptions{Tags: []string{"user:ada"}})
	if err != nil {
		t.Fatal(err)
	}

	hub.Advance(3 * time.Hour) // fires the schedule, and returns when nothing is in flight
	if got := phone.Received(); len(got) != 1 || got[0].String() != `{"aps":{"alert":"The train leaves at six."}}` {
		t.Errorf("the phone got %v", got)
	}
	hub.Advance(5 * time.Minute) // the throttled one is tried again
	details, err := client.NotificationDetails(t.Context(), sent.NotificationID)
	if err != nil || details.Count("Success") != 2 || len(tablet.Received()) != 1 {
		t.Errorf("%+v, %v; the tablet got %v", details, err, tablet.Received())
	}
}
