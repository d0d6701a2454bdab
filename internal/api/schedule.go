package api

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/store"
	"github.com/fanfare-hub/fanfare/internal/wire"
)

// The bounds of a schedule: Azure's window, and how far outside of it a time
// may lie, since the clocks of callers differ, and some write whole seconds.
const (
	scheduleWindow = 7 * 24 * time.Hour
	scheduleSlack  = time.Minute
)

// scheduleNotification is POST /{hub}/schedulednotifications: a send whose
// audience is resolved when its time comes. The flag test, which the .NET
// client puts on every request, means nothing here.
func (s *server) scheduleNotification(r *request) (answer, error) {
	n, err := s.notification(r)
	if err != nil {
		return answer{}, err
	}
	if n.ScheduledAt, err = s.scheduleTime(r); err != nil {
		return answer{}, err
	}
	if err := s.dispatch.Schedule(r.Context(), n); err != nil {
		return answer{}, err
	}
	return reply(http.StatusCreated, nil,
		"Content-Type", wire.ContentTypeXML, "Location", r.notificationURL("schedulednotifications", n.ID)), nil
}

// scheduleTime reads when a send is due. No zone means UTC: none of the clients
// that leave it out says so, and most mean it.
func (s *server) scheduleTime(r *request) (time.Time, error) {
	text := strings.TrimSpace(r.Header.Get(wire.HeaderScheduleTime))
	if text == "" {
		return time.Time{}, badRequest("A scheduled notification needs the HTTP header %q, a date such as 2030-01-02T03:04:05Z.", wire.HeaderScheduleTime)
	}
	at, err := wire.ParseTime(text)
	if err != nil {
		return time.Time{}, badRequest("The HTTP header %q has an invalid value: %.100q. A date such as 2030-01-02T03:04:05Z is expected.", wire.HeaderScheduleTime, text)
	}
	if ahead := at.Sub(r.now); ahead < -scheduleSlack || ahead > s.window+scheduleSlack {
		return time.Time{}, badRequest("The HTTP header %q has an invalid value: %.100q is not between now, %s, and %s, %s ahead, which is as far as dispatch.schedule_window of the configuration allows.",
			wire.HeaderScheduleTime, text, scheduleStamp(r.now), scheduleStamp(r.now.Add(s.window)), strings.Replace(s.window.String(), "h0m0s", "h", 1))
	}
	return at, nil
}

func scheduleStamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }

// cancelNotification is DELETE /{hub}/schedulednotifications/{id}. It may be
// repeated, as clients do whose answer was lost: 200 says that nobody gets the
// notification, and what was sent already is a 404 that says so.
func (s *server) cancelNotification(r *request) (answer, error) {
	id, err := r.id()
	if err != nil {
		return answer{}, err
	}
	was, err := s.dispatch.Cancel(r.Context(), r.hub.ID, id)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return answer{}, errNoNotification
	case err != nil:
		return answer{}, err
	case was != hub.Scheduled && was != hub.Canceled:
		return answer{}, errNotScheduled
	}
	return reply(http.StatusOK, nil, "Content-Type", wire.ContentTypeXML), nil
}
