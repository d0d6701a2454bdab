package wire_test

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/fanfare-hub/fanfare/internal/wire"
)

// The seven ways in which known clients sign, with vectors that were computed
// apart from this code.
func TestSASOfEveryClient(t *testing.T) {
	t.Parallel()
	const key = "c2VsZi1ob3N0ZWQtaHViLXRlc3Qta2V5LTAxMjM0NTY="
	for client, c := range map[string][2]string{
		"Python":     {"https%3a%2f%2flocalhost%3a8443%2fmyhub", "n79NhH+UL9fwRj2ITj6kSJqqh+yJQgSddPwDoRjDIqs="},
		"JavaScript": {"https%3A%2F%2Flocalhost%3A8443%2F", "pMKezR93LRAyQDDS3M/SyQE3Ob058JCPyg/4yIrPyQE="},
		".NET":       {"http%3a%2f%2flocalhost%2fmyhub%2fmessages%2f", "cmI3OmepaJ/Hb9F20lGWUVI3MUAG6ZTQcvM7w1/4hUc="},
		"Java":       {"https%3a%2f%2flocalhost%3a8443%2fmyhub%2fmessages%3fapi-version%3d2020-06", "uaHjLIz+u+4yZKpS+cuPTkg86qlsS8BCYAdJNqLgxp4="},
		"Java batch": {"https%3a%2f%2flocalhost%3a8443%2fmyhub%2fmessages%2f%24batch%3fapi-version%3d2020-06%26direct", "k/NLsSV02agqnPRlmesA1gjWhKSLNK2zfj0YgfXYn0g="},
		"Go":         {"https%3A%2F%2Flocalhost%3A8443", "2C7RqRqN0JGaH0VwORiSpvFvHQw2D/cdmRVFSrGln8U="},
		"Ruby":       {"sb%3a%2f%2flocalhost%3a8443%2f", "DaNOG1MpVTzqZXwGC6YRyvqUHGkzGawoFue2b9Gfj00="},
	} {
		for form, header := range map[string]string{
			"escaped":      "SharedAccessSignature sr=" + c[0] + "&sig=" + url.QueryEscape(c[1]) + "&se=1800000000&skn=Rule",
			"slash left":   "SharedAccessSignature sig=" + strings.ReplaceAll(url.QueryEscape(c[1]), "%2F", "/") + "&se=1800000000&skn=Rule&sr=" + c[0],
			"plus left":    "sharedaccesssignature se=1800000000&sig=" + strings.ReplaceAll(url.QueryEscape(c[1]), "%2B", "+") + "&skn=Rule&sr=" + c[0],
			"other blanks": " SharedAccessSignature  sr=" + c[0] + "&sig=" + url.QueryEscape(c[1]) + "&se=1800000000&skn=Rule ",
		} {
			s, err := wire.ParseSAS(header)
			if err != nil {
				t.Errorf("%s, %s: %v", client, form, err)
				continue
			}
			if !s.SignedBy(key) || s.SignedBy(key+"x") || s.SignedBy("") {
				t.Errorf("%s, %s: the signature is not taken as it should", client, form)
			}
			if want, err := url.PathUnescape(c[0]); err != nil || s.Resource != want || s.KeyName != "Rule" || s.Expiry.Unix() != 1800000000 {
				t.Errorf("%s, %s: %v", client, form, s)
			}
		}
	}
}

func TestSignSASIsTaken(t *testing.T) {
	t.Parallel()
	at := time.Unix(1800000000, 0)
	s, err := wire.ParseSAS(wire.SignSAS("https://LocalHost:8443/MyHub", "Rule name+&", "key", at))
	if err != nil || !s.SignedBy("key") || s.Resource != "https://localhost:8443/myhub" || s.KeyName != "Rule name+&" && s.KeyName != "Rule+name+&" || !s.Expiry.Equal(at) {
		t.Errorf("%v, %v", s, err)
	}
}

