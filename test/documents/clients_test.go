package documents_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// docs/clients.md names the clients that are run, at the versions that are.
func TestClientsAreNamed(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/clients.md")
	if err != nil {
		t.Fatal(err)
	}
	manifests, err := filepath.Glob("../clients/*/package.json")
	if err != nil || len(manifests) == 0 {
		t.Fatalf("no clients: %v", err)
	}
	for _, name := range manifests {
		if filepath.Base(filepath.Dir(name)) == "webpush" { // it reads what is sent, and is no client
			continue
		}
		var manifest struct{ Dependencies map[string]string }
		b, err := os.ReadFile(name)
		if err == nil {
			err = json.Unmarshal(b, &manifest)
		}
		if err != nil || len(manifest.Dependencies) != 1 {
			t.Fatalf("%s: %d dependencies, %v", name, len(manifest.Dependencies), err)
		}
		for client, version := range manifest.Dependencies {
			if row := "| `" + client + "` " + version + " | run by `make test`"; !strings.Contains(string(page), row) {
				t.Errorf("docs/clients.md has no %q", row)
			}
		}
	}
}
