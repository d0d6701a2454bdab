package notificationhubs_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/fanfare-hub/fanfare/internal/tagexpr"
	nh "github.com/fanfare-hub/fanfare/notificationhubs"
)

func TestTagExpressionText(t *testing.T) {
	t.Parallel()
	a, b, c := nh.Tag("a"), nh.Tag("b"), nh.Tag("c")
	for want, e := range map[string]nh.TagExpression{
		"a":                     a,
		"!a":                    a.Not(),
		"!(a && b)":             a.And(b).Not(),
		"(a || b) && c":         a.Or(b).And(c),
		"a || (b && c)":         a.Or(b.And(c)),
		"user:1@x.org#2-3_4.5":  nh.Tag("user:1@x.org#2-3_4.5"),
		"$InstallationId:{i=1}": nh.InstallationTag("i=1"),
		"$UserId:{u} && !b":     nh.UserTag("u").And(b.Not()),
	} {
		if got, err := e.Text(); err != nil || got != want {
			t.Errorf("%q, %v, want %q", got, err, want)
		}
	}
}

// Azure's limits hold for what is built: 20 tags joined by ||, 6 in any other
// expression, and 8,000 bytes, which ids alone can exceed.
func TestTagExpressionLimits(t *testing.T) {
	t.Parallel()
	join := func(n int, op func(x, y nh.TagExpression) nh.TagExpression) nh.TagExpression {
		e := nh.Tag("t")
		for range n - 1 {
			e = op(e, nh.Tag("t"))
		}
		return e
	}
	long := nh.UserTag(strings.Repeat("u", 4000))
	for name, c := range map[string]struct {
		e    nh.TagExpression
		says string
	}{
		"20 joined by or":         {join(20, nh.TagExpression.Or), ""},
		"21 joined by or":         {join(21, nh.TagExpression.Or), "has 21 tags; an expression of || alone may have at most 20"},
		"any of 21":               {nh.AnyTag("t", strings.Fields(strings.Repeat("t ", 20))...), "at most 20"},
		"6 joined by and":         {join(6, nh.TagExpression.And), ""},
		"7 joined by and":         {join(7, nh.TagExpression.And), "has 7 tags; an expression with && or ! may have at most 6"},
		"7 with one not":          {join(6, nh.TagExpression.Or).Or(nh.Tag("t").Not()), "at most 6"},
		"121 characters in a tag": {nh.Tag(strings.Repeat("t", 121)), "at most 120"},
		"a long id":               {long, ""},
		"two of them":             {long.Or(long), "at most 8000 are allowed"},
		"what nests too deep":     {deep(101), "deeper than 100"},
	} {
		text, err := c.e.Text()
		if (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %.50q, %v, want …%s…", name, text, err, c.says)
		}
	}
}

// deep negates a tag n times.
func deep(n int) nh.TagExpression {
	e := nh.Tag("t")
	for range n {
		e = e.Not()
	}
	return e
}

// built draws an expression from any texts. names are its tags in order, as
// they stand in an expression; mixed is whether it has more than ||; ok is false
// if a text is no tag.
func built(t *rapid.T, depth int) (e nh.TagExpression, names []string, mixed, ok bool) {
	text := rapid.OneOf(rapid.StringMatching(`[a-z]{1,5}`), rapid.StringMatching(`[a-z |&!(){}$:,]{0,9}`), rapid.StringN(0, 50, 200))
	switch kind := rapid.IntRange(0, 7).Draw(t, "kind"); {
	case kind == 0 && depth > 0:
		e, names, _, ok = built(t, depth-1)
		return e.Not(), names, true, ok
	case kind <= 4 && depth > 0:
		x, xNames, xMixed, xOK := built(t, depth-1)
		y, yNames, yMixed, yOK := built(t, depth-1)
		e = x.Or(y)
		if kind == 1 {
			e = x.And(y)
		}
		return e, append(xNames, yNames...), xMixed || yMixed || kind == 1, xOK && yOK
	case kind == 5:
		id := text.Draw(t, "user")
		return nh.UserTag(id), []string{"$UserId:{" + id + "}"}, false, tagexpr.CheckSystemID(id) == nil
	}
	tag := text.Draw(t, "tag")
	return nh.Tag(tag), []string{tag}, false, tagexpr.CheckTag(tag, 120) == nil
}

// Whatever the tags say, the hub reads the expression that was built from them:
// the same tags, and no other.
func TestTagExpressionCannotBeInjected(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		e, names, mixed, ok := built(t, 5)
		ok = ok && (len(names) <= 6 || !mixed && len(names) <= 20)
		text, err := e.Text()
		if (err == nil) != ok {
			t.Fatalf("%q: %v", names, err)
		}
		if err != nil {
			return
		}
		n, err := tagexpr.Parse(text, tagexpr.Limits{})
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if got := tagsOf(n); strings.Join(got, "\n") != strings.Join(names, "\n") {
			t.Fatalf("%s has the tags %q, want %q", text, got, names)
		}
	})
}

func tagsOf(n tagexpr.Node) []string {
	switch n := n.(type) {
	case *tagexpr.And:
		return append(tagsOf(n.X), tagsOf(n.Y)...)
	case *tagexpr.Or:
		return append(tagsOf(n.X), tagsOf(n.Y)...)
	case *tagexpr.Not:
		return tagsOf(n.X)
	case *tagexpr.Tag:
		return []string{n.Name}
	}
	return nil
}
