// Package clients holds what Fanfare sends and serves against other people's
// programs, unmodified, from their own registries. Each folder but lib is such a
// program with scripts of ours that drive it; its lock file names every version.
package clients_test

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// install copies a folder, and lib beside it, to where npm puts what the lock
// file names next to them. It returns the folder's place there.
func install(t *testing.T, name string) string {
	t.Helper()
	root := t.TempDir()
	for _, folder := range []string{name, "lib"} {
		if err := os.CopyFS(filepath.Join(root, folder), os.DirFS(folder)); err != nil {
			t.Fatal(err)
		}
	}
	dir := filepath.Join(root, name)
	run(t, command{dir: dir}, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline")
	return dir
}

// patience is how long a program may take, on a machine that has much to do.
const patience = 10 * time.Minute

// command is where and how a program is run.
type command struct {
	dir   string
	env   []string // besides the test's own
	input []byte
}

// run returns what a program prints. One that is not there is a failure: where
// it may be missing, test/run.sh leaves this package out and says so.
func run(t *testing.T, c command, name string, args ...string) []byte {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir, cmd.Stdin, cmd.Env = c.dir, bytes.NewReader(c.input), append(os.Environ(), c.env...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s\n%s", cmd, err, stderr.Bytes(), out)
	}
	return out
}
