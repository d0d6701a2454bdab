package storetest

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"sync"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/store"
)

// derived lists an installation's registrations by template name.
func (f *fixture) derived(id string) map[string]hub.Registration {
	f.Helper()
	out := map[string]hub.Registration{}
	f.view(func(r store.Reader) error {
		list, err := r.ListRegistrations(f.hub, store.RegistrationFilter{Tag: "$InstallationId:{" + id + "}"}, 0, 100, now)
		for _, reg := range list {
			name := ""
			if reg.Template != nil {
				name = reg.Template.Name
			}
			out[name] = reg
		}
		return err
	})
	return out
}

func installations(f *fixture) {
	i := hub.Installation{
		ID: "i-1", UserID: "u", Platform: hub.APNs, Handle: "aa", Tags: []string{"t"}, PushVariables: map[string]string{"k": "v"},
		Templates: map[string]hub.InstallationTemplate{"one": {Body: "{}", Tags: []string{"x"}}, "two": {Body: "{}"}},
	}
	put := func() {
		f.Helper()
		f.update(func(tx store.Tx) error { return tx.PutInstallation(f.hub, &i, now) })
	}
	put()
	f.view(func(r store.Reader) error {
		got, err := r.Installation(f.hub, "i-1", now)
		if !reflect.DeepEqual(got, i) {
			f.Errorf("got %+v, want %+v", got, i)
		}
		return err
	})
	first := f.derived("i-1")
	if len(first) != 3 {
		f.Fatalf("%d registrations, want 3", len(first))
	}
	if want := []string{"$InstallationId:{i-1}", "$UserId:{u}", "t", "x", "one"}; !slices.Equal(first["one"].Tags, want) {
		f.Errorf("tags %v, want %v", first["one"].Tags, want)
	}
	f.refused(store.ErrDerived, func(tx store.Tx) error {
		r := first[""]
		return tx.PutRegistration(f.hub, &r, nil, now)
	})
	delete(i.Templates, "one")
	i.Templates["three"] = hub.InstallationTemplate{Body: "{}"}
	i.Handle = "bb"
	put()
	second := f.derived("i-1")
	for _, name := range []string{"", "two"} {
		if second[name].Number != first[name].Number || second[name].ID != first[name].ID || second[name].Handle != "bb" {
			f.Errorf("%q: %+v after %+v", name, second[name], first[name])
		}
	}
	if _, still := second["one"]; still || len(second) != 3 {
		f.Errorf("after the second write: %v", second)
	}
	f.update(func(tx store.Tx) error {
		return errors.Join(tx.DeleteInstallation(f.hub, "i-1"), tx.DeleteInstallation(f.hub, "i-1"))
	})
	if left := f.derived("i-1"); len(left) != 0 {
		f.Errorf("%d registrations are left", len(left))
	}
}

