package dispatch_test

import (
	"sync/atomic"
	"testing"

	"github.com/fanfare-hub/fanfare/internal/dispatch"
	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pns"
	"github.com/fanfare-hub/fanfare/internal/store"
)

// closing is a connector that counts how many of its like are open.
type closing struct {
	*service
	open *atomic.Int32
}

func (c closing) Close() { c.open.Add(-1) }

func (f *fixture) change(fn func(store.Tx) error) {
	f.Helper()
	if err := f.store.Update(f.Context(), store.Upkeep, fn); err != nil {
		f.Fatal(err)
	}
}

// The connections of a hub are given up with the hub, and those of a credential
// with the credential; no other's are.
func TestConnectionsAreGivenUp(t *testing.T) {
	t.Parallel()
	var open atomic.Int32
	f := setup(t, func(c *dispatch.Config) {
		c.Connectors[hub.APNs] = dispatch.Service{Credential: hub.APNs, New: func(hub.Credential, pns.Env) (pns.Connector, error) {
			open.Add(1)
			return closing{&service{got: map[string][]string{}}, &open}, nil
		}}
	})
	first := f.hub
	second := hub.Hub{Name: "second"}
	f.change(func(tx store.Tx) error {
		if err := tx.PutHub(&second); err != nil {
			return err
		}
		_, err := tx.PutCredential(second.ID, hub.Credential{Platform: hub.APNs, Properties: map[string]string{"a": "b"}})
		return err
	})
	expect := func(want int32, when string) {
		t.Helper()
		if n := open.Load(); n != want {
			t.Errorf("%s: %d connectors are open, want %d", when, n, want)
		}
	}
	for _, f.hub = range []int64{first, second.ID} {
		f.register(1)
		f.send(&hub.Notification{})
	}
	expect(2, "two hubs")

	f.change(func(tx store.Tx) error { return tx.DeleteHub(first, f.clock.Now()) })
	f.HubDeleted(first)
	expect(1, "one is deleted")

	f.hub = second.ID
	f.change(func(tx store.Tx) error { return tx.DeleteCredential(second.ID, hub.APNs) })
	var n hub.Notification
	f.send(&n)
	if _, counts := f.counts(n.ID); counts[hub.InvalidCredentials] != 1 {
		t.Errorf("without a credential: %v", counts)
	}
	expect(0, "the other has no credential any more")
}
