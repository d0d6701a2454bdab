package api

import (
	"errors"
	"net/http"
	"time"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/store"
	"github.com/fanfare-hub/fanfare/internal/wire"
)

// patchInstallation is PATCH /{hub}/installations/{id}: all of the operations
// are done when the answer goes out, or none.
func (s *server) patchInstallation(r *request) (answer, error) {
	id, err := r.id()
	if err != nil {
		return answer{}, err
	}
	body, err := r.body(maxDocument)
	if err != nil {
		return answer{}, err
	}
	patch, err := wire.DecodePatch(body)
	if err != nil {
		return answer{}, err
	}
	err = s.store.Update(r.Context(), store.Accept, func(tx store.Tx) error {
		var changed hub.Installation
		err := tx.ChangeInstallation(r.hub.ID, id, r.now, func(i *hub.Installation) error {
			err := r.patch(i, patch)
			changed = *i
			return err
		})
		if err != nil || !patch.WritesChannel() {
			return err
		}
		for _, handle := range changed.Handles() {
			if err := tx.ClearSuspect(r.hub.ID, changed.Platform, handle); err != nil {
				return err
			}
		}
		return nil
	})
	if errors.Is(err, store.ErrNotFound) {
		return answer{}, errNoInstallation
	}
	if err != nil {
		return answer{}, err
	}
	return reply(http.StatusOK, nil, "Content-Type", wire.ContentTypeXML, "Content-Location", r.url()), nil
}

// patch changes an installation. What comes of it must be one that could be put.
// An expiry that no operation names stays as it is.
func (r *request) patch(i *hub.Installation, patch wire.Patch) error {
	w := installationWire(i)
	never := i.ExpiresAt.IsZero()
	if never {
		w.ExpirationTime = hub.NeverExpires // without a date it would be given the hub's
	}
	if err := patch.Apply(&w); err != nil {
		return err
	}
	changed := installationOf(&w)
	changed.ExpiresAt = r.installationExpiry(changed.ExpiresAt)
	if never && changed.ExpiresAt.Equal(hub.NeverExpires) {
		changed.ExpiresAt = time.Time{}
	}
	if err := checkInstallation(&changed); err != nil {
		return err
	}
	*i = changed
	return nil
}
