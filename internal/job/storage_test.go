package job_test

import (
	"net/http"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fanfare-hub/fanfare/internal/hub"
)

// Storage that fails for a time is waited for, longer each time, and then given
// up.
func TestStorageFailsForATime(t *testing.T) {
	t.Parallel()
	var failing atomic.Int64
	failing.Store(3)
	f := setup(t, func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodPut && failing.Add(-1) >= 0 {
			w.Header().Set("Retry-After", "90")
			w.Header().Set("x-ms-error-code", "ServerBusy")
			w.WriteHeader(http.StatusServiceUnavailable)
			return true
		}
		return false
	})
	f.put(hub.Registration{ID: "1", Platform: hub.GCM, Handle: "h", UpdatedAt: now})
	j := f.idle(f.submit(hub.ExportRegistrations).ID)
	for i := range 3 {
		if j.Status.Final() {
			t.Fatalf("after %d waits it is %s: %s", i, j.Status, j.Failure)
		}
		if n := len(f.storage.Served()); n != i+1 {
			t.Fatalf("after %d waits %d requests were made", i, n)
		}
		f.clock.Advance(89 * time.Second)
		f.idle(j.ID)
		if n := len(f.storage.Served()); n != i+1 {
			t.Fatalf("it did not wait for as long as it was asked to")
		}
		f.clock.Advance(time.Second)
		j = f.idle(j.ID)
	}
	if j.Status != hub.JobCompleted {
		t.Errorf("it is %s: %s", j.Status, j.Failure)
	}
	output, _ := f.files(j)
	if strings.Count(output, "\n") != 1 {
		t.Errorf("the output is %q", output)
	}
}

func TestStorageFailsForGood(t *testing.T) {
	t.Parallel()
	f := setup(t, func(w http.ResponseWriter, _ *http.Request) bool {
		w.WriteHeader(http.StatusInternalServerError)
		return true
	})
	j := f.submit(hub.ExportRegistrations)
	began := f.clock.Now()
	for got := f.idle(j.ID); !got.Status.Final(); got = f.idle(j.ID) {
		if f.clock.Now().Sub(began) > 15*time.Minute {
			t.Fatal("it is never given up")
		}
		f.clock.Advance(time.Second)
	}
	got := f.job(j.ID)
	if after := f.clock.Now().Sub(began); got.Status != hub.JobFailed || after < 10*time.Minute || after > 11*time.Minute+time.Second {
		t.Errorf("it is %s after %v", got.Status, after)
	}
	if want := "writing a file's list of blocks: the storage answered 500"; got.Failure != want {
		t.Errorf("failure %q, want %q", got.Failure, want)
	}
	if n := len(f.storage.Served()); n < 10 || n > 60 {
		t.Errorf("%d requests in ten minutes", n)
	}
}

// A refusal ends the job at once. What an import has done by then stands in its
// files.
func TestRefusalsOfTheStorage(t *testing.T) {
	t.Parallel()
	file, wantOutput, _ := manyLines()
	for name, c := range map[string]struct {
		typ     hub.JobType
		before  func(f *fixture, n int64, w http.ResponseWriter, r *http.Request) bool
		file    string
		failure string
		done    bool // some lines
	}{
		"no such file": {hub.ImportUpsertRegistrations, nil, "",
			"reading the file: the storage answered 404 BlobNotFound: there is no such container or file", false},
		"no right to write": {hub.ExportRegistrations, func(_ *fixture, _ int64, w http.ResponseWriter, _ *http.Request) bool {
			w.WriteHeader(http.StatusForbidden)
			return true
		}, "", "writing a file's list of blocks: the storage answered 403: the URL's signature is wrong, has expired, or lacks a right", false},
		"the file changes": {hub.ImportUpsertRegistrations, func(f *fixture, n int64, _ http.ResponseWriter, _ *http.Request) bool {
			if n == 35 {
				f.storage.Put("/in/file", "another")
			}
			return false
		}, file, "reading the file: the storage answered 412 ConditionNotMet: the file was changed while it was read", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var f *fixture
			var n atomic.Int64
			f = setup(t, func(w http.ResponseWriter, r *http.Request) bool {
				return c.before != nil && c.before(f, n.Add(1), w, r)
			})
			if c.file != "" {
				f.storage.Put("/in/file", c.file)
			}
			j := f.idle(f.submit(c.typ).ID)
			if j.Status != hub.JobFailed || j.Failure != c.failure {
				t.Fatalf("it is %s: %q, want %q", j.Status, j.Failure, c.failure)
			}
			if !c.done {
				if j.OutputPath != "" || j.FailedPath != "" {
					t.Errorf("files that are not there: %q, %q", j.OutputPath, j.FailedPath)
				}
				return
			}
			output, _ := f.files(j)
			got := rows(t, output)
			if len(got) == 0 || len(got) >= len(wantOutput) || !reflect.DeepEqual(got, wantOutput[:len(got)]) {
				t.Errorf("the output has %d rows, want some of the first of %d", len(got), len(wantOutput))
			}
			if n := len(f.registrations()); n != len(got) {
				t.Errorf("%d registrations, and the output tells of %d", n, len(got))
			}
		})
	}
}
