package dispatch

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pns"
	"github.com/fanfare-hub/fanfare/internal/store"
)

func drawGist(t *rapid.T) gist {
	return gist{
		event: event(rapid.Byte().Draw(t, "event")), class: pns.Class(rapid.Byte().Draw(t, "class")), outcome: hub.Outcome(rapid.Byte().Draw(t, "outcome")),
		ruling: ruling(rapid.Byte().Draw(t, "ruling")), final: rapid.Bool().Draw(t, "final"), reason: rapid.StringN(0, 20, 300).Draw(t, "reason"),
		again: pns.Again(rapid.Byte().Draw(t, "again")), before: rapid.StringN(0, 5, 300).Draw(t, "before"),
		credential: rapid.Int64Range(0, 1<<40).Draw(t, "credential"), ownID: rapid.Bool().Draw(t, "own id"),
	}
}

func TestNotesRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		gists := rapid.SliceOfN(rapid.Custom(drawGist), 1, 4).Draw(t, "gists")
		var notes []note
		for _, n := range rapid.SliceOfDistinct(rapid.Int64Range(1, 1<<40), rapid.ID).Draw(t, "numbers") {
			nt := note{
				gist: rapid.SampledFrom(gists).Draw(t, "gist"), number: n,
				at:    time.UnixMilli(rapid.Int64Range(0, 1<<41).Draw(t, "at")).UTC(),
				extra: rapid.Int64Range(0, 1<<41).Draw(t, "extra"), correlation: rapid.StringN(0, 10, 40).Draw(t, "correlation"),
			}
			if rapid.Bool().Draw(t, "identity") {
				nt.who = identityOf(hub.APNs, &store.Target{RegistrationID: "r", InstallationID: "i", Handle: fmt.Sprint(n)})
			}
			notes = append(notes, nt)
		}
		got, leftOut, err := unpackNotes(packNotes(slices.Clone(notes)))
		if err != nil || leftOut != 0 {
			t.Fatalf("left out %d, %v", leftOut, err)
		}
		byNumber := func(a, b note) int { return cmp.Compare(a.number, b.number) }
		slices.SortFunc(notes, byNumber)
		slices.SortFunc(got, byNumber)
		if !slices.Equal(got, notes) {
			t.Fatalf("got  %+v\nwant %+v", got, notes)
		}
	})
}

// alike is a page of devices with one answer.
func alike(n int, reason func(i int) string, correlation func(i int) string) []note {
	var notes []note
	for i := range n {
		notes = append(notes, note{
			gist:   gist{class: pns.Retry, outcome: hub.PnsServerError, reason: pns.Reason(reason(i)), credential: 3},
			number: int64(i + 1), at: time.UnixMilli(1_700_000_000_000 + int64(i)), correlation: correlation(i),
		})
	}
	return notes
}

func TestNotesAreSmallAndBounded(t *testing.T) {
	t.Parallel()
	same := func(int) string { return "500 InternalServerError" }
	none := func(int) string { return "" }
	long := func(i int) string { return fmt.Sprintf("%d %s", i, strings.Repeat("x", 400)) }
	for name, c := range map[string]struct {
		notes   []note
		most    int
		kept    int
		ids     bool
		leftOut byte
	}{
		"a thousand equal answers":          {alike(1000, same, none), 4 << 10, 1000, false, 0},
		"with an id each":                   {alike(1000, same, func(i int) string { return fmt.Sprintf("%036d", i) }), maxNotes, 1000, true, 0},
		"with an id each that has no room":  {alike(1000, same, long), 4 << 10, 1000, false, leftOutIDs},
		"a thousand answers, no two alike":  {alike(1000, long, none), maxNotes, 200, false, leftOutIDs | leftOutNotes},
		"more than a page of equal answers": {alike(100_000, same, none), maxNotes, 10_000, false, leftOutIDs | leftOutNotes},
	} {
		b := packNotes(c.notes)
		got, leftOut, err := unpackNotes(b)
		if err != nil || len(b) > c.most || len(got) < c.kept || leftOut != c.leftOut {
			t.Errorf("%s: %d bytes, %d notes, left out %b, %v", name, len(b), len(got), leftOut, err)
			continue
		}
		if (got[len(got)-1].correlation != "") != c.ids {
			t.Errorf("%s: the last correlation is %q", name, got[len(got)-1].correlation)
		}
	}
	if packNotes(nil) != nil {
		t.Error("no notes are not nil")
	}
}

// What most devices share is kept before what few do.
func TestSharedNotesAreKept(t *testing.T) {
	t.Parallel()
	notes := alike(900, func(i int) string { return fmt.Sprintf("%d %s", i, strings.Repeat("x", 400)) }, func(int) string { return "" })
	for i, n := range alike(500, func(int) string { return "410 Unregistered" }, func(int) string { return "" }) {
		n.number = int64(1000 + i)
		notes = append(notes, n)
	}
	got, leftOut, err := unpackNotes(packNotes(notes))
	if err != nil || leftOut&leftOutNotes == 0 {
		t.Fatalf("left out %b, %v", leftOut, err)
	}
	shared := 0
	for _, n := range got {
		if n.reason == "410 Unregistered" {
			shared++
		}
	}
	if shared != 500 {
		t.Errorf("%d of 500 shared notes were kept", shared)
	}
}

func FuzzUnpackNotes(f *testing.F) {
	f.Add(packNotes(alike(3, func(int) string { return "500" }, func(int) string { return "id" })))
	f.Add([]byte{notesVersion, 0, 0})
	f.Add([]byte{2, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		notes, _, err := unpackNotes(b)
		if len(notes) > len(b) {
			t.Errorf("%d notes of %d bytes", len(notes), len(b))
		}
		if err != nil && notes != nil {
			t.Error("notes with an error")
		}
	})
}
