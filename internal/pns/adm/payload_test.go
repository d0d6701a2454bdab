package adm

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pns"
)

var now = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

func TestPrepare(t *testing.T) {
	t.Parallel()
	// printf 'a:1,b:2' | openssl md5 -binary | base64, and so on.
	const sumAB, sumA, sumUmlaut = "Xvb142mSeo7pSjdDDASyeA==", "nvErLnYFLqAb85SnlRj+kA==", "hm75smbsweFbIPBireA+Gw=="
	day := now.Add(24 * time.Hour)
	for name, c := range map[string]struct {
		body   string
		expiry time.Time
		want   string
	}{
		"data": {`{"data":{"b":"2","a":"1"}}`, time.Time{}, `{"data":{"b":"2","a":"1"},"md5":"` + sumAB + `"}`},
		"blanks and members stay": {" { \"data\" : {\"a\":\"1\"} , \"x\":[1.0] }\n", time.Time{},
			`{ "data" : {"a":"1"} , "x":[1.0] ,"md5":"` + sumA + `"}`},
		"escapes are read":           {`{"data":{"a":"\u00fc<"}}`, time.Time{}, `{"data":{"a":"\u00fc<"},"md5":"` + sumUmlaut + `"}`},
		"an expiry":                  {`{"data":{"a":"1"}}`, day, `{"data":{"a":"1"},"md5":"` + sumA + `","expiresAfter":86400}`},
		"an expiry almost over":      {`{"data":{"a":"1"}}`, now.Add(time.Millisecond), `{"data":{"a":"1"},"md5":"` + sumA + `","expiresAfter":1}`},
		"an expiry too far":          {`{"data":{"a":"1"}}`, now.Add(100 * 24 * time.Hour), `{"data":{"a":"1"},"md5":"` + sumA + `","expiresAfter":2678400}`},
		"the sender's expiry wins":   {`{"data":{"a":"1"},"expiresAfter":60}`, day, `{"data":{"a":"1"},"expiresAfter":60,"md5":"` + sumA + `"}`},
		"the sender's checksum wins": {`{"data":{"a":"1"},"md5":"mine"}`, time.Time{}, `{"data":{"a":"1"},"md5":"mine"}`},
		"a key alone":                {`{"data":{},"consolidationKey":"k"}`, day, `{"data":{},"consolidationKey":"k","expiresAfter":86400}`},
		"a notification alone":       {`{"notification":{"title":"t"}}`, time.Time{}, `{"notification":{"title":"t"}}`},
	} {
		got, no := prepare(&pns.Message{Body: []byte(c.body), Expiry: c.expiry}, now)
		if no != nil {
			t.Errorf("%s: refused: %+v", name, no)
			continue
		}
		if string(got) != c.want {
			t.Errorf("%s:\n got %s\nwant %s", name, got, c.want)
		}
	}
}

