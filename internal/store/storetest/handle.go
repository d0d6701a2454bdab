package storetest

import (
	"errors"
	"fmt"
	"time"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/store"
)

// suspect marks a handle for all who have it, as the answer to a direct send does.
func (f *fixture) suspect(tx store.Tx, p hub.Platform, handle string, at time.Time) error {
	_, err := tx.Suspect(f.hub, p, store.Dead{Handle: handle}, at)
	return err
}

func (f *fixture) drop(d store.Dead) (rows int) {
	f.Helper()
	f.update(func(tx store.Tx) (err error) { rows, err = tx.DropHandle(f.hub, hub.APNs, d, now); return err })
	return rows
}

// Long work is cut by the rows that it writes, whatever the registrations have:
// a commit writes few of those with many tags.
func longWork(f *fixture) {
	const many, tags, most = 30, 100, 1500
	var all []string
	for i := range tags {
		all = append(all, fmt.Sprint("tag", i))
	}
	expiring := hub.Registration{Platform: hub.APNs, Tags: all, ExpiresAt: now.Add(time.Minute), UpdatedAt: now}
	for i := range many {
		f.register(fmt.Sprint("dead", i), hub.APNs, "aa", all...)
		expiring.ID, expiring.Handle = fmt.Sprint("old", i), fmt.Sprintf("ff%02d", i)
		f.put(&expiring)
	}
	left := func(prefix string) (n int) {
		for i := range many {
			if f.exists(fmt.Sprint(prefix, i)) {
				n++
			}
		}
		return n
	}
	f.update(func(tx store.Tx) error { return f.suspect(tx, hub.APNs, "aa", now) })
	commits, before := 0, many
	for rows := 1; rows > 0; commits++ {
		if rows = f.drop(store.Dead{Handle: "AA", Since: now}); rows > most {
			f.Errorf("a commit wrote %d rows of a dead handle", rows)
		}
		after := left("dead")
		if before-after > most/tags {
			f.Errorf("a commit dropped %d registrations with %d tags", before-after, tags)
		}
		before = after
	}
	if before != 0 || commits < many*tags/most {
		f.Errorf("%d registrations of a dead handle are left after %d commits", before, commits)
	}
	f.view(func(r store.Reader) error {
		n, err := r.CountSuspects(f.hub, hub.APNs)
		if n != 0 {
			f.Error("what was dropped is suspected still")
		}
		return err
	})
	before = many
	for swept := many; swept == many; {
		f.update(func(tx store.Tx) (err error) {
			swept, err = tx.SweepRegistrations(expiring.ExpiresAt, many)
			return err
		})
		after := 0
		f.view(func(r store.Reader) error {
			numbers, err := r.Scan(store.Selector{HubID: f.hub, Platform: hub.APNs}, 0, 1<<40, 2*many)
			after = len(numbers)
			return err
		})
		if before-after > most/tags {
			f.Errorf("a commit swept %d registrations with %d tags", before-after, tags)
		}
		before = after
	}
	if before != 0 {
		f.Errorf("%d expired registrations are left", before)
	}
}

