package dispatch

import (
	"sync"

	"github.com/fanfare-hub/fanfare/internal/store"
)

// maxKnownCuts bounds the platforms whose cuts are remembered.
const maxKnownCuts = 10_000

// knownCuts are where platforms were last cut into ranges. Registrations that
// come and go only make ranges longer or shorter.
type knownCuts struct {
	mu sync.Mutex
	of map[store.Selector]cut
}

type cut struct {
	at    []int64
	bound int64 // the highest number when the cuts were made
}

// get returns the cuts that were made above a number.
func (k *knownCuts) get(s store.Selector, above int64) ([]int64, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	c, ok := k.of[s]
	return c.at, ok && c.bound > above
}

func (k *knownCuts) put(s store.Selector, bound int64, at []int64) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.of == nil || len(k.of) >= maxKnownCuts {
		k.of = map[store.Selector]cut{}
	}
	k.of[s] = cut{at, bound}
}
