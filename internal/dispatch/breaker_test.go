package dispatch

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var day = time.Date(2025, 3, 4, 0, 0, 0, 0, time.UTC)

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
			w.note([]bool{a}, day.Add(time.Duration(i)*time.Millisecond))
			if i%997 == 0 {
				before := w.trippedAt
				if w = unpackWindow(w.pack()); !w.trippedAt.Equal(before) {
					t.Fatalf("it tripped at %v, and was read to have at %v", before, w.trippedAt)
				}
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

// A window that has tripped is believed after the wait at the earliest, and only
// if it is healthy then.
func TestBelief(t *testing.T) {
	t.Parallel()
	const wait = time.Hour
	var w window
	w.note(make([]bool, 40), day)
	if !w.believed(day, wait) {
		t.Error("a healthy window is not believed")
	}
	w.note([]bool{true, true, true, true, true, true, true, true, true, true, true}, day)
	w.note(nil, day.Add(wait/2)) // says nothing
	if w.believed(day.Add(wait), wait) {
		t.Error("a tripped window is believed")
	}
	w.note(make([]bool, 100), day.Add(wait/2))
	if w.believed(day.Add(wait-time.Millisecond), wait) || !w.believed(day.Add(wait), wait) {
		t.Error("a healthy window is not believed as soon as the wait is over")
	}
}

// In whatever order answers come, and in whatever pages, few handles are deleted
// for them; after the wait as many again.
func TestBeliefIsLimited(t *testing.T) {
	t.Parallel()
	const wait = time.Hour
	rapid.Check(t, func(t *rapid.T) {
		w, deleted := &window{}, map[int]int{} // by the hour
		steps := rapid.SliceOfN(rapid.IntRange(0, 300), 1, 40).Draw(t, "living ones before each twenty dead")
		for i, alive := range steps {
			now := day.Add(time.Duration(i) * wait / 20)
			page := append(make([]bool, alive), slices.Repeat([]bool{true}, 20)...)
			w.note(page, now)
			for range 20 {
				if w.believe(now, wait) {
					deleted[i/20]++
				}
			}
			w = unpackWindow(w.pack())
		}
		for hour, n := range deleted {
			if n > maxDeaths {
				t.Fatalf("%d handles are deleted in hour %d", n, hour)
			}
		}
	})
	w := &window{}
	for hour := range 2 {
		now, believed := day.Add(time.Duration(hour)*wait), 0
		w.note(make([]bool, windowSize), now)
		for range 2 * maxDeaths {
			if w.believe(now, wait) {
				believed++
			}
		}
		if believed != maxDeaths {
			t.Errorf("hour %d: %d are believed of a healthy service, want %d", hour, believed, maxDeaths)
		}
	}
}

func TestUnpackWindowOfNonsenseIsEmpty(t *testing.T) {
	t.Parallel()
	for _, b := range [][]byte{nil, {1}, append([]byte{0xff, 0xff, 0xff, 0xff}, make([]byte, 125)...)} {
		if w := unpackWindow(b); w.n != 0 || w.tripped() {
			t.Errorf("unpackWindow(%d bytes) holds %d answers", len(b), w.n)
		}
	}
}
