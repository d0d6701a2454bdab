package api

import (
	"errors"

	"github.com/fanfare-hub/fanfare/internal/doctor"
)

// examine is GET /_fanfare/hubs/{hub}/doctor: whether the push services take
// the hub's credentials. The answer is 200 whatever was found.
func (s *server) examine(r *request) (answer, error) {
	report, err := s.doctor.Examine(r.Context(), r.hub)
	if errors.Is(err, doctor.ErrBusy) {
		return answer{}, errExamined
	}
	if err != nil {
		return answer{}, err
	}
	return replyJSON(report)
}
