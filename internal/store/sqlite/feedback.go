package sqlite

import (
	"errors"
	"time"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/store"
)

const feedbackColumns = "SELECT id, at, outcome, platform, handle, new_handle, registration, installation, notification, number FROM feedback "

func scanFeedback(row scanner) (f store.Feedback, err error) {
	err = row.Scan(&f.ID, micros{&f.At}, &f.Outcome, &f.Platform, &f.Handle, &f.NewHandle, &f.RegistrationID, &f.InstallationID, &f.NotificationID, &f.Number)
	return f, err
}

const secondsOfDay = 24 * 60 * 60

func dayOf(t time.Time) int64 { return t.Unix() / secondsOfDay }

// addFeedback writes a row about a registration that goes, or whose
// installation's channel changes.
func (t *tx) addFeedback(hubID int64, r *registrationRow, f store.Feedback, now time.Time) error {
	f.Platform, f.Handle, f.Number = r.Platform, r.Handle, r.Number
	if f.InstallationID = r.InstallationID; f.InstallationID == "" {
		f.RegistrationID = r.ID
	}
	_, err := t.exec(`INSERT INTO feedback (hub_id, day, at, outcome, platform, handle, new_handle, registration, installation, notification, number)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		hubID, dayOf(now), now.UnixMicro(), f.Outcome, f.Platform, f.Handle, f.NewHandle, f.RegistrationID, f.InstallationID, f.NotificationID, f.Number)
	return err
}

func (r *reader) FeedbackDays(hubID int64) ([]time.Time, error) {
	var out []time.Time
	for day := int64(-1 << 62); ; {
		// The next day, by the index: there are few days, and many rows.
		var next *int64
		if err := r.row("SELECT min(day) FROM feedback WHERE hub_id = ? AND day > ?", hubID, day).Scan(&next); err != nil || next == nil {
			return out, err
		}
		day = *next
		out = append(out, time.Unix(day*secondsOfDay, 0).UTC())
	}
}

func (r *reader) ListFeedback(hubID int64, day time.Time, after int64, limit int) ([]store.Feedback, error) {
	var out []store.Feedback
	err := r.each(func(row scanner) error {
		f, err := scanFeedback(row)
		out = append(out, f)
		return err
	}, feedbackColumns+"WHERE hub_id = ? AND day = ? AND id > ? ORDER BY id LIMIT ?", hubID, dayOf(day), after, limit)
	return out, err
}

func (r *reader) Faulted(hubID int64, notification string, numbers []int64, sequence int64) (map[int64]store.Feedback, error) {
	out := map[int64]store.Feedback{}
	for _, n := range numbers {
		f, err := scanFeedback(r.row(feedbackColumns+"WHERE hub_id = ? AND notification = ? AND notification <> '' AND number = ? LIMIT 1", hubID, notification, n))
		if err = notFound(err); errors.Is(err, store.ErrNotFound) {
			f, err = r.unchanged(hubID, n, sequence)
		}
		switch {
		case err == nil:
			out[n] = f
		case !errors.Is(err, store.ErrNotFound):
			return nil, err
		}
	}
	return out, nil
}

// unchanged is a registration as feedback, or store.ErrNotFound.
func (r *reader) unchanged(hubID, number, sequence int64) (store.Feedback, error) {
	row, err := r.byNumber(hubID, number)
	if err == nil && row.changed > sequence {
		err = store.ErrNotFound
	}
	f := store.Feedback{Number: number, Platform: row.Platform, Handle: row.Handle, InstallationID: row.InstallationID}
	if f.InstallationID == "" {
		f.RegistrationID = row.ID
	}
	return f, err
}

func (r *reader) LogPages(hubID int64, id string, after int64, limit int) ([]store.LogPage, error) {
	var out []store.LogPage
	err := r.each(func(row scanner) error {
		var p store.LogPage
		err := row.Scan(&p.ID, &p.Platform, &p.Entries, &p.Notes, micros{&p.At})
		out = append(out, p)
		return err
	}, "SELECT id, platform, entries, notes, at FROM delivery_log WHERE hub_id = ? AND notification = ? AND id > ? ORDER BY id LIMIT ?", hubID, id, after, limit)
	return out, err
}

func (t *tx) SweepFeedback(before time.Time, limit int) (int, error) {
	n, err := t.changed("DELETE FROM feedback WHERE id IN (SELECT id FROM feedback WHERE at < ? ORDER BY at LIMIT ?)", before.UnixMicro(), limit)
	return int(n), err
}

// outcomeOf is what feedback says of a handle that an operator called dead.
func outcomeOf(d *store.Dead) hub.Outcome {
	if d.Outcome == hub.Success {
		return hub.ExpiredChannel
	}
	return d.Outcome
}
