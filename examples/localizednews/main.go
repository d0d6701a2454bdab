// Command localizednews sends breaking news to each reader in the reader's
// language, as the tutorial of Azure Notification Hubs about localized news by
// template does: a device registers a template that shows $(News_en), or
// $(News_fr), or $(News_zh), and one notification carries the news in all of
// them. Example breakingnews, which sends by tag, comes first.
//
//	FANFARE_CONNECTION_STRING="Endpoint=sb://…" FANFARE_HUB=myhub FANFARE_CA_FILE=ca.pem go run ./examples/localizednews
//
// FANFARE_CA_FILE names a PEM file with an authority to trust, such as the one
// that fanfare dev makes. The readers are known to the simulated push services
// of fanfare dev alone: with a real app, each comes from a device, in a request
// to the app's back-end.
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
	if err := run(ctx, os.Getenv, readers(devBrowser), os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, getenv func(string) string, readers []reader, out io.Writer) error {
	hub, err := connect(getenv)
	if err != nil {
		return err
	}
	for _, r := range readers {
		if err := subscribe(ctx, hub, r); err != nil {
			return err
		}
	}
	for _, s := range stories {
		if err := publish(ctx, hub, s, out); err != nil {
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

// story is a piece of news in some languages, and whom it is for.
type story struct {
	text map[string]string // by locale
	to   nh.TagExpression
}

// The news of the day: to a category, in every language; and to the readers of
// one language in it. The others' templates would show an empty text.
var stories = []story{
	{
		map[string]string{"en": `Breaking "World" news!`, "fr": "Dernière minute : le monde", "zh": "国际突发新闻"},
		nh.Tag("World"),
	},
	{
		map[string]string{"fr": "Rectificatif : c'était hier"},
		nh.Tag("World").And(localeTag("fr")),
	},
}

// localeTag is the tag of those who read a language.
func localeTag(locale string) nh.TagExpression { return nh.Tag(localePrefix + locale) }

// publish sends a story once, whatever the platforms of its readers.
func publish(ctx context.Context, hub *nh.Client, s story, out io.Writer) error {
	to, err := s.to.Text()
	if err != nil {
		return err
	}
	properties := map[string]string{}
	for locale, text := range s.text {
		properties["News_"+locale] = text
	}
	sent, err := hub.Send(ctx, nh.NewTemplateNotification(properties), &nh.SendOptions{To: s.to})
	if err != nil {
		return fmt.Errorf("publishing to %s: %w", to, err)
	}
	_, err = fmt.Fprintf(out, "%-18s accepted as %s\n", to, sent.NotificationID)
	return err
}
