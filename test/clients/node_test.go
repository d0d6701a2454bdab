package clients_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"testing"

	"github.com/fanfare-hub/fanfare/test/azurite"
	"github.com/fanfare-hub/fanfare/test/serve"
)

// TestNode drives Azure's clients for Node against a fanfare dev each, and an
// Azurite for jobs. The scripts call every operation that the clients offer, and
// look at what the simulated devices get: which, what bytes, and that once.
func TestNode(t *testing.T) {
	t.Parallel()
	binary, err := serve.Build(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	container := startStorage(t)
	for _, client := range []string{"notificationhubs", "azuresb"} {
		t.Run(client, func(t *testing.T) {
			t.Parallel()
			dir := install(t, client)
			d := startDev(t, binary)
			env := []string{"READY_FILE=" + d.ReadyFile, "NODE_EXTRA_CA_CERTS=" + d.CAFile, "JOB_CONTAINER_URL=" + container}
			report(t, run(t, command{dir: dir, env: env}, "node", "main.mjs"))
		})
	}
}

// startStorage returns the signed URL of a container that is there until the
// test ends.
func startStorage(t *testing.T) string {
	t.Helper()
	s, err := azurite.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		http.DefaultClient.CloseIdleConnections()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	container, err := s.Container(t.Context(), "jobs")
	if err != nil {
		t.Fatal(err)
	}
	return container
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
