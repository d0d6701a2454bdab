// Package jobs_test exports a whole hub to Azurite and imports it again, with
// fanfare serve as a process that is killed in between.
package jobs_test

import (
	"bufio"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/fanfare-hub/fanfare/internal/blob"
	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/seal"
	nh "github.com/fanfare-hub/fanfare/notificationhubs"
	"github.com/fanfare-hub/fanfare/test/azurite"
	"github.com/fanfare-hub/fanfare/test/serve"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	ruleKey = "am9icy10ZXN0LXJ1bGUta2V5LTAxMjM0NTY3ODkwMTI="
	// mostMemory is what the process may ever have resident.
	mostMemory = 250 << 20
)

// registrations is how many the hub has.
func registrations(t *testing.T) int {
	text := os.Getenv("FANFARE_JOB_REGISTRATIONS")
	if text == "" {
		return 20_000
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1000 {
		t.Fatalf("FANFARE_JOB_REGISTRATIONS=%q is not a number of at least 1000", text)
	}
	return n
}

// An export, a deletion of everything in it, and an upsert of the same file give
// back the same hub but for ETags; also when the process is killed, twice, in
// the middle of the upsert.
func TestThereAndBack(t *testing.T) {
	w := newWorld(t)
	exported := w.run(nh.ExportRegistrations, "")
	before := w.sum(exported.OutputPath)
	for _, kills := range [][]float64{nil, {25, 70}} {
		deleted := w.run(nh.ImportDeleteRegistrations, exported.OutputPath)
		w.rows(deleted, "Deleted")
		if left := w.sum(w.run(nh.ExportRegistrations, "").OutputPath); left.n != 0 {
			t.Fatalf("%d registrations are left after all were deleted", left.n)
		}
		imported := w.run(nh.ImportUpsertRegistrations, exported.OutputPath, kills...)
		w.rows(imported, "<ETag>1</ETag>") // each was written once
		if after := w.sum(w.run(nh.ExportRegistrations, "").OutputPath); after != before {
			t.Errorf("killed at %v %%: the hub is another: %+v, was %+v", kills, after, before)
		}
	}
	w.measure()
	t.Logf("%d registrations, peak memory %d MB in %d processes", w.n, w.peak>>20, w.processes)
	if w.peak > mostMemory {
		t.Errorf("the process had %d MB resident, more than %d", w.peak>>20, mostMemory>>20)
	}
}

// world is a process, a storage, and a hub with many registrations.
type world struct {
	*testing.T
	serve.Process
	ctx       context.Context
	n         int
	container string
	client    *nh.Client
	peak      int64
	processes int
}

func newWorld(t *testing.T) *world {
	t.Helper()
	n := registrations(t)
	ctx, cancel := context.WithTimeout(t.Context(), 15*time.Minute+time.Duration(n)*10*time.Millisecond) // also on a machine with much to do
	t.Cleanup(cancel)
	t.Cleanup(http.DefaultClient.CloseIdleConnections)
	w := &world{T: t, ctx: ctx, n: n}
	storage, err := azurite.Start(ctx)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := storage.Close(); err != nil {
			t.Error(err)
		}
	})
	if w.container, err = storage.Container(ctx, "jobs"); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if w.Binary, err = serve.Build(ctx, dir); err != nil {
		t.Fatal(err)
	}
	master := make([]byte, seal.KeySize)
	rand.Read(master) //nolint:errcheck // never fails
	w.Config = filepath.Join(dir, "fanfare.yaml")
	err = os.WriteFile(w.Config, fmt.Appendf(nil, `listen: 127.0.0.1:0
data: data
master_key: %s
job_storage: [%q]
hubs:
  - name: myhub
    rules: [{name: Full, rights: [manage], primary_key: %s}]
`, base64.StdEncoding.EncodeToString(master), storage.Address, ruleKey), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	if err := serve.Fill(ctx, filepath.Join(dir, "data", "fanfare.db"), master, "myhub", w.n, plain); err != nil {
		t.Fatal(err)
	}
	w.start()
	t.Cleanup(func() {
		if w.Running() {
			if _, err := w.Stop(); err != nil {
				t.Error(err)
			}
		}
	})
	return w
}

// plain is a native registration with a few tags; some share theirs.
func plain(i int) hub.Registration {
	r := hub.Registration{
		ID: hub.NewRegistrationID(), Platform: hub.GCM, Handle: fmt.Sprintf("device:APA91b%0120d", i), UpdatedAt: time.Now(),
		Tags: []string{fmt.Sprint("user:", i), fmt.Sprint("city:", i%100), "Everyone"},
	}
	switch i % 3 {
	case 1:
		r.Platform, r.Handle = hub.APNs, fmt.Sprintf("%064X", i)
	case 2:
		r.Platform, r.Handle, r.Tags = hub.FCMV1, fmt.Sprintf("d:%0140d", i), r.Tags[:1]
	}
	return r
}

