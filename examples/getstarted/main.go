// Command getstarted sends one notification to each platform, as the section
// "Complete the tutorial" of Azure's how-to for other back-ends does. It works
// against Azure and against Fanfare.
//
//	HUB_CONNECTION_STRING="Endpoint=sb://…" HUB_NAME=myhub go run ./examples/getstarted
//
// CA_FILE names a PEM file with an authority to trust, as fanfare dev prints it.
package main

import (
	"context"
	"crypto/x509"
	"fmt"
	"io"
	"os"

	nh "github.com/fanfare-hub/fanfare/notificationhubs"
)

func main() {
	if err := run(context.Background(), os.Getenv, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, getenv func(string) string, out io.Writer) error {
	options := &nh.ClientOptions{}
	if name := getenv("CA_FILE"); name != "" {
		pem, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		options.RootCAs = x509.NewCertPool()
		if !options.RootCAs.AppendCertsFromPEM(pem) {
			return fmt.Errorf("CA_FILE %s holds no PEM certificate", name)
		}
	}
	hub, err := nh.NewClientFromConnectionString(getenv("HUB_CONNECTION_STRING"), getenv("HUB_NAME"), options)
	if err != nil {
		return err
	}
	hello := map[string]any{"data": map[string]any{"msg": "Hello!"}}
	for _, n := range []struct {
		platform     string
		notification *nh.Notification
	}{
		{"Windows", nh.NewWindowsNotification(`<toast><visual><binding template="ToastText01"><text id="1">Test</text></binding></visual></toast>`)},
		{"Windows Phone", nh.NewMPNSNotification(`<?xml version="1.0" encoding="utf-8"?><wp:Notification xmlns:wp="WPNotification"><wp:Toast><wp:Text1>Test</wp:Text1></wp:Toast></wp:Notification>`)},
		{"iOS", nh.NewAppleNotification(map[string]any{"aps": map[string]any{"alert": "Hello!"}}, nil)},
		{"Android", nh.NewFCMNotification(hello)},
		{"Kindle Fire", nh.NewADMNotification(hello)},
		{"Baidu", nh.NewBaiduNotification(hello, -1)},
	} {
		sent, err := hub.Send(ctx, n.notification, nil)
		if err != nil {
			return fmt.Errorf("%s: %w", n.platform, err)
		}
		fmt.Fprintf(out, "%-13s accepted as %s\n", n.platform, sent.NotificationID)
	}
	return nil
}