// A handle is suspected for as long as somebody has it.
func suspectsWithoutRegistration(f *fixture) {
	count := func() (n int64) {
		f.Helper()
		f.view(func(r store.Reader) (err error) { n, err = r.CountSuspects(f.hub, hub.APNs); return err })
		return n
	}
	f.register("a", hub.APNs, "AA")
	f.register("b", hub.APNs, "aa")
	f.register("c", hub.APNs, "cc")
	f.update(func(tx store.Tx) error {
		return errors.Join(f.suspect(tx, hub.APNs, "aa", now), f.suspect(tx, hub.APNs, "cc", now), f.suspect(tx, hub.APNs, "dd", now))
	})
	f.update(func(tx store.Tx) error { return tx.DeleteRegistration(f.hub, "a", nil, now) })
	if n := count(); n != 3 {
		f.Errorf("%d suspects, want 3: every handle is as it was", n)
	}
	f.register("c", hub.APNs, "CC")
	if n := count(); n != 2 {
		f.Errorf("%d suspects, want 2: one has registered again", n)
	}
	f.update(func(tx store.Tx) error { return f.suspect(tx, hub.APNs, "cc", now) })
	f.update(func(tx store.Tx) error { return tx.DeleteRegistration(f.hub, "b", nil, now) })
	f.register("c", hub.APNs, "c0")
	if n := count(); n != 1 {
		f.Errorf("%d suspects, want that of a direct send alone", n)
	}
	f.drop(store.Dead{Number: 77, Handle: "dd", Since: now})
	if n := count(); n != 1 {
		f.Errorf("%d suspects after a drop of another's, want 1", n)
	}
	f.drop(store.Dead{Handle: "DD", Since: now})
	if n := count(); n != 0 {
		f.Errorf("%d suspects, want none: the handle is dead, and nobody's", n)
	}
}

// An answer about a handle says nothing of what was written since.
func suspectedTooLate(f *fixture) {
	a := f.register("a", hub.APNs, "aa")
	target, _ := f.target(store.Selector{HubID: f.hub, Platform: hub.APNs}, a.Number)
	answer := store.Dead{Number: a.Number, Handle: "AA", Written: target.Written, Since: now}
	suspected := func(what string, d store.Dead, want int64) {
		f.Helper()
		f.update(func(tx store.Tx) error {
			marked, err := tx.Suspect(f.hub, hub.APNs, d, now.Add(time.Minute))
			if err != nil {
				return err
			}
			n, err := tx.CountSuspects(f.hub, hub.APNs)
			if n != want || marked != (want == 1) {
				f.Errorf("%s: %d suspects (marked %t), want %d", what, n, marked, want)
			}
			return errors.Join(err, tx.ClearSuspect(f.hub, hub.APNs, "aa"))
		})
	}
	suspected("what was answered", answer, 1)
	suspected("a direct send's answer", store.Dead{Handle: "AA", Since: now}, 1)
	again := hub.Registration{ID: "a", Platform: hub.APNs, Handle: "aa", UpdatedAt: now.Add(time.Second)}
	f.put(&again)
	suspected("a registration that was written since", answer, 0)
	suspected("a direct send's answer, and a registration that was written since", store.Dead{Handle: "AA", Since: now}, 0)
	f.update(func(tx store.Tx) error { return tx.DeleteRegistration(f.hub, "a", nil, now) })
	suspected("a registration that is gone", answer, 0)
	suspected("nobody's handle", store.Dead{Handle: "AA", Since: now}, 1)
}

// Pages that began before the credential was changed, and since, each have the
// window of their own version; the oldest versions go.
func breakers(f *fixture) {
	put := func(version int64, window string) {
		f.Helper()
		f.update(func(tx store.Tx) error { return tx.PutBreaker(f.hub, hub.WNS, version, []byte(window)) })
	}
	want := func(windows map[int64]string) {
		f.Helper()
		f.view(func(r store.Reader) error {
			for version, w := range windows {
				if got, err := r.Breaker(f.hub, hub.WNS, version); err != nil || string(got) != w {
					f.Errorf("the window of version %d is %q, %v; want %q", version, got, err, w)
				}
			}
			return nil
		})
	}
	f.update(func(tx store.Tx) error { return tx.PutBreaker(f.hub, hub.MPNS, 1, []byte("other")) })
	put(3, "a")
	put(4, "b")
	put(3, "aa")
	put(4, "bb")
	want(map[int64]string{3: "aa", 4: "bb", 5: ""})
	for v := range int64(20) {
		put(5+v, "c")
	}
	put(3, "late")
	want(map[int64]string{3: "", 4: "", 10: "", 23: "c", 24: "c"})
	f.view(func(r store.Reader) error {
		got, err := r.Breaker(f.hub, hub.MPNS, 1)
		if string(got) != "other" {
			f.Errorf("the window of another platform is %q", got)
		}
		return err
	})
}
