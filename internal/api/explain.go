package api

import (
	"errors"

	"github.com/fanfare-hub/fanfare/internal/store"
)

// maxDevice bounds what names a device, in bytes: the longest is a handle.
const maxDevice = 4096

// explain is GET /_fanfare/hubs/{hub}/notifications/{id}/explain?device=…: why
// a device got a notification, or did not.
func (s *server) explain(r *request) (answer, error) {
	id, err := r.id()
	if err != nil {
		return answer{}, err
	}
	device := r.query.get("device")
	if device == "" || len(device) > maxDevice || !printable(device) {
		return answer{}, badRequest("The parameter device is missing or not valid: the id of an installation or a registration, a handle, or the id of a user is expected, of at most %d bytes.", maxDevice)
	}
	e, err := s.dispatch.Explain(r.Context(), r.hub.ID, id, device)
	if errors.Is(err, store.ErrNotFound) {
		return answer{}, errNoNotification
	}
	if err != nil {
		return answer{}, err
	}
	return replyJSON(e)
}
