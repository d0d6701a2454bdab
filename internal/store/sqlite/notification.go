package sqlite

import (
	"encoding/json"
	"time"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/store"
)

func (r *reader) Notification(hubID int64, id string) (hub.Notification, error) {
	n := hub.Notification{HubID: hubID, ID: id}
	var headers, direct string
	err := r.row(`SELECT kind, platform, body, content_type, headers, expiry, tags, direct, api_version, state,
		enqueued_at, started_at, ended_at, perhaps_twice, coalesce(test, 0), coalesce(bound, 0), coalesce(sequence, 0), scheduled_at
		FROM notification WHERE hub_id = ? AND id = ?`, hubID, id).
		Scan(&n.Kind, &n.Platform, &n.Body, &n.ContentType, &headers, micros{&n.Expiry}, &n.Tags, &direct, &n.APIVersion, &n.State,
			micros{&n.EnqueuedAt}, micros{&n.StartedAt}, micros{&n.EndedAt}, &n.PerhapsTwice, &n.Test, &n.Bound, &n.Sequence, micros{&n.ScheduledAt})
	if err != nil {
		return n, notFound(err)
	}
	if err := unpack(headers, &n.Headers); err != nil {
		return n, err
	}
	return n, unpack(direct, &n.Direct)
}

func (r *reader) OutcomeCounts(hubID int64, id string) ([]hub.Count, error) {
	var out []hub.Count
	err := r.each(func(row scanner) error {
		var c hub.Count
		err := row.Scan(&c.Platform, &c.Outcome, &c.N)
		out = append(out, c)
		return err
	}, "SELECT platform, outcome, n FROM outcome_count WHERE hub_id = ? AND notification = ? ORDER BY platform, outcome", hubID, id)
	return out, err
}

func (r *reader) DeliveryLog(hubID int64, id string, fn func(store.LogPage) error) error {
	return r.each(func(row scanner) error {
		var p store.LogPage
		if err := row.Scan(&p.Platform, &p.Entries, &p.Notes, micros{&p.At}); err != nil {
			return err
		}
		return fn(p)
	}, "SELECT platform, entries, notes, at FROM delivery_log WHERE hub_id = ? AND notification = ? ORDER BY id", hubID, id)
}

func (t *tx) InsertNotification(n *hub.Notification) error {
	headers, err := pack(n.Headers, len(n.Headers) == 0)
	if err != nil {
		return err
	}
	direct, err := pack(n.Direct, n.Direct == nil)
	if err != nil {
		return err
	}
	_, err = t.exec(`INSERT INTO notification (hub_id, id, kind, platform, body, content_type, headers, expiry, tags, direct, api_version, state,
		enqueued_at, started_at, ended_at, perhaps_twice, test, bound, sequence, scheduled_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		n.HubID, n.ID, n.Kind, n.Platform, blob(n.Body), n.ContentType, headers, at(n.Expiry), n.Tags, direct, n.APIVersion, n.State,
		at(n.EnqueuedAt), at(n.StartedAt), at(n.EndedAt), n.PerhapsTwice, n.Test, n.Bound, n.Sequence, at(n.ScheduledAt))
	return err
}

func (t *tx) EnqueueNotification(hubID int64, id string) error {
	_, err := t.exec("UPDATE notification SET state = ? WHERE hub_id = ? AND id = ? AND state = ?", hub.Enqueued, hubID, id, hub.Scheduled)
	return err
}

func (t *tx) CancelNotification(hubID int64, id string, now time.Time) error {
	_, err := t.exec("UPDATE notification SET state = ?, ended_at = ? WHERE hub_id = ? AND id = ? AND state = ?",
		hub.Canceled, at(now), hubID, id, hub.Scheduled)
	return err
}

func (t *tx) StartNotification(hubID int64, id string, bound, sequence int64, now time.Time) error {
	_, err := t.exec("UPDATE notification SET state = ?, started_at = ?, bound = ?, sequence = ? WHERE hub_id = ? AND id = ? AND state = ?",
		hub.Processing, at(now), bound, sequence, hubID, id, hub.Enqueued)
	return err
}

func (t *tx) FinishNotification(hubID int64, id string, s hub.State, now time.Time) error {
	_, err := t.exec("UPDATE notification SET state = ?, started_at = coalesce(started_at, ?), ended_at = ? WHERE hub_id = ? AND id = ?",
		s, at(now), at(now), hubID, id)
	return err
}

func (t *tx) AddOutcomes(hubID int64, id string, counts []hub.Count) error {
	for _, c := range counts {
		_, err := t.exec(`INSERT INTO outcome_count (hub_id, notification, platform, outcome, n) VALUES (?, ?, ?, ?, ?)
			ON CONFLICT DO UPDATE SET n = n + excluded.n`, hubID, id, c.Platform, c.Outcome, c.N)
		if err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) AddPerhapsTwice(hubID int64, id string, n int64) error {
	_, err := t.exec("UPDATE notification SET perhaps_twice = perhaps_twice + ? WHERE hub_id = ? AND id = ?", n, hubID, id)
	return err
}

func (t *tx) AppendLog(hubID int64, id string, p store.LogPage) error {
	var notes any // NULL
	if len(p.Notes) > 0 {
		notes = p.Notes
	}
	_, err := t.exec("INSERT INTO delivery_log (hub_id, notification, platform, entries, notes, at) VALUES (?, ?, ?, ?, ?, ?)",
		hubID, id, p.Platform, blob(p.Entries), notes, at(p.At))
	return err
}

// logSlice is how many pages of a delivery log one sweep removes: a large
// send's log goes in several.
const logSlice = 200

func (t *tx) SweepNotifications(endedBefore time.Time, limit int) (int, error) {
	type key struct {
		HubID int64
		ID    string
	}
	var old []key
	err := t.each(func(row scanner) error {
		var k key
		err := row.Scan(&k.HubID, &k.ID)
		old = append(old, k)
		return err
	}, `SELECT hub_id, id FROM notification n WHERE ended_at < ? AND NOT EXISTS
		(SELECT 1 FROM task t WHERE t.hub_id = n.hub_id AND t.notification = n.id AND t.notification <> '') LIMIT ?`, at(endedBefore), limit)
	if err != nil || len(old) == 0 {
		return 0, err
	}
	keys, err := json.Marshal(old)
	if err != nil {
		return 0, err
	}
	const named = ` IN (SELECT value ->> 'HubID', value ->> 'ID' FROM json_each(?))`
	n, err := t.changed("DELETE FROM delivery_log WHERE id IN (SELECT id FROM delivery_log WHERE (hub_id, notification)"+named+" LIMIT ?)", string(keys), logSlice)
	if err != nil || n == logSlice {
		return limit, err // there may be more: the caller comes again
	}
	n, err = t.changed(`DELETE FROM outcome_count WHERE (hub_id, notification, platform, outcome) IN
		(SELECT hub_id, notification, platform, outcome FROM outcome_count WHERE (hub_id, notification)`+named+" LIMIT ?)", string(keys), maxSwept)
	if err != nil || n == maxSwept {
		return limit, err
	}
	_, err = t.exec("DELETE FROM notification WHERE (hub_id, id)"+named, string(keys))
	return len(old), err
}
