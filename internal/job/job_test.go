package job_test

import (
	"encoding/base64"
	"encoding/csv"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/job"
	"github.com/fanfare-hub/fanfare/internal/store"
	"github.com/fanfare-hub/fanfare/internal/task"
)

const connect = ` xmlns="http://schemas.microsoft.com/netservices/2010/10/servicebus/connect" xmlns:i="http://www.w3.org/2001/XMLSchema-instance"`

// gcm is a line of an import, as the .NET SDK serializes a registration.
func gcm(id, handle, tags string) string {
	return `<RegistrationDescription` + connect + ` i:type="GcmRegistrationDescription"><ETag>7</ETag><ExpirationTime>2031-01-01T00:00:00Z</ExpirationTime>` +
		`<RegistrationId>` + id + `</RegistrationId><Tags>` + tags + `</Tags><GcmRegistrationId>` + handle + `</GcmRegistrationId></RegistrationDescription>`
}

// described is the description that an output shows.
func described(id, handle, tags string, etag int) string {
	return fmt.Sprintf(`<GcmRegistrationDescription%s><ETag>%d</ETag><ExpirationTime>9999-12-31T23:59:59.999Z</ExpirationTime><RegistrationId>%s</RegistrationId><Tags>%s</Tags><GcmRegistrationId>%s</GcmRegistrationId></GcmRegistrationDescription>`,
		connect, etag, id, tags, handle)
}