func TestParseSASRefuses(t *testing.T) {
	t.Parallel()
	for header, missing := range map[string]bool{
		"": true, "Bearer x": false, "SharedAccessSignature": false, "SharedAccessSignature sr=a&sig=b": false,
		"SharedAccessSignature sr=a&sig=YQ==&se=x&skn=n": false, "SharedAccessSignature sr=a&sig=!&se=1&skn=n": false,
		"SharedAccessSignature sr=%&sig=YQ==&se=1&skn=n": false, "SharedAccessSignature sr=a&sr=b&sig=YQ==&se=1&skn=n": false,
		"SharedAccessSignature sr=a&sig=YQ==&se=-1&skn=n": false,
	} {
		_, err := wire.ParseSAS(header)
		var e *wire.SASError
		if !errors.As(err, &e) || e.Missing != missing {
			t.Errorf("ParseSAS(%q) = %v", header, err)
		}
	}
}

func TestConnectionString(t *testing.T) {
	t.Parallel()
	const want = "Endpoint=sb://h.example:8443/;SharedAccessKeyName=Rule;SharedAccessKey=a2V5PT0="
	for _, s := range []string{
		want, want + ";", "SharedAccessKey=a2V5PT0=;Endpoint=https://H.example:8443;sharedaccesskeyname=Rule",
		" Endpoint = sb://h.example:8443/ ; SharedAccessKeyName = Rule ;; SharedAccessKey = a2V5PT0= ; EntityPath=x",
	} {
		c, err := wire.ParseConnectionString(s)
		if err != nil || c.String() != want {
			t.Errorf("%q: %v, %v", s, c, err)
		}
		for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
			if text := fmt.Sprintf(verb, c); strings.Contains(text, "a2V5PT0=") && verb != "%s" {
				t.Errorf("%s shows the key: %s", verb, text)
			}
		}
	}
	for s, says := range map[string]string{
		"": "Endpoint", "Endpoint=sb://h/;SharedAccessKeyName=n": "SharedAccessKey", "Endpoint": "=",
		"Endpoint=ftp://h/;SharedAccessKeyName=n;SharedAccessKey=secret": "sb://", "Endpoint=sb:///;SharedAccessKeyName=n;SharedAccessKey=secret": "host",
	} {
		_, err := wire.ParseConnectionString(s)
		if err == nil || !strings.Contains(err.Error(), says) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: %v, want …%s…", s, err, says)
		}
	}
}

func TestParseTime(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"1997-07-16T19:20+01:00": "1997-07-16T18:20:00Z", "2030-01-01T00:00:00.000Z": "2030-01-01T00:00:00Z",
		"01/02/2030 03:04:05": "2030-01-02T03:04:05Z", "2030-01-02T03:04:05": "2030-01-02T03:04:05Z",
		"2030-01-02'T'03:04:05": "2030-01-02T03:04:05Z", "2025-06-01T10:00+0000": "2025-06-01T10:00:00Z",
		"9999-12-31T23:59:59.9999999Z": "9999-12-31T23:59:59.9999999Z", "2030-01-02T03:04:05.5+02:00": "2030-01-02T01:04:05.5Z",
	} {
		got, err := wire.ParseTime(text)
		if err != nil || got.Format(time.RFC3339Nano) != want {
			t.Errorf("ParseTime(%q) = %v, %v; want %s", text, got, err, want)
		}
	}
	for _, text := range []string{"", "tomorrow", "2030-13-01T00:00:00Z", "\ufffd"} {
		if got, err := wire.ParseTime(text); err == nil {
			t.Errorf("ParseTime(%q) = %v", text, got)
		}
	}
}

func TestParseETag(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int64{`"5"`: 5, `W/"5"`: 5, "5": 5, "*": -1, `"*"`: -1} {
		any, n, err := wire.ParseETag(text)
		if err != nil || any != (want == -1) || !any && n != want {
			t.Errorf("ParseETag(%s) = %v, %d, %v", text, any, n, err)
		}
	}
	for _, text := range []string{"", `"`, `""`, "x", "-1", "+1", `W/"x"`} {
		if _, n, err := wire.ParseETag(text); err == nil {
			t.Errorf("ParseETag(%q) = %d", text, n)
		}
	}
}

const connect = ` xmlns="http://schemas.microsoft.com/netservices/2010/10/servicebus/connect" xmlns:i="http://www.w3.org/2001/XMLSchema-instance"`

