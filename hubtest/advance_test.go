package hubtest_test

import (
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/fanfare-hub/fanfare/hubtest"
	nh "github.com/fanfare-hub/fanfare/notificationhubs"
)

var hi = func() *nh.Notification { return nh.NewAppleNotification(`{"aps":{"alert":"Hi"}}`, nil) }

// Everything that has a time comes at its time: neither earlier nor, when
// Advance returns, still to come.
func TestAdvance(t *testing.T) {
	t.Parallel()
	begin := time.Date(2031, 5, 6, 7, 8, 9, 0, time.UTC)
	hub := hubtest.StartWith(t, hubtest.Options{Now: begin, Name: "clocks"})
	if !hub.Now().Equal(begin) || hub.Name() != "clocks" {
		t.Fatalf("%s begins at %v", hub.Name(), hub.Now())
	}
	client := hub.Client()
	d := hub.Device(nh.APNs, "phone")
	d.Register()
	for i := range 24 {
		if _, err := client.Schedule(t.Context(), hi(), begin.Add(time.Duration(i+1)*time.Hour), nil); err != nil {
			t.Fatal(err)
		}
	}
	hub.Advance(time.Hour - time.Microsecond)
	if got := d.Received(); len(got) != 0 {
		t.Errorf("too early: %v", got)
	}
	hub.AdvanceTo(begin.Add(24 * time.Hour))
	got := d.Received()
	if len(got) != 24 {
		t.Fatalf("the device got %d, want 24", len(got))
	}
	for i, p := range got {
		if want := begin.Add(time.Duration(i+1) * time.Hour); !p.At.Equal(want) {
			t.Errorf("push %d came at %v, want %v", i, p.At, want)
		}
	}
	hub.AdvanceTo(begin)
	hub.Advance(-time.Hour)
	if want := begin.Add(24 * time.Hour); !hub.Now().Equal(want) {
		t.Errorf("the clock went back to %v", hub.Now())
	}
}

// Expiry of installations, of notifications, and of what is kept of them.
func TestAdvanceExpiry(t *testing.T) {
	t.Parallel()
	hub := hubtest.Start(t)
	client, ctx := hub.Client(), t.Context()
	d := hub.Device(nh.APNs, "phone")
	in := d.Installation("i-1", "a")
	in.ExpirationTime = hub.Now().Add(24 * time.Hour)
	if err := client.PutInstallation(ctx, in); err != nil {
		t.Fatal(err)
	}
	d.SetFate(hubtest.Error.Times(1000))
	soon := nh.NewAppleNotification(`{"aps":{}}`, &nh.AppleOptions{Expiry: hub.Now().Add(10 * time.Second)})
	sent, err := client.Send(ctx, soon, nil)
	if err != nil {
		t.Fatal(err)
	}
	hub.Advance(time.Minute)
	details, err := client.NotificationDetails(ctx, sent.NotificationID)
	if err != nil || details.State != "Abandoned" {
		t.Errorf("%+v, %v", details, err)
	}
	hub.Advance(24 * time.Hour)
	if there, err := client.InstallationExists(ctx, "i-1"); err != nil || there {
		t.Errorf("the installation is there: %v, %v", there, err)
	}
	for range 20 { // whether or not the hub's own sweep is sooner
		sent, err := client.Send(ctx, hi(), nil)
		if err != nil {
			t.Fatal(err)
		}
		hub.Advance(8 * 24 * time.Hour)
		_, err = client.NotificationDetails(ctx, sent.NotificationID)
		if e, ok := errors.AsType[*nh.ResponseError](err); !ok || e.StatusCode != http.StatusNotFound {
			t.Fatalf("after eight days: %v", err)
		}
	}
}

// Clients sign by the machine's clock, wherever the hub's stands.
func TestTokensStayOnRealTime(t *testing.T) {
	t.Parallel()
	for name, begin := range map[string]time.Time{"long ago": time.Unix(1_000_000_000, 0), "far ahead": time.Now().AddDate(3, 0, 0)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			hub := hubtest.StartWith(t, hubtest.Options{Now: begin})
			d := hub.Device(nh.APNs, "phone")
			d.Register()
			hub.Advance(400 * 24 * time.Hour)
			client := hub.Client()
			if _, err := client.Send(t.Context(), hi(), nil); err != nil {
				t.Fatal(err)
			}
			hub.Advance(0)
			texts(t, d, "Hi")
		})
	}
}

// What hangs holds Advance up as long as a request may take, and no longer.
func TestAdvanceWaitsForWhatIsInFlight(t *testing.T) {
	t.Parallel()
	hub := hubtest.StartWith(t, hubtest.Options{RequestTimeout: 2 * time.Second})
	client := hub.Client()
	late, hung := hub.Device(nh.FCMV1, "late"), hub.Device(nh.FCMV1, "hung")
	late.Register()
	hung.Register()
	late.SetFate(hubtest.Slow(50 * time.Millisecond))
	hung.SetFate(hubtest.Hang)
	sent, err := client.Send(t.Context(), nh.NewFCMV1Notification(`{"message":{"data":{"a":"b"}}}`), nil)
	if err != nil {
		t.Fatal(err)
	}
	hub.Advance(0)
	details, err := client.NotificationDetails(t.Context(), sent.NotificationID)
	if err != nil || details.Count("Success") != 1 || details.State != "Processing" {
		t.Errorf("%+v, %v", details, err)
	}
	hung.SetFate(hubtest.Live)
	hub.Advance(2 * time.Minute)
	if details, err = client.NotificationDetails(t.Context(), sent.NotificationID); err != nil || details.Count("Success") != 2 {
		t.Errorf("%+v, %v", details, err)
	}
}

// Fifty hubs side by side know nothing of each other.
func TestFiftyHubs(t *testing.T) {
	t.Parallel()
	for i := range 50 {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			hub := hubtest.Start(t)
			d := hub.Device(nh.APNs, "phone") // the same everywhere
			d.Register("a")
			client := hub.Client()
			text := fmt.Sprintf(`{"aps":{"alert":"%d"}}`, i)
			if _, err := client.Schedule(t.Context(), nh.NewAppleNotification(text, nil), hub.Now().Add(time.Hour), &nh.SendOptions{Tags: []string{"a"}}); err != nil {
				t.Fatal(err)
			}
			hub.Advance(time.Duration(i) * time.Hour)
			if i == 0 {
				texts(t, d)
				hub.Advance(time.Hour)
			}
			texts(t, d, text)
		})
	}
}
