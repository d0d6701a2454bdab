package tagexpr_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/fanfare-hub/fanfare/internal/tagexpr"
)

// Precedence is that of most languages: ! before && before ||. The expressions
// with follows_ are those of Azure's documentation.
func TestParse(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, want string }{
		{"sports", "sports"},
		{" a||b ", "a || b"},
		{"a || b && c", "a || (b && c)"},
		{"a && b || c", "(a && b) || c"},
		{"(a || b) && c", "(a || b) && c"},
		{"a || b || c", "a || b || c"},
		{"a || (b || c)", "a || (b || c)"},
		{"a && b && c", "a && b && c"},
		{"!a && b", "!a && b"},
		{"!(a && b)", "!(a && b)"},
		{"!!a", "!!a"},
		{"((a))", "a"},
		{"a\t||\r\nb", "a || b"},
		{"(follows_RedSox || follows_Cardinals) && location_Boston", "(follows_RedSox || follows_Cardinals) && location_Boston"},
		{"(location_Boston && !follows_Cardinals)", "location_Boston && !follows_Cardinals"},
		{"$InstallationId:{i-42} && $userid:{a=b}", "$InstallationId:{i-42} && $userid:{a=b}"},
		{"!$UserId:{u@example.com}||a", "!$UserId:{u@example.com} || a"},
		{"a_b@c#d.e:f-g", "a_b@c#d.e:f-g"},
		{"größe", "größe"},
		{"cafe\u0301 && ٤٢ && a‿b", "cafe\u0301 && ٤٢ && a‿b"}, // marks, digits and connectors are word characters
		{"undefined", "undefined"},                             // what a JavaScript client sends for no tag is a tag
	} {
		n, err := tagexpr.Parse(c.text, tagexpr.DefaultLimits)
		if err != nil {
			t.Errorf("Parse(%q): %v", c.text, err)
		} else if got := n.String(); got != c.want {
			t.Errorf("Parse(%q) = %s, want %s", c.text, got, c.want)
		}
	}
}

func TestParseTellsWhereTagsStand(t *testing.T) {
	t.Parallel()
	n, err := tagexpr.Parse("ü || !$UserId:{x}", tagexpr.DefaultLimits)
	if err != nil {
		t.Fatal(err)
	}
	want := &tagexpr.Or{
		X: &tagexpr.Tag{Name: "ü", Offset: 0},
		Y: &tagexpr.Not{X: &tagexpr.Tag{Name: "$UserId:{x}", Offset: 7}},
	}
	if diff := cmp.Diff(tagexpr.Node(want), n); diff != "" {
		t.Error(diff)
	}
}

func TestParseErrors(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text   string
		offset int
		says   string
	}{
		{"", 0, "the expression ends where a tag or ( is expected"},
		{"  ", 2, "the expression ends where a tag or ( is expected"},
		{"a &&", 4, "the expression ends where a tag or ( is expected"},
		{"!", 1, "the expression ends where a tag or ( is expected"},
		{"(a || b", 7, "the parenthesis opened at position 1 is not closed"},
		{"a)", 1, ") without a tag before it, or without its ("},
		{"()", 1, ") without a tag before it, or without its ("},
		{"a b", 2, `"b" follows without && or || before it`},
		{"a (b)", 2, `"(" follows without && or || before it`},
		{"a !b", 2, `"!" follows without && or || before it`},
		{"$UserId:{x}y", 11, `"y" follows without && or || before it`},
		{"a & b", 2, "a single & means nothing: write &&"},
		{"a | b", 2, "a single | means nothing: write ||"},
		{"a ||| b", 4, "a single | means nothing: write ||"},
		{"|| a", 0, `"||" where a tag or ( is expected`},
		{"a && || b", 5, `"||" where a tag or ( is expected`},
		{"a && b/c", 6, invalidTags("b/c")},
		{"user+x@example.com", 4, invalidTags("user+x@example.com")},
		{"a, b", 1, invalidTags("a,")},
		{"a$b", 1, invalidTags("a$b")},
		{"$InstallationId:[x]", 0, invalidTags("$InstallationId:[x]")},
		{"$UserId:user1234", 0, invalidTags("$UserId:user1234")},
		{"a||$Other:{x}", 3, invalidTags("$Other:{x}")},
		{"$UserId:{}", 0, invalidTags("$UserId:{}")},
		{"$UserId:{a b}", 0, invalidTags("$UserId:{a b}")},
		{"$UserId:{x", 0, "$UserId:{… is not closed: } is missing"},
		{strings.Repeat("/", 200), 0, invalidTags(strings.Repeat("/", 130) + "…")},
		{"a && " + strings.Repeat("x", 121), 5, "a tag of 121 characters; at most 120 are allowed"},
		{"a\xff", 1, "the expression is not UTF-8"},
		{"a || \xc3(", 5, "the expression is not UTF-8"},
		{strings.Repeat("a||", 20) + "a", 60, "the expression has 21 tags; an expression of || alone may have at most 20"},
		{strings.Repeat("a&&", 6) + "a", 18, "the expression has 7 tags; an expression with && or ! may have at most 6"},
		{"!a" + strings.Repeat("||a", 6), 19, "the expression has 7 tags; an expression with && or ! may have at most 6"},
		{strings.Repeat("a ", 4001), 8000, "the expression has 8002 bytes; at most 8000 are allowed"},
		{strings.Repeat("(", 200) + "a", 101, "parentheses and ! nest deeper than 100"},
		{strings.Repeat("!", 200) + "a", 101, "parentheses and ! nest deeper than 100"},
	} {
		_, err := tagexpr.Parse(c.text, tagexpr.DefaultLimits)
		var e *tagexpr.Error
		if !errors.As(err, &e) {
			t.Errorf("Parse(%.40q) = %v, want an *Error", c.text, err)
		} else if e.Offset != c.offset || e.Msg != c.says {
			t.Errorf("Parse(%.40q) = %d %q, want %d %q", c.text, e.Offset, e.Msg, c.offset, c.says)
		}
	}
}