// An installation is changed as one write, or not at all: of changes that are
// made side by side none is lost.
func changedInstallations(f *fixture) {
	change := func(id string, at time.Time, fn func(*hub.Installation) error) error {
		return f.Update(f.Context(), store.Accept, func(tx store.Tx) error { return tx.ChangeInstallation(f.hub, id, at, fn) })
	}
	never := func(*hub.Installation) error {
		f.Error("a change was made of what is not there")
		return nil
	}
	if err := change("i-1", now, never); !errors.Is(err, store.ErrNotFound) {
		f.Errorf("of no installation: %v", err)
	}
	i := hub.Installation{ID: "i-1", Platform: hub.APNs, Handle: "aa", ExpiresAt: now.Add(time.Hour), Templates: map[string]hub.InstallationTemplate{"one": {Body: "{}"}}}
	f.update(func(tx store.Tx) error { return tx.PutInstallation(f.hub, &i, now) })
	before := f.derived("i-1")
	if err := change("i-1", now.Add(time.Hour), never); !errors.Is(err, store.ErrNotFound) {
		f.Errorf("of one that has expired: %v", err)
	}
	failure := errors.New("it cannot be done")
	err := change("i-1", now, func(i *hub.Installation) error {
		i.Tags, i.Handle = []string{"lost"}, "bb"
		delete(i.Templates, "one")
		return failure
	})
	if !errors.Is(err, failure) {
		f.Errorf("a change that fails: %v", err)
	}
	if after := f.derived("i-1"); !reflect.DeepEqual(before, after) {
		f.Errorf("a change that failed was made: %+v", after)
	}

	const sideBySide = 20
	var all sync.WaitGroup
	for n := range sideBySide {
		all.Go(func() {
			if err := change("i-1", now, func(i *hub.Installation) error {
				i.Tags = append(i.Tags, fmt.Sprint("t", n))
				return nil
			}); err != nil {
				f.Error(err)
			}
		})
	}
	all.Wait()
	f.view(func(r store.Reader) error {
		got, err := r.Installation(f.hub, "i-1", now)
		if len(got.Tags) != sideBySide || !got.UpdatedAt.Equal(now) {
			f.Errorf("%d tags are left of %d: %v", len(got.Tags), sideBySide, got)
		}
		return err
	})
	for name, r := range f.derived("i-1") {
		if r.Number != before[name].Number || r.Handle != "aa" || len(r.Tags) < 1+sideBySide {
			f.Errorf("the registration %q: %+v after %+v", name, r, before[name])
		}
	}
}

func deadHandles(f *fixture) {
	s := store.Selector{HubID: f.hub, Platform: hub.APNs}
	drop := func(d store.Dead) (dropped bool) {
		f.Helper()
		return f.drop(d) > 0
	}
	a := f.register("a", hub.APNs, "AA")
	t, _ := f.target(s, a.Number)
	for name, d := range map[string]store.Dead{
		"another handle":             {Number: a.Number, Handle: "BB", Written: t.Written, Since: now},
		"written since the page":     {Number: a.Number, Handle: "AA", Written: t.Written - 1, Since: now},
		"dead before the last write": {Number: a.Number, Handle: "AA", Written: t.Written, Since: now.Add(-time.Second)},
		"another registration":       {Number: a.Number + 1, Handle: "AA", Written: t.Written, Since: now},
	} {
		if drop(d) || !f.exists("a") {
			f.Errorf("%s: it was dropped", name)
		}
	}
	if !drop(store.Dead{Number: a.Number, Handle: "aa", Written: t.Written, Since: now}) || f.exists("a") {
		f.Error("a dead handle was kept")
	}
	f.register("b", hub.APNs, "cc")
	if !drop(store.Dead{Handle: "CC", Since: now}) || f.exists("b") {
		f.Error("a dead handle of a direct send was kept")
	}

	i := hub.Installation{ID: "i", Platform: hub.APNs, Handle: "dd", Templates: map[string]hub.InstallationTemplate{"t": {Body: "{}"}}}
	f.update(func(tx store.Tx) error { return tx.PutInstallation(f.hub, &i, now) })
	native := f.derived("i")[""]
	t, _ = f.target(s, native.Number)
	if !drop(store.Dead{Number: native.Number, Handle: "dd", Written: t.Written, Since: now, Outcome: hub.BadChannel, Notification: "NH-7"}) {
		f.Error("an installation's dead channel was kept")
	}
	if left := f.derived("i"); len(left) != 0 {
		f.Errorf("%d registrations of a dead channel are left", len(left))
	}
	f.endsOfChannels(&i)
	f.view(func(r store.Reader) error {
		got, err := r.Installation(f.hub, "i", now)
		if !got.ChannelExpired {
			f.Error("the channel is not marked as expired")
		}
		return err
	})
}

