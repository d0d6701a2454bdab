package documents_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// reasons are all that docs/sdk.md may give for a .NET method without a Go twin.
var reasons = []string{"paging"}

// sdkRow is a row of docs/sdk.md.
type sdkRow struct {
	dotnet string   // of the tables about .NET's classes
	names  []string // identifiers of package notificationhubs, or one of reasons
	shown  []string // test functions
	reason string
}

var span = regexp.MustCompile("`([^`]+)`")

func spans(cell string) (all []string) {
	for _, m := range span.FindAllStringSubmatch(cell, -1) {
		all = append(all, m[1])
	}
	return all
}

// sdkTables reads the tables of docs/sdk.md, by the title above them.
func sdkTables(t *testing.T) map[string][]sdkRow {
	t.Helper()
	text, err := os.ReadFile("../../docs/sdk.md")
	if err != nil {
		t.Fatal(err)
	}
	all, title := map[string][]sdkRow{}, ""
	for line := range strings.Lines(string(text)) {
		if under, ok := strings.CutPrefix(line, "## "); ok {
			title = strings.TrimSpace(under)
		}
		cells := strings.Split(strings.Trim(line, "| \n"), " | ")
		if !strings.HasPrefix(line, "| ") || cells[0] == ".NET" || cells[0] == "Go" || cells[0] == "reason" {
			continue
		}
		switch {
		case title == "Reasons":
			all[title] = append(all[title], sdkRow{reason: cells[0]})
		case len(cells) != 3:
			t.Errorf("docs/sdk.md: a row of %d cells: %s", len(cells), line)
		case title == beyond:
			all[title] = append(all[title], sdkRow{names: spans(cells[0]), shown: spans(cells[2])})
		case cells[1] == "-":
			all[title] = append(all[title], sdkRow{dotnet: strings.Trim(cells[0], "`"), reason: cells[2]})
		default:
			all[title] = append(all[title], sdkRow{dotnet: strings.Trim(cells[0], "`"), names: spans(cells[1]), shown: spans(cells[2])})
		}
	}
	return all
}

// beyond is the title of the table of what is in Go alone.
const beyond = "What the .NET client does not have"

// dotnetMethods reads the list of .NET's methods, by class.
func dotnetMethods(t *testing.T) map[string][]string {
	t.Helper()
	text, err := os.ReadFile("testdata/dotnet-methods.txt")
	if err != nil {
		t.Fatal(err)
	}
	all, class := map[string][]string{}, ""
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		switch {
		case line == "" || line[0] == '#':
		case line[0] == '[':
			class = strings.Trim(line, "[]")
		default:
			all[class] = append(all[class], line)
		}
	}
	return all
}

// Each method of .NET's clients has its row, and no row is about anything else.
func TestSDKTableHasEveryDotNetMethod(t *testing.T) {
	t.Parallel()
	tables := sdkTables(t)
	methods := dotnetMethods(t)
	if len(methods["NotificationHubClient"]) < 80 || len(methods["NamespaceManager"]) < 10 {
		t.Fatalf("the list has %d and %d methods: something is wrong with this test", len(methods["NotificationHubClient"]), len(methods["NamespaceManager"]))
	}
	for class, want := range methods {
		var got []string
		for _, r := range tables[class] {
			got = append(got, r.dotnet)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("docs/sdk.md, %s (-the list +the table):\n%s", class, diff)
		}
	}
}

// Each row names what there is in the package, and tests that use it; or gives
// one of the reasons, which the page explains.
func TestSDKTableIsTrue(t *testing.T) {
	t.Parallel()
	tables, sdk := sdkTables(t), readGoPackage(t, "../../notificationhubs")
	var explained []string
	for _, r := range tables["Reasons"] {
		explained = append(explained, r.reason)
	}
	if diff := cmp.Diff(reasons, explained); diff != "" {
		t.Errorf("docs/sdk.md explains other reasons (-want +got):\n%s", diff)
	}
	for title, rows := range tables {
		for _, r := range rows {
			switch {
			case title == "Reasons":
			case r.reason == "":
				checkTwin(t, sdk, r)
			case !slices.Contains(reasons, r.reason):
				t.Errorf("docs/sdk.md, %s: %q is none of the reasons %q", r.dotnet, r.reason, reasons)
			}
		}
	}
}

// checkTwin holds a row against the package.
func checkTwin(t *testing.T, sdk *goPackage, r sdkRow) {
	t.Helper()
	row := r.dotnet + " " + strings.Join(r.names, ", ")
	if len(r.names) == 0 || len(r.shown) == 0 {
		t.Errorf("docs/sdk.md, %s: it names %q, shown by %q", row, r.names, r.shown)
	}
	used := map[string]bool{}
	for _, test := range r.shown {
		if sdk.tests[test] == nil {
			t.Errorf("docs/sdk.md, %s: there is no %s in notificationhubs", row, test)
		}
		for name := range sdk.tests[test] {
			used[name] = true
		}
	}
	for _, name := range r.names {
		if !sdk.exported[name] {
			t.Errorf("docs/sdk.md, %s: notificationhubs has no %s", row, name)
		}
		if last := name[strings.LastIndexByte(name, '.')+1:]; !used[last] {
			t.Errorf("docs/sdk.md, %s: %s is not used by %q", row, name, r.shown)
		}
	}
}

// What a client can do stands somewhere on the page.
func TestSDKTableHasEveryGoMethod(t *testing.T) {
	t.Parallel()
	named := map[string]bool{}
	for _, rows := range sdkTables(t) {
		for _, r := range rows {
			for _, name := range r.names {
				named[name] = true
			}
		}
	}
	for _, m := range readGoPackage(t, "../../notificationhubs").clientMethods() {
		if !named[m.name] {
			t.Errorf("docs/sdk.md says nothing of %s", m.name)
		}
	}
}
