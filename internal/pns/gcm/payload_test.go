package gcm

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestTranslate has a row for every member of the legacy HTTP protocol that
// FCM v1 has a place for, and for those it has none for.
func TestTranslate(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, in, want string }{
		{"nothing", `{}`, `{"message":{}}`},
		{"targets go", `{"to":"a","registration_ids":["b"],"condition":"'x' in topics","data":{"k":"v"}}`, `{"message":{"data":{"k":"v"}}}`},
		{"text stays", `{"data":{"k":"v é <&>","empty":""}}`, `{"message":{"data":{"k":"v é <&>","empty":""}}}`},
		{"numbers and booleans by their text", `{"data":{"i":7,"f":1.50,"e":1e3,"big":12345678901234567890,"t":true,"f2":false}}`,
			`{"message":{"data":{"i":"7","f":"1.50","e":"1e3","big":"12345678901234567890","t":"true","f2":"false"}}}`},
		{"null goes", `{"data":{"gone":null,"k":"v"}}`, `{"message":{"data":{"k":"v"}}}`},
		{"objects and arrays as compact JSON", `{"data":{"o":{ "a" : [1, "x"] },"l":[ ]}}`, `{"message":{"data":{"o":"{\"a\":[1,\"x\"]}","l":"[]"}}}`},
		{"no data", `{"data":null,"notification":null}`, `{"message":{}}`},
		{"title, body, image", `{"notification":{"title":"T","body":"B","image":"https://i.example/x.png"}}`,
			`{"message":{"notification":{"title":"T","body":"B","image":"https://i.example/x.png"}}}`},
		{"what only Android shows",
			`{"notification":{"icon":"i","color":"#fff","sound":"s","tag":"t","click_action":"c","body_loc_key":"b","title_loc_key":"l","android_channel_id":"ch"}}`,
			`{"message":{"android":{"notification":{"icon":"i","color":"#fff","sound":"s","tag":"t","click_action":"c","body_loc_key":"b","title_loc_key":"l","channel_id":"ch"}}}}`},
		{"arguments as arrays", `{"notification":{"body_loc_args":["a",1],"title_loc_args":["b"]}}`,
			`{"message":{"android":{"notification":{"body_loc_args":["a","1"],"title_loc_args":["b"]}}}}`},
		{"arguments as JSON in a string", `{"notification":{"body_loc_args":"[\"a\",\"b\"]"}}`,
			`{"message":{"android":{"notification":{"body_loc_args":["a","b"]}}}}`},
		{"a badge", `{"notification":{"badge":3}}`, `{"message":{"apns":{"payload":{"aps":{"badge":3}}}}}`},
		{"a badge as text", `{"notification":{"badge":"0"}}`, `{"message":{"apns":{"payload":{"aps":{"badge":0}}}}}`},
		{"content_available", `{"content_available":true}`, `{"message":{"apns":{"payload":{"aps":{"content-available":1}}}}}`},
		{"mutable_content beside a badge", `{"mutable_content":true,"notification":{"badge":1}}`,
			`{"message":{"apns":{"payload":{"aps":{"badge":1,"mutable-content":1}}}}}`},
		{"neither", `{"content_available":false,"mutable_content":false}`, `{"message":{}}`},
		{"collapse_key", `{"collapse_key":"score"}`, `{"message":{"android":{"collapse_key":"score"},"apns":{"headers":{"apns-collapse-id":"score"}}}}`},
		{"a collapse_key that Apple would refuse", `{"collapse_key":"` + strings.Repeat("k", 65) + `"}`,
			`{"message":{"android":{"collapse_key":"` + strings.Repeat("k", 65) + `"}}}`},
		{"priority high", `{"priority":"high"}`, `{"message":{"android":{"priority":"HIGH"}}}`},
		{"priority normal", `{"priority":"Normal"}`, `{"message":{"android":{"priority":"NORMAL"}}}`},
		{"priority 10", `{"priority":10}`, `{"message":{"android":{"priority":"HIGH"}}}`},
		{"priority 5", `{"priority":"5"}`, `{"message":{"android":{"priority":"NORMAL"}}}`},
		{"time_to_live", `{"time_to_live":108}`, `{"message":{"android":{"ttl":"108s"}}}`},
		{"time_to_live 0", `{"time_to_live":0}`, `{"message":{"android":{"ttl":"0s"}}}`},
		{"the longest time_to_live", `{"time_to_live":2419200}`, `{"message":{"android":{"ttl":"2419200s"}}}`},
		{"restricted_package_name", `{"restricted_package_name":"com.example"}`, `{"message":{"android":{"restricted_package_name":"com.example"}}}`},
		{"dry_run", `{"dry_run":true}`, `{"message":{},"validate_only":true}`},
		{"no dry_run", `{"dry_run":false}`, `{"message":{}}`},
		{"what v1 has no place for", `{"delay_while_idle":true,"anything":{"a":1},"notification":{"subtitle":"s"}}`, `{"message":{}}`},
		{"data and notification", `{"data":{"k":"v"},"notification":{"title":"T"}}`, `{"message":{"data":{"k":"v"},"notification":{"title":"T"}}}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := translate([]byte(tt.in))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(decode(t, []byte(tt.want)), decode(t, got)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func decode(t *testing.T, b []byte) any {
	t.Helper()
	var v any
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatalf("%q is not JSON: %v", b, err)
	}
	return v
}

func TestTranslateRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, in, want string }{
		{"nothing", ``, "not a JSON object"},
		{"not JSON", `{"data":`, "not a JSON object"},
		{"a string", `"hello"`, "not a JSON object"},
		{"null", `null`, "not a JSON object"},
		{"data that is text", `{"data":"x"}`, "data: not an object"},
		{"notification that is a list", `{"notification":[]}`, "notification: not an object"},
		{"reserved: from", `{"data":{"from":"x"}}`, `the key "from" is reserved`},
		{"reserved: gcm", `{"data":{"gcm.n.e":"x"}}`, `the key "gcm.n.e" is reserved`},
		{"reserved: google", `{"data":{"google_id":"x"}}`, `the key "google_id" is reserved`},
		{"priority", `{"priority":"urgent"}`, "priority: neither high nor normal"},
		{"time_to_live, too long", `{"time_to_live":2419201}`, "time_to_live: not a number of seconds"},
		{"time_to_live, negative", `{"time_to_live":-1}`, "time_to_live: not a number of seconds"},
		{"time_to_live, no number", `{"time_to_live":"soon"}`, "time_to_live: not a number of seconds"},
		{"time_to_live, an object", `{"time_to_live":{}}`, "time_to_live: not a string or number"},
		{"title", `{"notification":{"title":{"a":1}}}`, "title: not a string or number"},
		{"badge", `{"notification":{"badge":"many"}}`, "badge: not a whole number"},
		{"arguments", `{"notification":{"body_loc_args":"a"}}`, "body_loc_args: not an array of strings"},
		{"nested arguments", `{"notification":{"title_loc_args":[["a"]]}}`, "title_loc_args: not an array of strings"},
		{"content_available", `{"content_available":"maybe"}`, "content_available: not true or false"},
		{"too large", `{"data":{"k":"` + strings.Repeat("x", 4096) + `"}}`, "4097 bytes, FCM takes 4096"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := translate([]byte(tt.in))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v; want %q in it", err, tt.want)
			}
			if (tt.name == "too large") != errors.Is(err, errTooLarge) {
				t.Errorf("errTooLarge: %v", err)
			}
		})
	}
}

// FuzzTranslate holds that whatever translates is a v1 message: data of strings
// only, and nobody addressed.
func FuzzTranslate(f *testing.F) {
	for _, s := range []string{
		`{"data":{"k":1},"to":"x"}`, `{"notification":{"body_loc_args":"[1]","badge":"2"},"priority":"high"}`,
		`{"time_to_live":0,"collapse_key":"c","dry_run":1}`, `{"data":{"o":{"a":null}}}`, `{"message":{"token":"x"}}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		out, err := translate(body)
		if err != nil {
			return
		}
		var v1 struct {
			Message map[string]json.RawMessage `json:"message"`
		}
		if err := json.Unmarshal(out, &v1); err != nil || v1.Message == nil {
			t.Fatalf("%q became %q: %v", body, out, err)
		}
		for _, name := range []string{"token", "topic", "condition"} {
			if _, ok := v1.Message[name]; ok {
				t.Errorf("%q became %q: somebody is addressed", body, out)
			}
		}
		var data map[string]string
		if raw, ok := v1.Message["data"]; ok && json.Unmarshal(raw, &data) != nil {
			t.Errorf("%q became %q: data holds more than strings", body, out)
		}
	})
}