// rows reads a file of an import.
func rows(t *testing.T, text string) [][]string {
	t.Helper()
	r := csv.NewReader(strings.NewReader(text))
	r.FieldsPerRecord = -1
	all, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestExport(t *testing.T) {
	t.Parallel()
	f := setup(t, nil)
	var want strings.Builder
	for i := range 40 { // some blocks of 2,000 bytes, and more than a page
		id := fmt.Sprintf("%d-1-1", i)
		f.put(hub.Registration{ID: id, Platform: hub.GCM, Handle: fmt.Sprint("h", i), Tags: []string{"a", "b"}, UpdatedAt: now})
		want.WriteString(described(id, fmt.Sprint("h", i), "a,b", 1) + "\n")
	}
	f.put(hub.Registration{ID: "gone", Platform: hub.GCM, Handle: "x", UpdatedAt: now, ExpiresAt: now})
	f.put(hub.Registration{ID: "t", Platform: hub.ADM, Handle: "adm", Template: &hub.TemplateBody{Body: "{\n}"}, UpdatedAt: now, ExpiresAt: now.Add(time.Hour)})
	want.WriteString(`<AdmTemplateRegistrationDescription` + connect + `><ETag>1</ETag><ExpirationTime>2030-01-02T04:04:05.000Z</ExpirationTime><RegistrationId>t</RegistrationId><AdmRegistrationId>adm</AdmRegistrationId><BodyTemplate><![CDATA[{]]>&#xA;<![CDATA[}]]></BodyTemplate></AdmTemplateRegistrationDescription>` + "\n")
	if got, _ := f.completed(hub.ExportRegistrations); got != want.String() {
		t.Errorf("got\n%s\nwant\n%s", got, want.String())
	}
}

func TestExportOfNothing(t *testing.T) {
	t.Parallel()
	f := setup(t, nil)
	if got, _ := f.completed(hub.ExportRegistrations); got != "" {
		t.Errorf("got %q", got)
	}
}

// Each import does what it is named after, and says of each line what became of
// it.
func TestImports(t *testing.T) {
	t.Parallel()
	const noID, derived = "RegistrationId is missing: only an import that creates does without.", "The registration belongs to an installation. Write the installation instead."
	file := strings.Join([]string{
		gcm("1-1-1", "new", "x,X,y"), // there already
		gcm("9-9-9", "ninth", ""),    // not there
		"",
		"no XML",
		gcm("", "none", "z"),
		gcm("DERIVED", "taken", ""),
		gcm("2-2-2", "", ""),
		gcm("3-3-3", "h", "bad tag!"),
	}, "\r\n") + "\r\n" + `<WindowsRegistrationDescription><RegistrationId>4-4-4</RegistrationId><ChannelUri>https://169.254.169.254/</ChannelUri></WindowsRegistrationDescription>`
	bad := map[string][]string{
		"4": {"BadRequest", "The XML has text outside its root element."},
		"7": {"BadRequest", "The PNS handle is missing."},
		"8": {"BadRequest", "An invalid tag(s) 'bad tag!' was supplied. Valid tag characters are alphanumeric, _, @, -, ., : and #."},
		"9": {"BadRequest", "The PNS handle is not valid: the channel URI does not point to https://notify.windows.com."},
	}
	with := func(further map[string][]string) map[string][]string {
		out := map[string][]string{}
		for _, m := range []map[string][]string{bad, further} {
			for k, v := range m {
				out[k] = v
			}
		}
		return out
	}
	first, second := described("1-1-1", "new", "x,y", 2), described("9-9-9", "ninth", "", 1)
	second = strings.Replace(second, "<Tags></Tags>", "", 1)
	for _, c := range []struct {
		typ      hub.JobType
		output   map[string]string
		failures map[string][]string
	}{
		{hub.ImportUpsertRegistrations, map[string]string{"1": first, "2": second},
			with(map[string][]string{"5": {"BadRequest", noID}, "6": {"BadRequest", derived}})},
		{hub.ImportUpdateRegistrations, map[string]string{"1": first},
			with(map[string][]string{"2": {"NotFound", "There is no such registration."}, "5": {"BadRequest", noID}, "6": {"BadRequest", derived}})},
		{hub.ImportCreateRegistrations, map[string]string{
			"1": described("NEW", "new", "x,y", 1), "2": strings.Replace(second, "9-9-9", "NEW", 1),
			"5": described("NEW", "none", "z", 1), "6": strings.Replace(described("NEW", "taken", "", 1), "<Tags></Tags>", "", 1),
		}, bad},
		{hub.ImportDeleteRegistrations, map[string]string{"1": "Deleted", "6": "Deleted"}, map[string][]string{
			"2": {"NotFound", "There is no such registration."}, "3": nil, "4": bad["4"], "5": {"BadRequest", "RegistrationDescription has no RegistrationId."},
			"7": {"NotFound", "There is no such registration."}, "8": {"NotFound", "There is no such registration."}, "9": {"NotFound", "There is no such registration."},
		}},
	} {
		t.Run(c.typ.String(), func(t *testing.T) {
			t.Parallel()
			f := setup(t, nil)
			f.put(hub.Registration{ID: "1-1-1", Platform: hub.GCM, Handle: "old", UpdatedAt: now})
			f.update(func(tx store.Tx) error {
				return tx.PutInstallation(f.hub.ID, &hub.Installation{ID: "i", Platform: hub.GCM, Handle: "inst"}, now)
			})
			derivedID := f.registrations()[1].ID
			f.storage.Put("/in/file", strings.ReplaceAll(file, "DERIVED", derivedID))
			output, failures := f.completed(c.typ)
			gotOutput := map[string]string{}
			for _, row := range rows(t, output) {
				gotOutput[row[0]] = newID.ReplaceAllString(row[1], "NEW")
			}
			if c.typ != hub.ImportCreateRegistrations {
				for _, row := range rows(t, output) {
					gotOutput[row[0]] = row[1]
				}
			}
			if !reflect.DeepEqual(gotOutput, c.output) {
				t.Errorf("output %q\n  want %q", gotOutput, c.output)
			}
			gotFailures := map[string][]string{}
			for _, row := range rows(t, failures) {
				gotFailures[row[0]] = row[1:]
			}
			delete(c.failures, "3")
			if !reflect.DeepEqual(gotFailures, c.failures) {
				t.Errorf("failures %q\n    want %q", gotFailures, c.failures)
			}
		})
	}
}

var newID = regexp.MustCompile(`[0-9]{9,19}-[0-9]{9,19}-[1-3]`)

// What is imported expires when the hub says so.
func TestImportExpiry(t *testing.T) {
	t.Parallel()
	f := setup(t, nil)
	f.hub.RegistrationTTL = time.Hour
	f.update(func(tx store.Tx) error { return tx.PutHub(&f.hub) })
	f.storage.Put("/in/file", gcm("1-1-1", "h", ""))
	f.completed(hub.ImportUpsertRegistrations)
	if r := f.registrations()[0]; !r.ExpiresAt.Equal(now.Add(time.Hour)) || !r.UpdatedAt.Equal(now) {
		t.Errorf("it was written at %v and expires at %v", r.UpdatedAt, r.ExpiresAt)
	}
}

func TestImportOfNothing(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"", "\n", strings.Repeat("\r\n", 1000), "\ufeff"} {
		f := setup(t, nil)
		f.storage.Put("/in/file", file)
		if output, failures := f.completed(hub.ImportUpsertRegistrations); output != "" || failures != "" {
			t.Errorf("%q: output %q, failures %q", file, output, failures)
		}
	}
}

// manyLines is a file of several parts, commits and blocks, with lines that
// fail; and what must be said of it.
func manyLines() (file string, output, failures [][]string) {
	var b strings.Builder
	for i := 1; i <= 100; i++ {
		n := fmt.Sprint(i)
		if i%30 == 0 {
			b.WriteString("broken\n")
			failures = append(failures, []string{n, "BadRequest", "The XML has text outside its root element."})
			continue
		}
		b.WriteString(gcm(n+"-1-1", "h"+n, "a,b"+n) + "\n")
		output = append(output, []string{n, described(n+"-1-1", "h"+n, "a,b"+n, 1)})
	}
	return b.String(), output, failures
}

