package job_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/job"
	"github.com/fanfare-hub/fanfare/internal/store"
	"github.com/fanfare-hub/fanfare/internal/task"
)

// A process that comes to its end gives the job back where it stands.
func TestStop(t *testing.T) {
	t.Parallel()
	file, wantOutput, _ := manyLines()
	stopping := make(chan struct{})
	var n atomic.Int64
	f := setup(t, func(http.ResponseWriter, *http.Request) bool {
		if n.Add(1) == 35 {
			close(stopping)
		}
		return false
	})
	f.storage.Put("/in/file", file)
	f.stop()
	j := f.submit(hub.ImportUpsertRegistrations)
	f.jobs.Run(t.Context(), stopping, f.claim())
	if got := f.job(j.ID); got.Status != hub.JobRunning || got.Progress == 0 || got.Progress >= 10_000 {
		t.Errorf("it is %s at %d", got.Status, got.Progress)
	}
	f.jobs.Run(t.Context(), nil, f.claim()) // it is free, and due
	output, _ := f.files(f.job(j.ID))
	if got := rows(t, output); !reflect.DeepEqual(got, wantOutput) {
		t.Errorf("output of %d rows, want %d", len(got), len(wantOutput))
	}
	f.start(f.store)
}

// A job whose lease is lost writes nothing more, and its blocks are not those of
// whoever took over.
func TestFenced(t *testing.T) {
	t.Parallel()
	f := setup(t, nil)
	for i := range 40 {
		f.put(hub.Registration{ID: fmt.Sprint(i), Platform: hub.GCM, Handle: "h", UpdatedAt: now})
	}
	f.stop()
	j := f.submit(hub.ExportRegistrations)
	old := f.claim()
	f.update(func(tx store.Tx) error { _, err := tx.FreeTasks("somebody else"); return err })
	f.jobs.Run(t.Context(), nil, f.claim())
	output, _ := f.files(f.job(j.ID))
	f.storage.Put("/out"+f.job(j.ID).OutputPath, "")
	f.jobs.Run(t.Context(), nil, old)
	if got, _ := f.storage.Get("/out" + f.job(j.ID).OutputPath); got != "" || strings.Count(output, "\n") != 40 {
		t.Errorf("the lost one wrote %q; whoever took over wrote %d lines", got, strings.Count(output, "\n"))
	}
	for _, id := range f.storage.Blocks("/out" + f.job(j.ID).OutputPath) {
		if b, err := base64.StdEncoding.DecodeString(id); err != nil || !strings.HasPrefix(string(b), "0000000000000002-") {
			t.Errorf("a block has the id %q, %v; want it of the second attempt", b, err)
		}
	}
	f.start(f.store)
}

// claim takes the one task that is due.
func (f *fixture) claim() task.Task {
	f.Helper()
	var all []task.Task
	f.update(func(tx store.Tx) (err error) {
		all, err = tx.ClaimTasks("me", f.clock.Now(), f.clock.Now().Add(time.Minute), 2, nil)
		return err
	})
	if len(all) != 1 || all[0].Kind != job.Kind {
		f.Fatalf("%d tasks are due, want one of a job: %+v", len(all), all)
	}
	return all[0]
}

// A job of a hub that is deleted comes to its end, and nobody hears of it again.
func TestHubDeleted(t *testing.T) {
	t.Parallel()
	var f *fixture
	var n atomic.Int64
	f = setup(t, func(http.ResponseWriter, *http.Request) bool {
		if n.Add(1) == 2 {
			f.update(func(tx store.Tx) error { return tx.DeleteHub(f.hub.ID, now) })
		}
		return false
	})
	for i := range 40 {
		f.put(hub.Registration{ID: fmt.Sprint(i), Platform: hub.GCM, Handle: "h", UpdatedAt: now})
	}
	j := f.submit(hub.ExportRegistrations)
	if got := f.idle(j.ID); got.Status.Final() {
		t.Errorf("it is %s", got.Status)
	}
	if len(f.storage.Served()) != 2 || strings.Contains(f.log.String(), "ERROR") {
		t.Errorf("%d requests; the log: %s", len(f.storage.Served()), f.log.String())
	}
}
