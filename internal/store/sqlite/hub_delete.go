package sqlite

import (
	"time"

	"github.com/fanfare-hub/fanfare/internal/store"
)

// DeleteHub removes what makes the hub one, which is a few rows. What hangs on
// its id, which is never given again, is left to SweepHubs.
func (t *tx) DeleteHub(id int64, now time.Time) error {
	n, err := t.changed("DELETE FROM hub WHERE id = ?", id)
	if err != nil {
		return err
	}
	if n == 0 {
		return store.ErrNotFound
	}
	for _, table := range []string{"rule", "credential"} {
		if _, err := t.exec("DELETE FROM "+table+" WHERE hub_id = ?", id); err != nil {
			return err
		}
	}
	_, err = t.exec("INSERT INTO deleted_hub (id, deleted_at) VALUES (?, ?)", id, now.UnixMicro())
	return err
}

// leftovers are the rows of a hub, each as a statement that deletes some of
// them. What hangs on these goes by the triggers on them: buckets and suspects
// with registrations, tags with their last posting; and a template some time
// after its last registration, by SweepRegistrations.
var leftovers = []string{
	"DELETE FROM task WHERE id IN (SELECT id FROM task WHERE hub_id = ? AND notification = '' LIMIT ?)",
	"DELETE FROM task WHERE id IN (SELECT id FROM task WHERE hub_id = ? AND notification <> '' LIMIT ?)",
	"DELETE FROM registration WHERE number IN (SELECT number FROM registration WHERE hub_id = ? LIMIT ?)",
	`DELETE FROM posting WHERE (tag_id, platform, kind, number) IN
		(SELECT p.tag_id, p.platform, p.kind, p.number FROM tag CROSS JOIN posting p ON p.tag_id = tag.id WHERE tag.hub_id = ? LIMIT ?)`,
	"DELETE FROM installation WHERE (hub_id, id) IN (SELECT hub_id, id FROM installation WHERE hub_id = ? LIMIT ?)",
	`DELETE FROM suspect WHERE (hub_id, platform, handle_key) IN
		(SELECT hub_id, platform, handle_key FROM suspect WHERE hub_id = ? LIMIT ?)`,
	`DELETE FROM breaker WHERE (hub_id, platform, credential) IN
		(SELECT hub_id, platform, credential FROM breaker WHERE hub_id = ? LIMIT ?)`,
	"DELETE FROM delivery_log WHERE id IN (SELECT id FROM delivery_log WHERE hub_id = ? LIMIT ?)",
	`DELETE FROM outcome_count WHERE (hub_id, notification, platform, outcome) IN
		(SELECT hub_id, notification, platform, outcome FROM outcome_count WHERE hub_id = ? LIMIT ?)`,
	"DELETE FROM notification WHERE (hub_id, id) IN (SELECT hub_id, id FROM notification WHERE hub_id = ? LIMIT ?)",
	"DELETE FROM feedback WHERE id IN (SELECT id FROM feedback WHERE hub_id = ? LIMIT ?)",
	"DELETE FROM job_staged WHERE id IN (SELECT id FROM job_staged WHERE hub_id = ? LIMIT ?)",
	"DELETE FROM job WHERE (hub_id, id) IN (SELECT hub_id, id FROM job WHERE hub_id = ? LIMIT ?)",
}

func (t *tx) SweepHubs(deletedBefore time.Time, limit int) (int, error) {
	ids, err := t.deletedHubs()
	if err != nil {
		return 0, err
	}
	left := int64(limit)
	for _, id := range ids {
		for _, statement := range leftovers {
			n, err := t.changed(statement, id, left)
			if err != nil {
				return 0, err
			}
			if left -= n; left == 0 {
				return limit, nil
			}
		}
		n, err := t.changed("DELETE FROM deleted_hub WHERE id = ? AND deleted_at < ?", id, deletedBefore.UnixMicro())
		if err != nil {
			return 0, err
		}
		if left -= n; left == 0 {
			return limit, nil
		}
	}
	return limit - int(left), nil
}

func (t *tx) deletedHubs() (ids []int64, err error) {
	err = t.each(func(row scanner) error {
		var id int64
		err := row.Scan(&id)
		ids = append(ids, id)
		return err
	}, "SELECT id FROM deleted_hub ORDER BY id")
	return ids, err
}
