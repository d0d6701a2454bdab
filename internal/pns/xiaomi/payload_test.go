package xiaomi

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pns"
)

var now = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

func TestPrepare(t *testing.T) {
	t.Parallel()
	type fields = map[string]string
	tests := []struct {
		name, body string
		expiry     time.Time
		want       fields
	}{
		{"title and description", `{"title":"t","description":"Hello & 你好"}`, time.Time{}, fields{"title": "t", "description": "Hello & 你好"}},
		{"a title alone is shown in both places", `{"title":"t"}`, time.Time{}, fields{"title": "t", "description": "t"}},
		{"a blank description is none", `{"title":"t","description":" "}`, time.Time{}, fields{"title": "t", "description": "t"}},
		{"every member", `{"title":"t","description":"d","payload":"p","pass_through":0,"restricted_package_name":"com.example","notify_type":-1,
			"notify_id":7,"time_to_live":60000,"time_to_send":1795608000000,"extra":{"channel_id":"c","n":1.5,"b":true,"x":null},"extra.notify_effect":"1"}`, time.Time{},
			fields{
				"title": "t", "description": "d", "payload": "p", "pass_through": "0", "restricted_package_name": "com.example", "notify_type": "-1",
				"notify_id": "7", "time_to_live": "60000", "time_to_send": "1795608000000",
				"extra.channel_id": "c", "extra.n": "1.5", "extra.b": "true", "extra.notify_effect": "1",
			}},
		{"numbers as text", `{"title":"t","description":"d","notify_id":"-5","pass_through":"0"}`, time.Time{},
			fields{"title": "t", "description": "d", "notify_id": "-5", "pass_through": "0"}},
		{"null is absent", `{"title":"t","description":"d","payload":null,"extra":null,"nothing":null}`, time.Time{}, fields{"title": "t", "description": "d"}},
		{"a payload is escaped once more", `{"pass_through":1,"payload":"a b&c=%+é"}`, time.Time{},
			fields{"pass_through": "1", "payload": "a+b%26c%3D%25%2B%C3%A9"}},
		{"a payload of JSON", `{"pass_through":1,"payload":{ "a" : [1, "x"] }}`, time.Time{},
			fields{"pass_through": "1", "payload": "%7B%22a%22%3A%5B1%2C%22x%22%5D%7D"}},
		{"data needs no title", `{"pass_through":1}`, time.Time{}, fields{"pass_through": "1"}},
		{"an expiry", `{"title":"t"}`, now.Add(1500 * time.Millisecond), fields{"title": "t", "description": "t", "time_to_live": "1500"}},
		{"an expiry that is almost over", `{"title":"t"}`, now.Add(time.Microsecond), fields{"title": "t", "description": "t", "time_to_live": "1"}},
		{"the time to live given wins", `{"title":"t","time_to_live":5}`, now.Add(time.Hour), fields{"title": "t", "description": "t", "time_to_live": "5"}},
		{"several packages", `{"title":"t","restricted_package_name":"a.b,c.d"}`, time.Time{}, fields{"title": "t", "description": "t", "restricted_package_name": "a.b,c.d"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var c config
			got, no := c.prepare(&pns.Message{Body: []byte(tt.body), Expiry: tt.expiry}, now)
			if no != nil {
				t.Fatalf("refused: %+v", no)
			}
			want := url.Values{}
			for k, v := range tt.want {
				want.Set(k, v)
			}
			values, err := url.ParseQuery(got)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, values); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestPrepareRefuses(t *testing.T) {
	t.Parallel()
	notification := func(member string) string { return `{"title":"t","description":"d",` + member + `}` }
	x := func(n int) string { return strings.Repeat("x", n) }
	tests := []struct {
		name, body string
		want       hub.Outcome // Success: not refused
		says       string
	}{
		{"no JSON", `title`, hub.InvalidNotificationFormat, "not a JSON object"},
		{"an array", `[]`, hub.InvalidNotificationFormat, "not a JSON object"},
		{"null", `null`, hub.InvalidNotificationFormat, "not a JSON object"},
		{"nothing", ``, hub.InvalidNotificationFormat, "not a JSON object"},
		{"an unknown member", notification(`"sound":"x"`), hub.InvalidNotificationFormat, `"sound" is no member`},
		{"a device", notification(`"registration_id":"x"`), hub.InvalidNotificationFormat, `"registration_id" is no member`},
		{"an alias", notification(`"alias":"x"`), hub.InvalidNotificationFormat, `"alias" is no member`},
		{"an extra without a name", notification(`"extra.":"x"`), hub.InvalidNotificationFormat, `"extra." is no member`},
		{"an extra without a name, inside", notification(`"extra":{"":"x"}`), hub.InvalidNotificationFormat, "without a name"},
		{"an extra that is no object", notification(`"extra":"x"`), hub.InvalidNotificationFormat, "extra is not an object"},
		{"an extra of an object", notification(`"extra":{"a":{}}`), hub.InvalidNotificationFormat, "extra.a is neither"},
		{"a flat extra of an array", notification(`"extra.a":[]`), hub.InvalidNotificationFormat, "extra.a is neither"},
		{"a title that is a number", `{"title":5}`, hub.InvalidNotificationFormat, "title is not a text"},
		{"pass_through of 2", notification(`"pass_through":2`), hub.InvalidNotificationFormat, "pass_through is not a whole number from 0 to 1"},
		{"pass_through as true", notification(`"pass_through":true`), hub.InvalidNotificationFormat, "pass_through is not a whole number"},
		{"notify_type of 8", notification(`"notify_type":8`), hub.InvalidNotificationFormat, "notify_type is not"},
		{"half a notify_id", notification(`"notify_id":1.5`), hub.InvalidNotificationFormat, "notify_id is not"},
		{"no time to live", notification(`"time_to_live":0`), hub.InvalidNotificationFormat, "time_to_live is not"},
		{"an object as a number", notification(`"time_to_send":{}`), hub.InvalidNotificationFormat, "time_to_send is not"},
		{"no title", `{"description":"d"}`, hub.InvalidNotificationFormat, "no title"},
		{"a blank title", `{"title":" ","description":"d"}`, hub.InvalidNotificationFormat, "no title"},
		{"the longest title", fmt.Sprintf(`{"title":%q}`, strings.Repeat("你", 49)), hub.Success, ""},
		{"a title too long", fmt.Sprintf(`{"title":%q}`, x(50)), hub.InvalidNotificationSize, "the title has 50 characters"},
		{"the longest description", fmt.Sprintf(`{"title":"t","description":%q}`, x(127)), hub.Success, ""},
		{"a description too long", fmt.Sprintf(`{"title":"t","description":%q}`, x(128)), hub.InvalidNotificationSize, "the description has 128 characters"},
		{"the longest payload", fmt.Sprintf(`{"pass_through":1,"payload":%q}`, x(4096)), hub.Success, ""},
		{"a payload too long", fmt.Sprintf(`{"pass_through":1,"payload":%q}`, x(4097)), hub.InvalidNotificationSize, "the payload has 4097 bytes"},
		{"the largest extra", notification(fmt.Sprintf(`"extra":{"ab":%q}`, x(2045))), hub.Success, ""},
		{"extra too large", notification(fmt.Sprintf(`"extra":{"ab":%q},"extra.c":""`, x(2045))), hub.InvalidNotificationSize, "extra has 2048 bytes"},
		{"several packages through version 2", notification(`"restricted_package_name":"a,b"`), hub.InvalidNotificationFormat, "version 2"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := config{onePackage: true}
			_, no := c.prepare(&pns.Message{Body: []byte(tt.body)}, now)
			switch {
			case tt.want == hub.Success && no != nil:
				t.Errorf("refused: %+v", no)
			case tt.want != hub.Success && (no == nil || no.Class != pns.Body || no.Outcome != tt.want || !strings.Contains(no.Reason, tt.says)):
				t.Errorf("got %+v, want %v and %q", no, tt.want, tt.says)
			}
		})
	}
}

// FuzzPrepare holds that whatever a sender posts, the form names no devices
// and keeps Xiaomi's limits.
func FuzzPrepare(f *testing.F) {
	f.Add([]byte(`{"title":"t","extra":{"a":"b"},"notify_id":"5"}`))
	f.Add([]byte(`{"pass_through":1,"payload":{"a":1},"extra.x&registration_id=y":"z"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		var c config
		form, no := c.prepare(&pns.Message{Body: body}, now)
		if no != nil {
			if no.Class != pns.Body || no.Reason == "" {
				t.Errorf("%q: %+v", body, no)
			}
			return
		}
		values, err := url.ParseQuery(form)
		if err != nil {
			t.Fatalf("%q: %v", form, err)
		}
		for name, v := range values {
			_, known := readers[name]
			if len(v) != 1 || !known && !strings.HasPrefix(name, "extra.") {
				t.Errorf("%q: the field %q has %d values", body, name, len(v))
			}
		}
		payload, err := url.QueryUnescape(values.Get("payload"))
		if err != nil || len(payload) > 4096 || values.Get("pass_through") != "1" && values.Get("description") == "" {
			t.Errorf("%q: %v, %v", body, values, err)
		}
	})
}
