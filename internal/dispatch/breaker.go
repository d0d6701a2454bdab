package dispatch

import "encoding/binary"

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

// accepted reports whether a handle was found good.
func (w *window) accepted() bool { return w.n > w.dead }

// pack writes the window for the store.
func (w *window) pack() []byte {
	b := make([]byte, 0, 4+len(w.bits))
	b = binary.BigEndian.AppendUint16(b, uint16(w.next))
	b = binary.BigEndian.AppendUint16(b, uint16(w.n))
	return append(b, w.bits[:]...)
}

// unpackWindow reads what pack wrote; anything else is an empty window.
func unpackWindow(b []byte) *window {
	w := &window{}
	if len(b) != 4+len(w.bits) {
		return w
	}
	next, n := int(binary.BigEndian.Uint16(b)), int(binary.BigEndian.Uint16(b[2:]))
	if next >= windowSize || n > windowSize {
		return w
	}
	w.next, w.n = next, n
	copy(w.bits[:], b[4:])
	for i := range w.n {
		if w.get(i) {
			w.dead++
		}
	}
	return w
}
