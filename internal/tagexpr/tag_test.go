package tagexpr_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/fanfare-hub/fanfare/internal/tagexpr"
)

func TestCheckTag(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ tag, want string }{
		{"ok", ""},
		{"a_b@c#d.e:f-g", ""},
		{"größe", ""},
		{strings.Repeat("ü", 120), ""},
		{"", invalidTags("")},
		{"a b", invalidTags("a b")},
		{"a,b", invalidTags("a,b")},
		{"a=b", invalidTags("a=b")},
		{"a/b", invalidTags("a/b")},
		{"a\xff", invalidTags("a\ufffd")},
		{"$UserId:{x}", "Tags can not start with $."},
		{"$", "Tags can not start with $."},
		{strings.Repeat("x", 121), "The tag '" + strings.Repeat("x", 40) + "…' has 121 characters; at most 120 are allowed."},
	} {
		err := tagexpr.CheckTag(c.tag, 120)
		if got := sentence(t, err); got != c.want {
			t.Errorf("CheckTag(%.20q) = %q, want %q", c.tag, got, c.want)
		}
	}
	if err := tagexpr.CheckTag(strings.Repeat("x", 1000), 0); err != nil {
		t.Errorf("without a limit: %v", err)
	}
}

func TestCheckSystemID(t *testing.T) {
	t.Parallel()
	for id, want := range map[string]string{
		"i-42": "", "a=b": "", "u@example.com": "", "b7a1f4a2-6d4b-4f36-9b1e-000000000000": "",
		"": invalidTags(""), "a b": invalidTags("a b"), "a}": invalidTags("a}"), "{a": invalidTags("{a"), "$": invalidTags("$"), "a\xff": invalidTags("a\ufffd"),
	} {
		if got := sentence(t, tagexpr.CheckSystemID(id)); got != want {
			t.Errorf("CheckSystemID(%q) = %q, want %q", id, got, want)
		}
	}
}

// A tag that may be carried can be asked for.
func TestCheckedTagsParse(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		tag := rapid.StringOfN(rapid.Rune(), 1, 10, -1).Draw(t, "tag")
		n, err := tagexpr.Parse(tag, tagexpr.DefaultLimits)
		if tagexpr.CheckTag(tag, 120) == nil {
			if err != nil || n.String() != tag {
				t.Fatalf("%q may be carried, but is read as %v: %v", tag, n, err)
			}
		}
		if tagexpr.CheckSystemID(tag) == nil {
			if _, err := tagexpr.Parse("$UserId:{"+tag+"}", tagexpr.DefaultLimits); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func sentence(t *testing.T, err error) string {
	t.Helper()
	if err == nil {
		return ""
	}
	e, ok := err.(*tagexpr.Error)
	if !ok {
		t.Fatalf("%v is a %T, want an *Error", err, err)
	}
	return e.Msg
}
