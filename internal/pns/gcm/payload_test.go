package gcm

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

// Each member of a legacy payload, and what becomes of it.
func TestTranslate(t *testing.T) {
	t.Parallel()
	for name, c := range map[string][2]string{
		"data":              {`{"data":{"a":"b"}}`, `{"message":{"data":{"a":"b"}}}`},
		"data of any type":  {`{"data":{"n":1.50,"t":true,"z":null,"o":{"x":[1]}}}`, `{"message":{"data":{"n":"1.50","t":"true","o":"{\"x\":[1]}"}}}`},
		"targets":           {`{"to":"x","registration_ids":["y"],"condition":"z","data":{"a":"b"}}`, `{"message":{"data":{"a":"b"}}}`},
		"notification":      {`{"notification":{"title":"t","body":"b","image":"i"}}`, `{"message":{"notification":{"title":"t","body":"b","image":"i"}}}`},
		"look":              {`{"notification":{"title":"t","icon":"i","color":"c","sound":"s","tag":"g","click_action":"a","android_channel_id":"h"}}`, `{"message":{"notification":{"title":"t"},"android":{"notification":{"icon":"i","color":"c","sound":"s","tag":"g","click_action":"a","channel_id":"h"}}}}`},
		"arguments":         {`{"notification":{"body_loc_key":"k","body_loc_args":"[\"a\"]","title_loc_key":"l","title_loc_args":["b"]}}`, `{"message":{"notification":{},"android":{"notification":{"body_loc_key":"k","body_loc_args":["a"],"title_loc_key":"l","title_loc_args":["b"]}}}}`},
		"collapse key":      {`{"collapse_key":"k","data":{}}`, `{"message":{"android":{"collapse_key":"k"},"apns":{"headers":{"apns-collapse-id":"k"}}}}`},
		"priority high":     {`{"priority":"high"}`, `{"message":{"android":{"priority":"HIGH"}}}`},
		"priority 5":        {`{"priority":5}`, `{"message":{"android":{"priority":"NORMAL"}}}`},
		"time to live":      {`{"time_to_live":108}`, `{"message":{"android":{"ttl":"108s"}}}`},
		"no life":           {`{"time_to_live":0}`, `{"message":{"android":{"ttl":"0s"}}}`},
		"package":           {`{"restricted_package_name":"p"}`, `{"message":{"android":{"restricted_package_name":"p"}}}`},
		"dry run":           {`{"dry_run":true}`, `{"validate_only":true,"message":{}}`},
		"delay and unknown": {`{"delay_while_idle":true,"x":1}`, `{"message":{}}`},
		"for Apple":         {`{"content_available":true,"mutable_content":true,"notification":{"badge":"3"}}`, `{"message":{"notification":{},"apns":{"payload":{"aps":{"badge":3,"content-available":1,"mutable-content":1}}}}}`},
	} {
		got, err := translate([]byte(c[0]))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if g, w := bare(t, string(got)), bare(t, c[1]); !reflect.DeepEqual(g, w) {
			t.Errorf("%s: got %s, want %s", name, got, c[1])
		}
	}
}

// bare decodes JSON, without members that are empty objects: whether they stand
// there means nothing to FCM.
func bare(t *testing.T, text string) any {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return strip(v)
}

func strip(v any) any {
	m, ok := v.(map[string]any)
	if !ok {
		return v
	}
	for k, x := range m {
		if x = strip(x); x == nil {
			delete(m, k)
		} else {
			m[k] = x
		}
	}
	if len(m) == 0 {
		return nil
	}
	return m
}

func TestTranslateRefuses(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"nothing": "", "text": `"x"`, "a list": "[]", "null": "null",
		"a reserved key": `{"data":{"from":"x"}}`, "google's": `{"data":{"google.a":"x"}}`, "gcm's": `{"data":{"gcm.a":"x"}}`,
		"a life too long": `{"time_to_live":2419201}`, "data of text": `{"data":"x"}`, "too large": `{"data":{"a":"` + strings.Repeat("x", 4097) + `"}}`,
	} {
		if got, err := translate([]byte(body)); err == nil {
			t.Errorf("%s: translated to %s", name, got)
		}
	}
}

func FuzzTranslate(f *testing.F) {
	f.Add([]byte(`{"data":{"a":1},"notification":{"badge":"1","body_loc_args":"[]"},"priority":"high"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		if out, err := translate(body); err == nil && !json.Valid(out) {
			t.Fatalf("%q becomes %q", body, out)
		}
	})
}
