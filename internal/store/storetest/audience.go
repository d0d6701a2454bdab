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
		for _, c := range []struct {
			every, most int
			want        []int64
		}{
			{3, 16, []int64{numbers[2], numbers[5], numbers[8]}},
			{5, 16, []int64{numbers[4]}},
			{10, 16, nil},
			{11, 16, nil},
			{1, 10, numbers[:9]},
			{1, 3, []int64{numbers[3], numbers[7]}}, // 4, 4 and 2
			{1, 1, nil},
		} {
			got, err := r.Cut(s, 1<<40, c.every, c.most)
			if err != nil || !slices.Equal(got, c.want) {
				f.Errorf("Cut every %d into %d = %v, %v; want %v", c.every, c.most, got, err, c.want)
			}
		}
		if got, err := r.Cut(s, numbers[3], 2, 16); err != nil || len(got) == 0 || got[0] != numbers[1] || got[len(got)-1] > numbers[3] {
			f.Errorf("Cut up to the fourth = %v, %v", got, err)
		}
		platforms, err := r.PlatformsOf(f.hub, hub.Native)
		if !slices.Equal(platforms, []hub.Platform{hub.WNS, hub.ADM}) {
			f.Errorf("PlatformsOf = %v", platforms)
		}
		return err
	})
}

// Cuts are at the right places too when thousands of registrations came, moved
// to another platform and went.
func manyCuts(f *fixture) {
	const n = 5000
	f.update(func(tx store.Tx) error {
		for i := range n {
			r := hub.Registration{ID: fmt.Sprint(i), Platform: hub.ADM, Handle: fmt.Sprint("x", i), UpdatedAt: now}
			if err := tx.PutRegistration(f.hub, &r, nil, now); err != nil {
				return err
			}
		}
		return nil
	})
	f.update(func(tx store.Tx) error {
		for i := range n {
			id := fmt.Sprint(i)
			switch {
			case i < n/2 && i%7 != 0, i%3 == 0: // the first half is nearly empty
				if err := tx.DeleteRegistration(f.hub, id, nil, now); err != nil {
					return err
				}
			case i%5 == 0:
				r := hub.Registration{ID: id, Platform: hub.GCM, Handle: "x", UpdatedAt: now}
				if err := tx.PutRegistration(f.hub, &r, nil, now); err != nil {
					return err
				}
			}
		}
		return nil
	})
	f.view(func(r store.Reader) error {
		for _, p := range []hub.Platform{hub.ADM, hub.GCM} {
			s := store.Selector{HubID: f.hub, Platform: p}
			all, err := r.Scan(s, 0, 1<<40, n)
			if err != nil {
				return err
			}
			for _, every := range []int{100, 333, len(all) / 2} {
				var want []int64
				for i := every - 1; i < len(all)-1; i += every {
					want = append(want, all[i])
				}
				got, err := r.Cut(s, 1<<40, every, n)
				if err != nil || !slices.Equal(got, want) {
					f.Errorf("%s every %d: %v, %v; want %v", p, every, got, err, want)
				}
			}
		}
		return nil
	})
}
