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

// built draws an expression from any texts. names are its tags in order, as
// they stand in an expression; ok is false if a text is no tag.
func built(t *rapid.T, depth int) (e nh.TagExpression, names []string, ok bool) {
	text := rapid.OneOf(rapid.StringMatching(`[a-z]{1,5}`), rapid.StringMatching(`[a-z |&!(){}$:,]{0,9}`), rapid.String())
	switch kind := rapid.IntRange(0, 6).Draw(t, "kind"); {
	case kind == 0 && depth > 0:
		e, names, ok = built(t, depth-1)
		return e.Not(), names, ok
	case kind <= 3 && depth > 0:
		x, xNames, xOK := built(t, depth-1)
		y, yNames, yOK := built(t, depth-1)
		e = x.And(y)
		if kind == 3 {
			e = x.Or(y)
		}
		return e, append(xNames, yNames...), xOK && yOK
	case kind == 4:
		id := text.Draw(t, "user")
		return nh.UserTag(id), []string{"$UserId:{" + id + "}"}, tagexpr.CheckSystemID(id) == nil
	}
	tag := text.Draw(t, "tag")
	return nh.Tag(tag), []string{tag}, tagexpr.CheckTag(tag, 120) == nil
}

// Whatever the tags say, the hub reads the expression that was built from them:
// the same tags, and no other.
func TestTagExpressionCannotBeInjected(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		e, names, ok := built(t, 4)
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
