package cli

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fanfare-hub/fanfare/internal/app"
)

// Whoever starts a second hub is told what the first one has, and how to give
// another.
func TestStartAdvice(t *testing.T) {
	t.Parallel()
	first, _ := startDev(t)
	taken, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	dir := t.TempDir()
	file := func(name, data, listen string) string {
		name = filepath.Join(dir, name)
		text := fmt.Sprintf("data: %q\nlisten: %q\nnamespace: {rules: [{name: r, rights: [manage], primary_key: %s}]}\n", data, listen, app.DevKey)
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	used := filepath.Dir(first.CAFile)
	for _, c := range []struct {
		says []string
		args []string
	}{
		{[]string{taken.Addr().String() + ": bind: address already in use\n", "give another address with --listen"}, []string{"dev", "--data", filepath.Join(dir, "a"), "--listen", taken.Addr().String()}},
		{[]string{used, "another process has it open\n", "another folder with --data"}, []string{"dev", "--data", used, "--listen", "127.0.0.1:0"}},
		{[]string{"address already in use\n", "another address with listen in " + dir}, []string{"serve", "--config", file("port.yaml", "b", taken.Addr().String())}},
		{[]string{"another process has it open\n", "another folder with data in " + dir}, []string{"serve", "--config", file("data.yaml", used, "127.0.0.1:0")}},
		{[]string{"such address", "give one that it has with listen in"}, []string{"serve", "--config", file("address.yaml", "c", "192.0.2.1:0")}}, // RFC 5737: nobody's
	} {
		code, _, errs := call(t.Context(), c.args...)
		if code != exitFailed {
			t.Errorf("%v: exit %d", c.args, code)
		}
		for _, want := range c.says {
			if !strings.Contains(errs, want) {
				t.Errorf("%v: %s, want …%s…", c.args, errs, want)
			}
		}
	}
}
