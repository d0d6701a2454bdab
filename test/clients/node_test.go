package clients_test

import (
	"bytes"
	"encoding/json"
	"testing"
)

// TestNode drives Azure's clients for Node against a fanfare dev each. The
// scripts call every operation that the clients offer, and look at what the
// simulated devices get: which, what bytes, and that once.
func TestNode(t *testing.T) {
	t.Parallel()
	binary := build(t)
	for _, client := range []string{"notificationhubs", "azuresb"} {
		t.Run(client, func(t *testing.T) {
			t.Parallel()
			dir := install(t, client)
			d := startDev(t, binary)
			out := run(t, command{dir: dir, env: []string{"READY_FILE=" + d.ReadyFile, "NODE_EXTRA_CA_CERTS=" + d.CAFile}}, "node", "main.mjs")
			report(t, out)
		})
	}
}

// report makes a test of each check of a script.
func report(t *testing.T, out []byte) {
	t.Helper()
	finished := false
	for line := range bytes.Lines(out) {
		var c struct {
			Check, Error string
			Finished     bool
		}
		if err := json.Unmarshal(line, &c); err != nil {
			t.Errorf("the script printed %q", line)
			continue
		}
		if finished = c.Finished; finished {
			break
		}
		t.Run(c.Check, func(t *testing.T) {
			if c.Error != "" {
				t.Error(c.Error)
			}
		})
	}
	if !finished {
		t.Error("the script did not come to its end")
	}
}
