package documents_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// docs/connectors.md names every connector, and the files that each of them has.
func TestConnectors(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/connectors.md")
	if err != nil {
		t.Fatal(err)
	}
	found, err := filepath.Glob("../../internal/pns/*/connector.go")
	if err != nil {
		t.Fatal(err)
	}
	var files []string
	for _, row := range regexp.MustCompile("(?m)^\\| `([a-z]+\\.go)` \\|").FindAllStringSubmatch(string(page), -1) {
		files = append(files, row[1])
	}
	if len(files) != 4 {
		t.Fatalf("the page names the files %v, want four", files)
	}
	var names []string
	for _, f := range found {
		folder := filepath.Dir(f)
		name := filepath.Base(folder)
		if name == "pnstest" { // whose connector.go is a helper of tests
			continue
		}
		names = append(names, "`"+name+"`")
		for _, file := range files {
			_, err := os.Stat(filepath.Join(folder, file))
			if exempt := name == "gcm" && file == "response.go"; (err == nil) == exempt {
				t.Errorf("%s/%s: %v; the page says otherwise", name, file, err)
			}
		}
	}
	last := len(names) - 1
	if list := strings.Join(names[:last], ", ") + " and " + names[last]; !strings.Contains(string(page), list+".") {
		t.Errorf("the page does not list %s", list)
	}
}
