package dispatch

import (
	"encoding/binary"
	"time"
)

// The breaker's numbers: of the last 1,000 answers, at least 50, more than a
// fifth call the handle dead.
const (
	windowSize = 1000
	windowMin  = 50
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

// accepted reports whether a handle was found good.
func (w *window) accepted() bool { return w.n > w.dead }

// pack writes the window for the store.
func (w *window) pack() []byte {
	b := make([]byte, 0, packedWindow)
	b = binary.BigEndian.AppendUint16(b, uint16(w.next))
	b = binary.BigEndian.AppendUint16(b, uint16(w.n))
	b = append(b, w.bits[:]...)
	var at int64
	if !w.trippedAt.IsZero() {
		at = w.trippedAt.UnixMilli()
	}
	return binary.BigEndian.AppendUint64(b, uint64(at))
}

// The lengths of a packed window, today and before it held trippedAt.
const (
	packedBefore = 4 + (windowSize+7)/8
	packedWindow = packedBefore + 8
)

// unpackWindow reads what pack wrote; anything else is an empty window.
func unpackWindow(b []byte) *window {
	w := &window{}
	if len(b) != packedWindow && len(b) != packedBefore {
		return w
	}
	next, n := int(binary.BigEndian.Uint16(b)), int(binary.BigEndian.Uint16(b[2:]))
	if next >= windowSize || n > windowSize {
		return w
	}
	w.next, w.n = next, n
	copy(w.bits[:], b[4:])
	if len(b) == packedWindow {
		if at := int64(binary.BigEndian.Uint64(b[packedBefore:])); at != 0 {
			w.trippedAt = time.UnixMilli(at)
		}
	}
	for i := range w.n {
		if w.get(i) {
			w.dead++
		}
	}
	return w
}
