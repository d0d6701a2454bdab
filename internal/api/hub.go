package api

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"strconv"

	"github.com/google/uuid"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/store"
	"github.com/fanfare-hub/fanfare/internal/wire"
)

// getHub is GET /{hub}.
func (s *server) getHub(r *request) (answer, error) {
	stored, err := s.credentials(r.Context(), r.hub.ID)
	if err != nil {
		return answer{}, err
	}
	return hubAnswer(http.StatusOK, r.hubEntry(r.hub, stored, r.url())), nil
}

// putHub is PUT /{hub}: with If-Match: * it replaces a hub whole, without it
// makes a new one.
func (s *server) putHub(r *request) (answer, error) {
	match, err := r.ifMatch()
	if err != nil {
		return answer{}, err
	}
	if match != nil && !match.Any {
		return answer{}, errHubETag
	}
	given, err := r.hubDescription()
	if err != nil {
		return answer{}, err
	}
	if match == nil {
		return s.createHub(r, given)
	}
	return s.updateHub(r, given)
}

func (s *server) createHub(r *request, given *wire.HubDescription) (answer, error) {
	name := r.parameter("hub")
	switch {
	case r.hub.ID != 0:
		return answer{}, errHubExists
	case !hub.ValidName(name):
		return answer{}, badRequest("The hub's name is not valid: letters, digits and . _ - are allowed, first a letter or digit, at most 260.")
	}
	h := hub.Hub{Name: name, CreatedAt: r.now}
	if len(given.Rules) == 0 {
		h.Rules = hub.DefaultRules(r.now)
	}
	if len(given.Credentials) == 0 {
		for _, c := range s.newHub {
			given.Credentials = append(given.Credentials, wire.PNSCredential{Platform: c.Platform.String(), Properties: c.Properties})
		}
	}
	stored, err := s.writeHub(r, &h, given)
	if err != nil {
		return answer{}, err
	}
	return hubAnswer(http.StatusCreated, r.hubEntry(h, stored, r.url())), nil
}

// updateHub replaces a hub: what the description leaves out is reset. Its answer
// does not say when the hub was made: nor does Azure's.
func (s *server) updateHub(r *request, given *wire.HubDescription) (answer, error) {
	switch {
	case r.hub.ID == 0:
		return answer{}, errNoService
	case r.hub.Fixed:
		return answer{}, errHubFixed
	}
	h := hub.Hub{ID: r.hub.ID, Name: r.hub.Name}
	stored, err := s.writeHub(r, &h, given)
	if err != nil {
		return answer{}, err
	}
	return hubAnswer(http.StatusOK, r.hubEntry(h, stored, r.url())), nil
}

// writeHub checks what is given, stores it as h, and wakes what waits for a
// credential that has changed. Credentials are checked before the transaction,
// since that may take long; if others were stored meanwhile, nothing is written.
func (s *server) writeHub(r *request, h *hub.Hub, given *wire.HubDescription) (credentials, error) {
	if err := r.describe(h, given); err != nil {
		return nil, err
	}
	before, err := s.credentials(r.Context(), h.ID)
	if err != nil {
		return nil, err
	}
	after, err := s.merge(before, given)
	if err != nil {
		return nil, err
	}
	var changed []hub.Platform
	err = s.store.Update(r.Context(), store.Accept, func(tx store.Tx) error {
		if err := unchanged(tx, h, before); err != nil {
			return err
		}
		if err := tx.PutHub(h); err != nil {
			return err
		}
		changed, err = putCredentials(tx, h.ID, before, after)
		return err
	})
	if err != nil {
		return nil, err
	}
	for _, p := range changed {
		// The credential is stored whatever comes of this: what waits for it also
		// looks by itself when it is due.
		if err := s.dispatch.CredentialChanged(context.WithoutCancel(r.Context()), h.ID, p); err != nil {
			s.log.ErrorContext(r.Context(), "waking what waits for a credential", "hub", h.Name, "platform", p.String(), "error", err)
		}
	}
	return after, nil
}

// maxHubs bounds the hubs of a namespace, all of which a list shows at once. The
// configuration may name more.
const maxHubs = 1000

