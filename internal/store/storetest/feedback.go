package storetest

import (
	"reflect"
	"slices"
	"time"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/store"
)

// feedbackOf returns a day's rows, read one by one, without their ids.
func (f *fixture) feedbackOf(day time.Time) (all []store.Feedback) {
	f.Helper()
	f.view(func(r store.Reader) error {
		for after := int64(0); ; {
			page, err := r.ListFeedback(f.hub, day, after, 1)
			if len(page) == 0 || err != nil {
				return err
			}
			if after = page[0].ID; after == 0 {
				f.Fatal("a row has no id")
			}
			page[0].ID = 0
			all = append(all, page[0])
		}
	})
	return all
}

// Each handle that is dropped, marked or replaced leaves a row, in the same
// commit; one that is left alone leaves none.
func feedback(f *fixture) {
	a := f.register("a", hub.APNs, "AA")
	s := store.Selector{HubID: f.hub, Platform: hub.APNs}
	target, _ := f.target(s, a.Number)
	f.drop(store.Dead{Number: a.Number, Handle: "aa", Written: target.Written - 1, Since: now, Outcome: hub.BadChannel, Notification: "NH-0"}) // too late
	f.drop(store.Dead{Number: a.Number, Handle: "aa", Written: target.Written, Since: now, Outcome: hub.BadChannel, Notification: "NH-1"})
	want := []store.Feedback{{At: now, Outcome: hub.BadChannel, Platform: hub.APNs, Handle: "AA", RegistrationID: "a", NotificationID: "NH-1", Number: a.Number}}

	// A direct send, or an operator: every registration, and an installation once.
	b, c := f.register("b", hub.APNs, "BB"), f.register("c", hub.APNs, "bb")
	i := hub.Installation{ID: "i", Platform: hub.APNs, Handle: "bB", Templates: map[string]hub.InstallationTemplate{"t": {Body: "{}"}}}
	f.update(func(tx store.Tx) error { return tx.PutInstallation(f.hub, &i, now) })
	first := min(f.derived("i")[""].Number, f.derived("i")["t"].Number)
	f.drop(store.Dead{Handle: "bb", Since: now})
	want = append(want,
		store.Feedback{At: now, Outcome: hub.ExpiredChannel, Platform: hub.APNs, Handle: "BB", RegistrationID: "b", Number: b.Number},
		store.Feedback{At: now, Outcome: hub.ExpiredChannel, Platform: hub.APNs, Handle: "bb", RegistrationID: "c", Number: c.Number},
		store.Feedback{At: now, Outcome: hub.ExpiredChannel, Platform: hub.APNs, Handle: "bB", InstallationID: "i", Number: first})

	d := f.register("d", hub.FCMV1, "old")
	replace := func(old, to string) {
		f.update(func(tx store.Tx) error {
			_, err := tx.ReplaceHandle(f.hub, hub.FCMV1, store.Replacement{Number: d.Number, Old: old, New: to, Notification: "NH-2"}, now)
			return err
		})
	}
	replace("not this", "x")
	replace("old", "new")
	want = append(want, store.Feedback{At: now, Outcome: hub.ExpiredChannel, Platform: hub.FCMV1, Handle: "old", NewHandle: "new", RegistrationID: "d", NotificationID: "NH-2", Number: d.Number})
	if got := f.feedbackOf(now); !reflect.DeepEqual(got, want) {
		f.Errorf("got  %+v\nwant %+v", got, want)
	}
}

