package dispatch

import (
	"encoding/binary"
	"errors"
	"slices"

	"github.com/fanfare-hub/fanfare/internal/hub"
)

// logEntry is one device's outcome: the device by its registration's number, or
// by its place (from 1) in a direct send.
type logEntry struct {
	number  int64
	outcome hub.Outcome
}

// packLog writes entries in order of number, each as the distance from the one
// before and the outcome: two or three bytes a device in a dense page.
func packLog(entries []logEntry) []byte {
	slices.SortFunc(entries, func(a, b logEntry) int { return int(a.number - b.number) })
	var out []byte
	before := int64(0)
	for _, e := range entries {
		out = binary.AppendUvarint(out, uint64(e.number-before))
		out = append(out, byte(e.outcome))
		before = e.number
	}
	return out
}

var errLog = errors.New("dispatch: a delivery log that is cut short")

// unpackLog reads what packLog wrote.
func unpackLog(b []byte) ([]logEntry, error) {
	var out []logEntry
	number := int64(0)
	for len(b) > 0 {
		distance, n := binary.Uvarint(b)
		if n <= 0 || n >= len(b) {
			return nil, errLog
		}
		number += int64(distance)
		out = append(out, logEntry{number, hub.Outcome(b[n])})
		b = b[n+1:]
	}
	return out, nil
}
