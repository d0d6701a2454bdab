package pnstest

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// named returns the statuses, codes and reasons that a source file tells apart:
// what stands in its cases and comparisons, and the keys of its tables.
func named(t *testing.T, file string) (all []string) {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CaseClause:
			for _, e := range n.List {
				all = append(all, namesOf(t, e)...)
			}
		case *ast.KeyValueExpr:
			all = append(all, namesOf(t, n.Key)...)
		case *ast.BinaryExpr:
			if n.Op == token.EQL {
				all = append(all, namesOf(t, n.Y)...)
			}
		}
		return true
	})
	return all
}

// namesOf returns the statuses, codes and reasons that an expression is.
func namesOf(t *testing.T, e ast.Expr) []string {
	t.Helper()
	switch e := e.(type) {
	case *ast.BasicLit:
		if name := nameOf(e); name != "" {
			return []string{name}
		}
	case *ast.SelectorExpr:
		if name, ok := strings.CutPrefix(e.Sel.Name, "Status"); ok && name != "" {
			return []string{statusOf(t, name)}
		}
	}
	return nil
}

// reason is a text as push services write theirs.
var reason = regexp.MustCompile(`^([A-Z][a-z]+[A-Z]?)+[A-Za-z]*$|^[A-Z]+_[A-Z_]+$`)

// nameOf returns a number of at least three digits, or what looks like a reason.
func nameOf(l *ast.BasicLit) string {
	switch l.Kind {
	case token.INT:
		if len(l.Value) >= 3 {
			return l.Value
		}
	case token.STRING:
		if s, err := strconv.Unquote(l.Value); err == nil && len(s) > 4 && reason.MatchString(s) {
			return s
		}
	}
	return ""
}

// statusOf is the number of http.Status and a name.
func statusOf(t *testing.T, name string) string {
	t.Helper()
	for code := 100; code < 600; code++ {
		text := http.StatusText(code)
		if text != "" && strings.EqualFold(strings.NewReplacer(" ", "", "-", "").Replace(text), name) {
			return fmt.Sprint(code)
		}
	}
	t.Fatalf("http.Status%s is none that this check knows", name)
	return ""
}
