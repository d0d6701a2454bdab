package wire_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/fanfare-hub/fanfare/internal/wire"
)

func count(n int64) *int64 { return &n }

// everything is a hub with each member that a description can have, and its
// text in the order of the .NET SDK's data contract.
func everything() wire.HubDescription {
	at := time.Date(2025, 3, 4, 5, 6, 7, 123e6, time.UTC)
	h := wire.HubDescription{
		RegistrationTTL: 90 * 24 * time.Hour, UserMetadata: " a <b> ", Disabled: true,
		DailyOperations: count(1), DailyMaxActiveDevices: count(2), DailyMaxActiveRegistrations: count(3), DailyAPICalls: count(4),
		Rules: []wire.AuthorizationRule{{
			KeyName: "Full", Rights: []string{"Listen", "Manage", "Send"}, CreatedTime: at, ModifiedTime: at, PrimaryKey: "a2V5", SecondaryKey: "b3RoZXI=",
		}},
	}
	for _, p := range []string{"apns", "mpns", "wns", "gcm", "adm", "baidu", "browser", "xiaomi", "fcmv1"} {
		h.Credentials = append(h.Credentials, wire.PNSCredential{Platform: p, Properties: map[string]string{"B": "x&y", "A": p}})
	}
	return h
}

func credential(element, platform string) string {
	return "<" + element + "><Properties><Property><Name>A</Name><Value>" + platform + "</Value></Property>" +
		"<Property><Name>B</Name><Value>x&amp;y</Value></Property></Properties></" + element + ">"
}

var everythingText = `<NotificationHubDescription xmlns="http://schemas.microsoft.com/netservices/2010/10/servicebus/connect" xmlns:i="http://www.w3.org/2001/XMLSchema-instance">` +
	credential("ApnsCredential", "apns") + `<RegistrationTtl>P90D</RegistrationTtl>` + credential("WnsCredential", "wns") +
	`<AuthorizationRules><AuthorizationRule i:type="SharedAccessAuthorizationRule"><ClaimType>SharedAccessKey</ClaimType><ClaimValue>None</ClaimValue>` +
	`<Rights><AccessRights>Listen</AccessRights><AccessRights>Manage</AccessRights><AccessRights>Send</AccessRights></Rights>` +
	`<CreatedTime>2025-03-04T05:06:07.123Z</CreatedTime><ModifiedTime>2025-03-04T05:06:07.123Z</ModifiedTime>` +
	`<KeyName>Full</KeyName><PrimaryKey>a2V5</PrimaryKey><SecondaryKey>b3RoZXI=</SecondaryKey></AuthorizationRule></AuthorizationRules>` +
	credential("GcmCredential", "gcm") + credential("MpnsCredential", "mpns") +
	`<DailyOperations>1</DailyOperations><DailyMaxActiveDevices>2</DailyMaxActiveDevices>` +
	`<DailyMaxActiveRegistrations>3</DailyMaxActiveRegistrations><DailyApiCalls>4</DailyApiCalls><UserMetadata> a &lt;b&gt; </UserMetadata>` +
	credential("AdmCredential", "adm") + credential("BaiduCredential", "baidu") + `<Status>true</Status>` +
	credential("FcmV1Credential", "fcmv1") + credential("BrowserCredential", "browser") + credential("XiaomiCredential", "xiaomi") +
	`</NotificationHubDescription>`

