package sqlite

import (
	"errors"
	"slices"
	"time"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/store"
)

func (r *reader) Breaker(hubID int64, p hub.Platform, credential int64) ([]byte, error) {
	var b []byte
	err := notFound(r.row("SELECT answers FROM breaker WHERE hub_id = ? AND platform = ? AND credential = ?", hubID, p, credential).Scan(&b))
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	return b, err
}

// keptWindows is how many versions of a credential have a window: the newest,
// and those that pages may still be under way with.
const keptWindows = 4

func (t *tx) PutBreaker(hubID int64, p hub.Platform, credential int64, window []byte) error {
	_, err := t.exec("INSERT OR REPLACE INTO breaker (hub_id, platform, credential, answers) VALUES (?, ?, ?, ?)", hubID, p, credential, window)
	if err != nil {
		return err
	}
	_, err = t.exec(`DELETE FROM breaker WHERE hub_id = ?1 AND platform = ?2 AND credential <=
		(SELECT credential FROM breaker WHERE hub_id = ?1 AND platform = ?2 ORDER BY credential DESC LIMIT 1 OFFSET ?3)`, hubID, p, keptWindows)
	return err
}

func (r *reader) Suspects(hubID int64, p hub.Platform, handles []string) (map[string]time.Time, error) {
	out := map[string]time.Time{}
	for _, h := range handles {
		var since time.Time
		err := notFound(r.row("SELECT since FROM suspect WHERE hub_id = ? AND platform = ? AND handle_key = ?", hubID, p, hub.HandleKey(p, h)).Scan(micros{&since}))
		switch {
		case err == nil:
			out[h] = since
		case !errors.Is(err, store.ErrNotFound):
			return nil, err
		}
	}
	return out, nil
}

func (r *reader) ListSuspects(hubID int64, p hub.Platform, after string, limit int) ([]store.Suspect, error) {
	var out []store.Suspect
	err := r.each(func(row scanner) error {
		var s store.Suspect
		err := row.Scan(&s.Handle, micros{&s.Since})
		out = append(out, s)
		return err
	}, "SELECT handle_key, since FROM suspect WHERE hub_id = ? AND platform = ? AND handle_key > ? ORDER BY handle_key LIMIT ?", hubID, p, after, limit)
	return out, err
}

func (r *reader) CountSuspects(hubID int64, p hub.Platform) (n int64, err error) {
	err = r.row("SELECT count(*) FROM suspect WHERE hub_id = ? AND platform = ?", hubID, p).Scan(&n)
	return n, err
}

func (t *tx) Suspect(hubID int64, p hub.Platform, d store.Dead, now time.Time) (bool, error) {
	stands, err := t.stands(hubID, p, d)
	if err != nil || !stands {
		return false, err
	}
	n, err := t.changed("INSERT OR IGNORE INTO suspect (hub_id, platform, handle_key, since) VALUES (?, ?, ?, ?)", hubID, p, hub.HandleKey(p, d.Handle), at(now))
	return n > 0, err
}

// stands reports whether a handle is what it was when it was called dead. A
// direct send's may be nobody's.
func (t *tx) stands(hubID int64, p hub.Platform, d store.Dead) (bool, error) {
	if d.Number != 0 {
		rows, err := t.rowsOfDead(hubID, p, d)
		return len(rows) > 0, err
	}
	var later bool
	err := t.row("SELECT EXISTS (SELECT 1 FROM registration WHERE hub_id = ? AND handle_key = ? AND platform = ? AND updated_at > ?)",
		hubID, hub.HandleKey(p, d.Handle), p, at(d.Since)).Scan(&later)
	return !later, err
}

func (t *tx) ClearSuspect(hubID int64, p hub.Platform, handle string) error {
	_, err := t.exec("DELETE FROM suspect WHERE hub_id = ? AND platform = ? AND handle_key = ?", hubID, p, hub.HandleKey(p, handle))
	return err
}

func (t *tx) ClearSuspects(hubID int64, p hub.Platform, limit int) (int, error) {
	n, err := t.changed(`DELETE FROM suspect WHERE (hub_id, platform, handle_key) IN
		(SELECT hub_id, platform, handle_key FROM suspect WHERE hub_id = ? AND platform = ? LIMIT ?)`, hubID, p, limit)
	return int(n), err
}

func (t *tx) RememberEnvironment(hubID int64, handle string, other bool) error {
	_, err := t.exec("UPDATE registration SET other_environment = ? WHERE hub_id = ? AND handle_key = ? AND platform = ?",
		other, hubID, hub.HandleKey(hub.APNs, handle), hub.APNs)
	return err
}

