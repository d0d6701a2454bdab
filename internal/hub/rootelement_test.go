package hub_test

import (
	"strings"
	"testing"

	"github.com/fanfare-hub/fanfare/internal/hub"
)

func TestRootWNSType(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		"<toast/>":                           "wns/toast",
		`<tile a="b" c='>'><visual/></tile>`: "wns/tile",
		"<badge value='3'/>":                 "wns/badge",
		" \r\n<!-- <tile/> --><?x <badge/>?><toast></toast>": "wns/toast",
		"\ufeff<toast/>": "wns/toast",
		`<?xml version="1.0" encoding="utf-16"?><toast launch="a"><visual/></toast>`: "wns/toast",
		"<toast":           "",
		"":                 "",
		"<Toast/>":         "",
		"<toasts/>":        "",
		"<a><toast/></a>":  "",
		"<a/><toast/>":     "",
		"text <toast/>":    "",
		`{"a":"<toast/>"}`: "",
		"</toast><toast/>": "",
		"\xff\xfe<toast/>": "",
		"<toast><<<":       "wns/toast", // what follows is not looked at
	} {
		if got := hub.RootWNSType([]byte(body)); got != want {
			t.Errorf("RootWNSType(%q) = %q, want %q", body, got, want)
		}
	}
}

func TestIsJSONObject(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]bool{
		"{}": true, " \n{\"aps\":{}} ": true,
		"": false, "[]": false, `"{}"`: false, "{": false, "{}{}": false, "null": false, "\ufeff{}": false,
	} {
		if got := hub.IsJSONObject([]byte(body)); got != want {
			t.Errorf("IsJSONObject(%q) = %v", body, got)
		}
	}
}

func FuzzRootWNSType(f *testing.F) {
	for _, s := range []string{"<toast/>", `<?xml version="1.0" encoding="utf-16"?><!-- a --><tile b="c"/>`, "text<badge/>", "<a><toast>"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		kind := hub.RootWNSType(body)
		if kind == "" {
			return
		}
		name, ok := strings.CutPrefix(kind, "wns/")
		if !ok || !strings.Contains(string(body), "<"+name) && !strings.Contains(string(body), ":"+name) {
			t.Fatalf("%q is a %s", body, kind)
		}
	})
}
