package api

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/fanfare-hub/fanfare/internal/auth"
	"github.com/fanfare-hub/fanfare/internal/dispatch"
	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/store"
	"github.com/fanfare-hub/fanfare/internal/wire"
)

// Azure keeps feedback in a storage account of its own, and hands out signed
// URLs into it. Here the hub serves them itself, under addresses that list and
// read as the blob service's do.

// urlLife is how long a signed URL is good.
const urlLife = 24 * time.Hour

// feedbackContainer is GET /{hub}/feedbackcontainer: the URL alone, as text.
func (s *server) feedbackContainer(r *request) (answer, error) {
	address := r.signedURL(feedbackGrant(&r.hub, "rl"))
	return reply(http.StatusOK, []byte(address), "Content-Type", "text/plain; charset=utf-8"), nil
}

// errorsURL is where a notification's errors are read: handles of devices, so
// that only who manages the hub gets it. "" if there are no errors.
func (r *request) errorsURL(id string, counts []hub.Count) string {
	some := slices.ContainsFunc(counts, func(c hub.Count) bool { return c.N > 0 && dispatch.IsFault(c.Outcome) })
	if !some || r.require(hub.Manage) != nil {
		return ""
	}
	return r.signedURL(errorsGrant(&r.hub, id))
}

func feedbackGrant(h *hub.Hub, permissions string) auth.Grant {
	return auth.Grant{Path: "/_fanfare/feedback/" + h.Name, Resource: "c", Permissions: permissions}
}

func errorsGrant(h *hub.Hub, id string) auth.Grant {
	return auth.Grant{Path: "/_fanfare/errors/" + h.Name + "/" + id, Resource: "b", Permissions: "r"}
}

// signedURL is a grant as an address that needs no token, signed by the rule
// that opened this request.
func (r *request) signedURL(g auth.Grant) string {
	g.Expiry = r.now.Add(urlLife)
	return r.origin() + (&url.URL{Path: g.Path}).EscapedPath() + "?" + g.Query(r.rule)
}

// admitSigned finds the hub of a route whose address is signed. Whoever has no
// signature learns nothing, not even which hubs there are.
func (s *server) admitSigned(hr *http.Request, found route, segments []string, now time.Time) (h hub.Hub, err error) {
	var rules []hub.Rule
	err = s.store.View(hr.Context(), func(r store.Reader) (err error) {
		if h, err = r.Hub(found.below(segments)[0]); err != nil {
			return err
		}
		rules, err = r.NamespaceRules()
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		return h, signatureRefused("The URL has an invalid signature.")
	}
	if err != nil {
		return h, err
	}
	want := errorsGrant(&h, found.parameter("id", segments))
	switch {
	case found.parameter("name", segments) != "":
		want = feedbackGrant(&h, "r")
	case found.parameter("id", segments) == "":
		want = feedbackGrant(&h, "l")
	}
	err = auth.VerifyURL(parseQuery(hr.URL.RawQuery).get, want, append(h.Rules, rules...), now)
	if e, ok := errors.AsType[*auth.Error](err); ok {
		return h, signatureRefused(e.Msg)
	}
	return h, err
}

func signatureRefused(detail string) error {
	return &problem{status: http.StatusForbidden, detail: detail, blobCode: "AuthenticationFailed"}
}

// dayName is how Azure names a day's feedback.
const dayName = "01022006"

// listFeedback is the container: a blob for each day (UTC) of which there is
// feedback.
func (s *server) listFeedback(r *request) (answer, error) {
	var days []time.Time
	err := s.store.View(r.Context(), func(rd store.Reader) (err error) { days, err = rd.FeedbackDays(r.hub.ID); return err })
	if err != nil {
		return answer{}, err
	}
	var items []wire.BlobItem
	for _, day := range days {
		if name := day.Format(dayName); strings.HasPrefix(name, r.query.get("prefix")) {
			items = append(items, wire.BlobItem{Name: name, LastModified: earlier(r.now, day.Add(24*time.Hour))})
		}
	}
	body := wire.AppendBlobList(nil, r.origin()+"/", strings.TrimPrefix(feedbackGrant(&r.hub, "").Path, "/"), items)
	return reply(http.StatusOK, body, "Content-Type", "application/xml"), nil
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// feedbackPage is how many records are read in one transaction.
const feedbackPage = 500

// readFeedback is a day's blob: a record on each line.
func (s *server) readFeedback(r *request) (answer, error) {
	day, err := time.Parse(dayName, r.parameter("name"))
	if err != nil {
		return answer{}, errNoBlob
	}
	first, last, err := s.feedbackFrom(r.Context(), r.hub.ID, day, 0)
	if err != nil {
		return answer{}, err
	}
	if first == nil {
		return answer{}, errNoBlob
	}
	a := reply(http.StatusOK, first, "Content-Type", "application/octet-stream", "x-ms-blob-type", "BlockBlob")
	a.rest = func(put func([]byte) error) error {
		for {
			page, at, err := s.feedbackFrom(r.Context(), r.hub.ID, day, last)
			if err != nil || page == nil {
				return err
			}
			if err := put(page); err != nil {
				return err
			}
			last = at
		}
	}
	return a, nil
}

// feedbackFrom returns the records after an id; nil: there are none.
func (s *server) feedbackFrom(ctx context.Context, hubID int64, day time.Time, after int64) (page []byte, last int64, err error) {
	err = s.store.View(ctx, func(rd store.Reader) error {
		rows, err := rd.ListFeedback(hubID, day, after, feedbackPage)
		for i := range rows {
			f := &rows[i]
			last = f.ID
			page = wire.AppendFeedback(page, &wire.Feedback{
				Time: f.At, Error: f.Outcome.String(), Platform: f.Platform.String(), Handle: f.Handle, NewHandle: f.NewHandle,
				RegistrationID: f.RegistrationID, InstallationID: f.InstallationID, NotificationID: f.NotificationID,
			})
		}
		return err
	})
	return page, last, err
}

// readErrors is a notification's blob: a record for each device that it did not
// reach so far.
func (s *server) readErrors(r *request) (answer, error) {
	id := r.parameter("id")
	err := s.store.View(r.Context(), func(rd store.Reader) error { _, err := rd.Notification(r.hub.ID, id); return err })
	if errors.Is(err, store.ErrNotFound) {
		return answer{}, errNoBlob
	}
	if err != nil {
		return answer{}, err
	}
	a := reply(http.StatusOK, nil, "Content-Type", "application/octet-stream", "x-ms-blob-type", "BlockBlob")
	a.rest = func(put func([]byte) error) error {
		return s.dispatch.Faults(r.Context(), r.hub.ID, id, func(faults []dispatch.Fault) error {
			var page []byte
			for i := range faults {
				f := &faults[i]
				page = wire.AppendFeedback(page, &wire.Feedback{
					Time: f.At, Error: f.Outcome.String(), Platform: f.Platform.String(), Handle: f.Handle, NewHandle: f.NewHandle,
					RegistrationID: f.RegistrationID, InstallationID: f.InstallationID, NotificationID: id,
				})
			}
			return put(page)
		})
	}
	return a, nil
}
