package tagexpr_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/fanfare-hub/fanfare/internal/tagexpr"
)

func TestWhy(t *testing.T) {
	t.Parallel()
	carried := map[string]bool{"a": true, "b": true, "$userid:{u.7}": true}
	for text, want := range map[string]string{
		"a": "", "a && !c": "", "c || a": "",
		"c": "c", "C": "C", "!a": "!a", "!A": "!A", "a && c": "c", "c && a": "c", "a && b && c": "c",
		"c || d": "c || d", "a && (c || d)": "c || d", "c && (d || e)": "c", "(d || e) && c": "c", "cc && d": "d", "c && d": "c",
		"!(a || c)": "!(a || c)", "a && !(a && b)": "!(a && b)", "a && !b": "!b",
		"(a && c) || d": "(a && c) || d", "a && $UserId:{other}": "$UserId:{other}", "!$UserId:{U.7}": "!$UserId:{U.7}",
	} {
		n, err := tagexpr.Parse(text, tagexpr.DefaultLimits)
		if err != nil {
			t.Fatal(err)
		}
		if got := tagexpr.Why(n, func(folded string) bool { return carried[folded] }); got != want {
			t.Errorf("Why(%s) = %q, want %q", text, got, want)
		}
	}
}

// What Why names is false by itself, and there is something to name exactly
// when the expression does not hold.
func TestWhyIsFalse(t *testing.T) {
	t.Parallel()
	tokens := rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "c", "||", "&&", "!", "(", ")"}), 1, 12)
	rapid.Check(t, func(t *rapid.T) {
		text := ""
		for _, token := range tokens.Draw(t, "tokens") {
			text += token + " "
		}
		n, err := tagexpr.Parse(text, tagexpr.Limits{})
		if err != nil {
			return
		}
		carried := map[string]bool{"a": rapid.Bool().Draw(t, "a"), "b": rapid.Bool().Draw(t, "b"), "c": rapid.Bool().Draw(t, "c")}
		has := func(folded string) bool { return carried[folded] }
		why := tagexpr.Why(n, has)
		if (why == "") != tagexpr.Match(n, has) {
			t.Fatalf("%q with %v: Why is %q", text, carried, why)
		}
		if why == "" {
			return
		}
		part, err := tagexpr.Parse(why, tagexpr.Limits{})
		if err != nil || tagexpr.Match(part, has) {
			t.Fatalf("%q with %v: Why is %q, which holds, or %v", text, carried, why, err)
		}
	})
}
