package apns

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pns"
)

// headers writes a message's headers as "name: value" lines.
func headers(lines ...string) []hub.Header {
	var all []hub.Header
	for _, l := range lines {
		name, value, _ := strings.Cut(l, ": ")
		all = append(all, hub.Header{Name: name, Value: value})
	}
	return all
}

func TestPrepareHeaders(t *testing.T) {
	t.Parallel()
	const alert, wake = `{"aps":{"alert":"x"}}`, `{"aps":{"content-available":1}}`
	expiry := time.Unix(1893456000, 0)
	tests := []struct {
		name   string
		body   string
		given  []hub.Header
		expiry time.Time
		want   []string // all that is sent, beside what is each device's own
	}{
		{"an alert", alert, nil, time.Time{}, []string{"apns-priority: 10", "apns-push-type: alert", "apns-topic: com.example.app"}},
		{"a wake-up", wake, nil, time.Time{}, []string{"apns-priority: 5", "apns-push-type: background", "apns-topic: com.example.app"}},
		{"a wake-up with a sound", `{"aps":{"content-available":1,"sound":""}}`, nil, time.Time{}, []string{"apns-priority: 10", "apns-push-type: alert", "apns-topic: com.example.app"}},
		{"not a wake-up", `{"aps":{"content-available":"1"}}`, nil, time.Time{}, []string{"apns-priority: 10", "apns-push-type: alert", "apns-topic: com.example.app"}},
		{"no aps", `{"k":1}`, nil, time.Time{}, []string{"apns-priority: 10", "apns-push-type: alert", "apns-topic: com.example.app"}},
		{"aps of another type", `{"aps":7}`, nil, time.Time{}, []string{"apns-priority: 10", "apns-push-type: alert", "apns-topic: com.example.app"}},
		{"what the sender says", wake, headers("apns-push-type: alert", "apns-priority: 1"), time.Time{}, []string{"apns-priority: 1", "apns-push-type: alert", "apns-topic: com.example.app"}},
		{"background without a priority", alert, headers("X-Apns-Push-Type: Background"), time.Time{}, []string{"apns-priority: 5", "apns-push-type: background", "apns-topic: com.example.app"}},
		{"older names", alert, headers("X-Apns-Priority: 5", "X-Apns-Expiration: 77", "X-Apns-Push-Type: voip"), time.Time{}, []string{"apns-expiration: 77", "apns-priority: 5", "apns-push-type: voip", "apns-topic: com.example.app.voip"}},
		{"Apple's name wins", alert, headers("apns-priority: 1", "X-Apns-Priority: 5"), time.Time{}, []string{"apns-priority: 1", "apns-push-type: alert", "apns-topic: com.example.app"}},
		{"an expiry", alert, nil, expiry, []string{"apns-expiration: 1893456000", "apns-priority: 10", "apns-push-type: alert", "apns-topic: com.example.app"}},
		{"an expiry before 1970", alert, nil, time.Unix(-5, 0), []string{"apns-expiration: 0", "apns-priority: 10", "apns-push-type: alert", "apns-topic: com.example.app"}},
		{"an expiry beside garbage", alert, headers("X-Apns-Expiration: \ufffd"), expiry, []string{"apns-expiration: 1893456000", "apns-priority: 10", "apns-push-type: alert", "apns-topic: com.example.app"}},
		{"a topic of the app", alert, headers("apns-topic: com.example.app.voip"), time.Time{}, []string{"apns-priority: 10", "apns-push-type: alert", "apns-topic: com.example.app.voip"}},
		{"a topic of another app", alert, headers("apns-topic: com.example.apple"), time.Time{}, []string{"apns-priority: 10", "apns-push-type: alert", "apns-topic: com.example.app"}},
		{"what is Apple's and unknown", alert, headers("APNS-Collapse-Id:  a b ", "apns-new-thing: 1"), time.Time{}, []string{"apns-collapse-id: a b", "apns-new-thing: 1", "apns-priority: 10", "apns-push-type: alert", "apns-topic: com.example.app"}},
		{"what is not for Apple", alert, headers("Authorization: secret", "apns-id: mine", "X-Other: 1", "X-WNS-Type: wns/toast"), time.Time{}, []string{"apns-priority: 10", "apns-push-type: alert", "apns-topic: com.example.app"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p, refused := prepare(&pns.Message{Body: []byte(tt.body), Headers: tt.given, Expiry: tt.expiry}, &config{bundleID: "com.example.app"})
			if refused != nil {
				t.Fatalf("%+v", *refused)
			}
			var got []string
			for _, f := range p.fields {
				got = append(got, f.Name+": "+f.Value)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("headers (-want +got):\n%s", diff)
			}
		})
	}
}

