package cli

import (
	"encoding/json"
	"strings"
	"testing"

	nh "github.com/fanfare-hub/fanfare/notificationhubs"
)

// shownRule is what the commands print of a rule.
type shownRule struct {
	Name                                       string
	Rights                                     []nh.Right
	PrimaryKey, SecondaryKey, ConnectionString string
}

func readRule(t *testing.T, printed string) (r shownRule) {
	t.Helper()
	if err := json.Unmarshal([]byte(printed), &r); err != nil {
		t.Fatalf("%v: %s", err, printed)
	}
	return r
}

// A rule from its making to its end: its keys are shown where that is asked for
// alone, each is renewed while the other works, and a key that was renewed opens
// nothing.
func TestHubRule(t *testing.T) {
	t.Parallel()
	d := devInside(t, nil)
	on(t, d, exitGood, "hub", "create", "shop")
	fanfare := func(want int, args ...string) string {
		t.Helper()
		return on(t, d, want, append([]string{"hub", "rule"}, append(args, "--hub", "shop")...)...)
	}
	send := func(want int, r shownRule) {
		t.Helper()
		args := []string{"send", "--hub", "shop", "--format", "apple", `{"aps":{"alert":"x"}}`, "--connection-string", r.ConnectionString, "--ca-file", d.CAFile}
		if code, stdout, stderr := call(t.Context(), args...); code != want {
			t.Errorf("a send as %s: exit %d, want %d: %s%s", r.Name, code, want, stdout, stderr)
		}
	}
	list := fanfare(exitGood, "list")
	if !strings.Contains(list, "DefaultListenSharedAccessSignature") || !strings.Contains(list, "DefaultFullSharedAccessSignature") || strings.Contains(list, "Key\"") {
		t.Errorf("list: %s", list)
	}
	if quiet := readRule(t, fanfare(exitGood, "add", "backend", "--right", "send", "--right", "listen")); quiet.PrimaryKey != "" || quiet.ConnectionString != "" {
		t.Errorf("add shows keys: %+v", quiet.Name)
	}
	if got := fanfare(exitFailed, "add", "BACKEND", "--right", "listen"); !strings.Contains(got, `has a rule named "BACKEND" already`) {
		t.Errorf("a second add: %s", got)
	}
	first := readRule(t, fanfare(exitGood, "regenerate", "backend", "--key", "secondary", "--keys"))
	if len(first.Rights) != 2 || first.PrimaryKey == first.SecondaryKey || !strings.HasSuffix(first.ConnectionString, first.PrimaryKey) {
		t.Errorf("the rule is %+v", first.Rights)
	}
	send(exitGood, first)
	second := readRule(t, fanfare(exitGood, "regenerate", "Backend", "--keys"))
	if second.Name != "backend" || second.SecondaryKey != first.SecondaryKey || second.PrimaryKey == first.PrimaryKey {
		t.Error("not the primary key alone was renewed")
	}
	send(exitFailed, first)
	send(exitGood, second)

	all := fanfare(exitGood, "list", "--keys")
	if strings.Count(all, `"ConnectionString"`) != 3 || !strings.Contains(all, second.SecondaryKey) {
		t.Error("list --keys does not show three rules with their keys")
	}
	if full := readRule(t, fanfare(exitGood, "add", "all", "--right", "Manage")); len(full.Rights) != 3 {
		t.Errorf("Manage does not take the others with it: %+v", full.Rights)
	}
	if got := fanfare(exitGood, "remove", "backend"); got != "removed backend\n" {
		t.Errorf("remove: %q", got)
	}
	send(exitFailed, second)
	for _, args := range [][]string{{"remove", "backend"}, {"regenerate", "backend"}} {
		if got := fanfare(exitFailed, args...); !strings.Contains(got, `hub shop has no rule named "backend"`) {
			t.Errorf("%v: %s", args, got)
		}
	}
	if got := on(t, d, exitFailed, "hub", "rule", "add", "x", "--right", "send", "--hub", "myhub"); !strings.Contains(got, "can only be changed there") {
		t.Errorf("a rule of a hub of the configuration: %s", got)
	}
}
