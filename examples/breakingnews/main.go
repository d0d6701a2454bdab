// Command breakingnews sends breaking news to those who asked for them, as the
// tutorial of Azure Notification Hubs about breaking news by tag does: a reader
// chooses categories, which become tags of the device, and a piece of news goes
// to a tag or a tag expression, with a payload for each platform.
//
//	FANFARE_CONNECTION_STRING="Endpoint=sb://…" FANFARE_HUB=myhub FANFARE_CA_FILE=ca.pem go run ./examples/breakingnews
//
// FANFARE_CA_FILE names a PEM file with an authority to trust, such as the one
// that fanfare dev makes. The readers are known to the simulated push services
// of fanfare dev alone: with a real app, each comes from a device, in a request
// to the app's back-end.
package main

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/xml"
	"fmt"
	"io"
	"os"
	"os/signal"

	nh "github.com/fanfare-hub/fanfare/notificationhubs"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Getenv, readers(devBrowser), os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, getenv func(string) string, readers []nh.Installation, out io.Writer) error {
	hub, err := connect(getenv)
	if err != nil {
		return err
	}
	for _, r := range readers {
		if err := hub.PutInstallation(ctx, r); err != nil {
			return fmt.Errorf("subscribing %s: %w", r.ID, err)
		}
	}
	for _, s := range stories {
		if err := publish(ctx, hub, s, out); err != nil {
			return fmt.Errorf("publishing %q: %w", s.headline, err)
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

// story is a piece of news, and whom it is for.
type story struct {
	headline string
	to       nh.TagExpression
}

// The news of the day: to one category; to two, of which a reader of both gets
// one copy; and to a category without those who want no sports.
var stories = []story{
	{"Cup final goes to penalties", nh.Tag("Sports")},
	{`Leaders sign the "Harbour & Rivers" treaty`, nh.AnyTag("World", "Politics")},
	{"Stadium builder doubles its profit", nh.Tag("Business").And(nh.Tag("NoSports").Not())},
}

// publish sends a story to each platform, in the platform's own words.
func publish(ctx context.Context, hub *nh.Client, s story, out io.Writer) error {
	to, err := s.to.Text()
	if err != nil {
		return err
	}
	for _, n := range payloads(s.headline) {
		sent, err := hub.Send(ctx, n.Notification, &nh.SendOptions{To: s.to})
		if err != nil {
			return fmt.Errorf("%s: %w", n.platform, err)
		}
		if _, err := fmt.Fprintf(out, "%-22s %-7s accepted as %s\n", to, n.platform, sent.NotificationID); err != nil {
			return err
		}
	}
	return nil
}

type payload struct {
	platform nh.Platform
	*nh.Notification
}

// payloads is a headline as each platform shows it. JSON is encoded and XML is
// escaped: a headline may hold any character.
func payloads(headline string) []payload {
	type object = map[string]any
	var text bytes.Buffer
	xml.EscapeText(&text, []byte(headline)) //nolint:errcheck // a buffer takes everything
	return []payload{
		{nh.APNs, nh.NewAppleNotification(object{"aps": object{"alert": headline}}, nil)},
		{nh.FCMV1, nh.NewFCMV1Notification(object{"message": object{"notification": object{"title": "Breaking news", "body": headline}}})},
		{nh.WNS, nh.NewWindowsNotification(`<toast><visual><binding template="ToastText01"><text id="1">`+text.String()+`</text></binding></visual></toast>`, nil)},
		{nh.ADM, nh.NewADMNotification(object{"data": object{"headline": headline}})},
		{nh.Browser, nh.NewBrowserNotification(object{"title": "Breaking news", "body": headline}, nil)},
	}
}
