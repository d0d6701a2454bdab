package api

import (
	"bytes"
	"errors"
	"net/http"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/hubwire"
	"github.com/fanfare-hub/fanfare/internal/store"
	"github.com/fanfare-hub/fanfare/internal/wire"
)

// putInstallation is PUT /{hub}/installations/{id}: create, or replace whole.
// Unlike Azure's, the write is done when the answer goes out.
func (s *server) putInstallation(r *request) (answer, error) {
	inst, err := r.installation()
	if err != nil {
		return answer{}, err
	}
	err = s.store.Update(r.Context(), store.Accept, func(tx store.Tx) error {
		return tx.PutInstallation(r.hub.ID, &inst, r.now)
	})
	if err != nil {
		return answer{}, err
	}
	return reply(http.StatusOK, nil, "Content-Type", wire.ContentTypeXML, "Content-Location", r.url()), nil
}

// getInstallation is GET /{hub}/installations/{id}. The body is JSON under the
// label that Azure gives it.
func (s *server) getInstallation(r *request) (answer, error) {
	id, err := r.id()
	if err != nil {
		return answer{}, err
	}
	var inst hub.Installation
	err = s.store.View(r.Context(), func(rd store.Reader) (err error) {
		inst, err = rd.Installation(r.hub.ID, id, r.now)
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		return answer{}, errNoInstallation
	}
	if err != nil {
		return answer{}, err
	}
	w := installationWire(&inst)
	showNames(&w)
	return reply(http.StatusOK, wire.AppendInstallation(nil, &w), "Content-Type", wire.ContentTypeXML), nil
}

// deleteInstallation is DELETE /{hub}/installations/{id}: the same whether
// there was one or not.
func (s *server) deleteInstallation(r *request) (answer, error) {
	id, err := r.id()
	if err != nil {
		return answer{}, err
	}
	err = s.store.Update(r.Context(), store.Accept, func(tx store.Tx) error {
		return tx.DeleteInstallation(r.hub.ID, id)
	})
	if err != nil {
		return answer{}, err
	}
	return reply(http.StatusNoContent, nil), nil
}

// installation reads the body: a valid installation with the id of the path.
func (r *request) installation() (hub.Installation, error) {
	id, err := r.id()
	if err != nil {
		return hub.Installation{}, err
	}
	body, err := r.body(maxDocument)
	if err != nil {
		return hub.Installation{}, err
	}
	w, err := wire.DecodeInstallation(bytes.NewReader(body))
	if err != nil {
		return hub.Installation{}, err
	}
	if w.InstallationID != id {
		return hub.Installation{}, badRequest("The installationId of the body is not the one in the path.")
	}
	revive(&w)
	inst := installationOf(&w)
	inst.UpdatedAt = r.now
	inst.ExpiresAt = r.installationExpiry(inst.ExpiresAt)
	return inst, checkInstallation(&inst)
}

// checkInstallation refuses what no installation may be, however it was written.
func checkInstallation(inst *hub.Installation) error {
	if err := inst.Validate(); err != nil {
		return err
	}
	return checkChannels(inst)
}

// checkChannels checks the device's channel and those of its tiles.
func checkChannels(inst *hub.Installation) error {
	if err := hubwire.CheckChannel(inst.Platform, inst.Handle); err != nil {
		return err
	}
	for _, t := range inst.SecondaryTiles {
		if err := hubwire.CheckChannel(inst.Platform, t.Handle); err != nil {
			return err
		}
	}
	return nil
}
