package wire

import (
	"fmt"
	"strings"
	"time"
)

// timeForms are the dates that clients write. A date without a zone is UTC.
// Package time takes fractions of seconds where a form names none.
func timeForms() []string {
	return []string{
		time.RFC3339,
		"2006-01-02T15:04:05", // the SDKs' schedules
		"2006-01-02T15:04Z07:00",
		"2006-01-02T15:04",
		"2006-01-02T15:04:05Z0700",
		"2006-01-02T15:04Z0700",      // the Android SDK
		"01/02/2006 15:04:05",        // .NET's invariant form; Java's 12-hour one cannot be told from it
		"01/02/2006 15:04:05 -07:00", // the same with an offset
		"2006-01-02'T'15:04:05",      // a published Python sample quotes the T
		"2006-01-02",
	}
}

// ParseTime reads a date in every form that a published client writes: those of
// W3C's note on date and time, offsets with and without a colon, the invariant
// form of .NET. No zone means UTC. Years go from 1 to 9999.
func ParseTime(s string) (time.Time, error) {
	s = strings.TrimSpace(s)
	for _, form := range timeForms() {
		t, err := time.Parse(form, s)
		if err != nil {
			continue
		}
		if t = t.UTC(); t.Year() < 1 || t.Year() > 9999 {
			break // the offset leads out of what can be written
		}
		return t, nil
	}
	return time.Time{}, fmt.Errorf("%.40q is not a date, as in 2030-01-02T03:04:05Z", s)
}

// formatTime writes the form of answers: as many digits as there are, seven at
// most, as .NET counts in units of 100 ns.
func formatTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.9999999Z07:00") }
