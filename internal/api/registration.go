package api

import (
	"bytes"
	"errors"
	"net/http"
	"strconv"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/hubwire"
	"github.com/fanfare-hub/fanfare/internal/store"
	"github.com/fanfare-hub/fanfare/internal/wire"
)

// createRegistrationID is POST /{hub}/registrationids. Nothing is reserved: ids
// are random. Clients match the Location against their own spelling of the path
// and their own query.
func (s *server) createRegistrationID(r *request) (answer, error) {
	return reply(http.StatusCreated, nil, "Location", r.url(hub.NewRegistrationID())), nil
}

// createRegistration is POST /{hub}/registrations: always a new one, also for a
// handle that has others.
func (s *server) createRegistration(r *request) (answer, error) {
	reg, err := r.registration()
	if err != nil {
		return answer{}, err
	}
	reg.ID = hub.NewRegistrationID()
	err = s.store.Update(r.Context(), store.Accept, func(tx store.Tx) error {
		return tx.PutRegistration(r.hub.ID, &reg, nil, r.now)
	})
	if err != nil {
		return answer{}, err
	}
	address := r.url(reg.ID)
	a := registrationAnswer(&reg, address)
	a.header.Set("Content-Location", address)
	return a, nil
}

// putRegistration is PUT /{hub}/registrations/{id}: create or replace, or with
// If-Match replace only.
func (s *server) putRegistration(r *request) (answer, error) {
	id, err := r.id()
	if err != nil {
		return answer{}, err
	}
	match, err := r.ifMatch()
	if err != nil {
		return answer{}, err
	}
	reg, err := r.registration()
	if err != nil {
		return answer{}, err
	}
	reg.ID = id
	err = s.store.Update(r.Context(), store.Accept, func(tx store.Tx) error {
		if err := refuseDerived(tx, r, id); err != nil {
			return err
		}
		return tx.PutRegistration(r.hub.ID, &reg, match, r.now)
	})
	if err != nil {
		return answer{}, registrationError(err)
	}
	return registrationAnswer(&reg, r.url()), nil
}

// refuseDerived keeps a client from taking a registration away from its
// installation, which would derive it once more.
func refuseDerived(rd store.Registrations, r *request, id string) error {
	old, err := rd.Registration(r.hub.ID, id, r.now)
	if err == nil && old.InstallationID != "" {
		return badRequest("The registration belongs to an installation. Write the installation instead.")
	}
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	return err
}

// getRegistration is GET /{hub}/registrations/{id}.
func (s *server) getRegistration(r *request) (answer, error) {
	id, err := r.id()
	if err != nil {
		return answer{}, err
	}
	var reg hub.Registration
	err = s.store.View(r.Context(), func(rd store.Reader) (err error) {
		reg, err = rd.Registration(r.hub.ID, id, r.now)
		return err
	})
	if err != nil {
		return answer{}, registrationError(err)
	}
	return registrationAnswer(&reg, r.url()), nil
}

// deleteRegistration is DELETE /{hub}/registrations/{id}, also of one that
// belongs to an installation. Without If-Match it is unconditional.
func (s *server) deleteRegistration(r *request) (answer, error) {
	id, err := r.id()
	if err != nil {
		return answer{}, err
	}
	match, err := r.ifMatch()
	if err != nil {
		return answer{}, err
	}
	err = s.store.Update(r.Context(), store.Accept, func(tx store.Tx) error {
		return tx.DeleteRegistration(r.hub.ID, id, match, r.now)
	})
	if err != nil {
		return answer{}, registrationError(err)
	}
	return reply(http.StatusOK, nil), nil
}

func registrationError(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return errNoRegistration
	}
	return err
}

// registration reads the body: a valid registration that expires when the hub
// says so. What the body says of id, ETag and expiry is not the client's to say.
func (r *request) registration() (hub.Registration, error) {
	body, err := r.body(maxDocument)
	if err != nil {
		return hub.Registration{}, err
	}
	w, err := wire.DecodeEntry(bytes.NewReader(body))
	if err != nil {
		return hub.Registration{}, err
	}
	reg, err := hubwire.FromWire(&w)
	reg.UpdatedAt = r.now
	reg.ExpiresAt = r.expiresAt()
	return reg, err
}

// ifMatch reads the precondition; nil: none. Clients write the ETag bare, in
// quotes, as a weak one, and the star in quotes or without.
func (r *request) ifMatch() (*store.ETag, error) {
	text := r.Header.Get("If-Match")
	if text == "" {
		return nil, nil
	}
	star, value, err := wire.ParseETag(text)
	if err != nil {
		return nil, errETagMalformed
	}
	return &store.ETag{Any: star, Value: value}, nil
}

// registrationAnswer is the entry: always 200, also for a new one, since the
// Java client takes nothing else.
func registrationAnswer(reg *hub.Registration, address string) answer {
	e := entryOf(reg, address)
	return reply(http.StatusOK, wire.AppendEntry(nil, &e),
		"Content-Type", wire.ContentTypeEntry, "ETag", `W/"`+strconv.FormatInt(reg.ETag, 10)+`"`)
}