// endsOfChannels holds that the end of i's channel is noted, and stays when it gets
// another; a tile's end is none of the device's.
func (f *fixture) endsOfChannels(i *hub.Installation) {
	f.Helper()
	end := func(id string, want store.ChannelEnd) {
		f.Helper()
		f.view(func(r store.Reader) error {
			got, err := r.ChannelEnd(f.hub, id)
			if diff := cmp.Diff(want, got); diff != "" {
				f.Errorf("the end of %s (-want +got):\n%s", id, diff)
			}
			return err
		})
	}
	noted := store.ChannelEnd{At: now, Notification: "NH-7", Outcome: hub.BadChannel}
	end(i.ID, noted)
	f.update(func(tx store.Tx) error {
		again := *i
		return tx.PutInstallation(f.hub, &again, now.Add(time.Hour))
	})
	end(i.ID, noted)
	tiled := hub.Installation{ID: "tiled", Platform: hub.APNs, Handle: "d0", SecondaryTiles: map[string]hub.SecondaryTile{"t": {Handle: "d1"}}}
	f.update(func(tx store.Tx) error { return tx.PutInstallation(f.hub, &tiled, now) })
	f.drop(store.Dead{Handle: "d1", Since: now})
	end("tiled", store.ChannelEnd{})
	f.update(func(tx store.Tx) error { return tx.PutInstallation(f.hub, i, now) })
	f.drop(store.Dead{Handle: i.Handle, Since: now})
	end(i.ID, store.ChannelEnd{At: now, Outcome: hub.ExpiredChannel})
}

func replacedHandles(f *fixture) {
	a := f.register("a", hub.FCMV1, "old", "t")
	i := hub.Installation{ID: "i", Platform: hub.FCMV1, Handle: "iold", Templates: map[string]hub.InstallationTemplate{"t": {Body: "{}"}}}
	f.update(func(tx store.Tx) error { return tx.PutInstallation(f.hub, &i, now) })
	native := f.derived("i")[""]
	replace := func(number int64, from, to string, want bool) {
		f.Helper()
		f.update(func(tx store.Tx) error {
			rows, err := tx.ReplaceHandle(f.hub, hub.FCMV1, store.Replacement{Number: number, Old: from, New: to}, now)
			if rows > 0 != want {
				f.Errorf("%s for %s in %d wrote %d rows; want some: %t", to, from, number, rows, want)
			}
			return err
		})
	}
	replace(a.Number, "not this", "x", false)
	replace(a.Number, "old", "new", true)
	replace(a.Number, "old", "new", false)
	replace(native.Number, "iold", "inew", true)
	if t, _ := f.target(store.Selector{HubID: f.hub, Platform: hub.FCMV1}, a.Number); t.Handle != "new" || !slices.Equal(t.Tags, []string{"t"}) {
		f.Errorf("the registration: %+v", t)
	}
	for name, r := range f.derived("i") {
		if r.Handle != "inew" {
			f.Errorf("the installation's registration %q has the handle %s", name, r.Handle)
		}
	}

	// What came of a direct send names no registration: all with the handle are
	// meant, for as long as they live.
	f.register("b", hub.FCMV1, "new")
	f.register("c", hub.WNS, "new")
	gone := hub.Installation{ID: "gone", Platform: hub.FCMV1, Handle: "new", ExpiresAt: now}
	i.Handle = "new"
	f.update(func(tx store.Tx) error {
		return errors.Join(tx.PutInstallation(f.hub, &i, now), tx.PutInstallation(f.hub, &gone, now.Add(-time.Hour)))
	})
	replace(0, "new", "newer", true)
	replace(0, "new", "newer", false)
	f.view(func(r store.Reader) error {
		newer, err := r.ListRegistrations(f.hub, store.RegistrationFilter{Handle: "newer"}, 0, 100, now)
		got, err2 := r.Installation(f.hub, "i", now)
		if len(newer) != 4 || got.Handle != "newer" {
			f.Errorf("%d registrations have the newer handle, want 4; the installation has %s", len(newer), got.Handle)
		}
		other, err3 := r.Registration(f.hub, "c", now)
		if other.Handle != "new" {
			f.Errorf("another platform's registration: %+v", other)
		}
		return errors.Join(err, err2, err3)
	})
	f.update(func(tx store.Tx) error {
		rows, err := tx.DropHandle(f.hub, hub.FCMV1, store.Dead{Handle: "new", Since: now}, now)
		if rows != 0 {
			f.Errorf("of a registration that has expired %d rows were dropped", rows)
		}
		return err
	})
}

