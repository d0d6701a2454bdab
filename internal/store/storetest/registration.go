package storetest

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/store"
)

func registrations(f *fixture) {
	want := hub.Registration{
		ID: "1-2-3", Platform: hub.Browser, Handle: "https://push.example/x", Browser: &hub.BrowserKeys{P256DH: "p", Auth: "a"},
		Template: &hub.TemplateBody{Name: "n", Body: `{"a":"$(b)"}`, Headers: []hub.Header{{Name: "h", Value: "v"}}, Expiry: "0", Priority: "5", MessageType: "1"},
		Tags:     []string{"Sport", "a,b"}, PushVariables: map[string]string{"k": "v"}, SecondaryTileName: "tile",
		ExpiresAt: now.Add(time.Hour), UpdatedAt: now,
	}
	f.put(&want)
	if want.Number == 0 || want.ETag != 1 {
		f.Errorf("number %d, ETag %d", want.Number, want.ETag)
	}
	f.view(func(r store.Reader) error {
		got, err := r.Registration(f.hub, "1-2-3", now)
		if !reflect.DeepEqual(got, want) {
			f.Errorf("got %+v, want %+v", got, want)
		}
		return err
	})
	f.refused(store.ErrPrecondition, func(tx store.Tx) error {
		return tx.PutRegistration(f.hub, &want, &store.ETag{Value: 7}, now)
	})
	f.refused(store.ErrNotFound, func(tx store.Tx) error {
		return tx.PutRegistration(f.hub, &hub.Registration{ID: "none", Platform: hub.APNs, Handle: "aa"}, &store.ETag{Any: true}, now)
	})
	f.update(func(tx store.Tx) error { return tx.PutRegistration(f.hub, &want, &store.ETag{Value: 1}, now) })
	if want.ETag != 2 {
		f.Errorf("ETag %d after a second write", want.ETag)
	}
	f.refused(store.ErrPrecondition, func(tx store.Tx) error {
		return tx.DeleteRegistration(f.hub, "1-2-3", &store.ETag{Value: 1}, now)
	})
	f.update(func(tx store.Tx) error { return tx.DeleteRegistration(f.hub, "1-2-3", &store.ETag{Value: 2}, now) })
	f.refused(store.ErrNotFound, func(tx store.Tx) error { return tx.DeleteRegistration(f.hub, "1-2-3", nil, now) })
}

// A registration keeps its number, unless platform or kind change; no number
// is given twice.
func numbers(f *fixture) {
	a := f.register("a", hub.GCM, "h", "x")
	upsert := f.register("a", hub.GCM, "other", "y", "z")
	if upsert.Number != a.Number {
		f.Errorf("an upsert moved the number from %d to %d", a.Number, upsert.Number)
	}
	moved := f.register("a", hub.FCMV1, "other", "y")
	if moved.Number <= a.Number || moved.ETag != 3 {
		f.Errorf("a change of platform: number %d after %d, ETag %d", moved.Number, a.Number, moved.ETag)
	}
	if _, ok := f.target(store.Selector{HubID: f.hub, Platform: hub.GCM}, a.Number); ok {
		f.Error("the number of the old platform is still there")
	}
	template := moved
	template.Template = &hub.TemplateBody{Body: "{}"}
	f.put(&template)
	if template.Number <= moved.Number {
		f.Errorf("a change of kind: number %d after %d", template.Number, moved.Number)
	}
	f.update(func(tx store.Tx) error { return tx.DeleteRegistration(f.hub, "a", nil, now) })
	if next := f.register("b", hub.GCM, "h"); next.Number <= template.Number {
		f.Errorf("the number %d was given again after %d", next.Number, template.Number)
	}
	f.view(func(r store.Reader) error {
		last, err := r.LastNumber()
		if last != template.Number+1 {
			f.Errorf("LastNumber = %d, want %d", last, template.Number+1)
		}
		return err
	})
}