func TestHubEntryIsWrittenInOrder(t *testing.T) {
	t.Parallel()
	h := everything()
	at := time.Date(2025, 3, 4, 5, 6, 7, 0, time.UTC)
	e := wire.HubEntry{URL: "https://h/shop?a=1&b=2", Name: "shop", Namespace: "ns", Published: at, Updated: at, Hub: &h}
	const head = `<entry xmlns="http://www.w3.org/2005/Atom"><id>https://h/shop?a=1&amp;b=2</id><title type="text">shop</title>` +
		`<published>2025-03-04T05:06:07Z</published><updated>2025-03-04T05:06:07Z</updated><author><name>ns</name></author>` +
		`<link rel="self" href="https://h/shop?a=1&amp;b=2"/><content type="application/xml">`
	want := head + everythingText + "</content></entry>"
	if got := string(wire.AppendHubEntry(nil, &e)); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	back, found, err := wire.DecodeHubEntry(strings.NewReader(want))
	if err != nil || !found || !reflect.DeepEqual(back, e) {
		t.Errorf("read back: %+v, %v, %v", back, found, err)
	}
	e.Published = time.Time{} // as in the answer to an update
	if got := string(wire.AppendHubEntry(nil, &e)); strings.Contains(got, "published") {
		t.Errorf("an update's answer: %s", got)
	}
	request := string(wire.AppendHubRequest(nil, &h))
	if want := `<?xml version="1.0" encoding="utf-8"?><entry xmlns="http://www.w3.org/2005/Atom"><content type="application/xml">` + everythingText + "</content></entry>"; request != want {
		t.Errorf("the request: %s", request)
	}
}

// Members in any order, prefixes, white space, what nobody knows, and a bare
// description are read all the same.
func TestHubDescriptionIsReadTolerantly(t *testing.T) {
	t.Parallel()
	const text = `<?xml version="1.0" encoding="utf-16"?>
<s:NotificationHubDescription xmlns:s="http://schemas.microsoft.com/netservices/2010/10/servicebus/connect" xmlns:x="http://www.w3.org/2001/XMLSchema-instance">
  <s:FcmV1Credential><s:BlockedOn>2025-01-01T00:00:00Z</s:BlockedOn><s:Properties>
    <s:Property><s:Name>ProjectId</s:Name><s:Value><![CDATA[p]]></s:Value></s:Property>
    <s:Property><s:Name>Empty</s:Name><s:Value/></s:Property></s:Properties></s:FcmV1Credential>
  <s:NewThing><s:Inner>1</s:Inner></s:NewThing>
  <s:AuthorizationRules><s:AuthorizationRule x:type="SharedAccessAuthorizationRule"><s:PrimaryKey>k</s:PrimaryKey><s:Revision>3</s:Revision>
    <s:KeyName>n</s:KeyName><s:Rights><s:AccessRights> Send </s:AccessRights></s:Rights></s:AuthorizationRule></s:AuthorizationRules>
  <s:ApnsCredential x:nil="true"/><s:WnsCredential><s:Properties/></s:WnsCredential><s:MpnsCredential><s:Properties/></s:MpnsCredential>
  <s:RegistrationTtl>P10675199DT2H48M5.4775807S</s:RegistrationTtl>
</s:NotificationHubDescription>`
	want := wire.HubDescription{
		Rules:       []wire.AuthorizationRule{{KeyName: "n", Rights: []string{"Send"}, PrimaryKey: "k"}},
		Credentials: []wire.PNSCredential{{Platform: "mpns", Properties: map[string]string{}}, {Platform: "fcmv1", Properties: map[string]string{"ProjectId": "p"}}},
	}
	e, found, err := wire.DecodeHubEntry(strings.NewReader(text))
	if err != nil || !found || !reflect.DeepEqual(*e.Hub, want) {
		t.Errorf("%+v, %v, %v", e.Hub, found, err)
	}
}

func TestHubDescriptionIsRefused(t *testing.T) {
	t.Parallel()
	description := func(inner string) string {
		return "<NotificationHubDescription>" + inner + "</NotificationHubDescription>"
	}
	for text, sentence := range map[string]string{
		"": "The XML has no element.",
		`<entry xmlns="http://www.w3.org/2005/Atom"/>`:                                                       "The entry has no content element with one NotificationHubDescription.",
		"<QueueDescription/>":                                                                                "A NotificationHubDescription is expected, not the element QueueDescription.",
		description("<RegistrationTtl>90</RegistrationTtl>"):                                                 `RegistrationTtl: "90" is not a duration above zero, as in P90D or PT36H.`,
		description("<Status>maybe</Status>"):                                                                `Status is neither true nor false: "maybe".`,
		description("<DailyOperations>x</DailyOperations>"):                                                  `DailyOperations is not a number in NotificationHubDescription: "x".`,
		description("<UserMetadata><b/></UserMetadata>"):                                                     "UserMetadata holds the element b where a text is expected: escape the text, or put it in CDATA.",
		description("<GcmCredential/><GcmCredential/>"):                                                      "NotificationHubDescription holds GcmCredential more than once.",
		description(rule("<CreatedTime>yesterday</CreatedTime>")):                                            `CreatedTime: "yesterday" is not a date, as in 2030-01-02T03:04:05Z.`,
		description(apnsProperty("<Value>v</Value>")):                                                        "ApnsCredential holds a Property without a Name.",
		description("<ApnsCredential><Properties>" + property + property + "</Properties></ApnsCredential>"): `ApnsCredential holds the Property "a" more than once.`,
	} {
		_, _, err := wire.DecodeHubEntry(strings.NewReader(text))
		d, ok := errors.AsType[*wire.DecodeError](err)
		if !ok || d.Msg != sentence {
			t.Errorf("%s: %v, want %s", text, err, sentence)
		}
	}
}

