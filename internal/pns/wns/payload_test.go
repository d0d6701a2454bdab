package wns

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pns"
)

const toast = `<toast><visual><binding template="ToastText01"><text id="1">Hello</text></binding></visual></toast>`

func TestPrepare(t *testing.T) {
	t.Parallel()
	type h = map[string]string
	tests := []struct {
		name string
		in   pns.Message
		want h
		body string // "": as it was
	}{
		{"a toast by its root", pns.Message{Body: []byte(toast), ContentType: "application/xml"},
			h{"Content-Type": "text/xml", "X-WNS-Type": "wns/toast"}, ""},
		{"a tile by its root with attributes", pns.Message{Body: []byte(`<tile a="b"/>`)},
			h{"Content-Type": "text/xml", "X-WNS-Type": "wns/tile"}, ""},
		{"a badge after a comment", pns.Message{Body: []byte(`<!-- n --><badge value="1"/>`)},
			h{"Content-Type": "text/xml", "X-WNS-Type": "wns/badge"}, ""},
		{"the type given wins", pns.Message{Body: []byte(toast), Headers: []hub.Header{{Name: "x-wns-type", Value: " WNS/Raw "}}},
			h{"Content-Type": "application/octet-stream", "X-WNS-Type": "wns/raw"}, ""},
		{"raw bytes by their type", pns.Message{Body: []byte{0, 1, 2}, ContentType: "application/octet-stream"},
			h{"Content-Type": "application/octet-stream", "X-WNS-Type": "wns/raw"}, ""},
		{"raw with a charset", pns.Message{Body: []byte("hi"), ContentType: "application/octet-stream; charset=utf-8"},
			h{"Content-Type": "application/octet-stream", "X-WNS-Type": "wns/raw"}, ""},
		{"WNS's own headers pass, others do not", pns.Message{Body: []byte(toast), Headers: []hub.Header{
			{Name: "X-WNS-Tag", Value: "news"}, {Name: "x-wns-group", Value: "g"}, {Name: "X-WNS-Cache-Policy", Value: "cache"},
			{Name: "Authorization", Value: "Bearer evil"}, {Name: "apns-topic", Value: "x"}, {Name: "Host", Value: "evil"},
			{Name: "X-WNS-Bad Name", Value: "x"}, {Name: "X-WNS-A:b\r\nX", Value: "x"},
		}}, h{"Content-Type": "text/xml", "X-WNS-Type": "wns/toast", "X-WNS-Tag": "news", "X-WNS-Group": "g", "X-WNS-Cache-Policy": "cache"}, ""},
		{"the status is always asked for", pns.Message{Body: []byte(toast), Headers: []hub.Header{{Name: "X-WNS-RequestForStatus", Value: "false"}}},
			h{"Content-Type": "text/xml", "X-WNS-Type": "wns/toast"}, ""},
		{"an expiry becomes a time to live", pns.Message{Body: []byte(toast), Expiry: now.Add(90 * time.Second)},
			h{"Content-Type": "text/xml", "X-WNS-Type": "wns/toast", "X-WNS-TTL": "90"}, ""},
		{"an expiry that is almost over", pns.Message{Body: []byte(toast), Expiry: now.Add(time.Millisecond)},
			h{"Content-Type": "text/xml", "X-WNS-Type": "wns/toast", "X-WNS-TTL": "1"}, ""},
		{"the time to live given wins", pns.Message{Body: []byte(toast), Expiry: now.Add(time.Hour), Headers: []hub.Header{{Name: "X-WNS-TTL", Value: "60"}}},
			h{"Content-Type": "text/xml", "X-WNS-Type": "wns/toast", "X-WNS-TTL": "60"}, ""},
		{"the .NET SDK's declaration", pns.Message{Body: []byte(`<?xml version="1.0" encoding="utf-16"?>` + toast)},
			h{"Content-Type": "text/xml", "X-WNS-Type": "wns/toast"}, `<?xml version="1.0" encoding="utf-8"?>` + toast},
		{"another declaration", pns.Message{Body: []byte(`<?xml version='1.0' encoding='UTF-8'?>` + toast)},
			h{"Content-Type": "text/xml", "X-WNS-Type": "wns/toast"}, ""},
		{"the word elsewhere", pns.Message{Body: []byte(`<toast encoding="utf-16"/>`)},
			h{"Content-Type": "text/xml", "X-WNS-Type": "wns/toast"}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			before := string(tt.in.Body)
			p, no := prepare(&tt.in, now)
			if no != nil {
				t.Fatalf("refused: %+v", no)
			}
			want := http.Header{"X-Wns-Requestforstatus": {"true"}}
			for k, v := range tt.want {
				want.Set(k, v)
			}
			if diff := cmp.Diff(want, p.header); diff != "" {
				t.Errorf("header (-want +got):\n%s", diff)
			}
			body := tt.body
			if body == "" {
				body = before
			}
			if string(p.body) != body {
				t.Errorf("body %q, want %q", p.body, body)
			}
			if string(tt.in.Body) != before {
				t.Error("the caller's body was changed")
			}
		})
	}
}

func TestPrepareRefuses(t *testing.T) {
	t.Parallel()
	raw := []hub.Header{{Name: "X-WNS-Type", Value: "wns/raw"}}
	tests := []struct {
		name string
		in   pns.Message
		want hub.Outcome // Success: not refused
	}{
		{"no type, another root", pns.Message{Body: []byte(`<note/>`), ContentType: "application/xml"}, hub.InvalidNotificationFormat},
		{"no type, not XML", pns.Message{Body: []byte(`{"a":1}`), ContentType: "application/json"}, hub.InvalidNotificationFormat},
		{"a line break in a header", pns.Message{Body: []byte(toast), Headers: []hub.Header{{Name: "X-WNS-Tag", Value: "a\r\nX-Evil: 1"}}}, hub.InvalidNotificationFormat},
		{"a null byte in a header", pns.Message{Body: []byte(toast), Headers: []hub.Header{{Name: "X-WNS-Tag", Value: "a\x00"}}}, hub.InvalidNotificationFormat},
		{"exactly the limit", pns.Message{Body: []byte(strings.Repeat("x", 5000)), Headers: raw}, hub.Success},
		{"one byte more", pns.Message{Body: []byte(strings.Repeat("x", 5001)), Headers: raw}, hub.InvalidNotificationSize},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, no := prepare(&tt.in, now)
			switch {
			case tt.want == hub.Success && no != nil:
				t.Errorf("refused: %+v", no)
			case tt.want != hub.Success && (no == nil || no.Class != pns.Body || no.Outcome != tt.want || no.Reason == ""):
				t.Errorf("got %+v, want %v", no, tt.want)
			}
		})
	}
}

func FuzzPrepare(f *testing.F) {
	f.Add([]byte(toast), "X-WNS-Tag", "a")
	f.Add([]byte(`<?xml version="1.0" encoding="utf-16"?><tile/>`), "X-WNS-Type", "wns/raw\r\n")
	f.Add([]byte("<badge"), "x-wns-", "")
	f.Fuzz(func(t *testing.T, body []byte, name, value string) {
		p, no := prepare(&pns.Message{Body: body, Headers: []hub.Header{{Name: name, Value: value}}}, now)
		if no != nil {
			return
		}
		for k, v := range p.header {
			if strings.ContainsAny(k+v[0], "\r\n\x00") {
				t.Errorf("header %q: %q", k, v)
			}
		}
		if len(p.body) > 5000 {
			t.Errorf("a body of %d bytes", len(p.body))
		}
	})
}
