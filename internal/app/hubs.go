package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/fanfare-hub/fanfare/internal/config"
	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/store"
)

// writeHubs brings the store's hubs to what the configuration names. With a
// credential that is wrong in itself nothing is written.
func (a *App) writeHubs(ctx context.Context) error {
	for _, h := range a.cfg.Hubs {
		for _, c := range h.Credentials {
			if err := CheckCredential(c); err != nil {
				return fmt.Errorf("hub %s: %w", h.Name, err)
			}
		}
	}
	return a.store.Update(ctx, store.Accept, func(tx store.Tx) error {
		if err := tx.PutNamespaceRules(a.cfg.Namespace); err != nil {
			return err
		}
		if err := a.closeHubs(tx); err != nil {
			return err
		}
		for _, h := range a.cfg.Hubs {
			if err := a.writeHub(tx, h); err != nil {
				return fmt.Errorf("writing hub %s: %w", h.Name, err)
			}
		}
		return nil
	})
}

// closeHubs takes rules and credentials from hubs that the configuration does
// not name any more: their keys open nothing. What is registered stays, for when
// a hub is named again, and the API may give such a hub rules or delete it.
func (a *App) closeHubs(tx store.Tx) error {
	all, err := tx.ListHubs()
	if err != nil {
		return err
	}
	for _, h := range all {
		named := slices.ContainsFunc(a.cfg.Hubs, func(c config.Hub) bool { return strings.EqualFold(c.Name, h.Name) })
		if !h.Fixed || named {
			continue
		}
		a.opts.Log.Warn("a hub is closed: the configuration does not name it any more", "hub", h.Name)
		h.Fixed, h.Rules, h.UpdatedAt = false, nil, a.opts.Clock.Now()
		if err := errors.Join(tx.PutHub(&h), a.writeCredentials(tx, h.ID, nil)); err != nil {
			return fmt.Errorf("closing hub %s: %w", h.Name, err)
		}
	}
	return nil
}

func (a *App) writeHub(tx store.Tx, h config.Hub) error {
	now := a.opts.Clock.Now()
	was, err := tx.Hub(h.Name)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	row := hub.Hub{
		Name: h.Name, RegistrationTTL: h.RegistrationTTL, Rules: a.dated(h.Rules, was.Rules), Fixed: true,
		UserMetadata: was.UserMetadata, CreatedAt: now, UpdatedAt: now,
	}
	if err := tx.PutHub(&row); err != nil {
		return err
	}
	return a.writeCredentials(tx, row.ID, h.Credentials)
}

// writeCredentials makes these a hub's only credentials.
func (a *App) writeCredentials(tx store.Tx, hubID int64, credentials []hub.Credential) error {
	given := map[hub.Platform]bool{}
	for _, c := range credentials {
		given[c.Platform] = true
		old, err := tx.Credential(hubID, c.Platform)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		version, err := tx.PutCredential(hubID, c)
		if err != nil {
			return err
		}
		if version != old.Version {
			a.changed = append(a.changed, credentialChange{hubID, c.Platform})
		}
	}
	for _, p := range hub.Platforms {
		if given[p] {
			continue
		}
		if err := tx.DeleteCredential(hubID, p); err != nil {
			return err
		}
	}
	return nil
}

// dated gives rules of the configuration the times that Azure shows.
func (a *App) dated(rules, old []hub.Rule) []hub.Rule {
	out := slices.Clone(rules)
	for i := range out {
		r := &out[i]
		r.CreatedAt, r.ModifiedAt = a.opts.Clock.Now(), a.opts.Clock.Now()
		was, ok := hub.FindRule(old, r.Name)
		if !ok {
			continue
		}
		r.CreatedAt = was.CreatedAt
		if r.Rights == was.Rights && r.PrimaryKey == was.PrimaryKey && r.SecondaryKey == was.SecondaryKey {
			r.ModifiedAt = was.ModifiedAt
		}
	}
	return out
}