func TestPrepareRefuses(t *testing.T) {
	t.Parallel()
	long := func(n int) string { return strings.Repeat("x", n) }
	frame := len(`{"a":""}`)
	for name, c := range map[string]struct {
		body string
		want hub.Outcome // Success: not refused
		says string
	}{
		"exactly the limit":        {`{"data": {"a": "` + long(6144-frame) + `"}}`, hub.Success, ""},
		"one byte more":            {`{"data":{"a":"` + long(6145-frame) + `"}}`, hub.InvalidNotificationSize, "6145 bytes"},
		"too large in two parts":   {`{"data":{"a":"` + long(6100) + `"},"notification":{"title":"` + long(60) + `"}}`, hub.InvalidNotificationSize, "bytes"},
		"the longest key":          {`{"data":{},"consolidationKey":"` + strings.Repeat("ü", 64) + `"}`, hub.Success, ""},
		"a longer key":             {`{"data":{},"consolidationKey":"` + long(65) + `"}`, hub.InvalidNotificationFormat, "1 to 64 characters"},
		"an empty key":             {`{"data":{"a":"b"},"consolidationKey":""}`, hub.InvalidNotificationFormat, "1 to 64 characters"},
		"a key that is a number":   {`{"data":{"a":"b"},"consolidationKey":1}`, hub.InvalidNotificationFormat, "not a text"},
		"the longest life":         {`{"data":{"a":"b"},"expiresAfter":2678400}`, hub.Success, ""},
		"a longer life":            {`{"data":{"a":"b"},"expiresAfter":2678401}`, hub.InvalidNotificationFormat, "between 1 and 2678400"},
		"no life":                  {`{"data":{"a":"b"},"expiresAfter":0}`, hub.InvalidNotificationFormat, "between 1 and 2678400"},
		"a life in a text":         {`{"data":{"a":"b"},"expiresAfter":"60"}`, hub.InvalidNotificationFormat, "whole number"},
		"null for a life":          {`{"data":{"a":"b"},"expiresAfter":null}`, hub.InvalidNotificationFormat, "whole number"},
		"nothing to say":           {`{"data":{}}`, hub.InvalidNotificationFormat, "neither data nor a notification"},
		"an empty object":          {`{}`, hub.InvalidNotificationFormat, "neither data nor a notification"},
		"a number in data":         {`{"data":{"a":1}}`, hub.InvalidNotificationFormat, "not an object of texts"},
		"an object in data":        {`{"data":{"a":{"b":"c"}}}`, hub.InvalidNotificationFormat, "not an object of texts"},
		"null in data":             {`{"data":{"a":null}}`, hub.InvalidNotificationFormat, "null for"},
		"data that is a list":      {`{"data":["a"]}`, hub.InvalidNotificationFormat, "not an object of texts"},
		"not an object":            {`["data"]`, hub.InvalidNotificationFormat, "not a JSON object"},
		"not JSON":                 {`{"data":`, hub.InvalidNotificationFormat, "not a JSON object"},
		"two documents":            {`{"data":{"a":"b"}}{}`, hub.InvalidNotificationFormat, "not a JSON object"},
		"bytes that are not UTF-8": {"{\"data\":{\"a\":\"\xff\"}}", hub.InvalidNotificationFormat, "in UTF-8"},
	} {
		_, no := prepare(&pns.Message{Body: []byte(c.body)}, now)
		switch {
		case c.want == hub.Success && no != nil:
			t.Errorf("%s: refused: %+v", name, no)
		case c.want != hub.Success && (no == nil || no.Class != pns.Body || no.Outcome != c.want || !strings.Contains(no.Reason, c.says)):
			t.Errorf("%s: %+v, want %v and %q", name, no, c.want, c.says)
		}
	}
}

// FuzzPrepare holds that what is sent is JSON with what the sender gave, and
// with a checksum and a life within ADM's limits.
func FuzzPrepare(f *testing.F) {
	f.Add([]byte(`{"data":{"b":"2","a":"1"}}`), int64(60))
	f.Add([]byte(`{"data":{},"consolidationKey":"k","expiresAfter":5}`), int64(-1))
	f.Add([]byte(`{"notification":1,"md5":null}`), int64(1)<<40)
	f.Fuzz(func(t *testing.T, in []byte, seconds int64) {
		out, no := prepare(&pns.Message{Body: in, Expiry: now.Add(time.Duration(seconds%(1<<33)) * time.Second)}, now)
		if no != nil {
			return
		}
		var before, after map[string]json.RawMessage
		if json.Unmarshal(in, &before) != nil || json.Unmarshal(out, &after) != nil {
			t.Fatalf("%q became %q", in, out)
		}
		for k, v := range before {
			if string(after[k]) != string(v) {
				t.Errorf("%q became %q under %q", v, after[k], k)
			}
		}
		if n, err := strconv.ParseInt(string(after["expiresAfter"]), 10, 64); err != nil || n < 1 || n > 2678400 {
			t.Errorf("expiresAfter is %s", after["expiresAfter"])
		}
	})
}
