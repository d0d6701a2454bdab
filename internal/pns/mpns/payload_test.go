package mpns

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pns"
)

const (
	toastBody = `<?xml version="1.0" encoding="utf-8"?><wp:Notification xmlns:wp="WPNotification"><wp:Toast><wp:Text1>Hi</wp:Text1></wp:Toast></wp:Notification>`
	tileBody  = `<wp:Notification xmlns:wp="WPNotification"><wp:Tile><wp:Count>1</wp:Count></wp:Tile></wp:Notification>`
)

func headers(pairs ...string) []hub.Header {
	var out []hub.Header
	for i := 0; i < len(pairs); i += 2 {
		out = append(out, hub.Header{Name: pairs[i], Value: pairs[i+1]})
	}
	return out
}

func TestPrepare(t *testing.T) {
	t.Parallel()
	type h = map[string]string
	const target, class = "X-WindowsPhone-Target", "X-NotificationClass"
	for name, c := range map[string]struct {
		body    string
		headers []hub.Header
		want    h
		sent    string // "": as it was
	}{
		"a toast by its root":        {toastBody, nil, h{target: "toast", class: "2"}, ""},
		"a tile by its root":         {tileBody, nil, h{target: "token", class: "1"}, ""},
		"other XML is raw":           {"<note/>", nil, h{class: "3"}, ""},
		"other bytes are raw":        {"\x00\x01", nil, h{class: "3"}, ""},
		"a delayed toast":            {toastBody, headers(class, "12"), h{target: "toast", class: "12"}, ""},
		"a much delayed tile":        {tileBody, headers("x-notificationclass", " 21 "), h{target: "token", class: "21"}, ""},
		"delayed raw":                {"x", headers(class, "13"), h{class: "13"}, ""},
		"the last class of raw":      {"x", headers(class, "31"), h{class: "31"}, ""},
		"raw, whatever the root":     {toastBody, headers(class, "3"), h{class: "3"}, ""},
		"the target without a class": {"<x/>", headers(target, "toast"), h{target: "toast", class: "2"}, ""},
		"Azure's word for a tile":    {tileBody, headers(target, "Tile"), h{target: "token", class: "1"}, ""},
		"Azure's word, with a class": {tileBody, headers(target, "tile", class, "11"), h{target: "token", class: "11"}, ""},
		"an empty target is raw":     {"x", headers(target, "", class, "3"), h{class: "3"}, ""},
		"its own headers alone": {toastBody, headers("X-MessageID", "m", "X-WindowsPhone-Extra", "e", "Authorization", "Bearer evil",
			"X-WNS-Type", "wns/raw", "X-WindowsPhone-Bad Name", "x", "X-NotificationClassy", "9"),
			h{target: "toast", class: "2", "X-MessageID": "m", "X-WindowsPhone-Extra": "e"}, ""},
		"the .NET SDK's declaration": {strings.Replace(toastBody, "utf-8", "utf-16", 1), nil, h{target: "toast", class: "2"}, toastBody},
		"raw is not touched":         {`<?xml version="1.0" encoding="utf-16"?><x/>`, nil, h{class: "3"}, ""},
	} {
		p, no := prepare(&pns.Message{Body: []byte(c.body), Headers: c.headers})
		if no != nil {
			t.Errorf("%s: refused: %+v", name, no)
			continue
		}
		want := http.Header{"Content-Type": {"text/xml"}}
		for k, v := range c.want {
			want.Set(k, v)
		}
		if diff := cmp.Diff(want, p.header); diff != "" {
			t.Errorf("%s: header (-want +got):\n%s", name, diff)
		}
		if c.sent == "" {
			c.sent = c.body
		}
		if string(p.body) != c.sent {
			t.Errorf("%s: body %q, want %q", name, p.body, c.sent)
		}
	}
}

func TestPrepareRefuses(t *testing.T) {
	t.Parallel()
	const target, class = "X-WindowsPhone-Target", "X-NotificationClass"
	long := func(n int) string { return strings.Repeat("x", n) }
	for name, c := range map[string]struct {
		body    string
		headers []hub.Header
		want    string // in the reason; "": not refused
	}{
		"exactly the limit":      {long(3072), nil, ""},
		"one byte more":          {long(3073), nil, "3073 bytes"},
		"large headers":          {"x", headers("X-WindowsPhone-Extra", long(800)), ""},
		"too large headers":      {"x", headers("X-WindowsPhone-Extra", long(1024)), "headers have"},
		"a line break":           {"x", headers("X-MessageID", "a\r\nX-Evil: 1"), "control character"},
		"an unknown target":      {toastBody, headers(target, "badge"), "neither toast nor token"},
		"a class of none":        {toastBody, headers(class, "32"), "not a number from 1 to 31"},
		"no number":              {toastBody, headers(class, "two"), "not a number from 1 to 31"},
		"a toast's class, tile":  {tileBody, headers(target, "token", class, "2"), "does not belong"},
		"raw's class, a toast":   {toastBody, headers(target, "toast", class, "3"), "does not belong"},
		"an unknown target of 2": {toastBody, headers(target, "badge", class, "2"), "does not belong"},
	} {
		_, no := prepare(&pns.Message{Body: []byte(c.body), Headers: c.headers})
		switch {
		case c.want == "" && no != nil:
			t.Errorf("%s: refused: %+v", name, no)
		case c.want != "" && (no == nil || no.Class != pns.Body || no.Outcome != hub.InvalidNotificationFormat || !strings.Contains(no.Reason, c.want)):
			t.Errorf("%s: %+v, want %q", name, no, c.want)
		}
	}
}

// FuzzPrepare holds that what is sent is within MPNS's limits, and that target
// and class agree.
func FuzzPrepare(f *testing.F) {
	f.Add([]byte(toastBody), "toast", "2", "m")
	f.Add([]byte(tileBody), "tile", "", "a\r\n")
	f.Add([]byte("<"), "", "3", "")
	f.Fuzz(func(t *testing.T, body []byte, target, class, id string) {
		p, no := prepare(&pns.Message{Body: body, Headers: headers("X-WindowsPhone-Target", target, "X-NotificationClass", class, "X-MessageID", id)})
		if no != nil {
			return
		}
		for k, v := range p.header {
			if strings.ContainsAny(k+v[0], "\r\n\x00") {
				t.Errorf("header %q: %q", k, v)
			}
		}
		if means, ok := targetOf(p.header.Get("X-NotificationClass")); !ok || means != p.header.Get("X-WindowsPhone-Target") || len(p.body) > 3072 {
			t.Errorf("%v and %d bytes", p.header, len(p.body))
		}
	})
}
