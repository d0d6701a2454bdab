package api

import (
	"errors"

	"github.com/fanfare-hub/fanfare/internal/dispatch"
	"github.com/fanfare-hub/fanfare/internal/store"
)

// delays is GET /_fanfare/hubs/{hub}/notifications/{id}/delays: what a
// notification waits for that is not final, platform by platform.
func (s *server) delays(r *request) (answer, error) {
	id, err := r.id()
	if err != nil {
		return answer{}, err
	}
	all, err := s.dispatch.Delays(r.Context(), r.hub.ID, id)
	if errors.Is(err, store.ErrNotFound) {
		return answer{}, errNoNotification
	}
	if err != nil {
		return answer{}, err
	}
	if all == nil {
		all = []dispatch.Delay{} // JSON has an empty list for it
	}
	return replyJSON(all)
}
