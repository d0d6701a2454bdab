package job

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/fanfare-hub/fanfare/internal/hub"
)

// state is where a job stands: the payload of its task.
type state struct {
	Job string `json:"job"`

	// Of an export: the number of the last registration that is in a block, and
	// how many there are of how many when it began.
	After int64 `json:"after,omitempty"`
	Done  int64 `json:"done,omitempty"`
	Total int64 `json:"total,omitempty"`

	// Of an import: what of the file is done, and which file it was.
	Offset int64  `json:"offset,omitempty"`
	Line   int64  `json:"line,omitempty"` // lines up to the offset
	Size   int64  `json:"size,omitempty"`
	ETag   string `json:"etag,omitempty"`

	Files [2]written `json:"files"` // by hub.JobFile

	// Failure is why the job ends as failed, once its files are closed.
	Failure string `json:"failure,omitempty"`

	// Failing is since when nothing gets done, Tries how often it was tried.
	Failing time.Time `json:"failing,omitzero"`
	Tries   int       `json:"tries,omitempty"`
}

// written is what of a file stands in blocks, and what is staged for the next.
type written struct {
	Blocks []blocks `json:"blocks,omitempty"`
	Rows   int      `json:"rows,omitempty"`
	Bytes  int      `json:"bytes,omitempty"`
}

// blocks are some of a file's, put under one attempt of the task. The attempt
// is part of their ids: somebody whose lease is lost, and who does not know it
// yet, cannot write over a block of whoever took over.
type blocks struct {
	Attempt int64 `json:"attempt"`
	N       int   `json:"n"`
}

// nextID returns the id of the block after the last one, under an attempt. All
// ids of a file are equally long, as the storage asks.
func (w *written) nextID(attempt int64) string { return blockID(attempt, w.count()) }

func blockID(attempt int64, i int) string { return fmt.Sprintf("%016x-%08x", attempt, i) }

func (w *written) count() (n int) {
	for _, b := range w.Blocks {
		n += b.N
	}
	return n
}

// ids returns the ids of all blocks, in order.
func (w *written) ids() []string {
	var out []string
	for _, b := range w.Blocks {
		for range b.N {
			out = append(out, blockID(b.Attempt, len(out)))
		}
	}
	return out
}

// with returns w with one more block; w itself stays as it is stored.
func (w written) with(attempt int64) written {
	all := append([]blocks(nil), w.Blocks...)
	if last := len(all) - 1; last >= 0 && all[last].Attempt == attempt {
		all[last].N++
	} else {
		all = append(all, blocks{attempt, 1})
	}
	return written{Blocks: all}
}

// progress is in hundredths of a percent, and not whole before the end.
func (s *state) progress(typ hub.JobType) int {
	done, total := s.Done, s.Total
	if typ.Import() {
		done, total = s.Offset, s.Size
	}
	if total <= 0 {
		return 0
	}
	const whole = 10_000
	return int(min(whole-1, done*whole/total))
}

func pack(s state) []byte {
	b, err := json.Marshal(s)
	if err != nil {
		panic(fmt.Sprintf("job: a state that is not JSON: %v", err))
	}
	return b
}
