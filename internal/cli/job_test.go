package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fanfare-hub/fanfare/internal/blob/blobtest"
	nh "github.com/fanfare-hub/fanfare/notificationhubs"
)

// clientJobs exports what there is, imports it again, and lists both jobs. No
// signature is shown.
func clientJobs(t *testing.T, fanfare func(args ...string) string) {
	t.Helper()
	storage := blobtest.Start(t)
	url := filepath.Join(t.TempDir(), "url")
	if err := os.WriteFile(url, []byte(storage.URL("/out")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	run := func(args ...string) (j nh.Job) {
		t.Helper()
		text := fanfare(args...)
		if err := json.Unmarshal([]byte(text), &j); err != nil {
			t.Fatalf("%v: %s: %v", args, text, err)
		}
		if strings.Contains(text, "sig") {
			t.Errorf("%v shows a signature: %s", args, text)
		}
		return j
	}
	export := run("job", "export", "--output", "@"+url, "--wait")
	if export.Status != "Completed" || export.Progress != 100 {
		t.Fatalf("the export: %+v", export)
	}
	lines, _ := storage.Get("/out" + export.OutputPath)
	if n := strings.Count(lines, "\n"); n != 2 { // a registration, and one that an installation stands for
		t.Errorf("%d registrations were exported: %s", n, lines)
	}
	imported := run("job", "import", "upsert", "--file", storage.URL("/out"+export.OutputPath), "--output", storage.URL("/out"))
	imported = run("job", "show", imported.ID, "--wait")
	if imported.Status != "Completed" || imported.OutputContainerURL != storage.Address()+"/out" {
		t.Errorf("the import: %+v", imported)
	}
	failures, _ := storage.Get("/out" + imported.FailedPath)
	if strings.Count(failures, "\n") != 1 || !strings.Contains(failures, "BadRequest,Tags can not start with $.") {
		t.Errorf("failures: %s", failures)
	}
	if list := fanfare("job", "list"); strings.Index(list, imported.ID) > strings.Index(list, export.ID) || !strings.Contains(list, export.ID) || strings.Contains(list, "sig") {
		t.Errorf("the list: %s", list)
	}
}
