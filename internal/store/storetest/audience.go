package storetest

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"pgregory.net/rapid"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/store"
)

// After any writes, each posting list is what the registrations' own tags say.
func postings(f *fixture) {
	s := store.Selector{HubID: f.hub, Platform: hub.APNs}
	tagNames := []string{"a", "B", "c"}
	rapid.Check(f, func(t *rapid.T) {
		for range rapid.IntRange(1, 8).Draw(t, "writes") {
			id := fmt.Sprint(rapid.IntRange(1, 5).Draw(t, "id"))
			tags := rapid.SliceOfNDistinct(rapid.SampledFrom(tagNames), 0, 3, rapid.ID).Draw(t, "tags")
			p := rapid.SampledFrom([]hub.Platform{hub.APNs, hub.WNS}).Draw(t, "platform")
			if rapid.Bool().Draw(t, "delete") {
				err := f.Update(f.Context(), store.Outcome, func(tx store.Tx) error { return tx.DeleteRegistration(f.hub, id, nil, now) })
				if err != nil && !errors.Is(err, store.ErrNotFound) {
					t.Fatal(err)
				}
				continue
			}
			f.register(id, p, "aa", tags...)
		}
		f.view(func(r store.Reader) error {
			want := map[string][]int64{}
			var all []int64
			list, err := r.ListRegistrations(f.hub, store.RegistrationFilter{}, 0, 100, now)
			for _, reg := range list {
				if reg.Platform != hub.APNs {
					continue
				}
				all = append(all, reg.Number)
				for _, tag := range reg.Tags {
					want[tag] = append(want[tag], reg.Number)
				}
			}
			scan, err2 := r.Scan(s, 0, 1<<40, 100)
			if !slices.Equal(scan, all) {
				t.Fatalf("Scan = %v, want %v", scan, all)
			}
			for _, tag := range tagNames {
				got, err := r.Numbers(s, strings.ToUpper(tag), 0, 1<<40, 100)
				if !slices.Equal(got, want[tag]) {
					t.Fatalf("Numbers(%s) = %v, want %v", tag, got, want[tag])
				}
				if len(got) > 1 {
					part, err := r.Numbers(s, tag, got[0], got[len(got)-1]-1, 100)
					if err != nil || !slices.Equal(part, got[1:len(got)-1]) {
						t.Fatalf("Numbers between %d and %d = %v, %v", got[0], got[len(got)-1]-1, part, err)
					}
				}
				err2 = errors.Join(err2, err)
			}
			return errors.Join(err, err2)
		})
	})
}

func cuts(f *fixture) {
	var numbers []int64
	for i := range 10 {
		numbers = append(numbers, f.register(fmt.Sprint(i), hub.WNS, fmt.Sprint("https://x/", i)).Number)
		f.register(fmt.Sprint("other", i), hub.ADM, "x")
	}
	s := store.Selector{HubID: f.hub, Platform: hub.WNS}
	f.view(func(r store.Reader) error {
		for every, want := range map[int][]int64{3: {numbers[2], numbers[5], numbers[8]}, 5: {numbers[4]}, 10: nil, 11: nil} {
			got, err := r.Cut(s, 1<<40, every)
			if err != nil || !slices.Equal(got, want) {
				f.Errorf("Cut every %d = %v, %v; want %v", every, got, err, want)
			}
		}
		platforms, err := r.PlatformsOf(f.hub, hub.Native)
		if !slices.Equal(platforms, []hub.Platform{hub.WNS, hub.ADM}) {
			f.Errorf("PlatformsOf = %v", platforms)
		}
		return err
	})
}
