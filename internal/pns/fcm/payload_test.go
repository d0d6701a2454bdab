package fcm

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pns"
)

func TestPrepare(t *testing.T) {
	t.Parallel()
	const token = "dev-1"
	tests := []struct{ name, body, want string }{
		{"a notification", `{"message":{"notification":{"title":"T","body":"B"}}}`,
			`{"message":{"token":"dev-1","notification":{"title":"T","body":"B"}}}`},
		{"nothing but a target", `{"message":{}}`, `{"message":{"token":"dev-1"}}`},
		{"the caller's targets go", `{"message":{"token":"a","topic":"b","condition":"c","data":{"token":"kept"}}}`,
			`{"message":{"token":"dev-1","data":{"token":"kept"}}}`},
		{"the caller's target in other spelling", `{"message":{"tok\u0065n":"a"}}`, `{"message":{"token":"dev-1"}}`},
		{"validate_only stays", `{"validate_only":true,"message":{"data":{"k":"v"}}}`,
			`{"message":{"token":"dev-1","data":{"k":"v"}},"validate_only":true}`},
		{"what we do not know stays", `{"message":{"android":{"ttl":"3600s","priority":"HIGH"},"apns":{"payload":{"aps":{"badge":1}}},"new":[1,2.50]},"other":1}`,
			`{"message":{"token":"dev-1","android":{"ttl":"3600s","priority":"HIGH"},"apns":{"payload":{"aps":{"badge":1}}},"new":[1,2.50]},"other":1}`},
		{"white space and letters", " {\n\"message\" : {\"notification\":{\"title\":\"<é & \\u2028>\"}} }\n",
			`{"message":{"token":"dev-1","notification":{"title":"<é & \u2028>"}}}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p, no := prepare(&pns.Message{Body: []byte(tt.body)}, time.Time{})
			if no != nil {
				t.Fatalf("refused: %+v", no)
			}
			if diff := cmp.Diff(decode(t, tt.want), decode(t, string(p.body(token)))); diff != "" {
				t.Errorf("body (-want +got):\n%s", diff)
			}
		})
	}
}

// A message ends with its notification, wherever FCM leads it; what the sender
// says of a platform stays.
func TestPrepareWithAnExpiry(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_800_000_000, 0)
	all := func(android, apns, webpush string) string {
		return `{"message":{"token":"d","android":{` + android + `},"apns":{"headers":{` + apns + `}},"webpush":{"headers":{` + webpush + `}}}}`
	}
	for _, tt := range []struct {
		name, body string
		left       time.Duration
		want       string
	}{
		{"an hour", `{"message":{}}`, time.Hour, all(`"ttl":"3600s"`, `"apns-expiration":"1800003600"`, `"TTL":"3600"`)},
		{"over", `{"message":{}}`, -time.Minute, all(`"ttl":"1s"`, `"apns-expiration":"1799999940"`, `"TTL":"1"`)},
		{"longer than FCM keeps it", `{"message":{}}`, 365 * 24 * time.Hour, all(`"ttl":"2419200s"`, `"apns-expiration":"1831536000"`, `"TTL":"2419200"`)},
		{"beside others", `{"message":{"android":{"priority":"HIGH"},"apns":{"headers":{"apns-priority":"5"}},"webpush":{"headers":{"Urgency":"low"}}}}`, time.Minute,
			all(`"priority":"HIGH","ttl":"60s"`, `"apns-priority":"5","apns-expiration":"1800000060"`, `"Urgency":"low","TTL":"60"`)},
		{"the sender's own", `{"message":{"android":{"ttl":"5s"},"apns":{"headers":{"apns-expiration":"0"}},"webpush":{"headers":{"TTL":"0"}}}}`, time.Hour,
			all(`"ttl":"5s"`, `"apns-expiration":"0"`, `"TTL":"0"`)},
		{"what is no object", `{"message":{"android":null,"apns":[],"webpush":{"headers":7}}}`, time.Hour,
			`{"message":{"token":"d","android":null,"apns":[],"webpush":{"headers":7}}}`},
	} {
		p, no := prepare(&pns.Message{Body: []byte(tt.body), Expiry: now.Add(tt.left)}, now)
		if no != nil {
			t.Fatalf("%s is refused: %+v", tt.name, no)
		}
		if diff := cmp.Diff(decode(t, tt.want), decode(t, string(p.body("d")))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

func decode(t *testing.T, s string) any {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(s))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		t.Fatalf("%q is not JSON: %v", s, err)
	}
	return v
}

func TestPrepareRefuses(t *testing.T) {
	t.Parallel()
	data := func(n int) string { return `{"message":{"data":{"k":"` + strings.Repeat("x", n) + `"}}}` }
	tests := []struct {
		name, body string
		want       hub.Outcome // Success: not refused
	}{
		{"not JSON", `{`, hub.InvalidNotificationFormat},
		{"an array", `[]`, hub.InvalidNotificationFormat},
		{"null", `null`, hub.InvalidNotificationFormat},
		{"empty", ``, hub.InvalidNotificationFormat},
		{"two values", `{"message":{}} {}`, hub.InvalidNotificationFormat},
		{"no message", `{"notification":{"title":"T"}}`, hub.InvalidNotificationFormat},
		{"message is null", `{"message":null}`, hub.InvalidNotificationFormat},
		{"message is text", `{"message":"hello"}`, hub.InvalidNotificationFormat},
		{"exactly the limit: 1 byte of key, 4095 of value", data(4095), hub.Success},
		{"one byte more", data(4096), hub.InvalidNotificationSize},
		{"data and notification together", `{"message":{"data":{"k":"` + strings.Repeat("x", 2000) + `"},"notification":{"body":"` + strings.Repeat("y", 2092) + `"}}}`, hub.InvalidNotificationSize},
		{"the rest does not count", `{"message":{"webpush":{"headers":{"k":"` + strings.Repeat("x", 5000) + `"}}}}`, hub.Success},
		{"escapes count as what they stand for", `{"message":{"data":{"k":"` + strings.Repeat(`\u0041`, 4095) + `"}}}`, hub.Success},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, no := prepare(&pns.Message{Body: []byte(tt.body)}, time.Time{})
			switch {
			case tt.want == hub.Success && no != nil:
				t.Errorf("refused: %+v", no)
			case tt.want != hub.Success && (no == nil || no.Class != pns.Body || no.Outcome != tt.want || no.Reason == ""):
				t.Errorf("got %+v, want %v", no, tt.want)
			}
		})
	}
}

// TestNoHandleBreaksOut: whatever a handle holds, it arrives as message.token
// and changes nothing else.
func TestNoHandleBreaksOut(t *testing.T) {
	t.Parallel()
	p, no := prepare(&pns.Message{Body: []byte(`{"message":{"data":{"k":"v"}},"validate_only":false}`)}, time.Time{})
	if no != nil {
		t.Fatal(no.Reason)
	}
	rapid.Check(t, func(t *rapid.T) {
		handle := rapid.OneOf(
			rapid.String(),
			rapid.SampledFrom([]string{`","topic":"all`, "\r\nX: y", `\`, "\x00\u2028", `"}}`, "\xff\xfe"}),
		).Draw(t, "handle")
		var got struct {
			Message      map[string]any `json:"message"`
			ValidateOnly bool           `json:"validate_only"`
		}
		body := p.body(handle)
		if err := json.Unmarshal(body, &got); err != nil {
			t.Fatalf("%q is not JSON: %v", body, err)
		}
		want := map[string]any{"token": strings.ToValidUTF8(handle, "\ufffd"), "data": map[string]any{"k": "v"}}
		if strings.Contains(handle, "\xff\xfe") {
			want["token"] = strings.Repeat("\ufffd", 2)
		}
		if diff := cmp.Diff(want, got.Message); diff != "" {
			t.Fatalf("message (-want +got):\n%s", diff)
		}
	})
}
