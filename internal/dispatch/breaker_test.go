package dispatch

import (
	"testing"

	"pgregory.net/rapid"
)

func TestWindowTrips(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name        string
		alive, dead int
		want        bool
	}{
		{"nothing yet", 0, 0, false},
		{"49 answers, all dead", 0, 49, false},
		{"50 answers, all dead", 0, 50, true},
		{"a fifth", 40, 10, false},
		{"one more than a fifth", 39, 11, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var w window
			for range c.alive {
				w.add(false)
			}
			for range c.dead {
				w.add(true)
			}
			if got := w.tripped(); got != c.want {
				t.Errorf("tripped = %v, want %v", got, c.want)
			}
		})
	}
}

// The window holds the last thousand answers, also when it was written and
// read between any two of them.
func TestWindowHoldsTheLastAnswers(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		answers := rapid.SliceOfN(rapid.Bool(), 0, 2500).Draw(t, "answers")
		w := &window{}
		for i, a := range answers {
			w.add(a)
			if i%997 == 0 {
				w = unpackWindow(w.pack())
			}
		}
		last := answers[max(0, len(answers)-windowSize):]
		dead := 0
		for _, a := range last {
			if a {
				dead++
			}
		}
		if w.n != len(last) || w.dead != dead {
			t.Fatalf("the window holds %d answers, %d dead; want %d, %d", w.n, w.dead, len(last), dead)
		}
	})
}

func TestUnpackWindowOfNonsenseIsEmpty(t *testing.T) {
	t.Parallel()
	for _, b := range [][]byte{nil, {1}, append([]byte{0xff, 0xff, 0xff, 0xff}, make([]byte, 125)...)} {
		if w := unpackWindow(b); w.n != 0 || w.tripped() {
			t.Errorf("unpackWindow(%d bytes) holds %d answers", len(b), w.n)
		}
	}
}
