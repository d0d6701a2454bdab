package simapi_test

import (
	"os"
	"regexp"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var row = regexp.MustCompile("(?m)^\\| ([A-Z]+) \\| `([^`]+)` \\|")

// docs/simulator-api.md tells of every call, and of none that is not there. Its
// examples are run by test/acceptance.
func TestEveryCallIsDocumented(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../../docs/simulator-api.md")
	if err != nil {
		t.Fatal(err)
	}
	var documented []string
	for _, m := range row.FindAllStringSubmatch(string(text), -1) {
		documented = append(documented, m[1]+" "+m[2])
	}
	slices.Sort(documented)
	if diff := cmp.Diff(setup(t).api.Routes(), documented); diff != "" {
		t.Errorf("the calls and the documentation differ:\n%s", diff)
	}
}
