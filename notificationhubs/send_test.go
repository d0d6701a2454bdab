package notificationhubs_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	nh "github.com/fanfare-hub/fanfare/notificationhubs"
)

const (
	toast = `<toast><visual><binding template="ToastText01"><text id="1">Hello world!</text></binding></visual></toast>`
	phone = `<?xml version="1.0" encoding="utf-8"?><wp:Notification xmlns:wp="WPNotification"><wp:%s/></wp:Notification>`
)

type headers map[string]string

func TestSendRequests(t *testing.T) {
	t.Parallel()
	expiry := time.Date(2030, 1, 2, 4, 4, 5, 999, time.FixedZone("", 3600))
	for name, c := range map[string]struct {
		n      *nh.Notification
		format string
		header headers
		body   string
	}{
		"toast":                     {nh.NewWindowsNotification(toast, nil), "windows", headers{"X-WNS-Type": "wns/toast", "Content-Type": "application/xml"}, toast},
		"toast with attributes":     {nh.NewWindowsNotification(`<toast launch="x"/>`, nil), "windows", headers{"X-WNS-Type": "wns/toast"}, `<toast launch="x"/>`},
		"toast after much else":     {nh.NewWindowsNotification("\ufeff<?xml version=\"1.0\" encoding=\"utf-16\"?>\n<!-- <tile> --> <toast/>", nil), "windows", headers{"X-WNS-Type": "wns/toast"}, ""},
		"tile":                      {nh.NewWindowsNotification(`<tile/>`, nil), "windows", headers{"X-WNS-Type": "wns/tile"}, ""},
		"badge":                     {nh.NewWindowsNotification(`<badge value="1"/>`, nil), "windows", headers{"X-WNS-Type": "wns/badge"}, ""},
		"raw":                       {nh.NewWindowsRawNotification([]byte("\x00bytes"), nil), "windows", headers{"X-WNS-Type": "wns/raw", "Content-Type": "application/octet-stream"}, "\x00bytes"},
		"phone toast":               {nh.NewMPNSNotification(fmt.Sprintf(phone, "Toast")), "windowsphone", headers{"X-WindowsPhone-Target": "toast", "X-NotificationClass": "2", "Content-Type": "application/xml"}, ""},
		"phone tile":                {nh.NewMPNSNotification(fmt.Sprintf(phone, "Tile")), "windowsphone", headers{"X-WindowsPhone-Target": "tile", "X-NotificationClass": "1"}, ""},
		"phone raw":                 {nh.NewMPNSRawNotification([]byte("x")), "windowsphone", headers{"X-WindowsPhone-Target": "", "X-NotificationClass": "3", "Content-Type": "application/octet-stream"}, "x"},
		"phone raw, later":          {nh.NewMPNSRawNotification([]byte("x")).SetHeader("X-NotificationClass", "23"), "windowsphone", headers{"X-NotificationClass": "23"}, "x"},
		"apple":                     {nh.NewAppleNotification(`{"aps":{}}`, nil), "apple", headers{"Content-Type": "application/json;charset=utf-8", "ServiceBusNotification-Apns-Expiry": ""}, `{"aps":{}}`},
		"apple with all":            {nh.NewAppleNotification([]byte(`{"aps":{}}`), &nh.AppleOptions{Expiry: expiry, Priority: 5, PushType: "alert", CollapseID: "c", Topic: "app.voip"}), "apple", headers{"ServiceBusNotification-Apns-Expiry": "2030-01-02T03:04:05Z", "apns-priority": "5", "apns-push-type": "alert", "apns-collapse-id": "c", "apns-topic": "app.voip"}, ""},
		"an encoded value":          {nh.NewAppleNotification(map[string]any{"aps": map[string]any{"alert": "<1 & 2>"}}, nil), "apple", nil, `{"aps":{"alert":"<1 & 2>"}}`},
		"FCM v1":                    {nh.NewFCMV1Notification(`{"message":{}}`), "fcmv1", headers{"Content-Type": "application/json;charset=utf-8"}, ""},
		"legacy FCM goes as gcm":    {nh.NewFCMNotification(`{"data":{}}`), "gcm", nil, `{"data":{}}`},
		"ADM":                       {nh.NewADMNotification(`{}`), "adm", nil, ""},
		"Baidu":                     {nh.NewBaiduNotification(`{}`, &nh.BaiduOptions{MessageType: nh.BaiduAlert}), "baidu", headers{"X-Baidu-Message-Type": "1"}, ""},
		"Baidu, of the hub's type":  {nh.NewBaiduNotification(`{}`, nil), "baidu", headers{"X-Baidu-Message-Type": ""}, ""},
		"browser":                   {nh.NewBrowserNotification("any text", nil), "browser", nil, "any text"},
		"browser, an encoded value": {nh.NewBrowserNotification([]int{1}, nil), "browser", nil, "[1]"},
		"browser with all": {nh.NewBrowserNotification("any text", &nh.BrowserOptions{TTL: 90*time.Second + 1, Urgency: "high", Topic: "news"}), "browser",
			headers{"TTL": "91", "Urgency": "high", "Topic": "news", "Content-Type": "application/json;charset=utf-8"}, "any text"},
		"browser, of options that say nothing": {nh.NewBrowserNotification("a", &nh.BrowserOptions{}), "browser", headers{"TTL": "", "Urgency": "", "Topic": ""}, "a"},
		"toast with all": {nh.NewWindowsNotification(toast, &nh.WindowsOptions{TTL: time.Hour, Tag: "t", Group: "g", Priority: 1, CachePolicy: "no-cache"}), "windows",
			headers{"X-WNS-TTL": "3600", "X-WNS-Tag": "t", "X-WNS-Group": "g", "X-WNS-PRIORITY": "1", "X-WNS-Cache-Policy": "no-cache", "X-WNS-Type": "wns/toast"}, toast},
		"raw for a moment":        {nh.NewWindowsRawNotification([]byte("x"), &nh.WindowsOptions{TTL: 1}), "windows", headers{"X-WNS-TTL": "1", "X-WNS-Tag": "", "X-WNS-PRIORITY": "", "X-WNS-Type": "wns/raw"}, "x"},
		"Baidu, a message":        {nh.NewBaiduNotification(`{}`, &nh.BaiduOptions{MessageType: nh.BaiduMessage}), "baidu", headers{"X-Baidu-Message-Type": "0"}, ""},
		"Xiaomi":                  {nh.NewXiaomiNotification(`{}`), "xiaomi", nil, ""},
		"template":                {nh.NewTemplateNotification(map[string]string{"b": "2", "a": "1"}), "template", headers{"Content-Type": "application/json;charset=utf-8"}, `{"a":"1","b":"2"}`},
		"template, no properties": {nh.NewTemplateNotification(nil), "template", nil, `{}`},
		"a further header":        {nh.NewWindowsNotification(toast, nil).SetHeader("X-WNS-Tag", "x"), "windows", headers{"X-WNS-Tag": "x", "X-WNS-Type": "wns/toast"}, ""},
		"no other format":         {nh.NewADMNotification(`{}`).SetHeader("ServiceBusNotification-Format", "apple").SetHeader("Authorization", "x"), "adm", nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, rec := setup(t, nh.ClientOptions{}, accepted)
			sent, err := client.Send(t.Context(), c.n, nil)
			if err != nil {
				t.Fatal(err)
			}
			want := &nh.SendResult{NotificationID: "NH-1", Location: "https://h.example/MyHub/messages/NH-1?api-version=2020-06", TrackingID: "t-1", CorrelationID: "c-1"}
			if diff := cmp.Diff(want, sent); diff != "" {
				t.Error(diff)
			}
			r := rec.last()
			if r.method != "POST" || r.uri != "/MyHub/messages?api-version=2020-06" || r.header.Get("ServiceBusNotification-Format") != c.format {
				t.Errorf("%s %s, format %q", r.method, r.uri, r.header.Get("ServiceBusNotification-Format"))
			}
			if _, there := r.header["Servicebusnotification-Tags"]; there {
				t.Error("tags were sent for everybody")
			}
			for h, want := range c.header {
				if got := r.header.Get(h); got != want {
					t.Errorf("%s: %q, want %q", h, got, want)
				}
			}
			if c.body != "" && r.body != c.body {
				t.Errorf("body %s, want %s", r.body, c.body)
			}
			resource := "sr=" + url.QueryEscape("https://"+rec.Listener.Addr().String()+"/myhub") + "&"
			if auth := r.header.Get("Authorization"); !strings.HasPrefix(auth, "SharedAccessSignature "+resource) || !strings.HasSuffix(auth, "&skn=Full") {
				t.Errorf("Authorization %q", auth)
			}
		})
	}
}