// invalidTags is the sentence that Azure answers.
func invalidTags(text string) string {
	return "An invalid tag(s) '" + text + "' was supplied. Valid tag characters are alphanumeric, _, @, -, ., : and #."
}

func TestErrorTellsThePlace(t *testing.T) {
	t.Parallel()
	e := &tagexpr.Error{Offset: 4, Msg: "a sentence."}
	if got := e.Error(); got != "a sentence (at position 5)" {
		t.Errorf("got %q", got)
	}
}

// 20 tags in an expression of || alone, 6 in any other, 120 characters in each
// are what Azure's documentation allows.
func TestParseAllowsWhatAzureAllows(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		strings.Repeat("a||", 19) + "a",
		"(" + strings.Repeat("a||", 10) + "a)" + strings.Repeat("||a", 9),
		strings.Repeat("a&&", 5) + "a",
		strings.Repeat("x", 120),
		strings.Repeat("ü", 120),
		"$UserId:{" + strings.Repeat("u", 500) + "}",
		strings.Repeat("(", 100) + "a" + strings.Repeat(")", 100),
	} {
		if _, err := tagexpr.Parse(text, tagexpr.DefaultLimits); err != nil {
			t.Errorf("Parse(%.40q): %v", text, err)
		}
	}
}

func TestParseWithoutLimits(t *testing.T) {
	t.Parallel()
	text := strings.Repeat(strings.Repeat("x", 121)+" && ", 100) + "a"
	n, err := tagexpr.Parse(text, tagexpr.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if n.String() != text {
		t.Error("a long chain does not come back")
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
		n := draw(t, 5)
		again, err := tagexpr.Parse(n.String(), tagexpr.Limits{})
		if err != nil {
			t.Fatalf("Parse(%q): %v", n, err)
		}
		if diff := cmp.Diff(n, again, cmpopts.IgnoreFields(tagexpr.Tag{}, "Offset")); diff != "" {
			t.Fatalf("%s came back as %s:\n%s", n, again, diff)
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"a", "a || b && !c", "($InstallationId:{x} || b)", "a &&", "((((", "é|", "$UserId:{", "!!(a)||b||(c||d)", "e\u0301", "a\xff",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		n, err := tagexpr.Parse(text, tagexpr.DefaultLimits)
		if err != nil {
			var e *tagexpr.Error
			if !errors.As(err, &e) || e.Offset < 0 || e.Offset > len(text) || e.Msg == "" {
				t.Fatalf("a wrong error: %#v", err)
			}
			return
		}
		again, err := tagexpr.Parse(n.String(), tagexpr.Limits{})
		if err != nil || again.String() != n.String() {
			t.Fatalf("%q does not come back: %v", text, err)
		}
	})
}
