package architecture_test

import (
	"encoding/json"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/fanfare-hub/fanfare/"

// connector is what a push service's folder may import.
var connector = []string{"internal/hub", "internal/wire", "internal/clock", "internal/egress", "internal/pns", "internal/pns/h2"}

// mayImport names, for each package, the packages of this module that it may
// import. nil: none. A package that is not named fails the test.
var mayImport = map[string][]string{
	"internal/tagexpr":  nil,
	"internal/wire":     nil,
	"internal/template": nil,
	"internal/clock":    nil,
	"internal/seal":     nil,
	"internal/egress":   nil,
	"internal/pns/h2":   nil,

	"internal/certtest":      nil, // of tests only
	"internal/hubwire":       {"internal/hub", "internal/wire", "internal/tagexpr", "internal/egress"},
	"internal/blob":          {"internal/egress"},
	"internal/blob/blobtest": nil, // of tests only
	"internal/job":           {"internal/hub", "internal/wire", "internal/hubwire", "internal/task", "internal/store", "internal/blob", "internal/clock", "internal/egress"},

	"internal/hub":      {"internal/tagexpr", "internal/template"},
	"internal/auth":     {"internal/hub", "internal/wire", "internal/clock", "internal/egress"},
	"internal/pns":      {"internal/hub", "internal/wire", "internal/clock", "internal/egress"},
	"internal/pns/apns": connector,
	"internal/pns/fcm":  connector,
	"internal/pns/gcm":  append([]string{"internal/pns/fcm"}, connector...),
	"internal/pns/wns":  connector,
	"internal/pns/mpns": connector,
	"internal/pns/adm":  connector,

	"internal/pns/browser": connector,

	"internal/pns/baidu":  connector,
	"internal/pns/xiaomi": connector,

	"internal/pns/pnstest": {"internal/certtest", "internal/clock", "internal/hub", "internal/pns"}, // of tests only
	"internal/task":        {"internal/clock"},

	"internal/store":           {"internal/hub", "internal/task", "internal/seal"},
	"internal/store/sqlite":    {"internal/hub", "internal/task", "internal/seal", "internal/store", "internal/tagexpr"},
	"internal/store/storetest": {"internal/hub", "internal/task", "internal/seal", "internal/store", "internal/tagexpr"},

	"internal/pnssim/simapi": {"internal/clock", "internal/pnssim"},

	"internal/dispatch": {"internal/hub", "internal/tagexpr", "internal/template", "internal/task", "internal/store", "internal/pns", "internal/clock"},
	"internal/doctor":   {"internal/hub", "internal/pns", "internal/clock"},
	"internal/api":      {"internal/hub", "internal/wire", "internal/hubwire", "internal/tagexpr", "internal/template", "internal/auth", "internal/dispatch", "internal/doctor", "internal/job", "internal/store", "internal/pns", "internal/egress", "internal/clock"},
	"internal/config":   {"internal/hub", "internal/wire", "internal/egress"},
	"internal/pnssim":   {"internal/clock"},
	"internal/app":      everythingBut("internal/cli", "internal/app"),
	"internal/cli":      {"internal/app", "internal/config", "internal/pnssim", "internal/pnssim/simapi", "internal/wire", "notificationhubs"},

	"examples/breakingnews":  {"notificationhubs"},
	"examples/hello":         {"notificationhubs"},
	"examples/localizednews": {"notificationhubs"},

	"notificationhubs":    {"internal/wire", "internal/tagexpr"},
	"hubtest":             {"internal/app", "internal/config", "internal/clock", "internal/pnssim", "notificationhubs"},
	"cmd/fanfare":         {"internal/cli"},
	"examples/getstarted": {"notificationhubs"},
	"test/architecture":   nil,
	"test/documents":      nil,
	"test/acceptance":     nil,
	"test/crash":          nil,
	"test/clients":        nil,
	"test/conformance":    {"test/azurite"},

	"test/azurite": nil,
	"test/serve":   {"internal/hub", "internal/seal", "internal/store", "internal/store/sqlite"},
	"test/jobs":    nil,
}

// thirdParty names who may use the libraries that Fanfare stands on. The
// standard library is everybody's.
var thirdParty = map[string][]string{
	"modernc.org/sqlite":           {"internal/store/sqlite"},
	"github.com/spf13/cobra":       {"internal/cli"},
	"go.yaml.in/yaml/v3":           {"internal/config", "internal/pns/pnstest"},
	"github.com/golang-jwt/jwt/v5": {"internal/pnssim"},
	"golang.org/x/net":             {"internal/pnssim", "internal/pns/h2"},
	"golang.org/x/sync":            {"internal/dispatch", "internal/pns", "internal/pns/fcm", "internal/pns/wns", "internal/pns/h2", "internal/pns/apns"},
	"github.com/google/uuid":       {"internal/job", "internal/dispatch", "internal/api", "internal/pnssim", "internal/hub"},
	"pgregory.net/rapid":           {"internal/store/storetest"},
	"github.com/google/go-cmp":     {"internal/store/storetest", "internal/pns/pnstest"},

	"software.sslmate.com/src/go-pkcs12": {"internal/pns", "internal/pnssim"},
}

func everythingBut(names ...string) []string {
	return append([]string{"*"}, names...)
}

type goPackage struct {
	ImportPath string
	Imports    []string
	GoFiles    []string
	Dir        string
}

func packages(t *testing.T) []goPackage {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Imports,GoFiles,Dir", "./...")
	cmd.Dir = "../.."
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []goPackage
	for dec := json.NewDecoder(strings.NewReader(string(out))); dec.More(); {
		var p goPackage
		if err := dec.Decode(&p); err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	if len(all) < 10 {
		t.Fatalf("go list found %d packages: something is wrong with this test", len(all))
	}
	return all
}

func TestImports(t *testing.T) {
	t.Parallel()
	for _, p := range packages(t) {
		name := strings.TrimPrefix(p.ImportPath, module)
		allowed, known := mayImport[name]
		if !known {
			t.Errorf("%s has no row in the table of this test", name)
			continue
		}
		for _, imp := range p.Imports {
			own, isOwn := strings.CutPrefix(imp, module)
			switch {
			case isOwn && !permits(allowed, own):
				t.Errorf("%s imports %s, which the table does not allow", name, own)
			case !isOwn && strings.Contains(strings.Split(imp, "/")[0], "."):
				checkThirdParty(t, name, imp)
			}
		}
	}
}

func permits(allowed []string, own string) bool {
	if len(allowed) > 0 && allowed[0] == "*" {
		return !slices.Contains(allowed[1:], own)
	}
	return slices.Contains(allowed, own)
}

func checkThirdParty(t *testing.T, name, imp string) {
	t.Helper()
	for lib, users := range thirdParty {
		if imp == lib || strings.HasPrefix(imp, lib+"/") {
			if !slices.Contains(users, name) {
				t.Errorf("%s imports %s, which only %v may", name, imp, users)
			}
			return
		}
	}
	t.Errorf("%s imports %s, which is not a library that Fanfare has chosen", name, imp)
}

func TestNoDrawers(t *testing.T) {
	t.Parallel()
	for _, p := range packages(t) {
		last := p.ImportPath[strings.LastIndex(p.ImportPath, "/")+1:]
		if slices.Contains([]string{"util", "utils", "common", "helper", "helpers", "models", "types", "pkg", "misc"}, last) {
			t.Errorf("%s is a drawer: name what it is about", p.ImportPath)
		}
	}
}