func TestSendTags(t *testing.T) {
	t.Parallel()
	for want, o := range map[string]*nh.SendOptions{
		"":                 {},
		"sports":           {Tags: []string{"sports"}},
		"a || $UserId:{u}": {Tags: []string{"a", "$UserId:{u}"}},
		"a && !b":          {Expression: "a && !b"},
		"!$UserId:{u}":     {To: nh.UserTag("u").Not()},
		"(a || b) && é":    {To: nh.AnyTag("a", "b").And(nh.Tag("é"))},
		"t || t || t || t || t || t || t || t || t || t || t || t || t || t || t || t || t || t || t || t": {Tags: strings.Fields(strings.Repeat("t ", 20))},
	} {
		client, rec := setup(t, nh.ClientOptions{}, accepted)
		if _, err := client.Send(t.Context(), nh.NewADMNotification(`{}`), o); err != nil {
			t.Errorf("%s: %v", want, err)
		} else if got := rec.last().header.Get("ServiceBusNotification-Tags"); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// What is wrong is told before anything is sent.
func TestSendRefuses(t *testing.T) {
	t.Parallel()
	client, rec := setup(t, nh.ClientOptions{}, accepted)
	fine := nh.NewADMNotification(`{}`)
	for name, c := range map[string]struct {
		n    *nh.Notification
		o    *nh.SendOptions
		says string
	}{
		"no notification":     {nil, nil, "is missing"},
		"a made-up one":       {&nh.Notification{}, nil, "is missing"},
		"no JSON":             {nh.NewAppleNotification("{", nil), nil, "not a JSON object"},
		"JSON, but no object": {nh.NewAppleNotification(`"{}"`, nil), nil, "not a JSON object"},
		"nothing":             {nh.NewAppleNotification(nil, nil), nil, "not a JSON object"},
		"no encoding":         {nh.NewAppleNotification(func() {}, nil).SetHeader("a", "b"), nil, "unsupported type"},
		"an empty raw one":    {nh.NewWindowsRawNotification(nil, nil), nil, "is empty"},
		"an empty text":       {nh.NewBrowserNotification(" ", nil), nil, "is empty"},
		"no toast":            {nh.NewWindowsNotification("<html/>", nil), nil, `"html", none of toast, tile, badge`},
		"no XML":              {nh.NewWindowsNotification("toast", nil), nil, "none of toast, tile, badge"},
		"a TTL of the past":   {nh.NewBrowserNotification("a", &nh.BrowserOptions{TTL: -time.Second}), nil, "less than nothing"},
		"no phone toast":      {nh.NewMPNSNotification("<x/>"), nil, "neither a wp:Toast nor a wp:Tile"},
		"a line in a header":  {nh.NewADMNotification(`{}`).SetHeader("X-A", "b\r\nX-C: d"), nil, "invalid header field value"},
		"21 tags":             {fine, &nh.SendOptions{Tags: strings.Fields(strings.Repeat("t ", 21))}, "at most 20"},
		"an empty tag":        {fine, &nh.SendOptions{Tags: []string{""}}, "invalid tag"},
		"a long tag":          {fine, &nh.SendOptions{Tags: []string{strings.Repeat("t", 121)}}, "at most 120"},
		"an injected tag":     {fine, &nh.SendOptions{Tags: []string{"a || b"}}, "invalid tag"},
		"behind an id":        {fine, &nh.SendOptions{Tags: []string{"$UserId:{u} || a"}}, "not a tag"},
		"before an id":        {fine, &nh.SendOptions{To: nh.Tag("$UserId:{u}")}, "can not start with $"},
		"an injected node":    {fine, &nh.SendOptions{To: nh.Tag("a && b")}, "invalid tag"},
		"an injected user":    {fine, &nh.SendOptions{To: nh.UserTag("x} || a")}, "invalid tag"},
		"half an and":         {fine, &nh.SendOptions{To: nh.Tag("a").And(nh.TagExpression{})}, "empty tag expression"},
		"not nothing":         {fine, &nh.SendOptions{To: nh.TagExpression{}.Not()}, "empty tag expression"},
		"two choices":         {fine, &nh.SendOptions{Tags: []string{"a"}, Expression: "b"}, "give one of"},
		"two others":          {fine, &nh.SendOptions{Expression: "b", To: nh.Tag("a")}, "give one of"},
		// Each of these would reach everybody.
		"no tags":            {fine, &nh.SendOptions{Tags: []string{}}, "list of tags is empty"},
		"a blank expression": {fine, &nh.SendOptions{Expression: " "}, "blank"},
	} {
		if _, err := client.Send(t.Context(), c.n, c.o); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want …%s…", name, err, c.says)
		}
	}
	for _, d := range []nh.Device{{}, {Handle: " "}, {Handle: "a\r\nb"}} {
		if _, err := client.SendDirect(t.Context(), fine, d); err == nil {
			t.Errorf("a device with the handle %q was taken", d.Handle)
		}
	}
	if n := len(rec.all()); n != 0 {
		t.Errorf("%d requests were sent", n)
	}
}

func TestDirectSend(t *testing.T) {
	t.Parallel()
	client, rec := setup(t, nh.ClientOptions{}, accepted)
	if _, err := client.SendDirect(t.Context(), nh.NewBrowserNotification(`{}`, nil), nh.Device{Handle: "https://push.example/x", P256DH: "p", Auth: "a"}); err != nil {
		t.Fatal(err)
	}
	r := rec.last()
	if r.uri != "/MyHub/messages?api-version=2020-06&direct" || r.header.Get("ServiceBusNotification-DeviceHandle") != "https://push.example/x" ||
		r.header.Get("P256DH") != "p" || r.header.Get("Auth") != "a" {
		t.Errorf("%+v", r)
	}
	if _, err := client.SendDirect(t.Context(), nh.NewAppleNotification(`{}`, nil), nh.Device{Handle: "00AA"}); err != nil {
		t.Fatal(err)
	}
	if _, there := rec.last().header["P256dh"]; there {
		t.Error("a browser's keys were sent for an Apple device")
	}
}

func TestTestSend(t *testing.T) {
	t.Parallel()
	want := &nh.NotificationOutcome{Success: 1, Results: []nh.RegistrationResult{{
		Platform: "windows", Handle: "h", RegistrationID: "1-2-3",
		Outcome: "The Notification was successfully sent to the Push Notification System",
	}}}
	n := nh.NewWindowsNotification(toast, nil)
	client, rec := setup(t, nh.ClientOptions{}, accepted)
	got, err := client.TestSend(t.Context(), n, &nh.SendOptions{Tags: []string{"a"}})
	if err != nil || rec.last().uri != "/MyHub/messages?api-version=2020-06&test" {
		t.Errorf("%s: %v", rec.last().uri, err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	// The option makes every send such a one.
	client, rec = setup(t, nh.ClientOptions{TestSend: true}, accepted)
	sent, err := client.SendDirect(t.Context(), n, nh.Device{Handle: "h"})
	if err != nil || rec.last().uri != "/MyHub/messages?api-version=2020-06&direct&test" {
		t.Fatalf("%s: %v", rec.last().uri, err)
	}
	if diff := cmp.Diff(want, sent.Outcome); diff != "" || sent.NotificationID != "NH-1" {
		t.Errorf("%+v\n%s", sent, diff)
	}
}

// A hub may have taken a notification and say little of it.
func TestSendAnswers(t *testing.T) {
	t.Parallel()
	const nobody = `<NotificationOutcome xmlns="http://schemas.microsoft.com/netservices/2010/10/servicebus/connect" xmlns:i="http://www.w3.org/2001/XMLSchema-instance"><Success>0</Success><Failure>0</Failure><Results i:nil="true"/></NotificationOutcome>`
	n := nh.NewWindowsNotification(toast, nil)
	for name, c := range map[string]struct {
		status     int
		body, says string
	}{
		"nobody":                     {http.StatusCreated, nobody, ""},
		"200, as documentation says": {http.StatusOK, nobody, ""},
		"no outcome":                 {http.StatusCreated, "", "did not say what came of it"},
		"no XML":                     {http.StatusCreated, "fine", "took the notification, but its outcome cannot be read"},
		"202":                        {http.StatusAccepted, nobody, "202 Accepted"},
	} {
		client, _ := setup(t, nh.ClientOptions{}, always(c.status, c.body))
		o, err := client.TestSend(t.Context(), n, nil)
		switch {
		case c.says != "" && (err == nil || !strings.Contains(err.Error(), c.says)):
			t.Errorf("%s: %v, want …%s…", name, err, c.says)
		case c.says == "" && (err != nil || o.Success != 0 || o.Results != nil):
			t.Errorf("%s: %+v, %v", name, o, err)
		}
	}
	client, _ := setup(t, nh.ClientOptions{TestSend: true}, always(http.StatusCreated, ""))
	if sent, err := client.Send(t.Context(), n, nil); err != nil || sent.NotificationID != "" || sent.Outcome != nil {
		t.Errorf("neither Location nor outcome: %+v, %v", sent, err)
	}
}

func FuzzWindowsPayload(f *testing.F) {
	for _, seed := range []string{toast, "<?xml version='1.0' encoding='utf-16'?><tile/>", "<!DOCTYPE a [<!ENTITY x 'y'>]><badge>", "<a:toast", "", "<toast><toast>"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, payload string) {
		var kind string
		client, _ := fake(t, nh.ClientOptions{}, func(_ int, r *http.Request) (*http.Response, error) {
			kind = r.Header.Get("X-WNS-Type")
			return respond(http.StatusCreated, "")
		})
		_, err := client.Send(t.Context(), nh.NewWindowsNotification(payload, nil), nil)
		root, _ := strings.CutPrefix(kind, "wns/")
		if err == nil && (root != "toast" && root != "tile" && root != "badge" || !strings.Contains(payload, root)) {
			t.Errorf("%q goes out as %q", payload, kind)
		}
	})
}
