package tagexpr_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/fanfare-hub/fanfare/internal/tagexpr"
)

func TestMatch(t *testing.T) {
	t.Parallel()
	carried := map[string]bool{"a": true, "b": true, "größe": true, "$userid:{u.7}": true}
	for text, want := range map[string]bool{
		"a": true, "A": true, "c": false, "!c": true, "a && b": true, "a && c": false, "c || b": true,
		"a && !b": false, "!(a && c)": true, "c || a && b": true, "(c || a) && c": false,
		"GRÖSSE": false, "Größe": true, "$UserId:{u.7}": true, "$USERID:{U.7} && a": true, "$UserId:{u}": false,
	} {
		n, err := tagexpr.Parse(text, tagexpr.DefaultLimits)
		if err != nil {
			t.Fatal(err)
		}
		if got := tagexpr.Match(n, func(folded string) bool { return carried[folded] }); got != want {
			t.Errorf("Match(%s) = %v", text, got)
		}
	}
}

// A registration without tags matches what it does not carry.
func TestMatchWithoutTags(t *testing.T) {
	t.Parallel()
	if !tagexpr.Match(&tagexpr.Not{X: &tagexpr.Tag{Name: "a"}}, func(string) bool { return false }) {
		t.Error("!a does not match a registration without tags")
	}
}

// Over the same letters and operators, Go's own grammar is the oracle: it has
// the same precedence, the same associativity and the same meaning.
func TestMatchAgreesWithGo(t *testing.T) {
	t.Parallel()
	tokens := rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "c", "||", "&&", "!", "(", ")"}), 1, 12)
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(tokens.Draw(t, "tokens"), " ")
		carried := map[string]bool{
			"a": rapid.Bool().Draw(t, "a"), "b": rapid.Bool().Draw(t, "b"), "c": rapid.Bool().Draw(t, "c"),
		}
		want, valid := evaluate(text, carried)
		n, err := tagexpr.Parse(text, tagexpr.Limits{})
		if (err == nil) != valid {
			t.Fatalf("Parse(%q) = %v; is it valid? %v", text, err, valid)
		}
		if valid && tagexpr.Match(n, func(folded string) bool { return carried[folded] }) != want {
			t.Fatalf("%q with %v is not %v", text, carried, want)
		}
	})
}

func evaluate(text string, carried map[string]bool) (value, valid bool) {
	e, err := parser.ParseExpr(text)
	if err != nil {
		return false, false
	}
	valid = true
	var eval func(ast.Expr) bool
	eval = func(e ast.Expr) bool {
		switch e := e.(type) {
		case *ast.Ident:
			return carried[e.Name]
		case *ast.ParenExpr:
			return eval(e.X)
		case *ast.UnaryExpr:
			return !eval(e.X)
		case *ast.BinaryExpr:
			x, y := eval(e.X), eval(e.Y)
			return e.Op == token.LAND && x && y || e.Op == token.LOR && (x || y)
		}
		valid = false // a call, as in a (b)
		return false
	}
	value = eval(e)
	return value, valid
}

func TestFoldIsFinal(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		tag := rapid.String().Draw(t, "tag")
		if once := tagexpr.Fold(tag); tagexpr.Fold(once) != once {
			t.Fatalf("%q folds to %q, and that to %q", tag, once, tagexpr.Fold(once))
		}
	})
}
