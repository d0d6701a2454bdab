package storetest

import (
	"errors"
	"reflect"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/store"
)

func hubs(f *fixture) {
	rules := []hub.Rule{{Name: "r", Rights: hub.Send, PrimaryKey: "key", SecondaryKey: "other"}}
	h := hub.Hub{Name: "HUB", RegistrationTTL: 24e9, Rules: rules, Fixed: true, CreatedAt: now, UpdatedAt: now}
	f.update(func(tx store.Tx) error { return errors.Join(tx.PutHub(&h), tx.PutNamespaceRules(rules)) })
	if h.ID != f.hub {
		f.Errorf("a name in other letters is another hub: %d, want %d", h.ID, f.hub)
	}
	f.view(func(r store.Reader) error {
		got, err := r.Hub("hub")
		if !reflect.DeepEqual(got, h) {
			f.Errorf("Hub = %+v, want %+v", got, h)
		}
		ns, err2 := r.NamespaceRules()
		if !reflect.DeepEqual(ns, rules) {
			f.Errorf("NamespaceRules = %+v", ns)
		}
		all, err3 := r.ListHubs()
		if len(all) != 1 {
			f.Errorf("ListHubs returns %d hubs", len(all))
		}
		if _, err := r.Hub("nosuch"); !errors.Is(err, store.ErrNotFound) {
			f.Errorf("an unknown hub: %v", err)
		}
		return errors.Join(err, err2, err3)
	})
}

func credentials(f *fixture) {
	put := func(props map[string]string) (version int64) {
		f.update(func(tx store.Tx) (err error) {
			version, err = tx.PutCredential(f.hub, hub.Credential{Platform: hub.APNs, Properties: props})
			return err
		})
		return version
	}
	first := put(map[string]string{"Token": "a"})
	if again := put(map[string]string{"Token": "a"}); again != first {
		f.Errorf("equal properties raised the version from %d to %d", first, again)
	}
	second := put(map[string]string{"Token": "b"})
	if second <= first {
		f.Errorf("other properties: version %d after %d", second, first)
	}
	f.update(func(tx store.Tx) error { return tx.DeleteCredential(f.hub, hub.APNs) })
	f.view(func(r store.Reader) error {
		if _, err := r.Credential(f.hub, hub.APNs); !errors.Is(err, store.ErrNotFound) {
			f.Errorf("a deleted credential: %v", err)
		}
		return nil
	})
	if third := put(map[string]string{"Token": "a"}); third <= second {
		f.Errorf("a version was given twice: %d after %d", third, second)
	}
}