// The bytes of answers: order, prefixes, no white space.
func TestEntryBytes(t *testing.T) {
	t.Parallel()
	at := time.Date(2025, 3, 4, 5, 6, 7, 0, time.UTC)
	e := wire.Entry{URL: "https://h/hub/registrations/1-2-3?api-version=2020-06&$top=1", Title: "1-2-3", Published: at, Updated: at, Registration: wire.Registration{
		Platform: "wns", Template: true, ETag: "3", ExpirationTime: time.Date(9999, 12, 31, 23, 59, 59, 999e6, time.UTC), RegistrationID: "1-2-3",
		Tags: []string{"vip", "lang:de"}, PushVariables: map[string]string{"nick": "A<"}, Handle: "https://wns/?a&b", SecondaryTileName: "tile7",
		BodyTemplate: "<toast>]]></toast>", Headers: []wire.Header{{Name: "X-WNS-Type", Value: "wns/toast"}}, TemplateName: "n",
	}}
	want := `<entry a:etag="W/&quot;3&quot;" xmlns="http://www.w3.org/2005/Atom" xmlns:a="http://schemas.microsoft.com/ado/2007/08/dataservices/metadata">` +
		`<id>https://h/hub/registrations/1-2-3?api-version=2020-06&amp;$top=1</id><title type="text">1-2-3</title><published>2025-03-04T05:06:07Z</published><updated>2025-03-04T05:06:07Z</updated>` +
		`<link rel="self" href="https://h/hub/registrations/1-2-3?api-version=2020-06&amp;$top=1"/><content type="application/xml"><WindowsTemplateRegistrationDescription` + connect + `>` +
		`<ETag>3</ETag><ExpirationTime>9999-12-31T23:59:59.999Z</ExpirationTime><RegistrationId>1-2-3</RegistrationId><Tags>vip,lang:de</Tags><PushVariables>{"nick":"A&lt;"}</PushVariables>` +
		`<ChannelUri>https://wns/?a&amp;b</ChannelUri><SecondaryTileName>tile7</SecondaryTileName><BodyTemplate><![CDATA[<toast>]]]]><![CDATA[></toast>]]></BodyTemplate>` +
		`<WnsHeaders><WnsHeader><Header>X-WNS-Type</Header><Value>wns/toast</Value></WnsHeader></WnsHeaders><TemplateName>n</TemplateName></WindowsTemplateRegistrationDescription></content></entry>`
	if got := unquote(string(wire.AppendEntry(nil, &e))); got != unquote(want) {
		t.Errorf("got\n%s\nwant\n%s", got, unquote(want))
	}
}

// unquote evens out a quote in text, which may be escaped or not.
func unquote(s string) string { return strings.ReplaceAll(s, `&quot;`, `"`) }

func TestOutcomeBytes(t *testing.T) {
	t.Parallel()
	if got, want := string(wire.AppendNotificationOutcome(nil, &wire.NotificationOutcome{})), `<NotificationOutcome`+connect+`><Success>0</Success><Failure>0</Failure><Results i:nil="true"/></NotificationOutcome>`; got != want {
		t.Errorf("got %s", got)
	}
}

func TestDetailsBytes(t *testing.T) {
	t.Parallel()
	d := wire.NotificationDetails{
		NotificationID: "NH-1", State: "Completed", EnqueueTime: time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC), NotificationBody: `{"a":1}`, Tags: "a && b", TargetPlatforms: "apple",
		OutcomeCounts: []wire.OutcomeCounts{{Platform: "fcmv1", Counts: []wire.OutcomeCount{{Name: "Success", Count: 2}}}, {Platform: "gcm"}, {Platform: "apns", Counts: []wire.OutcomeCount{{Name: "Success", Count: 3}}}},
	}
	want := `<NotificationDetails` + connect + `><NotificationId>NH-1</NotificationId><State>Completed</State><EnqueueTime>2030-01-02T03:04:05Z</EnqueueTime><NotificationBody>{"a":1}</NotificationBody>` +
		`<Tags>a &amp;&amp; b</Tags><TargetPlatforms>apple</TargetPlatforms><ApnsOutcomeCounts><Outcome><Name>Success</Name><Count>3</Count></Outcome></ApnsOutcomeCounts>` +
		`<FcmV1OutcomeCounts><Outcome><Name>Success</Name><Count>2</Count></Outcome></FcmV1OutcomeCounts></NotificationDetails>`
	if got := unquote(string(wire.AppendNotificationDetails(nil, &d))); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	back, err := wire.DecodeNotificationDetails(strings.NewReader(want))
	if err != nil || back.State != "Completed" || len(back.OutcomeCounts) != 2 || back.Tags != "a && b" {
		t.Errorf("%+v, %v", back, err)
	}
}

