package config

import (
	"fmt"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/fanfare-hub/fanfare/internal/hub"
)

// row is a row of a table in docs/configuration.md.
type row struct{ section, key, value, limits string }

var (
	heading = regexp.MustCompile("^## (?:The (file)|`(\\w+)`)$")
	quoted  = regexp.MustCompile("`(\\w+)`")
)

// rows are those of the page's tables of keys, one for each key.
func rows(t *testing.T) (all []row) {
	t.Helper()
	text, err := os.ReadFile("../../docs/configuration.md")
	if err != nil {
		t.Fatal(err)
	}
	section := ""
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "## ") {
			section = ""
			if m := heading.FindStringSubmatch(line); m != nil {
				section = m[1] + m[2]
			}
		}
		if !strings.HasPrefix(line, "| `") {
			continue
		}
		cells := strings.Split(strings.Trim(line, "| "), "|")
		if len(cells) != 4 {
			t.Fatalf("%s: a row has %d cells, not key, default, limits and text", line, len(cells))
		}
		for _, key := range quoted.FindAllStringSubmatch(cells[0], -1) {
			all = append(all, row{section, key[1], strings.Trim(cells[1], "` "), strings.TrimSpace(cells[2])})
		}
	}
	return all
}

// blocks collects the keys of a type and of all that it holds, by the name of
// the key that holds them.
func blocks(t reflect.Type, name string, into map[string][]string) {
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice:
		blocks(t.Elem(), name, into)
	case reflect.Struct:
		into[name] = keysOf(t)
		for f := range t.Fields() {
			blocks(f.Type, f.Tag.Get("yaml"), into)
		}
	}
}

// Each key of the file stands in its place on the page, once, and no other.
func TestKeysAreDocumented(t *testing.T) {
	t.Parallel()
	want, got := map[string][]string{}, map[string][]string{}
	blocks(reflect.TypeFor[file](), "file", want)
	for _, r := range rows(t) {
		got[r.section] = append(got[r.section], r.key)
	}
	if len(want) < 10 {
		t.Fatalf("%d blocks were found: something is wrong with this test", len(want))
	}
	for name, keys := range want {
		if !slices.Equal(slices.Sorted(slices.Values(got[name])), slices.Sorted(slices.Values(keys))) {
			t.Errorf("docs/configuration.md, section %s: the keys are %v, want %v", name, got[name], keys)
		}
	}
	for name := range got {
		if want[name] == nil {
			t.Errorf("docs/configuration.md has a section %s, which is no block of the file", name)
		}
	}
}

// The limits that the page gives in numbers are those of the program.
func TestLimitsAreDocumented(t *testing.T) {
	t.Parallel()
	tried := 0
	for _, r := range rows(t) {
		var least, most int
		if n, err := fmt.Sscanf(r.limits, "%d to %d", &least, &most); err == nil && n == 2 && r.section == "dispatch" {
			tried++
			tryLimit(t, r, strconv.Itoa(least-1), strconv.Itoa(least))
			tryLimit(t, r, strconv.Itoa(most+1), strconv.Itoa(most))
		}
		if text, ok := strings.CutPrefix(r.limits, "at least "); ok {
			tried++
			d, err := time.ParseDuration(text)
			if err != nil {
				t.Fatalf("%s: %v", r.key, err)
			}
			tryLimit(t, r, (d - time.Millisecond).String(), text)
		}
	}
	if tried != 10 {
		t.Errorf("%d limits were tried, want 10: of dispatch all, and registration_ttl", tried)
	}
}

// tryLimit reads a file with a value that is beyond a limit, and one that is
// not.
func tryLimit(t *testing.T, r row, beyond, within string) {
	t.Helper()
	text := "dispatch: {%s: %s}\n"
	if r.section == "hubs" {
		text = "hubs: [{name: a, rules: [{name: r, rights: [send], primary_key: 0123456789abcdef}], %s: %s}]\n"
	}
	if _, err := parse(fmt.Appendf(nil, text, r.key, beyond), "c.yaml", &checker{}); err == nil {
		t.Errorf("%s: %s is taken, but the page says %s", r.key, beyond, r.limits)
	}
	if _, err := parse(fmt.Appendf(nil, text, r.key, within), "c.yaml", &checker{}); err != nil {
		t.Errorf("%s: %s is refused, but the page says %s: %v", r.key, within, r.limits, err)
	}
}

// The defaults that this package decides are those of the page.
func TestDefaultsAreDocumented(t *testing.T) {
	t.Parallel()
	d := Default()
	want := map[string]string{"listen": d.Listen, "data": d.Data, "level": d.Log.Level, "format": d.Log.Format}
	for _, r := range rows(t) {
		if value, ok := want[r.key]; ok && !strings.HasPrefix(r.value, value) {
			t.Errorf("%s: the page says %q, the default is %q", r.key, r.value, value)
		}
		delete(want, r.key)
	}
	if len(want) > 0 {
		t.Errorf("the page does not tell of %v", want)
	}
}

// The page names the key of each property as mistakes in the file are told.
func TestDocOfPropertyNames(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/configuration.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range hub.Platforms {
		for _, name := range keyNames(p) {
			if want := fmt.Sprintf("\n| %s | `%s` | `%s` |", p, name[0], name[1]); !strings.Contains(string(text), want) {
				t.Errorf("the page has no row %s", want)
			}
		}
	}
}
