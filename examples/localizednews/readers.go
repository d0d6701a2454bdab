package main

import (
	"context"
	"fmt"
	"strings"

	nh "github.com/fanfare-hub/fanfare/notificationhubs"
)

// reader is a device, and what its owner has chosen.
type reader struct {
	device     nh.Installation
	locale     string
	categories []string
}

const localePrefix = "locale:"

// templates are the news as each platform shows them. NEWS stands for the
// property with the text in the reader's language; the hub escapes what it puts
// there, as JSON or as XML.
var templates = map[nh.Platform]string{
	nh.APNs:    `{"aps":{"alert":"NEWS"}}`,
	nh.FCMV1:   `{"message":{"notification":{"title":"News","body":"NEWS"}}}`,
	nh.WNS:     `<toast><visual><binding template="ToastText01"><text id="1">NEWS</text></binding></visual></toast>`,
	nh.ADM:     `{"data":{"headline":"NEWS"}}`,
	nh.Browser: `{"title":"News","body":"NEWS"}`,
}

// subscribe writes a reader's installation, under the id that the app keeps: a
// reader who chooses another language or other categories is written again, and
// what was there is replaced.
func subscribe(ctx context.Context, hub *nh.Client, r reader) error {
	d := r.device
	d.Tags = append([]string{localePrefix + r.locale}, r.categories...)
	d.Templates = map[string]nh.InstallationTemplate{
		"news": {Body: strings.ReplaceAll(templates[d.Platform], "NEWS", "$(News_"+r.locale+")")},
	}
	if err := hub.PutInstallation(ctx, d); err != nil {
		return fmt.Errorf("subscribing %s: %w", d.ID, err)
	}
	return nil
}

// readers are those who have subscribed. The last line is the owner of the
// phone again, who now prefers French.
func readers(browser nh.BrowserChannel) []reader {
	iphone := nh.Installation{ID: "news-iphone", Platform: nh.APNs, PushChannel: "11FC13ADFF785122B4AD28809A3420982341241421348097878E577C991DE8F1"}
	android := nh.Installation{ID: "news-android", Platform: nh.FCMV1, PushChannel: "dReader:APA91bLocalizedNewsAndroid"}
	laptop := nh.Installation{ID: "news-laptop", Platform: nh.WNS, PushChannel: "https://db5p.notify.windows.com/?token=AwYAAALocalizedNewsLaptop"}
	kindle := nh.Installation{ID: "news-kindle", Platform: nh.ADM, PushChannel: "amzn1.adm-registration.v2.LocalizedNewsKindle"}
	chrome := nh.Installation{ID: "news-browser", Platform: nh.Browser, Browser: &browser}
	return []reader{
		{iphone, "en", []string{"World", "Sports"}},
		{android, "en", []string{"World"}},
		{laptop, "zh", []string{"World", "Business"}},
		{kindle, "fr", []string{"Sports"}},
		{chrome, "en", []string{"World"}},
		{android, "fr", []string{"World"}},
	}
}

// devBrowser is a subscription as a page's PushManager gives it. Its keys are
// those of the example in RFC 8291, section 5, so that anybody could read what
// is pushed to it.
var devBrowser = nh.BrowserChannel{
	Endpoint: "https://updates.push.services.mozilla.com/wpush/v2/LocalizedNewsBrowser",
	P256DH:   "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
	Auth:     "BTBZMqHH6r4Tts7J_aSIgg",
}
