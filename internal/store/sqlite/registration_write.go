package sqlite

import (
	"errors"
	"slices"
	"time"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/store"
)

func (t *tx) PutRegistration(hubID int64, r *hub.Registration, match *store.ETag, now time.Time) error {
	old, err := t.liveRow(hubID, r.ID, now)
	if err != nil {
		return err
	}
	if err := check(old, match); err != nil {
		return err
	}
	if old != nil && old.InstallationID != "" {
		return store.ErrDerived
	}
	if err := t.ClearSuspect(hubID, r.Platform, r.Handle); err != nil {
		return err
	}
	return t.write(hubID, r, old)
}

// liveRow returns the row of an id, or nil. An expired one is removed: it is
// gone already.
func (t *tx) liveRow(hubID int64, id string, now time.Time) (*registrationRow, error) {
	row, err := t.registration(hubID, id)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil, nil
	case err != nil:
		return nil, err
	case expired(row.ExpiresAt, now):
		return nil, t.remove(hubID, &row)
	}
	return &row, nil
}

func check(old *registrationRow, match *store.ETag) error {
	switch {
	case match == nil:
		return nil
	case old == nil:
		return store.ErrNotFound
	case !match.Any && match.Value != old.ETag:
		return store.ErrPrecondition
	}
	return nil
}

func (t *tx) DeleteRegistration(hubID int64, id string, match *store.ETag, now time.Time) error {
	old, err := t.liveRow(hubID, id, now)
	if err != nil {
		return err
	}
	if old == nil {
		return store.ErrNotFound
	}
	if err := check(old, match); err != nil {
		return err
	}
	return t.remove(hubID, old)
}

// remove deletes a registration and its postings.
func (t *tx) remove(hubID int64, r *registrationRow) error {
	if err := t.unpost(hubID, &r.Registration, r.Tags); err != nil {
		return err
	}
	if _, err := t.exec("DELETE FROM registration WHERE number = ?", r.Number); err != nil {
		return err
	}
	_, err := t.next("sequence")
	return err
}

// write stores a registration over the row that it replaces, or as a new one.
// A change of platform or kind is a new number: to a send that is running the
// old one is gone, and the new one is above its bound.
func (t *tx) write(hubID int64, r *hub.Registration, old *registrationRow) error {
	seq, err := t.next("sequence")
	if err != nil {
		return err
	}
	row := registrationRow{Registration: *r, written: seq, changed: seq}
	row.ETag = 1
	if old != nil {
		row.ETag = old.ETag + 1
		if old.Platform != r.Platform || old.Kind() != r.Kind() {
			if err := t.remove(hubID, old); err != nil {
				return err
			}
			old = nil
		}
	}
	var before []string
	row.Number = 0
	if old != nil {
		row.keep(old)
		before = old.Tags
	}
	if row.templateID, err = t.internTemplate(hubID, r.Template); err != nil {
		return err
	}
	if err := t.share(hubID, &row); err != nil {
		return err
	}
	if err := t.save(hubID, &row); err != nil {
		return err
	}
	if old == nil || !sameTags(old.Tags, row.Tags) {
		if err := t.repost(hubID, &row, before); err != nil {
			return err
		}
	}
	r.Number, r.ETag = row.Number, row.ETag
	return nil
}

// keep takes from the row that is replaced what stays.
func (r *registrationRow) keep(old *registrationRow) {
	r.Number = old.Number
	if hub.HandleKey(r.Platform, r.Handle) == hub.HandleKey(old.Platform, old.Handle) {
		r.shared, r.otherEnv = old.shared, old.otherEnv
		if sameTags(old.Tags, r.Tags) {
			r.changed = old.changed
		}
	}
}

func sameTags(a, b []string) bool {
	fa, fb := foldAll(a), foldAll(b)
	return slices.Equal(fa, fb)
}

// share flags native registrations as soon as two of them have one handle.
func (t *tx) share(hubID int64, r *registrationRow) error {
	if r.Kind() != hub.Native {
		return nil
	}
	// Of several that share a handle all are flagged, so that it is enough to
	// look at one other.
	var other int64
	var flagged bool
	err := notFound(t.row(`SELECT number, shared FROM registration
		WHERE hub_id = ? AND handle_key = ? AND platform = ? AND kind = 0 AND number <> ? LIMIT 1`,
		hubID, hub.HandleKey(r.Platform, r.Handle), r.Platform, r.Number).Scan(&other, &flagged))
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil
	case err != nil:
		return err
	}
	r.shared = true
	if flagged {
		return nil
	}
	_, err = t.exec("UPDATE registration SET shared = 1 WHERE number = ?", other)
	return err
}

func (t *tx) save(hubID int64, r *registrationRow) error {
	tags, err := pack(r.Tags, len(r.Tags) == 0)
	if err != nil {
		return err
	}
	vars, err := pack(r.PushVariables, len(r.PushVariables) == 0)
	if err != nil {
		return err
	}
	var keys hub.BrowserKeys
	if r.Browser != nil {
		keys = *r.Browser
	}
	args := []any{
		hubID, r.ID, r.Platform, r.Kind(), r.Handle, hub.HandleKey(r.Platform, r.Handle), keys.P256DH, keys.Auth, r.templateID,
		tags, vars, r.SecondaryTileName, r.InstallationID, r.ETag, at(r.ExpiresAt), at(r.UpdatedAt), r.changed, r.written, r.shared, r.otherEnv,
	}
	if r.Number == 0 {
		return t.row(`INSERT INTO registration (hub_id, id, platform, kind, handle, handle_key, p256dh, auth, template_id, tags, push_variables,
			tile, installation_id, etag, expires_at, updated_at, changed, written, shared, other_environment)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING number`, args...).Scan(&r.Number)
	}
	_, err = t.exec(`UPDATE registration SET hub_id = ?, id = ?, platform = ?, kind = ?, handle = ?, handle_key = ?, p256dh = ?, auth = ?,
		template_id = ?, tags = ?, push_variables = ?, tile = ?, installation_id = ?, etag = ?, expires_at = ?, updated_at = ?,
		changed = ?, written = ?, shared = ?, other_environment = ? WHERE number = ?`, append(args, r.Number)...)
	return err
}

// maxSwept is how many rows, postings among them, one sweep removes before it
// makes room for other commits.
const maxSwept = 1000

func (t *tx) SweepRegistrations(now time.Time, limit int) (int, error) {
	type found struct {
		hubID, number int64
	}
	var rows []found
	err := t.each(func(row scanner) error {
		var f found
		err := row.Scan(&f.hubID, &f.number)
		rows = append(rows, f)
		return err
	}, "SELECT hub_id, number FROM registration WHERE expires_at <= ? LIMIT ?", at(now), limit)
	if err != nil {
		return 0, err
	}
	written := 0
	for _, f := range rows {
		row, err := t.byNumber(f.hubID, f.number)
		if err == nil {
			err = t.remove(f.hubID, &row)
		}
		if err != nil {
			return 0, err
		}
		if written += 1 + len(row.Tags); written >= maxSwept {
			return limit, nil // a full slice: there may be more
		}
	}
	if len(rows) == limit {
		return limit, nil
	}
	n, err := t.changed(`DELETE FROM installation WHERE (hub_id, id) IN
		(SELECT hub_id, id FROM installation WHERE expires_at <= ? LIMIT ?)`, at(now), limit-len(rows))
	swept := len(rows) + int(n)
	if err != nil || swept == limit {
		return swept, err
	}
	templates, err := t.sweepTemplates(now, limit-swept)
	return swept + templates, err
}
