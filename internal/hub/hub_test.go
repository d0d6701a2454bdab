package hub_test

import (
	"encoding/base64"
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fanfare-hub/fanfare/internal/hub"
)

var (
	p256dh = base64.RawURLEncoding.EncodeToString(append([]byte{4}, make([]byte, 64)...))
	auth   = base64.RawURLEncoding.EncodeToString(make([]byte, 16))
)

// invalid checks that an error is a sentence for the client, and which.
func invalid(t *testing.T, name string, err error, says string) {
	t.Helper()
	var e *hub.Invalid
	switch {
	case says == "" && err != nil:
		t.Errorf("%s: %v", name, err)
	case says != "" && (!errors.As(err, &e) || !strings.Contains(e.Msg, says)):
		t.Errorf("%s: %v, want …%s…", name, err, says)
	}
}

func TestRegistrationValidate(t *testing.T) {
	t.Parallel()
	native := func(p hub.Platform, handle string) hub.Registration {
		return hub.Registration{Platform: p, Handle: handle}
	}
	tmpl := func(p hub.Platform, handle, body string, headers ...hub.Header) hub.Registration {
		return hub.Registration{Platform: p, Handle: handle, Template: &hub.TemplateBody{Body: body, Headers: headers}}
	}
	const wns, token = "https://db5p.notify.windows.com/?token=x", "00AA"
	for name, c := range map[string]struct {
		r    hub.Registration
		says string
	}{
		"APNs":                       {native(hub.APNs, token), ""},
		"APNs, not hex":              {native(hub.APNs, "00AX"), "device token"},
		"APNs, odd":                  {native(hub.APNs, "00A"), "device token"},
		"no handle":                  {native(hub.FCMV1, ""), "missing"},
		"a handle with a line break": {native(hub.FCMV1, "a\r\nb"), "control"},
		"a long handle":              {native(hub.FCMV1, strings.Repeat("x", 5000)), "bytes"},
		"WNS":                        {native(hub.WNS, wns), ""},
		"WNS, no URI":                {native(hub.WNS, "x"), "URI"},
		"Baidu":                      {native(hub.Baidu, "1-2"), ""},
		"Baidu, half":                {native(hub.Baidu, "1"), "userId"},
		"browser":                    {hub.Registration{Platform: hub.Browser, Handle: "https://p/x", Browser: &hub.BrowserKeys{P256DH: p256dh, Auth: auth}}, ""},
		"browser without keys":       {native(hub.Browser, "https://p/x"), "p256dh"},
		"browser with a short key":   {hub.Registration{Platform: hub.Browser, Handle: "https://p/x", Browser: &hub.BrowserKeys{P256DH: "AA", Auth: auth}}, "65 bytes"},
		"a tag with a dollar":        {hub.Registration{Platform: hub.APNs, Handle: token, Tags: []string{"$UserId:{x}"}}, "Tags can not start with $"},
		"a bad tag":                  {hub.Registration{Platform: hub.APNs, Handle: token, Tags: []string{"a b"}}, "An invalid tag(s)"},
		"too many tags":              {hub.Registration{Platform: hub.APNs, Handle: token, Tags: slices.Repeat([]string{strings.Repeat("x", 100)}, 80)}, "Actual Size: '8079' and Max Allowed Size: '8000'"},
		"a template":                 {tmpl(hub.APNs, token, `{"aps":{"alert":"$(a)"}}`), ""},
		"a bad template":             {tmpl(hub.APNs, token, `{"aps":"$5 off"}`), "should be a ("},
		"XML for APNs":               {tmpl(hub.APNs, token, `<a/>`), "JSON"},
		"a toast":                    {tmpl(hub.WNS, wns, `<toast/>`), ""},
		"XML that is no toast":       {tmpl(hub.WNS, wns, `<html/>`), "X-WNS-Type"},
		"raw JSON for WNS":           {tmpl(hub.WNS, wns, `{"a":"$(b)"}`, hub.Header{Name: "X-WNS-Type", Value: "wns/raw"}), ""},
		"a header for APNs":          {tmpl(hub.APNs, token, `{}`, hub.Header{Name: "apns-priority", Value: "5"}), ""},
		"a header of another":        {tmpl(hub.APNs, token, `{}`, hub.Header{Name: "X-Other", Value: "5"}), "apns-"},
		"a bad priority":             {tmpl(hub.APNs, token, `{}`, hub.Header{Name: "apns-priority", Value: "high"}), "priority"},
		"an expression for it":       {tmpl(hub.APNs, token, `{}`, hub.Header{Name: "apns-priority", Value: "$(p)"}), ""},
		"a long template name":       {hub.Registration{Platform: hub.APNs, Handle: token, Template: &hub.TemplateBody{Body: "{}", Name: strings.Repeat("x", 201)}}, "200"},
	} {
		invalid(t, name, c.r.Validate(), c.says)
	}
}