const property = "<Property><Name>a</Name><Value>v</Value></Property>"

func apnsProperty(inner string) string {
	return "<ApnsCredential><Properties><Property>" + inner + "</Property></Properties></ApnsCredential>"
}

func rule(inner string) string {
	return "<AuthorizationRules><AuthorizationRule>" + inner + "</AuthorizationRule></AuthorizationRules>"
}

// Durations as .NET's XmlConvert writes them.
func TestRegistrationTTL(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]struct {
		d       time.Duration
		written string
	}{
		"P90D":                       {90 * 24 * time.Hour, "P90D"},
		"PT36H":                      {36 * time.Hour, "P1DT12H"},
		"P1Y1M":                      {395 * 24 * time.Hour, "P395D"},
		"P1DT2H3M4.5S":               {26*time.Hour + 3*time.Minute + 4500*time.Millisecond, "P1DT2H3M4.5S"},
		"PT0.00000019S":              {100, "PT0.0000001S"},
		"P106751DT23H47M":            {106751*24*time.Hour + 23*time.Hour + 47*time.Minute, "P106751DT23H47M"},
		"P10675199DT2H48M5.4775807S": {0, "P10675199DT2H48M5.4775807S"},
		"P999999999Y":                {0, "P10675199DT2H48M5.4775807S"},
	} {
		e, _, err := wire.DecodeHubEntry(strings.NewReader("<NotificationHubDescription><RegistrationTtl>" + text + "</RegistrationTtl></NotificationHubDescription>"))
		if err != nil || e.Hub.RegistrationTTL != want.d {
			t.Errorf("%s: %+v, %v", text, e.Hub, err)
			continue
		}
		if got := string(wire.AppendHubRequest(nil, e.Hub)); !strings.Contains(got, "<RegistrationTtl>"+want.written+"</RegistrationTtl>") {
			t.Errorf("%s is written as %s", text, got)
		}
	}
	for _, text := range []string{"P", "PT", "P0D", "PT0S", "-P1D", "P1H", "PT1D", "P1D1D", "PT1M1H", "P1.5D", "PT1.S", "PT.5S", "P1DT", "P-1D", "P1", "1D", "PT0.000000099S", "P9999999999D"} {
		if _, _, err := wire.DecodeHubEntry(strings.NewReader("<NotificationHubDescription><RegistrationTtl>" + text + "</RegistrationTtl></NotificationHubDescription>")); err == nil {
			t.Errorf("%s was taken", text)
		}
	}
}

