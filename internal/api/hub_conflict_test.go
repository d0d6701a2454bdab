package api_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/fanfare-hub/fanfare/internal/api"
	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/store"
)

func TestHubConflicts(t *testing.T) {
	t.Parallel()
	f := setupHubs(t)
	f.update(func(tx store.Tx) error {
		return tx.PutHub(&hub.Hub{Name: "configured", Fixed: true, CreatedAt: now, UpdatedAt: now})
	})
	const fixed = "The hub is named in the server's configuration and can only be changed there."
	f.manage("PUT", "/configured", hubBody(""), "If-Match", "*").refused(409, fixed)
	f.manage("DELETE", "/configured", "").refused(409, fixed)
	f.manage("PUT", "/Configured", hubBody("")).refused(409, "SubCode=40900. Conflict.")
	f.manage("GET", "/configured", "").want(200)

	f.manage("PUT", "/MYHUB", hubBody("")).refused(409, "SubCode=40900. Conflict.")
	f.manage("PUT", "/MyHub", hubBody(""), "If-Match", `W/"1"`).refused(412, "A hub has no ETag: If-Match: * replaces the hub, and without If-Match a new one is made.")
	f.manage("PUT", "/MyHub", hubBody(""), "If-Match", "x").refused(412, `The ETag header is either missing or invalid. It should be "*", or a quoted ETag.`)
	f.manage("PUT", "/nosuch", hubBody(""), "If-Match", "*").refused(404, "No service is hosted at the specified address.")
	f.manage("DELETE", "/nosuch", "").refused(404, "No service is hosted at the specified address.")
	f.manage("PUT", "/-shop", hubBody("")).refused(400, "The hub's name is not valid: letters, digits and . _ - are allowed, first a letter or digit, at most 260.")
	f.manage("PUT", "/shop", "<feed/>").refused(400, "An entry with a NotificationHubDescription is expected, not a feed.")
	f.manage("PUT", "/shop", "").refused(400, "The XML has no element.")
	f.manage("PUT", "/shop", strings.Repeat(" ", 1<<20+1)).refused(413, "The request body has more than 1048576 bytes.")
	for _, query := range []string{"$skip=-1", "$skip=x"} {
		f.manage("GET", "/$Resources/NotificationHubs?"+query, "").refused(400, "$skip is not a number from 0: "+fmt.Sprintf("%q", query[6:])+".")
	}
	f.manage("GET", "/$Resources/NotificationHubs?$top=x", "").refused(400, `$top is not a number from 0: "x".`)
}

// A namespace has room for a thousand hubs; those there are can be changed.
func TestHubsAreBounded(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.update(func(tx store.Tx) error {
		for i := range 997 { // beside the fixture's two
			if err := tx.PutHub(&hub.Hub{Name: fmt.Sprint("h", i), CreatedAt: now, UpdatedAt: now}); err != nil {
				return err
			}
		}
		return nil
	})
	f.manage("PUT", "/last", hubBody("")).want(201)
	f.manage("PUT", "/onemore", hubBody("")).refused(403, "The namespace has 1000 hubs, which is as many as can be made here.")
	f.manage("PUT", "/last", hubBody(""), "If-Match", "*").want(200)
	f.manage("DELETE", "/h0", "").want(200)
	f.manage("PUT", "/onemore", hubBody("")).want(201)
}

// Two that update one hub at once: the second does not put stored values where
// placeholders stood for others.
func TestHubChangedMeanwhile(t *testing.T) {
	t.Parallel()
	var between struct {
		sync.Mutex
		do func(store.Store)
	}
	f := setupWith(t, func(c *api.Config) {
		c.CheckCredential = func(hub.Credential) error {
			between.Lock()
			defer between.Unlock()
			if between.do != nil {
				between.do(c.Store)
			}
			return nil
		}
	})
	f.manage("PUT", "/shop", hubBody(pns("ApnsCredential", "Token", "1"))).want(201)
	change := func(fn func(store.Tx, *hub.Hub) error) func(store.Store) {
		return func(s store.Store) {
			err := s.Update(context.Background(), store.Upkeep, func(tx store.Tx) error {
				h, err := tx.Hub("shop")
				if err != nil && !errors.Is(err, store.ErrNotFound) {
					return err
				}
				return fn(tx, &h)
			})
			if err != nil {
				t.Error(err)
			}
		}
	}
	const changed = "SubCode=40901. The hub was changed by another request meanwhile. Read it again."
	update := func() got {
		return f.manage("PUT", "/shop", hubBody(pns("ApnsCredential", "Token", "REDACTED", "KeyId", "K")), "If-Match", "*")
	}
	between.do = change(func(tx store.Tx, h *hub.Hub) error {
		_, err := tx.PutCredential(h.ID, hub.Credential{Platform: hub.APNs, Properties: map[string]string{"Token": "2"}})
		return err
	})
	update().refused(409, changed)
	between.do = change(func(tx store.Tx, h *hub.Hub) error {
		h.Fixed = true
		return tx.PutHub(h)
	})
	update().refused(409, changed)
	between.do = change(func(tx store.Tx, h *hub.Hub) error { return tx.DeleteHub(h.ID, now) })
	f.update(func(tx store.Tx) error {
		h, err := tx.Hub("shop")
		h.Fixed = false
		return errors.Join(err, tx.PutHub(&h))
	})
	update().refused(404, "No service is hosted at the specified address.")
	between.do = change(func(tx store.Tx, _ *hub.Hub) error { return tx.PutHub(&hub.Hub{Name: "shop"}) })
	f.manage("PUT", "/shop", hubBody(pns("ApnsCredential", "Token", "1"))).refused(409, "SubCode=40900. Conflict.")
}
