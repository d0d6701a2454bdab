package hub_test

import (
	"testing"
	"time"

	"github.com/fanfare-hub/fanfare/internal/hub"
)

// The forms are those that Azure's documentation and SDKs write.
func TestParseExpiry(t *testing.T) {
	t.Parallel()
	at := time.Date(2030, 1, 2, 3, 4, 0, 0, time.UTC)
	for text, want := range map[string]time.Time{
		"2030-01-02T03:04:00Z":          at,
		"2030-01-02T03:04:00.000Z":      at,
		"2030-01-02T03:04:00.1234567Z":  at.Add(123456700 * time.Nanosecond),
		"2030-01-02T04:04+01:00":        at,
		"2030-01-02T03:04Z":             at,
		"2030-01-02T04:04:00.500+01:00": at.Add(500 * time.Millisecond),
		"2030-01-02T03:04+0000":         at,
		"2030-01-02T05:04:00+0200":      at,
		"2030-01-02T03:04:00":           at,
		"2030-01-02T03:04":              at,
		"01/02/2030 03:04:00":           at,
		"01/02/2030 04:04:00 +01:00":    at,
		" 2030-01-02T03:04:00Z ":        at,
		"2030-01-02":                    time.Date(2030, 1, 2, 0, 0, 0, 0, time.UTC),
		"9999-12-31T23:59:59.9999999Z":  time.Date(9999, 12, 31, 23, 59, 59, 999999900, time.UTC),
	} {
		got, once, err := hub.ParseExpiry(text)
		if err != nil || once || !got.Equal(want) || got.Location() != time.UTC {
			t.Errorf("ParseExpiry(%q) = %v, %v, %v, want %v", text, got, once, err, want)
		}
	}
	for text, want := range map[string]bool{"": false, "  ": false, "0": true, " 0 ": true} {
		if got, once, err := hub.ParseExpiry(text); err != nil || once != want || !got.IsZero() {
			t.Errorf("ParseExpiry(%q) = %v, %v, %v", text, got, once, err)
		}
	}
	for _, text := range []string{"1", "00", "-1", "1700000000", "tomorrow", "2030-13-01", "2030-02-30T00:00:00Z", "13/01/2030 00:00:00"} {
		if got, once, err := hub.ParseExpiry(text); err == nil {
			t.Errorf("ParseExpiry(%q) = %v, %v", text, got, once)
		}
	}
}

func FuzzParseExpiry(f *testing.F) {
	for _, s := range []string{"", "0", "2030-01-02T03:04:05Z", "01/02/2030 03:04:05", "2030-01-02T03:04+0000"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		at, once, err := hub.ParseExpiry(text)
		if err != nil && (once || !at.IsZero()) || once && !at.IsZero() {
			t.Fatalf("%q is %v, %v and %v", text, at, once, err)
		}
		if err != nil || at.Year() < 1 || at.Year() > 9999 || at.IsZero() {
			return
		}
		if again, _, err := hub.ParseExpiry(at.Format(time.RFC3339Nano)); err != nil || !again.Equal(at) {
			t.Fatalf("%q is %v, and that %v: %v", text, at, again, err)
		}
	})
}
