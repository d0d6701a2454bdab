package sqlite

import (
	"encoding/json"
	"errors"
	"time"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/store"
)

func (r *reader) Installation(hubID int64, id string, now time.Time) (hub.Installation, error) {
	var i hub.Installation
	var doc string
	err := r.row("SELECT document FROM installation WHERE hub_id = ? AND id = ?", hubID, id).Scan(&doc)
	if err != nil {
		return i, notFound(err)
	}
	if err := unpack(doc, &i); err != nil {
		return i, err
	}
	if expired(i.ExpiresAt, now) {
		return i, store.ErrNotFound
	}
	return i, nil
}

func (r *reader) ChannelEnd(hubID int64, id string) (end store.ChannelEnd, err error) {
	row := r.row("SELECT ended_at, ended_by, ended_as FROM installation WHERE hub_id = ? AND id = ?", hubID, id)
	return end, notFound(row.Scan(micros{&end.At}, &end.Notification, &end.Outcome))
}

// endChannel notes how an installation's channel came to its end.
func (t *tx) endChannel(hubID int64, id string, d *store.Dead, now time.Time) error {
	_, err := t.exec("UPDATE installation SET ended_at = ?, ended_by = ?, ended_as = ? WHERE hub_id = ? AND id = ?",
		at(now), d.Notification, outcomeOf(d), hubID, id)
	return err
}

// derivedKey tells an installation's registrations apart; each keeps its id and
// number as long as its key stays.
type derivedKey struct {
	native         bool
	template, tile string
}

func keyOf(r *hub.Registration) derivedKey {
	if r.Template == nil {
		return derivedKey{native: true, tile: r.SecondaryTileName}
	}
	return derivedKey{template: r.Template.Name, tile: r.SecondaryTileName}
}

func (t *tx) PutInstallation(hubID int64, i *hub.Installation, now time.Time) error {
	for _, handle := range i.Handles() {
		if err := t.ClearSuspect(hubID, i.Platform, handle); err != nil {
			return err
		}
	}
	return t.writeInstallation(hubID, i, now)
}

// writeInstallation stores an installation and derives its registrations anew.
func (t *tx) writeInstallation(hubID int64, i *hub.Installation, now time.Time) error {
	i.UpdatedAt = now
	doc, err := json.Marshal(i)
	if err != nil {
		return err
	}
	_, err = t.exec(`INSERT INTO installation (hub_id, id, document, expires_at) VALUES (?, ?, ?, ?)
		ON CONFLICT (hub_id, id) DO UPDATE SET document = excluded.document, expires_at = excluded.expires_at`, hubID, i.ID, string(doc), at(i.ExpiresAt))
	if err != nil {
		return err
	}
	old, err := t.derived(hubID, i.ID)
	if err != nil {
		return err
	}
	for _, r := range hub.Derive(i) {
		key := keyOf(&r)
		before := old[key]
		delete(old, key)
		if before != nil {
			r.ID = before.ID
		} else {
			r.ID = hub.NewRegistrationID()
		}
		if err := t.write(hubID, &r, before); err != nil {
			return err
		}
	}
	return t.removeAll(hubID, old)
}

func (t *tx) ChangeInstallation(hubID int64, id string, now time.Time, change func(*hub.Installation) error) error {
	i, err := t.Installation(hubID, id, now)
	if err != nil {
		return err
	}
	if err := change(&i); err != nil {
		return err
	}
	return t.writeInstallation(hubID, &i, now)
}

func (t *tx) DeleteInstallation(hubID int64, id string) error {
	if _, err := t.exec("DELETE FROM installation WHERE hub_id = ? AND id = ?", hubID, id); err != nil {
		return err
	}
	old, err := t.derived(hubID, id)
	if err != nil {
		return err
	}
	return t.removeAll(hubID, old)
}

func (t *tx) removeAll(hubID int64, rows map[derivedKey]*registrationRow) error {
	for _, r := range rows {
		if err := t.remove(hubID, r); err != nil {
			return err
		}
	}
	return nil
}

func (r *reader) derived(hubID int64, installation string) (map[derivedKey]*registrationRow, error) {
	out := map[derivedKey]*registrationRow{}
	err := r.each(func(row scanner) error {
		reg, err := scanRegistration(row)
		out[keyOf(&reg.Registration)] = &reg
		return err
	}, registrationColumns+"WHERE r.hub_id = ? AND r.installation_id = ? AND r.installation_id <> ''", hubID, installation)
	return out, err
}

// changeChannel applies fn to the channel and the tiles of an installation
// that have this handle, and derives its registrations anew.
func (t *tx) changeChannel(hubID int64, installation string, p hub.Platform, handle string, now time.Time, fn func(channel *string, expired *bool)) error {
	i, err := t.Installation(hubID, installation, now)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	key := hub.HandleKey(p, handle)
	if hub.HandleKey(p, i.Handle) == key {
		fn(&i.Handle, &i.ChannelExpired)
	}
	for name, tile := range i.SecondaryTiles {
		if hub.HandleKey(p, tile.Handle) == key {
			fn(&tile.Handle, &tile.ChannelExpired)
			i.SecondaryTiles[name] = tile
		}
	}
	return t.writeInstallation(hubID, &i, now)
}