func registrationLists(f *fixture) {
	var all []string
	for i := range 7 {
		id := fmt.Sprint("r", i)
		all = append(all, id)
		f.register(id, hub.Platforms[i%3], fmt.Sprint("AB", i), "Tag"+fmt.Sprint(i%2))
	}
	list := func(filter store.RegistrationFilter, limit int) (ids []string) {
		f.Helper()
		f.view(func(r store.Reader) error {
			for after := int64(0); ; {
				page, err := r.ListRegistrations(f.hub, filter, after, limit, now)
				if len(page) == 0 || err != nil {
					return err
				}
				for _, reg := range page {
					ids = append(ids, reg.ID)
					after = reg.Number
				}
			}
		})
		return ids
	}
	for _, c := range []struct {
		filter store.RegistrationFilter
		want   []string
	}{
		{store.RegistrationFilter{}, all},
		{store.RegistrationFilter{Tag: "TAG1"}, []string{"r1", "r3", "r5"}},
		{store.RegistrationFilter{Tag: "nobody"}, nil},
		{store.RegistrationFilter{Handle: "ab0"}, []string{"r0"}}, // an APNs token, in other letters
		{store.RegistrationFilter{Handle: "AB1"}, []string{"r1"}},
		{store.RegistrationFilter{Handle: "ab1"}, nil},
	} {
		for _, limit := range []int{1, 2, 100} {
			if got := list(c.filter, limit); !slices.Equal(got, c.want) {
				f.Errorf("%+v in pages of %d: %v, want %v", c.filter, limit, got, c.want)
			}
		}
	}
}

func registrationExpiry(f *fixture) {
	short := hub.Registration{ID: "short", Platform: hub.APNs, Handle: "aa", Tags: []string{"t"}, ExpiresAt: now.Add(time.Minute), UpdatedAt: now}
	f.put(&short)
	f.register("long", hub.APNs, "bb", "t")
	i := hub.Installation{ID: "i", Platform: hub.APNs, Handle: "cc", ExpiresAt: now.Add(time.Minute)}
	f.update(func(tx store.Tx) error { return tx.PutInstallation(f.hub, &i, now) })
	later := now.Add(time.Minute)
	f.view(func(r store.Reader) error {
		if _, err := r.Registration(f.hub, "short", later); !errors.Is(err, store.ErrNotFound) {
			f.Errorf("an expired registration: %v", err)
		}
		if _, err := r.Installation(f.hub, "i", later); !errors.Is(err, store.ErrNotFound) {
			f.Errorf("an expired installation: %v", err)
		}
		list, err := r.ListRegistrations(f.hub, store.RegistrationFilter{Tag: "t"}, 0, 10, later)
		if len(list) != 1 {
			f.Errorf("%d registrations are listed, want 1", len(list))
		}
		targets, err2 := r.Targets(store.Selector{HubID: f.hub, Platform: hub.APNs}, []int64{short.Number}, false, later)
		if len(targets) != 0 {
			f.Error("an expired registration is a target")
		}
		return errors.Join(err, err2)
	})
	f.refused(store.ErrNotFound, func(tx store.Tx) error {
		return tx.PutRegistration(f.hub, &short, &store.ETag{Any: true}, later)
	})
	var n int
	f.update(func(tx store.Tx) (err error) { n, err = tx.SweepRegistrations(later, 100); return err })
	if n != 3 { // two registrations (one derived), one installation
		f.Errorf("the sweep removed %d rows, want 3", n)
	}
}

func sharedHandles(f *fixture) {
	s := store.Selector{HubID: f.hub, Platform: hub.APNs}
	a := f.register("a", hub.APNs, "AABB", "t")
	if t, _ := f.target(s, a.Number); t.Shared {
		f.Error("one registration alone is flagged as shared")
	}
	b := f.register("b", hub.APNs, "aabb", "u")
	for _, r := range []hub.Registration{a, b} {
		if t, _ := f.target(s, r.Number); !t.Shared {
			f.Errorf("%s is not flagged as shared", r.ID)
		}
	}
	f.view(func(r store.Reader) error {
		var got []store.Target
		all := r.Sharing(s, "AaBb", now, func(t store.Target) bool {
			got = append(got, t)
			return true
		})
		if len(got) != 2 || got[0].Number != a.Number || got[1].Number != b.Number || !slices.Equal(got[0].Tags, []string{"t"}) {
			f.Errorf("Sharing = %+v", got)
		}
		got = nil
		one := r.Sharing(s, "AaBb", now, func(t store.Target) bool {
			got = append(got, t)
			return false
		})
		if len(got) != 1 {
			f.Errorf("Sharing went on to %d targets after the first was enough", len(got))
		}
		return errors.Join(all, one)
	})
	before, _ := f.target(s, a.Number)
	f.register("a", hub.APNs, "AABB", "T")
	if after, _ := f.target(s, a.Number); after.Changed != before.Changed || after.Written <= before.Written || !after.Shared {
		f.Errorf("an upsert with the same tags: %+v after %+v", after, before)
	}
	f.register("a", hub.APNs, "AABB", "other")
	if after, _ := f.target(s, a.Number); after.Changed <= before.Changed {
		f.Error("other tags did not move Changed")
	}
}
