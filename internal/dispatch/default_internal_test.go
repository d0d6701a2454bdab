package dispatch

import (
	"os"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/fanfare-hub/fanfare/internal/pns"
)

// The page about the configuration gives the defaults that hold.
func TestDefaultsAreDocumented(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/configuration.md")
	if err != nil {
		t.Fatal(err)
	}
	given := map[string]string{}
	for _, row := range regexp.MustCompile("(?m)^\\| `(\\w+)` \\| (\\w+) \\|").FindAllStringSubmatch(string(text), -1) {
		given[row[1]] = row[2]
	}
	c := Config{}.withDefaults()
	for key, want := range map[string]int{"page": c.Page, "window": c.Window, "workers": c.Workers, "connections": pns.DefaultConns} {
		if given[key] != strconv.Itoa(want) {
			t.Errorf("%s: the page says %q, the default is %d", key, given[key], want)
		}
	}
	for key, want := range map[string]time.Duration{"retry_window": c.RetryWindow, "suspect_after": c.SuspectAfter, "retention": c.Retention} {
		if d, err := time.ParseDuration(given[key]); err != nil || d != want {
			t.Errorf("%s: the page says %q, the default is %s", key, given[key], want)
		}
	}
}