func suspects(f *fixture) {
	a := f.register("a", hub.APNs, "AA")
	s := store.Selector{HubID: f.hub, Platform: hub.APNs}
	f.update(func(tx store.Tx) error {
		return errors.Join(f.suspect(tx, hub.APNs, "aa", now), f.suspect(tx, hub.APNs, "AA", now.Add(time.Hour)))
	})
	if t, _ := f.target(s, a.Number); !t.SuspectSince.Equal(now) {
		f.Errorf("suspect since %v, want the first mark, %v", t.SuspectSince, now)
	}
	f.view(func(r store.Reader) error {
		got, err := r.Suspects(f.hub, hub.APNs, []string{"AA", "bb"})
		if len(got) != 1 || !got["AA"].Equal(now) {
			f.Errorf("Suspects = %v", got)
		}
		return err
	})
	f.update(func(tx store.Tx) error {
		return errors.Join(f.suspect(tx, hub.APNs, "cc", now.Add(time.Hour)), f.suspect(tx, hub.APNs, "bb", now), f.suspect(tx, hub.WNS, "bb", now))
	})
	f.view(func(r store.Reader) error {
		want := []store.Suspect{{Handle: "bb", Since: now}, {Handle: "cc", Since: now.Add(time.Hour)}}
		got, err := r.ListSuspects(f.hub, hub.APNs, "aa", 5)
		if diff := cmp.Diff(want, got); diff != "" {
			f.Errorf("ListSuspects above aa: %s", diff)
		}
		first, err2 := r.ListSuspects(f.hub, hub.APNs, "", 1)
		if len(first) != 1 || first[0].Handle != "aa" {
			f.Errorf("the first suspect: %v", first)
		}
		n, err3 := r.CountSuspects(f.hub, hub.APNs)
		if n != 3 {
			f.Errorf("CountSuspects = %d, want 3", n)
		}
		return errors.Join(err, err2, err3)
	})
	clearing := func(limit, want int) {
		f.Helper()
		f.update(func(tx store.Tx) error {
			n, err := tx.ClearSuspects(f.hub, hub.APNs, limit)
			if n != want {
				f.Errorf("ClearSuspects of at most %d cleared %d, want %d", limit, n, want)
			}
			return err
		})
	}
	clearing(2, 2)
	clearing(2, 1)
	clearing(2, 0)
	f.update(func(tx store.Tx) error {
		return errors.Join(f.suspect(tx, hub.APNs, "AA", now), tx.ClearSuspect(f.hub, hub.APNs, "Aa"),
			tx.PutBreaker(f.hub, hub.APNs, 1, []byte("w")), tx.RememberEnvironment(f.hub, "aa", true))
	})
	t, _ := f.target(s, a.Number)
	if !t.SuspectSince.IsZero() || !t.OtherEnvironment {
		f.Errorf("after clearing: %+v", t)
	}
	f.view(func(r store.Reader) error {
		if n, err := r.CountSuspects(f.hub, hub.WNS); n != 1 || err != nil {
			f.Errorf("%d suspects of another platform are left, %v", n, err)
		}
		one, err := r.Breaker(f.hub, hub.APNs, 1)
		two, err2 := r.Breaker(f.hub, hub.APNs, 2)
		if string(one) != "w" || two != nil {
			f.Errorf("the windows are %q and %q", one, two)
		}
		return errors.Join(err, err2)
	})
}
