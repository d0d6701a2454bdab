package architecture_test

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const root = "../.."

// files calls fn for every file below the root with the ending given.
func files(t *testing.T, ending string, fn func(path string, text []byte)) {
	t.Helper()
	found := 0
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == ".git" || d.Name() == "node_modules" || d.Name() == ".conformance") {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(path, ending) {
			return nil
		}
		text, err := os.ReadFile(path)
		if err == nil {
			found++
			fn(path, text)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if found == 0 {
		t.Fatalf("no %s file was found: something is wrong with this test", ending)
	}
}

// Each package says what it is, once.
func TestPackageComments(t *testing.T) {
	t.Parallel()
	for _, p := range packages(t) {
		var with []string
		for _, name := range p.GoFiles {
			f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, name), nil, parser.ParseComments|parser.PackageClauseOnly)
			if err != nil {
				t.Fatal(err)
			}
			if f.Doc != nil {
				with = append(with, name)
			}
		}
		if len(p.GoFiles) > 0 && len(with) != 1 {
			t.Errorf("%s: %d files have a package comment, want 1: %v", p.ImportPath, len(with), with)
		}
	}
}

// A file that grows past this is about more than one thing.
func TestFilesAreSmall(t *testing.T) {
	t.Parallel()
	files(t, ".go", func(path string, text []byte) {
		limit := 400
		if strings.HasSuffix(path, "_test.go") || strings.Contains(path, "storetest") {
			limit = 900
		}
		if n := bytes.Count(text, []byte("\n")); n > limit {
			t.Errorf("%s has %d lines, at most %d are allowed", path, n, limit)
		}
	})
}

// A test that is skipped, or that waits by the clock, proves nothing.
func TestTestsNeitherSkipNorSleep(t *testing.T) {
	t.Parallel()
	forbidden := map[string]string{
		"Skip": "skips", "Skipf": "skips", "SkipNow": "skips", "Sleep": "sleeps", "Short": "asks whether it may be short",
	}
	files(t, "_test.go", func(path string, text []byte) {
		if strings.Contains(path, "test/architecture") {
			return
		}
		set := token.NewFileSet()
		f, err := parser.ParseFile(set, path, text, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			sel, ok := call.Fun.(*ast.SelectorExpr)
			if !ok || forbidden[sel.Sel.Name] == "" {
				return true
			}
			if x, ok := sel.X.(*ast.Ident); ok && (x.Name == "t" || x.Name == "b" || x.Name == "f" || x.Name == "tb" || x.Name == "time" || x.Name == "testing") {
				t.Errorf("%s: a test %s: %s.%s", set.Position(call.Pos()), forbidden[sel.Sel.Name], x.Name, sel.Sel.Name)
			}
			return true
		})
	})
}
