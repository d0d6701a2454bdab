package documents_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/fanfare-hub/fanfare/internal/pns/pnstest"
)

func connectorsPage(t *testing.T) string {
	t.Helper()
	page, err := os.ReadFile("../../docs/connectors.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(page)
}

var fileName = regexp.MustCompile("`([a-z0-9]+\\.go)`")

// docs/connectors.md has each connector's folder, and each of its files: the four
// that all have, and its own.
func TestConnectorsAreListed(t *testing.T) {
	t.Parallel()
	page := connectorsPage(t)
	found, err := filepath.Glob("../../internal/pns/*/connector.go")
	if err != nil || len(found) < 8 {
		t.Fatalf("%d connectors, %v", len(found), err)
	}
	for _, file := range found {
		name := filepath.Base(filepath.Dir(file))
		if name == "pnstest" {
			continue
		}
		_, row, there := strings.Cut(page, "\n| [`"+name+"`](../internal/pns/"+name+"/) | ")
		row, _, _ = strings.Cut(row, "\n")
		if !there {
			t.Errorf("docs/connectors.md has no row for %s", name)
			continue
		}
		want := []string{"config.go", "connector.go", "payload.go"}
		if !strings.Contains(row, "no `response.go`") {
			want = append(want, "response.go")
		}
		cells := strings.Split(row, "|")
		for _, m := range fileName.FindAllStringSubmatch(cells[2], -1) {
			want = append(want, m[1])
		}
		slices.Sort(want)
		if got := sources(t, filepath.Dir(file)); !slices.Equal(got, want) {
			t.Errorf("%s has the files %v, docs/connectors.md says %v", name, got, want)
		}
	}
}

// sources are the names of a folder's Go files but tests, in order.
func sources(t *testing.T, dir string) (names []string) {
	t.Helper()
	all, err := filepath.Glob(dir + "/*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range all {
		if !strings.HasSuffix(file, "_test.go") {
			names = append(names, filepath.Base(file))
		}
	}
	return names
}

// The table of answers is explained whole: its keys, and the classes.
func TestAnswersAreExplained(t *testing.T) {
	t.Parallel()
	page := connectorsPage(t)
	row := func(name string) bool {
		return regexp.MustCompile("(?m)^\\| (`[a-z]+`, )*`" + name + "`(, `[a-z]+`)* \\|").MatchString(page)
	}
	for class := range maps.Keys(pnstest.Classes) {
		if !row(class) {
			t.Errorf("docs/connectors.md does not explain the class %s", class)
		}
	}
	answer := reflect.TypeFor[pnstest.Answer]()
	for i := range answer.NumField() {
		if key := answer.Field(i).Tag.Get("yaml"); !row(key) {
			t.Errorf("docs/connectors.md does not explain the key %s", key)
		}
	}
}

// Whoever adds a service finds each place that names one: those of Xiaomi's.
func TestPlacesOfAServiceAreLinked(t *testing.T) {
	t.Parallel()
	const root = "../.."
	page := connectorsPage(t)
	places := 0
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == ".git" || d.Name() == "node_modules" || d.Name() == "test" || path == filepath.Join(root, "internal/pns/xiaomi")):
			return filepath.SkipDir
		case d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || strings.HasPrefix(d.Name(), "xiaomi"):
			return nil
		}
		if !namesXiaomi(t, path) {
			return nil
		}
		places++
		if link := "](../" + strings.TrimPrefix(filepath.ToSlash(path), root+"/") + ")"; !strings.Contains(page, link) {
			t.Errorf("%s names Xiaomi, and docs/connectors.md does not link it", path)
		}
		return nil
	})
	if err != nil || places < 10 {
		t.Errorf("%d places, %v", places, err)
	}
}

// namesXiaomi reports whether a file's code does: comments do not count.
func namesXiaomi(t *testing.T, path string) bool {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	found := false
	ast.Inspect(f, func(n ast.Node) bool {
		text := ""
		switch n := n.(type) {
		case *ast.Ident:
			text = n.Name
		case *ast.BasicLit:
			text = n.Value
		}
		found = found || strings.Contains(strings.ToLower(text), "xiaomi")
		return !found
	})
	return found
}
