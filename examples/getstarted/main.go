// Command getstarted sends one notification to each of six platforms, as the section
// "Complete the tutorial" of Azure's how-to for other back-ends does. It works
// against Azure and against Fanfare.
//
//	FANFARE_CONNECTION_STRING="Endpoint=sb://…" FANFARE_HUB=myhub FANFARE_CA_FILE=ca.pem go run ./examples/getstarted
//
// FANFARE_CA_FILE names a PEM file with an authority to trust, such as the one that
// fanfare dev makes. The devices are known to the simulated push services of
// fanfare dev alone: with a real app, each registers itself, or has the app's
// back-end do so.
package main

import (
	"context"
	"crypto/x509"
	"fmt"
	"io"
	"os"
	"os/signal"

	nh "github.com/fanfare-hub/fanfare/notificationhubs"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Getenv, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, getenv func(string) string, out io.Writer) error {
	hub, err := connect(getenv)
	if err != nil {
		return err
	}
	for _, d := range devices() {
		if err := hub.PutInstallation(ctx, d); err != nil {
			return fmt.Errorf("registering %s: %w", d.ID, err)
		}
	}
	for _, n := range notifications() {
		sent, err := hub.Send(ctx, n.Notification, nil)
		if err != nil {
			return fmt.Errorf("%s: %w", n.device, err)
		}
		if _, err := fmt.Fprintf(out, "%-13s accepted as %s\n", n.device, sent.NotificationID); err != nil {
			return err
		}
	}
	return nil
}

// connect makes the client of the hub that the environment names.
func connect(getenv func(string) string) (*nh.Client, error) {
	for _, name := range []string{"FANFARE_CONNECTION_STRING", "FANFARE_HUB"} {
		if getenv(name) == "" {
			return nil, fmt.Errorf("%s is not set", name)
		}
	}
	options := &nh.ClientOptions{}
	if name := getenv("FANFARE_CA_FILE"); name != "" {
		pem, err := os.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("FANFARE_CA_FILE: %w", err)
		}
		options.RootCAs = x509.NewCertPool()
		if !options.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("FANFARE_CA_FILE: %s holds no PEM certificate", name)
		}
	}
	return nh.NewClientFromConnectionString(getenv("FANFARE_CONNECTION_STRING"), getenv("FANFARE_HUB"), options)
}

// devices are one of each platform, under ids that stay: whoever registers again
// is still one.
func devices() []nh.Installation {
	return []nh.Installation{
		{ID: "getstarted-laptop", Platform: nh.WNS, PushChannel: "https://db5p.notify.windows.com/?token=AwYAAAGetStartedLaptop"},
		{ID: "getstarted-lumia", Platform: nh.MPNS, PushChannel: "https://db5.notify.live.net/throttledthirdparty/01.00/AQGetStartedLumia"},
		{ID: "getstarted-iphone", Platform: nh.APNs, PushChannel: "33FC13ADFF785122B4AD28809A3420982341241421348097878E577C991DE8F3"},
		{ID: "getstarted-android", Platform: nh.GCM, PushChannel: "dPhone:APA91bGetStartedAndroid"},
		{ID: "getstarted-kindle", Platform: nh.ADM, PushChannel: "amzn1.adm-registration.v2.GetStartedKindle"},
		{ID: "getstarted-baidu", Platform: nh.Baidu, PushChannel: "1234567890123456789-4567890123456789012"},
	}
}

type notification struct {
	device string
	*nh.Notification
}

// notifications are those of the how-to, but for iOS: an iPhone shows only what
// is in aps.
func notifications() []notification {
	const (
		windows = `<toast><visual><binding template="ToastText01"><text id="1">Test</text></binding></visual></toast>`
		phone   = `<?xml version="1.0" encoding="utf-8"?><wp:Notification xmlns:wp="WPNotification"><wp:Toast><wp:Text1>Test</wp:Text1></wp:Toast></wp:Notification>`
	)
	hello := map[string]any{"data": map[string]any{"msg": "Hello!"}}
	return []notification{
		{"Windows", nh.NewWindowsNotification(windows, nil)},
		{"Windows Phone", nh.NewMPNSNotification(phone)},
		{"iOS", nh.NewAppleNotification(map[string]any{"aps": map[string]any{"alert": "Hello!"}}, nil)},
		{"Android", nh.NewFCMNotification(hello)},
		{"Kindle Fire", nh.NewADMNotification(hello)},
		{"Baidu", nh.NewBaiduNotification(hello, nil)},
	}
}
