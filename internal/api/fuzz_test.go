package api

import (
	"errors"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/fanfare-hub/fanfare/internal/store"
)

// isBadRequest fails unless an error is nil or a 400.
func isBadRequest(t *testing.T, err error) {
	t.Helper()
	var p *problem
	if err != nil && (!errors.As(err, &p) || p.status != 400) {
		t.Errorf("error %v, want a 400", err)
	}
}

// What is read is what an independent writer of filters would have written.
func FuzzParseFilter(f *testing.F) {
	for _, s := range []string{
		"ChannelUri eq '00AABB'", "DeviceToken eq 'it''s'", "deviceToken  EQ 'A' ", "ChannelUri eq 'https%3A%2F%2Fa%2Fb'",
		"Endpoint eq 'https://a/b' and P256DH eq 'x' and Auth eq 'y'", "BaiduUserId-BaiduChannelId eq '1-2'",
		"BaiduUserId eq '1' and BaiduChannelId eq '2'", "BaiduChannelId eq 2' and BaiduUserId eq '1'", "'", "a eq 'b' and", "ChannelUri eq '%'",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := parseFilter(text)
		isBadRequest(t, err)
		if err != nil {
			return
		}
		if len(got) < 1 || len(got) > 2 || got[0].Handle == "" || got[0].Tag != "" {
			t.Fatalf("parseFilter(%q) = %+v", text, got)
		}
		again, err := parseFilter(writeFilter(got[0]))
		if err != nil || again[0] != got[0] {
			t.Errorf("%q gives %+v, which written again gives %+v, %v", text, got[0], again, err)
		}
	})
}

func writeFilter(f store.RegistrationFilter) string {
	quote := func(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
	out := "ChannelUri eq " + quote(f.Handle)
	if f.P256DH != "" {
		out += " and P256DH eq " + quote(f.P256DH)
	}
	if f.Auth != "" {
		out += " and Auth eq " + quote(f.Auth)
	}
	return out
}

// A path is split at its slashes and nowhere else, and what is echoed leads to
// the same place.
func FuzzParsePath(f *testing.F) {
	for _, s := range []string{"", "/", "/MyHub/messages/", "//a//b", "/a%2Fb/c", "/a/%zz", "/../.", "/caf%C3%A9/%00", "a b", "/hub/messages/$batch", "/%"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, escaped string) {
		p, err := parsePath(escaped)
		isBadRequest(t, err)
		if err != nil {
			return
		}
		if len(p.segments) != len(p.escaped) {
			t.Fatalf("%d segments, %d escaped", len(p.segments), len(p.escaped))
		}
		for i, e := range p.escaped {
			if s, err := url.PathUnescape(e); err != nil || s != p.segments[i] || e == "" || strings.Contains(e, "/") {
				t.Errorf("segment %d of %q is %q, %q", i, escaped, e, p.segments[i])
			}
		}
		again, err := parsePath(p.String() + "/")
		if err != nil || !slices.Equal(again.segments, p.segments) {
			t.Errorf("%q echoed as %q gives %q, %v", escaped, p.String(), again.segments, err)
		}
	})
}

// Only what a list gave is taken by it.
func FuzzParseToken(f *testing.F) {
	own := scope{1, store.RegistrationFilter{Tag: "vip"}}
	f.Add("", int64(0))
	f.Add(own.token(7), int64(1))
	f.Add("MzEobik7Mg%3D%3D", int64(-1))
	f.Add(scope{2, own.filter}.token(7), int64(1<<62))
	f.Add(own.token(7)+"=", int64(3))
	f.Fuzz(func(t *testing.T, token string, number int64) {
		got, err := own.parse(token)
		isBadRequest(t, err)
		if err == nil && own.token(got) != token {
			t.Errorf("%q is read as %d, which is written as %q", token, got, own.token(got))
		}
		written := own.token(number)
		if back, err := own.parse(written); err != nil || back != number {
			t.Errorf("%d is written as %q and read as %d, %v", number, written, back, err)
		}
		if url.QueryEscape(written) != written {
			t.Errorf("%q needs escaping", written)
		}
		if _, err := (scope{1, store.RegistrationFilter{Handle: "vip"}}).parse(written); err == nil {
			t.Errorf("%q is taken by another list", written)
		}
	})
}

// Nothing is lost or invented when one parameter of a query is replaced.
func FuzzQuery(f *testing.F) {
	f.Add("api-version=2020-06&$top=2", "x")
	f.Add("%24top=2&ContinuationToken=a&continuationtoken=b&&test", "y")
	f.Add("a=%zz&b=;", "z")
	f.Fuzz(func(t *testing.T, raw, value string) {
		if url.QueryEscape(value) != value {
			return
		}
		q := parseQuery(raw)
		r := parseQuery(q.replace("continuationtoken", value))
		if r.get("continuationtoken") != value {
			t.Errorf("%q: the token is %q, want %q", r.raw, r.get("continuationtoken"), value)
		}
		for name, v := range q.values {
			if name != "continuationtoken" && r.values[name] != v {
				t.Errorf("%q: %s is %q, was %q", r.raw, name, r.values[name], v)
			}
		}
		if strings.Count(strings.ToLower(r.raw), "continuationtoken=") > strings.Count(strings.ToLower(raw), "continuationtoken=")+1 {
			t.Errorf("%q: the token is there more often than it was in %q", r.raw, raw)
		}
	})
}
