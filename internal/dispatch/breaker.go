package dispatch

import (
	"encoding/binary"
	"time"
)

// The breaker's numbers: of the last 1,000 answers, at least 50, more than a
// fifth call the handle dead. And no more than 200 handles are deleted in a
// suspect's delay on the strength of one answer, in whatever order answers come.
const (
	windowSize = 1000
	windowMin  = 50
	maxDeaths  = 200
)

// window is the last answers of a push service for one credential: true is a
// handle called dead.
type window struct {
	bits [(windowSize + 7) / 8]byte
	next int // where the next answer goes
	n    int // answers held
	dead int
	// trippedAt is when too many were last dead; zero: never. To the millisecond.
	trippedAt time.Time
	deaths    int       // handles that were deleted since deathsAt
	deathsAt  time.Time // to the millisecond
}

// add puts an answer in, and the oldest out when the window is full.
func (w *window) add(dead bool) {
	if w.n == windowSize {
		if w.get(w.next) {
			w.dead--
		}
	} else {
		w.n++
	}
	w.set(w.next, dead)
	if dead {
		w.dead++
	}
	w.next = (w.next + 1) % windowSize
}

func (w *window) get(i int) bool { return w.bits[i/8]&(1<<(i%8)) != 0 }

func (w *window) set(i int, v bool) {
	if v {
		w.bits[i/8] |= 1 << (i % 8)
	} else {
		w.bits[i/8] &^= 1 << (i % 8)
	}
}

// tripped reports whether so many are dead that the service is not believed.
func (w *window) tripped() bool { return w.n >= windowMin && w.dead*5 > w.n }

// note takes in an attempt's answers, which came before now.
func (w *window) note(answers []bool, now time.Time) {
	for _, dead := range answers {
		w.add(dead)
	}
	if len(answers) > 0 && w.tripped() {
		w.trippedAt = now.Truncate(time.Millisecond)
	}
}

// believed reports whether a handle that is called dead now is deleted for it.
// Good answers alone do not restore belief: those of one send, whose dead
// devices are suspects already, would have the next page of another believed.
func (w *window) believed(now time.Time, wait time.Duration) bool {
	return !w.tripped() && (w.trippedAt.IsZero() || now.Sub(w.trippedAt) >= wait)
}

// believe reports whether a handle that is called dead now is deleted for it, and
// counts it.
func (w *window) believe(now time.Time, wait time.Duration) bool {
	if !w.believed(now, wait) {
		return false
	}
	if now.Sub(w.deathsAt) >= wait {
		w.deathsAt, w.deaths = now.Truncate(time.Millisecond), 0
	}
	if w.deaths == maxDeaths {
		return false
	}
	w.deaths++
	return true
}

// accepted reports whether a handle was found good.
func (w *window) accepted() bool { return w.n > w.dead }

// packedWindow is the length of a packed window.
const packedWindow = 4 + (windowSize+7)/8 + 8 + 2 + 8

// pack writes the window for the store.
func (w *window) pack() []byte {
	b := make([]byte, 0, packedWindow)
	b = binary.BigEndian.AppendUint16(b, uint16(w.next))
	b = binary.BigEndian.AppendUint16(b, uint16(w.n))
	b = append(b, w.bits[:]...)
	b = binary.BigEndian.AppendUint64(b, packTime(w.trippedAt))
	b = binary.BigEndian.AppendUint16(b, uint16(w.deaths))
	return binary.BigEndian.AppendUint64(b, packTime(w.deathsAt))
}

// unpackWindow reads what pack wrote; anything else is an empty window.
func unpackWindow(b []byte) *window {
	w := &window{}
	if len(b) != packedWindow {
		return w
	}
	next, n := int(binary.BigEndian.Uint16(b)), int(binary.BigEndian.Uint16(b[2:]))
	if next >= windowSize || n > windowSize {
		return w
	}
	w.next, w.n = next, n
	b = b[4+copy(w.bits[:], b[4:]):]
	w.trippedAt = unpackTime(binary.BigEndian.Uint64(b))
	w.deaths = int(binary.BigEndian.Uint16(b[8:]))
	w.deathsAt = unpackTime(binary.BigEndian.Uint64(b[10:]))
	for i := range w.n {
		if w.get(i) {
			w.dead++
		}
	}
	return w
}

func packTime(t time.Time) uint64 {
	if t.IsZero() {
		return 0
	}
	return uint64(t.UnixMilli())
}

func unpackTime(ms uint64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(int64(ms))
}