// What clients send: abstract and concrete, prefixed, in any order.
func TestDecodeEntryOfClients(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		".NET":    `<entry xmlns="http://www.w3.org/2005/Atom"><content type="application/xml"><RegistrationDescription xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:type="GcmRegistrationDescription" xmlns="http://schemas.microsoft.com/netservices/2010/10/servicebus/connect"><Tags>vip, b</Tags><GcmRegistrationId>abc</GcmRegistrationId></RegistrationDescription></content></entry>`,
		"iOS":     `<?xml version="1.0" encoding="utf-8"?><entry xmlns="http://www.w3.org/2005/Atom"><content type="text/xml"><GcmRegistrationDescription xmlns="http://schemas.microsoft.com/netservices/2010/10/servicebus/connect"><GcmRegistrationId>abc</GcmRegistrationId><Tags>vip,b</Tags></GcmRegistrationDescription></content></entry>`,
		"prefix":  `<a:entry xmlns:a="http://www.w3.org/2005/Atom"><a:title/><a:content><s:RegistrationDescription xmlns:s="http://schemas.microsoft.com/netservices/2010/10/servicebus/connect" xmlns:x="http://www.w3.org/2001/XMLSchema-instance" x:type="s:GcmRegistrationDescription"><s:Other>1</s:Other><s:GcmRegistrationId><![CDATA[abc]]></s:GcmRegistrationId><s:Tags>vip,b,</s:Tags></s:RegistrationDescription></a:content></a:entry>`,
		"utf-16":  `<?xml version="1.0" encoding="utf-16"?><GcmRegistrationDescription><GcmRegistrationId>abc</GcmRegistrationId><Tags>vip,b</Tags></GcmRegistrationDescription>`,
		"the SDK": string(wire.AppendRegistrationRequest(nil, &wire.Registration{Platform: "gcm", Handle: "abc", Tags: []string{"vip", "b"}})),
	} {
		r, err := wire.DecodeEntry(strings.NewReader(text))
		if err != nil || r.Platform != "gcm" || r.Handle != "abc" || !reflect.DeepEqual(r.Tags, []string{"vip", "b"}) {
			t.Errorf("%s: %+v, %v", name, r, err)
		}
	}
	for name, text := range map[string]string{
		"nothing": "", "text": "hello", "open": "<entry>", "no description": `<entry xmlns="http://www.w3.org/2005/Atom"/>`, "another": "<Other/>",
		"DOCTYPE": `<!DOCTYPE a [<!ENTITY b "c">]><GcmRegistrationDescription/>`, "deep": strings.Repeat("<a>", 200) + strings.Repeat("</a>", 200),
		"junk after": `<GcmRegistrationDescription/>x`,
	} {
		_, err := wire.DecodeEntry(strings.NewReader(text))
		var e *wire.DecodeError
		if !errors.As(err, &e) {
			t.Errorf("%s: %v, want a *DecodeError", name, err)
		}
	}
}

// drawn is text with what is awkward in XML and JSON.
func drawn(t *rapid.T, name string) string {
	return rapid.StringOfN(rapid.RuneFrom([]rune("ab<>&\"']é😀,\\ ")), 1, 8, -1).Draw(t, name)
}

func TestRegistrationRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r := wire.Registration{
			Platform: rapid.SampledFrom([]string{"apns", "gcm", "fcmv1", "wns", "mpns", "adm", "browser", "xiaomi"}).Draw(t, "platform"),
			Handle:   "h" + strings.TrimSpace(drawn(t, "handle")), Tags: []string{"a", "b"}, PushVariables: map[string]string{"k": drawn(t, "variable")},
			Template: rapid.Bool().Draw(t, "template"),
		}
		if r.Template {
			r.BodyTemplate, r.TemplateName = drawn(t, "body"), "n"+strings.TrimSpace(drawn(t, "name"))
			if r.Platform == "apns" {
				r.Headers = []wire.Header{{Name: "apns-x", Value: "v" + strings.TrimSpace(drawn(t, "value"))}}
			}
		}
		got, err := wire.DecodeEntry(strings.NewReader(string(wire.AppendRegistrationRequest(nil, &r))))
		if err != nil || !reflect.DeepEqual(got, r) {
			t.Fatalf("got %+v, %v; want %+v", got, err, r)
		}
	})
}

