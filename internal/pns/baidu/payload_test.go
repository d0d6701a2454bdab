package baidu

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pns"
)

var now = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

const hello = `{"title":"t","description":"Hello"}`

func typed(kind string) []hub.Header {
	return []hub.Header{{Name: "X-Baidu-Message-Type", Value: kind}}
}

func TestPrepare(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		older bool
		in    pns.Message
		want  form
	}{
		{"a message, as nothing else is said", false, pns.Message{Body: []byte(hello)},
			form{"device_type": "3", "msg_type": "0", "msg": hello}},
		{"a notification", false, pns.Message{Body: []byte(hello), Headers: []hub.Header{{Name: "x-baidu-message-type", Value: " 1 "}}},
			form{"device_type": "3", "msg_type": "1", "msg": hello}},
		{"an empty type, from a template", false, pns.Message{Body: []byte(hello), Headers: typed("")},
			form{"device_type": "3", "msg_type": "0", "msg": hello}},
		{"text that is no JSON", false, pns.Message{Body: []byte("ring")},
			form{"device_type": "3", "msg_type": "0", "msg": "ring"}},
		{"for iOS", false, pns.Message{Body: []byte(`{"aps":{"alert":"a"}}`), Headers: typed("1")},
			form{"device_type": "4", "msg_type": "1", "msg": `{"aps":{"alert":"a"}}`}},
		{"an expiry", false, pns.Message{Body: []byte(hello), Expiry: now.Add(90*time.Second + time.Millisecond)},
			form{"device_type": "3", "msg_type": "0", "msg": hello, "msg_expires": "90"}},
		{"an expiry that is almost over", false, pns.Message{Body: []byte(hello), Expiry: now.Add(time.Millisecond)},
			form{"device_type": "3", "msg_type": "0", "msg": hello, "msg_expires": "1"}},
		{"an expiry in a year", false, pns.Message{Body: []byte(hello), Expiry: now.AddDate(1, 0, 0)},
			form{"device_type": "3", "msg_type": "0", "msg": hello, "msg_expires": "604800"}},
		{"the older interface", true, pns.Message{Body: []byte(hello), Headers: typed("1"), Expiry: now.Add(time.Minute)},
			form{"device_type": "3", "method": "push_msg", "push_type": "1", "message_type": "1", "messages": hello, "message_expires": "60"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := config{older: tt.older}
			got, no := c.prepare(&tt.in, now)
			if no != nil {
				t.Fatalf("refused: %+v", no)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestPrepareRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, body, kind string
		want             hub.Outcome // Success: not refused
	}{
		{"exactly the limit", strings.Repeat("x", 4096), "0", hub.Success},
		{"one byte more", strings.Repeat("x", 4097), "0", hub.InvalidNotificationSize},
		{"nothing", "", "0", hub.InvalidNotificationFormat},
		{"no UTF-8", "\xff", "0", hub.InvalidNotificationFormat},
		{"an unknown type", hello, "2", hub.InvalidNotificationFormat},
		{"a type that is no number", hello, "toast", hub.InvalidNotificationFormat},
		{"a notification that is no JSON", "ring", "1", hub.InvalidNotificationFormat},
		{"a notification that is no object", `["a"]`, "1", hub.InvalidNotificationFormat},
		{"a notification without a description", `{"title":"t"}`, "1", hub.InvalidNotificationFormat},
		{"a description that is no text", `{"description":{}}`, "1", hub.InvalidNotificationFormat},
		{"a message without a description", `{"title":"t"}`, "0", hub.Success},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var c config
			_, no := c.prepare(&pns.Message{Body: []byte(tt.body), Headers: typed(tt.kind)}, now)
			switch {
			case tt.want == hub.Success && no != nil:
				t.Errorf("refused: %+v", no)
			case tt.want != hub.Success && (no == nil || no.Class != pns.Body || no.Outcome != tt.want || no.Reason == ""):
				t.Errorf("got %+v, want %v", no, tt.want)
			}
		})
	}
}

