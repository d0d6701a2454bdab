package dispatch

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/fanfare-hub/fanfare/internal/tagexpr"
)

// list is a posting list in memory, read as the store reads one.
func list(numbers []int64) func(after int64, limit int) ([]int64, error) {
	return func(after int64, limit int) ([]int64, error) {
		i, found := slices.BinarySearch(numbers, after)
		if found {
			i++
		}
		return slices.Clone(numbers[i:min(len(numbers), i+limit)]), nil
	}
}

// expression draws a tree over a few tags.
func expression(t *rapid.T, depth int) tagexpr.Node {
	kind := rapid.IntRange(0, 3).Draw(t, "kind")
	if depth == 0 {
		kind = 0
	}
	switch kind {
	case 1:
		return &tagexpr.And{X: expression(t, depth-1), Y: expression(t, depth-1)}
	case 2:
		return &tagexpr.Or{X: expression(t, depth-1), Y: expression(t, depth-1)}
	case 3:
		return &tagexpr.Not{X: expression(t, depth-1)}
	}
	return &tagexpr.Tag{Name: rapid.SampledFrom([]string{"a", "b", "c", "d"}).Draw(t, "tag")}
}

// The merge of posting lists finds what evaluating the expression on every
// registration's own tags finds, in order, page by page.
func TestAudienceMatchesEvaluation(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 300).Draw(t, "registrations")
		tagsOf := map[int64]map[string]bool{}
		lists := map[string][]int64{}
		var all []int64
		number := int64(0)
		for range n {
			number += int64(rapid.IntRange(1, 5).Draw(t, "gap"))
			all = append(all, number)
			tagsOf[number] = map[string]bool{}
			for _, tag := range rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"a", "b", "c", "d"}), 0, 4, rapid.ID).Draw(t, "tags") {
				tagsOf[number][tag] = true
				lists[tag] = append(lists[tag], number)
			}
		}
		expr := expression(t, 4)
		var want []int64
		for _, r := range all {
			if tagexpr.Match(expr, func(tag string) bool { return tagsOf[r][tag] }) {
				want = append(want, r)
			}
		}
		size := rapid.IntRange(1, 50).Draw(t, "page")
		var got []int64
		after := int64(0)
		for {
			s := compile(expr,
				func(tag string) stream { return newPostings(list(lists[tag]), after) },
				func() stream { return newPostings(list(all), after) })
			page, err := take(s, after, size)
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, page...)
			if len(page) < size {
				break
			}
			after = page[len(page)-1]
		}
		if !slices.Equal(got, want) {
			t.Fatalf("got %v, want %v", got, want)
		}
	})
}