// Each push type has the topic that Apple gives it.
func TestTopics(t *testing.T) {
	t.Parallel()
	for kind, topic := range map[string]string{
		"alert": "a.b", "background": "a.b", "voip": "a.b.voip", "complication": "a.b.complication",
		"fileprovider": "a.b.pushkit.fileprovider", "location": "a.b.location-query", "liveactivity": "a.b.push-type.liveactivity",
		"pushtotalk": "a.b.voip-ptt", "widgets": "a.b.push-type.widgets", "controls": "a.b.push-type.controls", "new": "a.b",
	} {
		p, refused := prepare(&pns.Message{Body: []byte(`{}`), Headers: headers("apns-push-type: " + kind)}, &config{bundleID: "a.b"})
		if refused != nil {
			t.Fatalf("%s: %+v", kind, *refused)
		}
		for _, f := range p.fields {
			if f.Name == "apns-topic" && f.Value != topic {
				t.Errorf("%s: topic %s, want %s", kind, f.Value, topic)
			}
		}
	}
}

// object is a JSON object of so many bytes.
func object(n int) []byte { return []byte(`{"a":"` + strings.Repeat("x", n-8) + `"}`) }

func TestPrepareRefuses(t *testing.T) {
	t.Parallel()
	voip := headers("apns-push-type: voip")
	tests := []struct {
		name    string
		message pns.Message
		want    hub.Outcome // Success: it is taken
		says    string
	}{
		{"4096 bytes", pns.Message{Body: object(4096)}, hub.Success, ""},
		{"4097 bytes", pns.Message{Body: object(4097)}, hub.InvalidNotificationSize, "4097 bytes; APNs takes 4096"},
		{"5120 bytes of VoIP", pns.Message{Body: object(5120), Headers: voip}, hub.Success, ""},
		{"5121 bytes of VoIP", pns.Message{Body: object(5121), Headers: voip}, hub.InvalidNotificationSize, "5121 bytes; APNs takes 5120"},
		{"nothing", pns.Message{}, hub.InvalidNotificationFormat, "not a JSON object"},
		{"no JSON", pns.Message{Body: []byte(`{"a":`)}, hub.InvalidNotificationFormat, "not a JSON object"},
		{"an array", pns.Message{Body: []byte(`[{}]`)}, hub.InvalidNotificationFormat, "not a JSON object"},
		{"a line break in a header", pns.Message{Body: []byte(`{}`), Headers: headers("apns-collapse-id: a\r\nx: y")}, hub.InvalidNotificationFormat, `"apns-collapse-id" cannot be sent`},
		{"a NUL in a header", pns.Message{Body: []byte(`{}`), Headers: headers("apns-collapse-id: a\x00")}, hub.InvalidNotificationFormat, `"apns-collapse-id" cannot be sent`},
		{"a blank in a name", pns.Message{Body: []byte(`{}`), Headers: headers("apns-a b: c")}, hub.InvalidNotificationFormat, `"apns-a b" cannot be sent`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, refused := prepare(&tt.message, &config{bundleID: "com.example.app"})
			switch {
			case refused == nil:
				if tt.want != hub.Success {
					t.Error("it is taken")
				}
			case refused.Class != pns.Body || refused.Outcome != tt.want || !strings.Contains(refused.Reason, tt.says):
				t.Errorf("%+v", *refused)
			}
		})
	}
}

func FuzzPrepare(f *testing.F) {
	f.Add(`{"aps":{"content-available":1}}`, "apns-priority", "5")
	f.Add(`{}`, "X-Apns-Expiration", "\ufffd")
	f.Add(`{}`, "apns-topic", "a.b\r\nauthorization: x")
	f.Fuzz(func(t *testing.T, body, name, value string) {
		p, refused := prepare(&pns.Message{Body: []byte(body), Headers: []hub.Header{{Name: name, Value: value}}}, &config{bundleID: "a.b"})
		if refused != nil {
			return
		}
		for _, h := range p.fields {
			if strings.ContainsAny(h.Name+h.Value, "\r\n\x00") || h.Value == "" || strings.ToLower(h.Name) != h.Name {
				t.Errorf("header %q: %q", h.Name, h.Value)
			}
			if h.Name == "apns-topic" && h.Value != "a.b" && !strings.HasPrefix(h.Value, "a.b.") {
				t.Errorf("topic %q of another app", h.Value)
			}
			if _, err := strconv.ParseInt(h.Value, 10, 64); err != nil && h.Name == "apns-expiration" {
				t.Errorf("expiration %q", h.Value)
			}
		}
	})
}