func (w *world) start() {
	w.Helper()
	addr, err := w.Start(w.ctx)
	if err != nil {
		w.Fatal(err)
	}
	w.processes++
	w.client, err = nh.NewClientFromConnectionString("Endpoint=http://"+addr+"/;SharedAccessKeyName=Full;SharedAccessKey="+ruleKey, "myhub", nil)
	if err != nil {
		w.Fatal(err)
	}
}

// measure takes the running process's memory into account.
func (w *world) measure() {
	w.Helper()
	bytes, err := w.PeakMemory()
	if err != nil {
		w.Fatal(err)
	}
	w.peak = max(w.peak, bytes)
}

func (w *world) url(path string) string {
	w.Helper()
	u, err := blob.In(w.container, path)
	if err != nil {
		w.Fatal(err)
	}
	return u
}

// run runs a job to its end. Each of kills is how far it is, in percent, when
// the process is killed and started again.
func (w *world) run(typ nh.JobType, file string, kills ...float64) *nh.Job {
	w.Helper()
	began := time.Now()
	r := nh.JobRequest{Type: typ, OutputContainerURL: w.container}
	if file != "" {
		r.ImportFileURL = w.url(file)
	}
	j, err := w.client.SubmitJob(w.ctx, r)
	if err != nil {
		w.Fatal(err)
	}
	for _, at := range kills {
		if j = w.until(j.ID, at); j.Final() {
			w.Fatalf("the job was %s before it was at %.0f %%: this kill does not count", j.Status, at)
		}
		w.measure()
		if err := w.Kill(); err != nil {
			w.Fatal(err)
		}
		w.Logf("killed when %.2f %% were done", j.Progress)
		w.start()
	}
	if j = w.until(j.ID, 100); j.Status != "Completed" || j.Failure != "" || j.Progress != 100 {
		w.Fatalf("%s is %s at %.2f: %s", typ, j.Status, j.Progress, j.Failure)
	}
	w.Logf("%s took %.1f s", typ, time.Since(began).Seconds())
	return j
}

// until looks at a job, often, until so many percent are done or it has ended.
func (w *world) until(id string, percent float64) *nh.Job {
	w.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		j, err := w.client.Job(w.ctx, id)
		if err != nil {
			w.Fatal(err)
		}
		if j.Progress >= percent && percent < 100 || j.Final() {
			return j
		}
		select {
		case <-tick.C:
		case <-w.ctx.Done():
			w.Fatalf("the job stands at %.2f %%", j.Progress)
		}
	}
}

// sum is a hub as an export shows it, in order, without ETags.
type sum struct {
	n    int
	hash [sha256.Size]byte
}

var etag = regexp.MustCompile(`<ETag>\d+</ETag>`)

func (w *world) sum(path string) (s sum) {
	w.Helper()
	hash := sha256.New()
	w.each(path, func(r io.Reader) error {
		lines := bufio.NewReader(r)
		for {
			line, err := lines.ReadString('\n')
			if errors.Is(err, io.EOF) && line == "" {
				return nil
			}
			if err != nil {
				return err
			}
			if !strings.Contains(line, "RegistrationDescription xmlns=") {
				return fmt.Errorf("line %d is no registration: %.200s", s.n+1, line)
			}
			s.n++
			io.WriteString(hash, etag.ReplaceAllString(line, "")) //nolint:errcheck // a hash takes everything
		}
	})
	hash.Sum(s.hash[:0])
	return s
}

// rows checks an import's files: every line succeeded, in order, and each row
// holds a text.
func (w *world) rows(j *nh.Job, text string) {
	w.Helper()
	n := 0
	w.each(j.OutputPath, func(r io.Reader) error {
		rows := csv.NewReader(r)
		rows.ReuseRecord = true
		for {
			row, err := rows.Read()
			if errors.Is(err, io.EOF) {
				return nil
			}
			if err != nil {
				return err
			}
			n++
			if len(row) != 2 || row[0] != strconv.Itoa(n) || !strings.Contains(row[1], text) {
				return fmt.Errorf("row %d is %.200q", n, row)
			}
		}
	})
	if n != w.n {
		w.Errorf("%s tells of %d lines, want %d", j.OutputPath, n, w.n)
	}
	w.each(j.FailedPath, func(r io.Reader) error {
		b, err := io.ReadAll(io.LimitReader(r, 200))
		if len(b) > 0 {
			w.Errorf("lines failed: %s…", b)
		}
		return err
	})
}

// each reads a file of the container.
func (w *world) each(path string, read func(io.Reader) error) {
	w.Helper()
	r, err := azurite.Get(w.ctx, w.url(path))
	if err != nil {
		w.Fatal(err)
	}
	defer r.Close()
	if err := read(r); err != nil {
		w.Fatalf("%s: %v", path, err)
	}
}