// unchanged reports what has been written to a hub since it was read, and that
// there is no room for a new one.
func unchanged(tx store.Tx, h *hub.Hub, before credentials) error {
	now, err := tx.Hub(h.Name)
	switch {
	case errors.Is(err, store.ErrNotFound) && h.ID == 0:
		n, err := tx.CountHubs()
		if err == nil && n >= maxHubs {
			err = errHubsFull
		}
		return err
	case errors.Is(err, store.ErrNotFound):
		return errNoService
	case err != nil:
		return err
	case h.ID == 0:
		return errHubExists
	case now.ID != h.ID || now.Fixed:
		return errHubChanged
	}
	stored, err := readCredentials(tx, h.ID)
	if err == nil && !stored.sameVersions(before) {
		err = errHubChanged
	}
	return err
}

// deleteHub is DELETE /{hub}. The name is free at once; the rest of the hub goes
// slice by slice.
func (s *server) deleteHub(r *request) (answer, error) {
	if r.hub.Fixed {
		return answer{}, errHubFixed
	}
	err := s.store.Update(r.Context(), store.Accept, func(tx store.Tx) error { return tx.DeleteHub(r.hub.ID, r.now) })
	if errors.Is(err, store.ErrNotFound) {
		return answer{}, errNoService
	}
	if err != nil {
		return answer{}, err
	}
	s.dispatch.HubDeleted(r.hub.ID)
	return reply(http.StatusOK, nil), nil
}

// listServices is GET /: the names of the hubs, as the .NET client lists them.
func (s *server) listServices(r *request) (answer, error) {
	var entries []wire.HubEntry
	err := s.store.View(r.Context(), func(rd store.Reader) error {
		all, err := rd.ListHubs()
		for _, h := range all {
			entries = append(entries, wire.HubEntry{URL: r.origin() + "/" + h.Name, Name: h.Name, Updated: h.UpdatedAt})
		}
		return err
	})
	if err != nil {
		return answer{}, err
	}
	return reply(http.StatusOK, wire.AppendServiceFeed(nil, uuid.NewString(), r.now, entries), "Content-Type", wire.ContentTypeFeed), nil
}

// listHubs is GET /$Resources/NotificationHubs: the hubs whole, as the Java and
// azure-sb clients list them.
func (s *server) listHubs(r *request) (answer, error) {
	skip, err := r.number("$skip")
	if err != nil {
		return answer{}, err
	}
	top, err := r.number("$top")
	if err != nil {
		return answer{}, err
	}
	var entries []wire.HubEntry
	err = s.store.View(r.Context(), func(rd store.Reader) error {
		all, err := rd.ListHubs()
		if err != nil {
			return err
		}
		all = all[min(skip, len(all)):]
		if r.query.get("$top") != "" {
			all = all[:min(top, len(all))]
		}
		for _, h := range all {
			stored, err := readCredentials(rd, h.ID)
			if err != nil {
				return err
			}
			entries = append(entries, r.hubEntry(h, stored, withQuery(r.origin()+"/"+h.Name, r.query.raw)))
		}
		return nil
	})
	if err != nil {
		return answer{}, err
	}
	return reply(http.StatusOK, wire.AppendHubFeed(nil, r.url(), r.now, entries), "Content-Type", wire.ContentTypeFeed), nil
}

// number reads a number of the query that may be absent.
func (r *request) number(name string) (int, error) {
	text := r.query.get(name)
	if text == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		return 0, badRequest("%s is not a number from 0: %.40q.", name, text)
	}
	return n, nil
}

// hubDescription reads the body.
func (r *request) hubDescription() (*wire.HubDescription, error) {
	body, err := r.body(maxDocument)
	if err != nil {
		return nil, err
	}
	e, found, err := wire.DecodeHubEntry(bytes.NewReader(body))
	if err == nil && !found {
		err = badRequest("An entry with a NotificationHubDescription is expected, not a feed.")
	}
	return e.Hub, err
}

func hubAnswer(status int, e wire.HubEntry) answer {
	return reply(status, wire.AppendHubEntry(nil, &e), "Content-Type", wire.ContentTypeEntry)
}