// The process dies at each of its writes in turn, before it and after it; the
// next one goes on, and no line is done twice or said twice.
func TestImportDiesAnywhere(t *testing.T) {
	t.Parallel()
	file, wantOutput, wantFailures := manyLines()
	f := setup(t, nil)
	f.storage.Put("/in/file", file)
	deaths := 0
	for nth, died := int64(1), true; died; nth++ {
		for _, after := range []bool{false, true} {
			f.clear()
			died = f.dieOnce(nth, after, hub.ImportUpsertRegistrations, func(output, failures string) {
				if got := rows(t, output); !reflect.DeepEqual(got, wantOutput) {
					t.Fatalf("died at write %d (after it: %t): output of %d rows, want %d:\n%q", nth, after, len(got), len(wantOutput), got)
				}
				if got := rows(t, failures); !reflect.DeepEqual(got, wantFailures) {
					t.Fatalf("died at write %d (after it: %t): failures %q, want %q", nth, after, got, wantFailures)
				}
				for _, r := range f.registrations() {
					if r.ETag != 1 {
						t.Fatalf("died at write %d (after it: %t): %s was written %d times", nth, after, r.ID, r.ETag)
					}
				}
			})
			if died {
				deaths++
			}
		}
	}
	if deaths < 12 {
		t.Errorf("it died %d times: the file is too short to prove anything", deaths)
	}
}

// An export that dies anywhere still has every registration once.
func TestExportDiesAnywhere(t *testing.T) {
	t.Parallel()
	f := setup(t, nil)
	var want strings.Builder
	for i := range 40 {
		id := fmt.Sprintf("%d-1-1", i)
		f.put(hub.Registration{ID: id, Platform: hub.GCM, Handle: "h", Tags: []string{"t"}, UpdatedAt: now})
		want.WriteString(described(id, "h", "t", 1) + "\n")
	}
	deaths := 0
	for nth, died := int64(1), true; died; nth++ {
		for _, after := range []bool{false, true} {
			died = f.dieOnce(nth, after, hub.ExportRegistrations, func(output, _ string) {
				if output != want.String() {
					t.Fatalf("died at write %d (after it: %t): got\n%s\nwant\n%s", nth, after, output, want.String())
				}
			})
			if died {
				deaths++
			}
		}
	}
	if deaths < 10 {
		t.Errorf("it died %d times: the hub is too small to prove anything", deaths)
	}
}

// dieOnce runs a job with a process that dies at its nth write, and then with
// one that does not. check sees the files.
func (f *fixture) dieOnce(nth int64, after bool, typ hub.JobType, check func(output, failures string)) (died bool) {
	f.Helper()
	f.stop()
	j := f.submit(typ)
	m := &mortal{Store: f.store, nth: nth, after: after}
	f.start(m)
	f.idle(j.ID)
	f.stop()
	f.start(f.store)
	got := f.idle(j.ID)
	if got.Status != hub.JobCompleted {
		f.Fatalf("died at write %d (after it: %t): the job is %s: %s", nth, after, got.Status, got.Failure)
	}
	check(f.files(got))
	return m.died()
}

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

func TestSubmitRefuses(t *testing.T) {
	t.Parallel()
	f := setup(t, nil)
	out := f.storage.URL("/out")
	for _, c := range []struct {
		job  hub.Job
		want string
	}{
		{hub.Job{OutputContainer: out}, "Type is missing or unknown."},
		{hub.Job{Type: hub.ExportRegistrations, OutputContainer: "https://evil.example/c?sig=SECRET"}, "OutputContainerUri is not valid: https://evil.example is not a storage that this server may use."},
		{hub.Job{Type: hub.ImportCreateRegistrations, OutputContainer: out, ImportFile: "http://169.254.169.254/x?sig=SECRET"}, "ImportFileUri is not valid: http://169.254.169.254 is not a storage that this server may use."},
	} {
		c.job.HubID = f.hub.ID
		err := f.jobs.Submit(t.Context(), &c.job)
		var wrong *hub.Invalid
		if !errors.As(err, &wrong) || wrong.Msg != c.want {
			t.Errorf("%v, want %q", err, c.want)
		}
	}
}

// A hub has a hundred jobs under way at most.
func TestSubmitIsBounded(t *testing.T) {
	t.Parallel()
	f := setup(t, func(w http.ResponseWriter, _ *http.Request) bool {
		w.WriteHeader(http.StatusServiceUnavailable)
		return true
	})
	for range 100 {
		f.submit(hub.ExportRegistrations)
	}
	j := hub.Job{HubID: f.hub.ID, Type: hub.ExportRegistrations, OutputContainer: f.storage.URL("/out")}
	if err := f.jobs.Submit(t.Context(), &j); !errors.Is(err, job.ErrTooMany) {
		t.Errorf("the 101st: %v", err)
	}
}

// Ids are of Azure's form, and the newest compares lowest.
func TestJobID(t *testing.T) {
	t.Parallel()
	f := setup(t, nil)
	old := f.submit(hub.ExportRegistrations)
	f.clock.Advance(time.Microsecond)
	young := f.submit(hub.ExportRegistrations)
	form := regexp.MustCompile(`^25[0-9]{17}[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$`)
	if !form.MatchString(old.ID) || !form.MatchString(young.ID) || young.ID >= old.ID {
		t.Errorf("the ids are %s and then %s", old.ID, young.ID)
	}
	f.idle(young.ID)
}

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
