package job_test

import (
	"fmt"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/store"
)

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