// The list of services names hubs; another list holds them whole. Azure answers
// with the first for a hub that does not exist.
func TestHubFeeds(t *testing.T) {
	t.Parallel()
	at := time.Date(2025, 3, 4, 5, 6, 7, 0, time.UTC)
	services := string(wire.AppendServiceFeed(nil, "0b9f", at, []wire.HubEntry{{URL: "https://h/shop", Name: "shop", Updated: at}}))
	const want = `<feed xmlns="http://www.w3.org/2005/Atom"><title type="text">Publicly Listed Services</title>` +
		`<subtitle type="text">This is the list of publicly-listed services currently available.</subtitle><id>uuid:0b9f;id=1</id>` +
		`<updated>2025-03-04T05:06:07Z</updated><generator>Service Bus 1.1</generator><entry><id>uuid:0b9f;id=2</id><title type="text">shop</title>` +
		`<updated>2025-03-04T05:06:07Z</updated><link rel="alternate" href="https://h/shop"/></entry></feed>`
	if services != want {
		t.Errorf("got  %s\nwant %s", services, want)
	}
	if _, found, err := wire.DecodeHubEntry(strings.NewReader(services)); found || err != nil {
		t.Errorf("a list was taken for a hub: %v, %v", found, err)
	}
	named, err := wire.DecodeHubFeed(strings.NewReader(services))
	if err != nil || len(named) != 1 || named[0].Name != "shop" || named[0].Hub != nil {
		t.Errorf("%+v, %v", named, err)
	}
	h := everything()
	full := wire.AppendHubFeed(nil, "https://h/$Resources/NotificationHubs", at, []wire.HubEntry{{URL: "https://h/shop", Name: "shop", Namespace: "ns", Updated: at, Hub: &h}})
	read, err := wire.DecodeHubFeed(strings.NewReader(string(full)))
	if err != nil || len(read) != 1 || !reflect.DeepEqual(*read[0].Hub, h) {
		t.Errorf("%+v, %v", read, err)
	}
	for _, text := range []string{"<entry/>", "", "<feed><entry><content><x/></content></entry></feed>"} {
		if _, err := wire.DecodeHubFeed(strings.NewReader(text)); err == nil {
			t.Errorf("%s was taken for a list", text)
		}
	}
}

// What is read can be written and read again, unchanged.
func FuzzDecodeHubEntry(f *testing.F) {
	h := everything()
	f.Add(string(wire.AppendHubEntry(nil, &wire.HubEntry{URL: "https://h/shop", Name: "shop", Namespace: "ns", Hub: &h})))
	f.Add("<NotificationHubDescription><RegistrationTtl>P1DT0.1S</RegistrationTtl><UserMetadata> \r\n]]&gt;</UserMetadata></NotificationHubDescription>")
	f.Add("<NotificationHubDescription>" + apnsProperty("<Name>a</Name><Value>b</Value>") + rule("<Rights><AccessRights/></Rights>") + "</NotificationHubDescription>")
	f.Add("<NotificationHubDescription><MpnsCredential><Properties/></MpnsCredential></NotificationHubDescription>")
	f.Add("<feed/>")
	f.Fuzz(func(t *testing.T, text string) {
		e, found, err := wire.DecodeHubEntry(strings.NewReader(text))
		if !found || err != nil {
			return
		}
		again, found, err := wire.DecodeHubEntry(strings.NewReader(string(wire.AppendHubRequest(nil, e.Hub))))
		if err != nil || !found || !reflect.DeepEqual(again.Hub, e.Hub) {
			t.Errorf("%q\nis read as %+v\nthen as    %+v, %v", text, e.Hub, again.Hub, err)
		}
	})
}

// A list that is read names the same hubs when it is written and read again.
func FuzzDecodeHubFeed(f *testing.F) {
	h := everything()
	f.Add(string(wire.AppendServiceFeed(nil, "0b9f", time.Time{}, []wire.HubEntry{{URL: "https://h/shop", Name: "shop"}})))
	f.Add(string(wire.AppendHubFeed(nil, "https://h/", time.Time{}, []wire.HubEntry{{URL: "https://h/shop", Name: "shop", Hub: &h}, {Hub: &h}})))
	f.Add("<feed><entry/><entry><title> a&#10;</title></entry></feed>")
	f.Add("<feed><entry><content><x/></content></entry></feed>")
	f.Fuzz(func(t *testing.T, text string) {
		read, err := wire.DecodeHubFeed(strings.NewReader(text))
		if err != nil {
			return
		}
		again, err := wire.DecodeHubFeed(strings.NewReader(string(wire.AppendServiceFeed(nil, "id", time.Time{}, read))))
		if err != nil || len(again) != len(read) {
			t.Fatalf("%q: read %d entries, then %d, %v", text, len(read), len(again), err)
		}
		for i := range read {
			if again[i].Name != read[i].Name {
				t.Errorf("%q: the name %q is read again as %q", text, read[i].Name, again[i].Name)
			}
		}
	})
}