// Feedback is listed by the day, and goes with time.
func feedbackDays(f *fixture) {
	days := []time.Time{now, now.Add(24 * time.Hour), now.Add(72 * time.Hour)}
	for i, at := range days {
		for k := range i + 1 {
			id := string(rune('a'+i)) + string(rune('a'+k))
			r := hub.Registration{ID: id, Platform: hub.GCM, Handle: id, UpdatedAt: now}
			f.put(&r)
			f.update(func(tx store.Tx) error {
				_, err := tx.DropHandle(f.hub, hub.GCM, store.Dead{Handle: id}, at)
				return err
			})
		}
	}
	listed := func(hubID int64, want ...time.Time) {
		f.Helper()
		f.view(func(r store.Reader) error {
			got, err := r.FeedbackDays(hubID)
			if !slices.EqualFunc(got, want, func(a, b time.Time) bool { return a.Equal(b.Truncate(24 * time.Hour)) }) {
				f.Errorf("days %v, want %v", got, want)
			}
			return err
		})
	}
	listed(f.hub, days...)
	listed(f.hub + 1)
	for i, day := range days {
		if got := f.feedbackOf(day); len(got) != i+1 || got[0].RegistrationID != string(rune('a'+i))+"a" {
			f.Errorf("day %d has %+v", i, got)
		}
	}
	for _, c := range []struct {
		before time.Time
		limit  int
		want   int
	}{{days[0], 10, 0}, {days[2], 2, 2}, {days[2], 10, 1}, {days[2], 10, 0}} {
		var n int
		f.update(func(tx store.Tx) (err error) { n, err = tx.SweepFeedback(c.before, c.limit); return err })
		if n != c.want {
			f.Errorf("%d rows were swept, want %d", n, c.want)
		}
	}
	listed(f.hub, days[2])
}

// What a send did not reach is told from its own feedback, or from the
// registration as long as that is the same.
func faulted(f *fixture) {
	gone, same := f.register("gone", hub.APNs, "aa"), f.register("same", hub.APNs, "bb")
	changed, deleted := f.register("changed", hub.APNs, "cc"), f.register("deleted", hub.APNs, "dd")
	i := hub.Installation{ID: "i", Platform: hub.APNs, Handle: "ee"}
	f.update(func(tx store.Tx) error { return tx.PutInstallation(f.hub, &i, now) })
	derived := f.derived("i")[""]
	var sequence int64
	f.view(func(r store.Reader) (err error) { sequence, err = r.Sequence(); return err })
	f.update(func(tx store.Tx) error {
		_, err := tx.DropHandle(f.hub, hub.APNs, store.Dead{Handle: "aa", Outcome: hub.BadChannel, Notification: "NH-1"}, now)
		return err
	})
	f.register("same", hub.APNs, "bb")    // written again, and nothing else
	f.register("changed", hub.APNs, "c2") // another handle
	f.update(func(tx store.Tx) error { return tx.DeleteRegistration(f.hub, "deleted", nil, now) })
	numbers := []int64{gone.Number, same.Number, changed.Number, deleted.Number, derived.Number}
	read := func(hubID int64, notification string) (got map[int64]store.Feedback) {
		f.Helper()
		f.view(func(r store.Reader) (err error) {
			got, err = r.Faulted(hubID, notification, numbers, sequence)
			return err
		})
		return got
	}
	want := map[int64]store.Feedback{
		same.Number:    {Platform: hub.APNs, Handle: "bb", RegistrationID: "same", Number: same.Number},
		derived.Number: {Platform: hub.APNs, Handle: "ee", InstallationID: "i", Number: derived.Number},
	}
	if got := read(f.hub, "NH-2"); !reflect.DeepEqual(got, want) {
		f.Errorf("another notification: %+v\nwant %+v", got, want)
	}
	got := read(f.hub, "NH-1")
	if g := got[gone.Number]; g.Handle != "aa" || g.RegistrationID != "gone" || g.Outcome != hub.BadChannel || len(got) != 3 {
		f.Errorf("the notification itself: %+v", got)
	}
	if got := read(f.hub+1, "NH-1"); len(got) != 0 {
		f.Errorf("another hub: %+v", got)
	}
}

// The delivery log can be read a page at a time.
func logPages(f *fixture) {
	for i, id := range []string{"NH-1", "NH-2", "NH-1", "NH-1"} {
		f.update(func(tx store.Tx) error {
			return tx.AppendLog(f.hub, id, store.LogPage{Platform: hub.APNs, Entries: []byte{byte(i)}, At: now})
		})
	}
	var got []byte
	f.view(func(r store.Reader) error {
		for after := int64(0); ; {
			pages, err := r.LogPages(f.hub, "NH-1", after, 2)
			if len(pages) == 0 || err != nil {
				return err
			}
			for _, p := range pages {
				got, after = append(got, p.Entries...), p.ID
			}
		}
	})
	if !slices.Equal(got, []byte{0, 2, 3}) {
		f.Errorf("the pages are %v, want 0, 2, 3", got)
	}
}
