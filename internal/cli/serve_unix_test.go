//go:build unix

package cli

import (
	"context"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/fanfare-hub/fanfare/internal/app"
)

// SIGHUP takes over the hubs of the file, names what waits for a restart, and
// changes nothing where the file has mistakes.
func TestHangup(t *testing.T) {
	t.Parallel()
	signal.Notify(make(chan os.Signal, 1), syscall.SIGHUP) // it must not end the tests
	name := filepath.Join(t.TempDir(), "fanfare.yaml")
	write := func(more string) {
		t.Helper()
		text := "data: data\nnamespace: {rules: [{name: r, rights: [manage], primary_key: " + app.DevKey + "}]}\n" + more
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	hangup := func(log *lines, want string) {
		t.Helper()
		if err := syscall.Kill(os.Getpid(), syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
		log.until(t, want)
	}
	write("listen: 127.0.0.1:0\n")
	ctx, cancel := context.WithCancel(t.Context())
	log := &lines{news: make(chan struct{}, 1)}
	ended := make(chan int, 1)
	go func() { ended <- run(ctx, []string{"serve", "--config", name}, log, log) }()
	log.until(t, "msg=serving")
	write("listen: 127.0.0.1:0\nhubs: [{name: a}]\n")
	hangup(log, "msg=reloaded hubs=1")
	write("listen: 127.0.0.1:1\ndispatch: {workers: 2}\nhubs: [{name: a}, {name: b}]\n")
	hangup(log, "msg=reloaded hubs=2")
	write("listen: nowhere\n")
	hangup(log, "the hubs stay as they are")
	cancel()
	if code := <-ended; code != exitGood {
		t.Errorf("exit %d", code)
	}
	if text := log.text.String(); strings.Count(text, "next start alone") != 1 || !strings.Contains(text, `next start alone" keys="listen, dispatch"`) {
		t.Errorf("the log says of what needs a restart:\n%s", text)
	}
}