// The signature of a form that has every character by which PHP's encoding
// and others differ. The sum was computed in Python, with hashlib and quote_plus.
func TestSign(t *testing.T) {
	t.Parallel()
	f := form{
		"apikey": "key", "timestamp": "1795608000", "channel_id": "22", "device_type": "3", "msg_type": "1", "msg_expires": "90",
		"msg": `{"title":"t ~!*'()","description":"你好 & more"}`,
	}
	const want = "e53ed33a2c9d87409595b735a8ee6025"
	if got := sign("POST", "https://api.tuisong.baidu.com/rest/3.0/push/single_device", f, "s3cret"); got != want {
		t.Errorf("signature %s, want %s", got, want)
	}
}

// PHP leaves nothing but letters, digits, - _ and . as it is.
func TestPHPEscape(t *testing.T) {
	t.Parallel()
	const in = "aZ09-_. !'()*~/:=&%+\x00é"
	const want = "aZ09-_.+%21%27%28%29%2A%7E%2F%3A%3D%26%25%2B%00%C3%A9"
	if got := phpEscape(in); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestRequest(t *testing.T) {
	t.Parallel()
	c := config{url: "https://x.example/rest/3.0/push/single_device", key: "key", secret: "s"}
	common := form{"msg": "a b~"}
	target := pns.Target{Handle: "11-22-33", MessageID: "id"}
	read := func() url.Values {
		t.Helper()
		body, ok := c.request(common, &target, now)
		values, err := url.ParseQuery(string(body))
		if !ok || err != nil || values.Get("sign") == "" {
			t.Fatalf("%s, %v, %v", body, ok, err)
		}
		values.Del("sign")
		return values
	}
	today := url.Values{"msg": {"a b~"}, "apikey": {"key"}, "timestamp": {"1795608000"}, "channel_id": {"22-33"}}
	if diff := cmp.Diff(today, read()); diff != "" {
		t.Errorf("today's (-want +got):\n%s", diff)
	}
	c.older = true
	older := url.Values{
		"msg": {"a b~"}, "apikey": {"key"}, "timestamp": {"1795608000"}, "channel_id": {"22-33"}, "user_id": {"11"}, "msg_keys": {"id"},
	}
	if diff := cmp.Diff(older, read()); diff != "" {
		t.Errorf("the older one's (-want +got):\n%s", diff)
	}
	if len(common) != 1 {
		t.Errorf("the common fields were changed: %v", common)
	}
	for _, handle := range []string{"", "22", "-22", "11-"} {
		if _, ok := c.request(common, &pns.Target{Handle: handle}, now); ok {
			t.Errorf("%q is a handle", handle)
		}
	}
}

// FuzzPrepare holds that whatever is sent fits, is read back as it was, and
// never overwrites a field of the protocol.
func FuzzPrepare(f *testing.F) {
	f.Add([]byte(hello), "1", "11-22")
	f.Add([]byte("a&sign=x"), "0", "1-2&apikey=x")
	f.Fuzz(func(t *testing.T, body []byte, kind, handle string) {
		c := config{url: "https://x.example/rest/3.0/push/single_device", key: "key", secret: "s"}
		common, no := c.prepare(&pns.Message{Body: body, Headers: typed(kind)}, now)
		if no != nil {
			return
		}
		out, ok := c.request(common, &pns.Target{Handle: handle}, now)
		if !ok {
			return
		}
		values, err := url.ParseQuery(string(out))
		if err != nil || values.Get("msg") != string(body) || len(body) > 4096 || values.Get("apikey") != "key" {
			t.Errorf("%q of %q: %v", out, body, err)
		}
		for name, v := range values {
			if len(v) != 1 {
				t.Errorf("%s stands there %d times", name, len(v))
			}
		}
	})
}