func (t *tx) DropHandle(hubID int64, p hub.Platform, d store.Dead, now time.Time) (int, error) {
	before, err := t.written()
	if err != nil {
		return 0, err
	}
	dead, err := t.rowsOfDead(hubID, p, d)
	if err != nil {
		return 0, err
	}
	dead = slices.DeleteFunc(dead, func(r registrationRow) bool { return expired(r.ExpiresAt, now) }) // gone already
	installations := map[string]bool{}                                                                // each is written once, with all that is derived from it
	for i := range dead {
		r := &dead[i]
		if installations[r.InstallationID] {
			continue
		}
		if r.InstallationID == "" {
			err = t.remove(hubID, r)
		} else {
			installations[r.InstallationID] = true
			err = t.changeChannel(hubID, r.InstallationID, p, d.Handle, now, func(_ *string, expired *bool) { *expired = true })
			if err == nil && r.SecondaryTileName == "" {
				err = t.endChannel(hubID, r.InstallationID, &d, now)
			}
		}
		if err == nil {
			err = t.addFeedback(hubID, r, store.Feedback{Outcome: outcomeOf(&d), NotificationID: d.Notification}, now)
		}
		if err != nil {
			return 0, err
		}
		after, err := t.written()
		if err != nil || after-before >= maxSwept && i < len(dead)-1 {
			return after - before, err // the caller comes again
		}
	}
	if len(dead) == 0 && d.Number == 0 {
		// A direct send's handle that nothing else keeps a suspect.
		_, err := t.exec(`DELETE FROM suspect WHERE hub_id = ?1 AND platform = ?2 AND handle_key = ?3
			AND NOT EXISTS (SELECT 1 FROM registration WHERE hub_id = ?1 AND handle_key = ?3 AND platform = ?2)`, hubID, p, hub.HandleKey(p, d.Handle))
		return 0, err
	}
	if len(dead) == 0 {
		return 0, nil
	}
	if err := t.ClearSuspect(hubID, p, d.Handle); err != nil {
		return 0, err
	}
	after, err := t.written()
	return after - before, err
}

// rowsOfDead returns the registration that d names, or more than one commit
// removes of those with its handle, unless they were written since: the answer
// is older than the handle then.
func (t *tx) rowsOfDead(hubID int64, p hub.Platform, d store.Dead) ([]registrationRow, error) {
	key := hub.HandleKey(p, d.Handle)
	if d.Number != 0 {
		row, err := t.byNumber(hubID, d.Number)
		if errors.Is(err, store.ErrNotFound) {
			return nil, nil
		}
		if err != nil || row.Platform != p || hub.HandleKey(p, row.Handle) != key ||
			row.written != d.Written || !d.Since.IsZero() && row.UpdatedAt.After(d.Since) {
			return nil, err
		}
		return []registrationRow{row}, nil
	}
	return t.rowsOf(`r.hub_id = ? AND r.handle_key = ? AND r.platform = ?
		AND (?4 IS NULL OR r.updated_at IS NULL OR r.updated_at <= ?4) LIMIT ?`, hubID, key, p, at(d.Since), maxSwept)
}

func (t *tx) ReplaceHandle(hubID int64, p hub.Platform, c store.Replacement, now time.Time) (int, error) {
	if hub.HandleKey(p, c.Old) == hub.HandleKey(p, c.New) {
		return 0, nil
	}
	before, err := t.written()
	if err != nil {
		return 0, err
	}
	rows, err := t.rowsOfReplaced(hubID, p, c, now)
	if err != nil {
		return 0, err
	}
	installations := map[string]bool{} // each is written once, with all that is derived from it
	after := before
	for i := range rows {
		if installations[rows[i].InstallationID] {
			continue
		}
		installations[rows[i].InstallationID] = rows[i].InstallationID != ""
		if err := t.replace(hubID, p, &rows[i], c, now); err != nil {
			return 0, err
		}
		if after, err = t.written(); err != nil || after-before >= maxSwept {
			break // the caller comes again
		}
	}
	return after - before, err
}

// rowsOfReplaced returns the registration that c names, if it has the old handle
// still, or more than one commit changes of those that have it.
func (t *tx) rowsOfReplaced(hubID int64, p hub.Platform, c store.Replacement, now time.Time) ([]registrationRow, error) {
	key := hub.HandleKey(p, c.Old)
	if c.Number == 0 {
		return t.rowsOf(live+"AND r.hub_id = ? AND r.handle_key = ? AND r.platform = ? LIMIT ?", at(now), hubID, key, p, maxSwept)
	}
	row, err := t.byNumber(hubID, c.Number)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil, nil
	case err != nil || row.Platform != p || hub.HandleKey(p, row.Handle) != key || expired(row.ExpiresAt, now):
		return nil, err
	}
	return []registrationRow{row}, nil
}

func (t *tx) rowsOf(where string, args ...any) (rows []registrationRow, err error) {
	err = t.each(func(row scanner) error {
		r, err := scanRegistration(row)
		rows = append(rows, r)
		return err
	}, registrationColumns+"WHERE "+where, args...)
	return rows, err
}

// replace gives a registration, or its installation, the new handle.
func (t *tx) replace(hubID int64, p hub.Platform, row *registrationRow, c store.Replacement, now time.Time) error {
	// The old one is what back-ends must not use any more.
	err := t.addFeedback(hubID, row, store.Feedback{Outcome: hub.ExpiredChannel, NewHandle: c.New, NotificationID: c.Notification}, now)
	if err != nil {
		return err
	}
	if row.InstallationID != "" {
		return t.changeChannel(hubID, row.InstallationID, p, c.Old, now, func(channel *string, _ *bool) { *channel = c.New })
	}
	r := row.Registration
	r.Handle, r.UpdatedAt = c.New, now
	return t.write(hubID, &r, row)
}
