package main

import nh "github.com/fanfare-hub/fanfare/notificationhubs"

// readers are the devices that have subscribed. An installation is written under
// an id that the app keeps: when the reader chooses other categories it is
// written again, and replaces what was there. The tags are the categories.
func readers(browser nh.BrowserChannel) []nh.Installation {
	return []nh.Installation{
		{
			ID: "reader-iphone", Platform: nh.APNs, PushChannel: "00FC13ADFF785122B4AD28809A3420982341241421348097878E577C991DE8F0",
			Tags: []string{"Sports", "World", "Politics"},
		},
		{
			ID: "reader-android", Platform: nh.FCMV1, PushChannel: "dReader:APA91bBreakingNewsAndroid",
			Tags: []string{"Politics", "Science"},
		},
		{
			ID: "reader-laptop", Platform: nh.WNS, PushChannel: "https://db5p.notify.windows.com/?token=AwYAAABreakingNewsLaptop",
			Tags: []string{"World", "Sports"},
		},
		{
			ID: "reader-kindle", Platform: nh.ADM, PushChannel: "amzn1.adm-registration.v2.BreakingNewsKindle",
			Tags: []string{"Business"},
		},
		{
			ID: "reader-browser", Platform: nh.Browser, Browser: &browser,
			Tags: []string{"Business", "Politics", "NoSports"},
		},
	}
}

// devBrowser is a subscription as a page's PushManager gives it. Its keys are
// those of the example in RFC 8291, section 5, so that anybody could read what
// is pushed to it.
var devBrowser = nh.BrowserChannel{
	Endpoint: "https://updates.push.services.mozilla.com/wpush/v2/BreakingNewsBrowser",
	P256DH:   "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
	Auth:     "BTBZMqHH6r4Tts7J_aSIgg",
}
