// Command hello registers a phone and a tablet, and greets both with one send.
package main

import (
	"context"
	"crypto/x509"
	"fmt"
	"log"
	"os"

	nh "github.com/fanfare-hub/fanfare/notificationhubs"
)

func main() {
	if err := hello(context.Background()); err != nil {
		log.Fatal(err)
	}
}

func hello(ctx context.Context) error {
	authority, err := os.ReadFile(os.Getenv("FANFARE_CA_FILE")) // fanfare dev's own; a public certificate needs no RootCAs
	if err != nil {
		return err
	}
	options := &nh.ClientOptions{RootCAs: x509.NewCertPool()}
	options.RootCAs.AppendCertsFromPEM(authority)
	hub, err := nh.NewClientFromConnectionString(os.Getenv("FANFARE_CONNECTION_STRING"), os.Getenv("FANFARE_HUB"), options)
	if err != nil {
		return err
	}
	for _, device := range []nh.Installation{
		{ID: "phone", Platform: nh.APNs, PushChannel: "22FC13ADFF785122B4AD28809A342098", Templates: template(`{"aps":{"alert":"$(greeting)"}}`)},
		{ID: "tablet", Platform: nh.FCMV1, PushChannel: "dTablet1:APA91bHello", Templates: template(`{"message":{"notification":{"body":"$(greeting)"}}}`)},
	} {
		device.Tags = []string{"greetings"}
		if err := hub.PutInstallation(ctx, device); err != nil {
			return err
		}
	}
	sent, err := hub.Send(ctx, nh.NewTemplateNotification(map[string]string{"greeting": "Hello"}),
		&nh.SendOptions{To: nh.Tag("greetings").And(nh.Tag("muted").Not())})
	if err != nil {
		return err
	}
	details, err := hub.WaitForNotification(ctx, sent.NotificationID)
	if err != nil {
		return err
	}
	fmt.Println(details.State, details.Outcomes)
	return nil
}

func template(body string) map[string]nh.InstallationTemplate {
	return map[string]nh.InstallationTemplate{"greeting": {Body: body}}
}
