package tagexpr_test

import (
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/fanfare-hub/fanfare/internal/tagexpr"
)

func TestParse(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, want string }{
		{"sports", "sports"},
		{" a||b ", "a || b"},
		{"a || b && c", "a || (b && c)"},
		{"a && b || c", "(a && b) || c"},
		{"a || b || c", "(a || b) || c"},
		{"!a && b", "!a && b"},
		{"!(a && b)", "!(a && b)"},
		{"!!a", "!!a"},
		{"(follows_RedSox || follows_Cardinals) && location_Boston", "(follows_RedSox || follows_Cardinals) && location_Boston"},
		{"$InstallationId:{i-42} && $userid:{a=b}", "$InstallationId:{i-42} && $userid:{a=b}"},
		{"a_b@c#d.e:f-g", "a_b@c#d.e:f-g"},
		{"größe", "größe"},
	} {
		n, err := tagexpr.Parse(c.text, tagexpr.DefaultLimits)
		if err != nil {
			t.Errorf("Parse(%q): %v", c.text, err)
		} else if got := n.(interface{ String() string }).String(); got != c.want {
			t.Errorf("Parse(%q) = %s, want %s", c.text, got, c.want)
		}
	}
}

func TestParseErrors(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 121)
	for _, c := range []struct {
		text   string
		offset int
		says   string
	}{
		{"", 0, "ends where a tag"},
		{"a &&", 4, "ends where a tag"},
		{"(a || b", 7, "opened at position 1 is not closed"},
		{"a)", 1, ")"},
		{"()", 1, ")"},
		{"a b", 2, "without && or ||"},
		{"a & b", 2, "write &&"},
		{"a | b", 2, "write ||"},
		{"|| a", 0, "where a tag"},
		{"a && b/c", 6, "An invalid tag(s) '/c'"},
		{"$InstallationId:[x]", 0, "An invalid tag(s) '$InstallationId:[x]'"},
		{"$Other:{x}", 0, "An invalid tag(s)"},
		{"$UserId:{x", 0, "} is missing"},
		{"$UserId:{}", 0, "An invalid tag(s)"},
		{"a && " + long, 5, "121 characters; at most 120"},
		{"a\xff", 1, "not UTF-8"},
		{strings.Repeat("a||", 20) + "a", 60, "21 tags; an expression of || alone may have at most 20"},
		{strings.Repeat("a&&", 6) + "a", 18, "7 tags; an expression with && or ! may have at most 6"},
		{strings.Repeat("a ", 4001), 8000, "8002 bytes; at most 8000"},
		{strings.Repeat("(", 200) + "a", 101, "nest deeper than 100"},
	} {
		_, err := tagexpr.Parse(c.text, tagexpr.DefaultLimits)
		var e *tagexpr.Error
		if !errors.As(err, &e) {
			t.Errorf("Parse(%.40q) = %v, want an *Error", c.text, err)
		} else if e.Offset != c.offset || !strings.Contains(e.Msg, c.says) {
			t.Errorf("Parse(%.40q) = %d %q, want %d …%s…", c.text, e.Offset, e.Msg, c.offset, c.says)
		}
	}
}

func TestLimitsAllowWhatAzureAllows(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		strings.Repeat("a||", 19) + "a", strings.Repeat("a&&", 5) + "a", strings.Repeat("x", 120),
	} {
		if _, err := tagexpr.Parse(text, tagexpr.DefaultLimits); err != nil {
			t.Errorf("Parse(%.40q): %v", text, err)
		}
	}
}

func TestMatch(t *testing.T) {
	t.Parallel()
	has := func(folded string) bool { return folded == "a" || folded == "b" }
	for text, want := range map[string]bool{
		"a": true, "A": true, "c": false, "!c": true, "a && b": true, "a && c": false, "c || b": true,
		"a && !b": false, "!(a && c)": true, "c || a && b": true, "(c || a) && c": false,
	} {
		n, err := tagexpr.Parse(text, tagexpr.DefaultLimits)
		if err != nil {
			t.Fatal(err)
		}
		if got := tagexpr.Match(n, has); got != want {
			t.Errorf("Match(%s) = %v", text, got)
		}
	}
}

func TestCheckTag(t *testing.T) {
	t.Parallel()
	for tag, want := range map[string]string{
		"ok": "", "a_b@c#d.e:f-g": "", "": "An invalid tag(s)", "a b": "An invalid tag(s)", "a,b": "An invalid tag(s)",
		"$UserId:{x}": "Tags can not start with $", strings.Repeat("x", 121): "121 characters; at most 120", "a\xff": "An invalid tag(s)",
	} {
		err := tagexpr.CheckTag(tag, 120)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("CheckTag(%.20q) = %v, want …%s…", tag, err, want)
		}
	}
}

func draw(t *rapid.T, depth int) tagexpr.Node {
	k := rapid.IntRange(0, 3).Draw(t, "kind")
	switch {
	case depth == 0 || k == 0:
		return &tagexpr.Tag{Name: rapid.StringMatching(`[A-Za-z0-9_@#.:\-]{1,8}|\$UserId:\{[a-z=]{1,4}\}`).Draw(t, "tag")}
	case k == 1:
		return &tagexpr.Not{X: draw(t, depth-1)}
	case k == 2:
		return &tagexpr.And{X: draw(t, depth-1), Y: draw(t, depth-1)}
	}
	return &tagexpr.Or{X: draw(t, depth-1), Y: draw(t, depth-1)}
}

func TestStringRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := draw(t, 5).(interface{ String() string }).String()
		n, err := tagexpr.Parse(text, tagexpr.Limits{})
		if err != nil {
			t.Fatalf("Parse(%q): %v", text, err)
		}
		if again := n.(interface{ String() string }).String(); again != text {
			t.Fatalf("%q came back as %q", text, again)
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"a", "a || b && !c", "($InstallationId:{x} || b)", "a &&", "((((", "é|"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		n, err := tagexpr.Parse(text, tagexpr.DefaultLimits)
		if err != nil {
			var e *tagexpr.Error
			if !errors.As(err, &e) || e.Offset < 0 || e.Offset > len(text) {
				t.Fatalf("a wrong error: %#v", err)
			}
			return
		}
		again, err := tagexpr.Parse(n.(interface{ String() string }).String(), tagexpr.Limits{})
		if err != nil || again.(interface{ String() string }).String() != n.(interface{ String() string }).String() {
			t.Fatalf("%q does not come back: %v", text, err)
		}
	})
}