func TestInstallationValidate(t *testing.T) {
	t.Parallel()
	good := func() hub.Installation {
		return hub.Installation{ID: "i-1", Platform: hub.WNS, Handle: "https://x.notify.windows.com/a"}
	}
	for name, c := range map[string]struct {
		change func(*hub.Installation)
		says   string
	}{
		"good":           {func(*hub.Installation) {}, ""},
		"no id":          {func(i *hub.Installation) { i.ID = "" }, "installationId"},
		"a bad id":       {func(i *hub.Installation) { i.ID = "a}b" }, "installationId"},
		"a bad user":     {func(i *hub.Installation) { i.UserID = "a b" }, "userId"},
		"no platform":    {func(i *hub.Installation) { i.Platform = 0 }, "platform"},
		"no channel":     {func(i *hub.Installation) { i.Handle = "" }, "pushChannel"},
		"a bad template": {func(i *hub.Installation) { i.Templates = map[string]hub.InstallationTemplate{"t": {Body: "<html/>"}} }, "X-WNS-Type"},
		"a tile": {func(i *hub.Installation) {
			i.SecondaryTiles = map[string]hub.SecondaryTile{"t": {Handle: "https://y.notify.windows.com/"}}
		}, ""},
		"a tile elsewhere": {func(i *hub.Installation) {
			i.Platform, i.Handle = hub.APNs, "00"
			i.SecondaryTiles = map[string]hub.SecondaryTile{"t": {}}
		}, "wns"},
	} {
		i := good()
		c.change(&i)
		err := i.Validate()
		invalid(t, name, err, c.says)
		if err != nil && !strings.HasPrefix(err.Error(), "Installation validation failed with following error(s):") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestDerive(t *testing.T) {
	t.Parallel()
	i := hub.Installation{
		ID: "i", UserID: "u", Platform: hub.WNS, Handle: "https://h", Tags: []string{"a"}, PushVariables: map[string]string{"k": "v"}, ExpiresAt: time.Unix(9, 0),
		Templates:      map[string]hub.InstallationTemplate{"two words": {Body: "<toast/>", Tags: []string{"x"}}, "a": {Body: "<tile/>"}},
		SecondaryTiles: map[string]hub.SecondaryTile{"tile": {Handle: "https://t", Tags: []string{"s"}}},
	}
	var got []string
	for _, r := range hub.Derive(&i) {
		name := ""
		if r.Template != nil {
			name = r.Template.Name
		}
		got = append(got, strings.Join([]string{r.SecondaryTileName, name, r.Handle, strings.Join(r.Tags, ",")}, "|"))
		if r.InstallationID != "i" || r.PushVariables["k"] != "v" || !r.ExpiresAt.Equal(i.ExpiresAt) || r.ID != "" {
			t.Errorf("%+v", r)
		}
	}
	const own = "$InstallationId:{i},$UserId:{u},"
	want := []string{"||https://h|" + own + "a", "|a|https://h|" + own + "a", "|two words|https://h|" + own + "a,x,two words", "tile||https://t|" + own + "s"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	i.ChannelExpired = true
	if left := hub.Derive(&i); len(left) != 1 || left[0].SecondaryTileName != "tile" {
		t.Errorf("of an expired channel: %+v", left)
	}
}

func TestIDs(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	form := regexp.MustCompile(`^\d{1,19}-\d{1,19}-[123]$`)
	for range 100 {
		id := hub.NewRegistrationID()
		if !form.MatchString(id) || seen[id] {
			t.Errorf("registration id %s", id)
		}
		seen[id] = true
	}
	at := time.Date(2030, 1, 2, 3, 4, 5, 6e6, time.UTC)
	id := hub.NewNotificationID(at)
	if !regexp.MustCompile(`^NH-20300102030405006-[0-9a-f]{32}-\d\d$`).MatchString(id) {
		t.Errorf("notification id %s", id)
	}
	if later := hub.NewNotificationID(at.Add(time.Millisecond)); later <= id {
		t.Errorf("%s does not sort after %s", later, id)
	}
}

func TestParsePlatform(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]hub.Platform{"apns": hub.APNs, "FCMV1": hub.FCMV1, "Gcm": hub.GCM, "fcm": hub.GCM, "wns": hub.WNS, "apple": 0, "": 0} {
		if got, ok := hub.ParsePlatform(name); got != want || ok != (want != 0) {
			t.Errorf("ParsePlatform(%q) = %v, %v", name, got, ok)
		}
	}
}

func TestRootWNSType(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		"<toast/>": "wns/toast", `<?xml version="1.0" encoding="utf-16"?><!-- x --> <tile a="b">`: "wns/tile", "<badge value='1'/>": "wns/badge", "<html/>": "", "raw": "", "": "",
	} {
		if got := hub.RootWNSType([]byte(body)); got != want {
			t.Errorf("RootWNSType(%s) = %q, want %q", body, got, want)
		}
	}
}

func TestParseExpiry(t *testing.T) {
	t.Parallel()
	at, once, err := hub.ParseExpiry("2030-01-02T03:04:05+01:00")
	if err != nil || once || !at.Equal(time.Date(2030, 1, 2, 2, 4, 5, 0, time.UTC)) {
		t.Errorf("%v, %v, %v", at, once, err)
	}
	if at, once, err := hub.ParseExpiry("0"); err != nil || !once || !at.IsZero() {
		t.Errorf("%v, %v, %v", at, once, err)
	}
	if _, _, err := hub.ParseExpiry("soon"); err == nil {
		t.Error("soon was taken")
	}
}

func TestOutcomeNames(t *testing.T) {
	t.Parallel()
	for o, want := range map[hub.Outcome]string{hub.Success: "Success", hub.Abandoned: "AbandonedNotificationMessages", hub.Skipped: "Skipped", 200: "UnknownError"} {
		if o.String() != want {
			t.Errorf("%d is %s, want %s", o, o, want)
		}
	}
	if !hub.Completed.Final() || hub.Processing.Final() || hub.AllAbandoned.String() != "Abandoned" || hub.State(99).String() != "Unknown" {
		t.Error("the states are not Azure's")
	}
}