func TestInstallationForms(t *testing.T) {
	t.Parallel()
	const object = `{"endpoint":"https://p/x","p256dh":"p","auth":"a"}`
	for name, text := range map[string]string{
		"object": `{"installationId":"i","platform":"Browser","pushChannel":` + object + `,"userId":null,"tags":null,"expirationTime":null,"new":1}`,
		"text":   `{"platform":"browser","pushChannel":"{\"endpoint\":\"https://p/x\",\"p256dh\":\"p\",\"auth\":\"a\"}","installationId":"i"}`,
	} {
		i, err := wire.DecodeInstallation(strings.NewReader(text))
		if err != nil || i.Browser == nil || i.Browser.Endpoint != "https://p/x" || i.ChannelAsString != (name == "text") || i.InstallationID != "i" {
			t.Fatalf("%s: %+v, %v", name, i, err)
		}
		if got := string(wire.AppendInstallation(nil, &i)); strings.Contains(got, `"pushChannel":{`) != (name == "object") {
			t.Errorf("%s comes back as %s", name, got)
		}
	}
	i := wire.Installation{
		InstallationID: "i", UserID: "u", Platform: "wns", PushChannel: "c", Tags: []string{"a<b"}, PushVariables: map[string]string{"k": "v"},
		Templates: map[string]wire.InstallationTemplate{"t": {Body: "b", Headers: map[string]string{"h": "v"}, Expiry: "0", Tags: []string{"x"}}},
	}
	want := `{"installationId":"i","pushChannel":"c","pushChannelExpired":false,"platform":"wns","expirationTime":"9999-12-31T23:59:59.9999999Z","userId":"u","tags":["a<b"],` +
		`"pushVariables":{"k":"v"},"templates":{"t":{"body":"b","headers":{"h":"v"},"expiry":"0","tags":["x"]}}}`
	if got := string(wire.AppendInstallation(nil, &i)); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	nulls := `{"installationId":"i","platform":"wns","pushVariables":{"k":"v","n":null},"templates":{"n":null,"t":{"body":"b","headers":{"h":"v","n":null}}},"secondaryTiles":{"n":null}}`
	absent := `{"installationId":"i","platform":"wns","pushVariables":{"k":"v"},"templates":{"t":{"body":"b","headers":{"h":"v"}}}}`
	if got, want := decodeInstallation(t, nulls), decodeInstallation(t, "\ufeff"+absent); !reflect.DeepEqual(got, want) {
		t.Errorf("null is %+v, absent is %+v", got, want)
	}
	for _, bad := range []string{"", "[]", "null", `{"installationId":1}`, `{"pushChannel":1,"platform":"apns"}`, `{"pushChannel":"x","platform":"browser"}`,
		`{"expirationTime":"never"}`, `{"a":` + strings.Repeat("[", 100) + strings.Repeat("]", 100) + "}", `{} {}`} {
		_, err := wire.DecodeInstallation(strings.NewReader(bad))
		var e *wire.DecodeError
		if !errors.As(err, &e) {
			t.Errorf("DecodeInstallation(%.30s) = %v, want a *DecodeError", bad, err)
		}
	}
}

func decodeInstallation(t *testing.T, text string) wire.Installation {
	t.Helper()
	i, err := wire.DecodeInstallation(strings.NewReader(text))
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return i
}

func FuzzParseConnectionString(f *testing.F) {
	f.Add("Endpoint=sb://h/;SharedAccessKeyName=n;SharedAccessKey=k=")
	f.Add("endpoint=http://h:1;;=;")
	f.Fuzz(func(t *testing.T, s string) {
		c, err := wire.ParseConnectionString(s)
		if err != nil {
			return
		}
		again, err := wire.ParseConnectionString(c.String())
		if err != nil || again.String() != c.String() {
			t.Fatalf("%q came back as %v, %v", s, again, err)
		}
	})
}

func FuzzParseSAS(f *testing.F) {
	f.Add(wire.SignSAS("https://h/x", "n", "k", time.Unix(1, 0)))
	f.Add("SharedAccessSignature sr=%41&sig=YQ==&se=9&skn=%")
	f.Fuzz(func(t *testing.T, s string) {
		if token, err := wire.ParseSAS(s); err == nil && token.SignedBy("a key that nobody has used") {
			t.Fatal("signed by nobody, and taken")
		}
	})
}

