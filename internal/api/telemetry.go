package api

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/store"
	"github.com/fanfare-hub/fanfare/internal/wire"
)

// notificationDetails is GET /{hub}/messages/{id}: what became of a send, as
// far as it is known now.
func (s *server) notificationDetails(r *request) (answer, error) {
	id, err := r.id()
	if err != nil {
		return answer{}, err
	}
	var n hub.Notification
	var counts []hub.Count
	err = s.store.View(r.Context(), func(rd store.Reader) (err error) {
		if n, err = rd.Notification(r.hub.ID, id); err != nil {
			return err
		}
		counts, err = rd.OutcomeCounts(r.hub.ID, id)
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		return answer{}, errNoNotification
	}
	if err != nil {
		return answer{}, err
	}
	details := r.details(&n, counts)
	details.PnsErrorDetailsURI = r.errorsURL(n.ID, counts)
	body := wire.AppendNotificationDetails(nil, details)
	return reply(http.StatusOK, body, "Content-Type", wire.ContentTypeXML), nil
}

func (r *request) details(n *hub.Notification, counts []hub.Count) *wire.NotificationDetails {
	return &wire.NotificationDetails{
		NotificationID:   n.ID,
		Location:         "sb://" + r.Host + r.notificationPath("messages", n.ID), // the scheme of the documented samples
		State:            n.State.String(),
		EnqueueTime:      n.EnqueuedAt,
		StartTime:        n.StartedAt,
		EndTime:          n.EndedAt,
		NotificationBody: string(n.Body),
		Tags:             n.Tags,
		TargetPlatforms:  targetPlatforms(n, counts),
		OutcomeCounts:    outcomeCounts(counts),
	}
}

// targetPlatforms names the push services: of a template send those that were
// reached for, or "template" while none is known.
func targetPlatforms(n *hub.Notification, counts []hub.Count) string {
	if n.Kind == hub.Native {
		return wire.AppPlatformName(n.Platform.String(), false)
	}
	var names []string
	for _, p := range platformsOf(counts) {
		names = append(names, wire.AppPlatformName(p.String(), true))
	}
	if names == nil {
		return "template"
	}
	return strings.Join(names, ",")
}

// outcomeCounts groups by platform, in order of platform and outcome. Nothing
// is written of a platform without counts: the JavaScript client cannot read an
// empty collection.
func outcomeCounts(counts []hub.Count) []wire.OutcomeCounts {
	var out []wire.OutcomeCounts
	for _, p := range platformsOf(counts) {
		of := wire.OutcomeCounts{Platform: p.String()}
		for _, c := range sortedCounts(counts) {
			if c.Platform == p && c.N > 0 {
				of.Counts = append(of.Counts, wire.OutcomeCount{Name: c.Outcome.String(), Count: c.N})
			}
		}
		out = append(out, of)
	}
	return out
}

func sortedCounts(counts []hub.Count) []hub.Count {
	return slices.SortedFunc(slices.Values(counts), func(a, b hub.Count) int { return int(a.Outcome) - int(b.Outcome) })
}

func platformsOf(counts []hub.Count) []hub.Platform {
	var out []hub.Platform
	for _, p := range hub.Platforms {
		if slices.ContainsFunc(counts, func(c hub.Count) bool { return c.Platform == p && c.N > 0 }) {
			out = append(out, p)
		}
	}
	return out
}
