package cli

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// readme returns a section of the README.
func readme(t *testing.T, heading string) string {
	t.Helper()
	b, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, ok := strings.Cut("\n"+string(b), "\n"+heading+"\n")
	if !ok {
		t.Fatalf("no section %q", heading)
	}
	level, _, _ := strings.Cut(heading, " ")
	section, _, _ = strings.Cut(section, "\n"+level+" ")
	return section
}

// blocks returns what stands in fences of a kind; "" is those without a word.
func blocks(section, kind string) (all []string) {
	for i, part := range strings.Split(section, "\n```") {
		if word, block, _ := strings.Cut(part, "\n"); i%2 == 1 && word == kind {
			all = append(all, block)
		}
	}
	return all
}

// words splits a line as a shell does that has nothing but single quotes.
func words(line string) (all []string) {
	for i, part := range strings.Split(line, "'") {
		if i%2 == 1 {
			all = append(all, part)
			continue
		}
		all = append(all, strings.Fields(part)...)
	}
	return all
}

// The demo says what the README shows of it.
func TestREADMEDemo(t *testing.T) {
	t.Parallel()
	shown := blocks(readme(t, "# Fanfare"), "console")
	if len(shown) == 0 || !strings.HasPrefix(shown[0], "$ go run ./cmd/fanfare demo\n") {
		t.Fatalf("the README does not begin with the demo: %q", shown)
	}
	_, out, _ := call(t.Context(), "demo")
	for _, line := range strings.Split(shown[0], "\n")[1:] {
		if line != "…" && !strings.Contains("\n"+out, "\n"+line+"\n") {
			t.Errorf("the demo does not say %q:\n%s", line, out)
		}
	}
}

var notificationForm = regexp.MustCompile(`NH-\d{17}-[0-9a-f]{32}-\d\d`)

// Every command of the README's first minutes works as it stands there, one after
// the other, and the devices get what is shown.
func TestREADMEFirstMinutes(t *testing.T) {
	t.Parallel()
	r, dev := startDev(t)
	section := readme(t, "## Five minutes")
	section, _, _ = strings.Cut(section, "\n### ")
	last, ran := "", 0
	for _, block := range blocks(section, "console") {
		out := ""
		for line := range strings.SplitSeq(block, "\n") {
			command, typed := strings.CutPrefix(line, "$ fanfare ")
			switch {
			case strings.HasPrefix(command, "dev "):
				out = strings.NewReplacer(r.Endpoint, "https://127.0.0.1:8443", r.ConnectionString, strings.Replace(r.ConnectionString, strings.TrimPrefix(r.Endpoint, "https://"), "127.0.0.1:8443", 1),
					strings.ReplaceAll(r.CAFile, "'", `'\''`), "/tmp/fanfare/ca.pem", r.CAFile, "/tmp/fanfare/ca.pem").Replace(dev.until(t, "Ctrl-C ends it."))
			case typed:
				args := words(notificationForm.ReplaceAllString(command, last))
				if args[0] == "sim" {
					args = append(args, "--address", strings.TrimPrefix(r.Endpoint, "https://"))
				} else {
					args = append(args, "--connection-string", r.ConnectionString, "--hub", r.Hub, "--ca-file", r.CAFile)
				}
				code, stdout, errs := call(t.Context(), args...)
				if code != exitGood {
					t.Fatalf("%s: exit %d, %s", line, code, errs)
				}
				if id := notificationForm.FindString(stdout); id != "" {
					last = id
				}
				out, ran = stdout, ran+1
			case !strings.HasPrefix(line, "$ ") && strings.TrimSpace(line) != "…":
				if masked := notificationForm.ReplaceAllString(line, last); !strings.Contains(out, masked) {
					t.Errorf("%q is not in\n%s", masked, out)
				}
			}
		}
	}
	if ran < 8 {
		t.Errorf("%d commands were found", ran)
	}
	pushes := blocks(section, "")
	if len(pushes) != 1 {
		t.Fatalf("%d blocks show pushes", len(pushes))
	}
	for line := range strings.SplitSeq(pushes[0], "\n") {
		dev.until(t, line[len("22:18:39.363"):])
	}
}