func FuzzDecodeEntry(f *testing.F) {
	f.Add(`<AppleTemplateRegistrationDescription><DeviceToken>aa</DeviceToken><BodyTemplate><![CDATA[{}]]></BodyTemplate></AppleTemplateRegistrationDescription>`)
	f.Add(`<entry><content><RegistrationDescription xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:type="BaiduRegistrationDescription"/></content></entry>`)
	f.Fuzz(func(t *testing.T, s string) {
		r, err := wire.DecodeEntry(strings.NewReader(s))
		if err != nil {
			return
		}
		dec := xml.NewDecoder(strings.NewReader(string(wire.AppendEntry(nil, &wire.Entry{Registration: r}))))
		for {
			if _, err := dec.Token(); errors.Is(err, io.EOF) {
				return
			} else if err != nil {
				t.Fatalf("%q makes an answer that is not XML: %v", s, err)
			}
		}
	})
}

// What is read of a list can be written, and is read again as it was.
func FuzzDecodeFeed(f *testing.F) {
	f.Add(string(wire.AppendFeed(nil, &wire.Feed{Title: "Registrations", Entries: []wire.Entry{
		{Registration: wire.Registration{Platform: "wns", Template: true, Handle: "https://h/?a=1&b", Tags: []string{"a", "b"}, BodyTemplate: "<a/>]]>", Headers: []wire.Header{{Name: "X-WNS-Type", Value: "wns/raw"}}}},
		{Registration: wire.Registration{Platform: "baidu", Handle: "u-c", PushVariables: map[string]string{"k": "v"}}},
	}})))
	f.Add(`<feed><title/><entry><content><RegistrationDescription xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:type="a:GcmRegistrationDescription"/></content></entry><x/></feed>`)
	f.Fuzz(func(t *testing.T, s string) {
		all, err := wire.DecodeFeed(strings.NewReader(s))
		if err != nil {
			return
		}
		var feed wire.Feed
		for _, r := range all {
			feed.Entries = append(feed.Entries, wire.Entry{Registration: r})
		}
		again, err := wire.DecodeFeed(strings.NewReader(string(wire.AppendFeed(nil, &feed))))
		if err != nil || len(again) != len(all) {
			t.Fatalf("%d registrations come back as %d, %v", len(all), len(again), err)
		}
		for i, r := range all {
			if g := again[i]; g.Platform != r.Platform || g.Template != r.Template || g.Handle != r.Handle || !slices.Equal(g.Tags, r.Tags) || !maps.Equal(g.PushVariables, r.PushVariables) || !slices.Equal(g.Headers, r.Headers) {
				t.Fatalf("%+v comes back as %+v", r, g)
			}
		}
	})
}

func FuzzDecodeInstallation(f *testing.F) {
	f.Add(`{"installationId":"i","platform":"apns","pushChannel":"aa","templates":{"t":{"body":"{}"}}}`)
	f.Add(`{"platform":"browser","pushChannel":{"endpoint":"e"}}`)
	f.Fuzz(func(t *testing.T, s string) {
		i, err := wire.DecodeInstallation(strings.NewReader(s))
		if err != nil {
			return
		}
		if _, err := wire.DecodeInstallation(strings.NewReader(string(wire.AppendInstallation(nil, &i)))); err != nil && i.PushChannel != "" {
			t.Fatalf("%q does not come back: %v", s, err)
		}
	})
}

func FuzzDecodeNotificationDetails(f *testing.F) {
	f.Add(`<NotificationDetails><State>Completed</State><ApnsOutcomeCounts><Outcome><Name>Success</Name><Count>1</Count></Outcome></ApnsOutcomeCounts></NotificationDetails>`)
	f.Fuzz(func(t *testing.T, s string) {
		if d, err := wire.DecodeNotificationDetails(strings.NewReader(s)); err == nil {
			if _, err := wire.DecodeNotificationDetails(strings.NewReader(string(wire.AppendNotificationDetails(nil, &d)))); err != nil {
				t.Fatalf("%q does not come back: %v", s, err)
			}
		}
	})
}
