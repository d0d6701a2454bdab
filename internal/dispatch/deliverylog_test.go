package dispatch

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/fanfare-hub/fanfare/internal/hub"
)

func TestDeliveryLogRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		numbers := rapid.SliceOfDistinct(rapid.Int64Range(1, 1<<40), rapid.ID).Draw(t, "numbers")
		var entries []logEntry
		for _, n := range numbers {
			entries = append(entries, logEntry{n, hub.Outcome(rapid.Byte().Draw(t, "outcome"))})
		}
		packed := packLog(slices.Clone(entries))
		got, err := unpackLog(packed)
		if err != nil {
			t.Fatal(err)
		}
		slices.SortFunc(entries, func(a, b logEntry) int { return int(a.number - b.number) })
		if !slices.Equal(got, entries) {
			t.Fatalf("got %v, want %v", got, entries)
		}
		if len(packed) > 8*len(entries) {
			t.Fatalf("%d bytes for %d devices: more than 8 each", len(packed), len(entries))
		}
	})
}

func FuzzUnpackLog(f *testing.F) {
	f.Add([]byte{1, 0, 1, 5})
	f.Add([]byte{0x80})
	f.Fuzz(func(t *testing.T, b []byte) {
		entries, err := unpackLog(b)
		if err == nil && len(b) > 0 && len(entries) == 0 {
			t.Error("bytes without an entry, and no error")
		}
	})
}
