package sqlite

import (
	"encoding/json"
	"time"

	"github.com/fanfare-hub/fanfare/internal/task"
)

const taskColumns = "SELECT id, kind, hub_id, notification, platform, due_at, owner, lease_until, attempt, reason, payload FROM task "

func scanTask(row scanner) (t task.Task, err error) {
	err = row.Scan(&t.ID, &t.Kind, &t.HubID, &t.Notification, &t.Platform, micros{&t.DueAt}, &t.Owner, micros{&t.LeaseUntil}, &t.Attempt, &t.Reason, &t.Payload)
	return t, err
}

func (r *reader) tasks(query string, args ...any) ([]task.Task, error) {
	var out []task.Task
	err := r.each(func(row scanner) error {
		t, err := scanTask(row)
		out = append(out, t)
		return err
	}, query, args...)
	return out, err
}

func (r *reader) TasksOf(hubID int64, notification string) ([]task.Task, error) {
	return r.tasks(taskColumns+"WHERE hub_id = ? AND notification = ? AND notification <> '' ORDER BY id", hubID, notification)
}

func (r *reader) HasTasks(hubID int64, notification string) (has bool, err error) {
	err = r.row("SELECT EXISTS (SELECT 1 FROM task WHERE hub_id = ? AND notification = ? AND notification <> '')", hubID, notification).Scan(&has)
	return has, err
}

// outside is the condition that leaves lanes out: a list of [hub, platform].
const outside = "NOT EXISTS (SELECT 1 FROM json_each(?) WHERE value ->> 0 = hub_id AND value ->> 1 = platform) "

// alive is the condition that leaves the tasks of deleted hubs out.
const alive = "hub_id NOT IN (SELECT id FROM deleted_hub) "

func lanes(skip []task.Lane) (string, error) {
	pairs := make([][2]int64, 0, len(skip))
	for _, l := range skip {
		pairs = append(pairs, [2]int64{l.HubID, int64(l.Platform)})
	}
	b, err := json.Marshal(pairs)
	return string(b), err
}

func (r *reader) NextDue(skip []task.Lane) (time.Time, bool, error) {
	without, err := lanes(skip)
	if err != nil {
		return time.Time{}, false, err
	}
	var due time.Time
	err = r.row("SELECT min(ready_at) FROM task WHERE "+alive+"AND "+outside, without).Scan(micros{&due})
	return due, !due.IsZero(), err
}

// readyAt is when a task may be claimed.
func readyAt(t *task.Task) any {
	when := t.DueAt
	if t.Owner != "" {
		when = t.LeaseUntil
	}
	if when.IsZero() {
		return int64(1) // always
	}
	return when.UnixMicro()
}

func (t *tx) InsertTask(k *task.Task) error {
	return t.row(`INSERT INTO task (kind, hub_id, notification, platform, due_at, owner, lease_until, ready_at, attempt, reason, payload)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id`,
		k.Kind, k.HubID, k.Notification, k.Platform, at(k.DueAt), k.Owner, at(k.LeaseUntil), readyAt(k), k.Attempt, k.Reason, blob(k.Payload)).Scan(&k.ID)
}

func (t *tx) ClaimTasks(owner string, now, until time.Time, limit int, skip []task.Lane) ([]task.Task, error) {
	without, err := lanes(skip)
	if err != nil {
		return nil, err
	}
	claimed, err := t.tasks(taskColumns+"WHERE ready_at <= ? AND "+alive+"AND "+outside+"ORDER BY ready_at, id LIMIT ?", now.UnixMicro(), without, limit)
	if err != nil {
		return nil, err
	}
	for i := range claimed {
		k := &claimed[i]
		k.Owner, k.LeaseUntil, k.Attempt = owner, until, k.Attempt+1
		_, err := t.exec("UPDATE task SET owner = ?, lease_until = ?, ready_at = ?, attempt = ?, reason = '' WHERE id = ?",
			owner, at(until), until.UnixMicro(), k.Attempt, k.ID)
		if err != nil {
			return nil, err
		}
	}
	return claimed, nil
}

func (t *tx) RenewTasks(leases []task.Lease, until time.Time) (lost []int64, err error) {
	for _, l := range leases {
		n, err := t.changed("UPDATE task SET lease_until = ?, ready_at = ? WHERE id = ? AND owner = ? AND attempt = ? AND "+alive,
			at(until), until.UnixMicro(), l.ID, l.Owner, l.Attempt)
		if err != nil {
			return nil, err
		}
		if n == 0 {
			lost = append(lost, l.ID)
		}
	}
	return lost, nil
}

func (t *tx) SaveTask(l task.Lease, k *task.Task) error {
	n, err := t.changed(`UPDATE task SET due_at = ?, reason = ?, payload = ?, owner = ?, lease_until = ?, ready_at = ?
		WHERE id = ? AND owner = ? AND attempt = ? AND `+alive,
		at(k.DueAt), k.Reason, blob(k.Payload), k.Owner, at(k.LeaseUntil), readyAt(k), l.ID, l.Owner, l.Attempt)
	return fenced(n, err)
}

func (t *tx) DeleteTask(l task.Lease) error {
	n, err := t.changed("DELETE FROM task WHERE id = ? AND owner = ? AND attempt = ? AND "+alive, l.ID, l.Owner, l.Attempt)
	return fenced(n, err)
}

func (t *tx) DropTasks(hubID int64, notification string) error {
	_, err := t.exec("DELETE FROM task WHERE hub_id = ? AND notification = ? AND notification <> ''", hubID, notification)
	return err
}

func fenced(n int64, err error) error {
	if err == nil && n == 0 {
		return task.ErrFenced
	}
	return err
}

func (t *tx) WakeTasks(hubID int64, platform uint8, now time.Time) (int64, error) {
	return t.changed("UPDATE task SET due_at = ?, ready_at = ? WHERE hub_id = ? AND platform = ? AND owner = '' AND ready_at > ?",
		at(now), now.UnixMicro(), hubID, platform, now.UnixMicro())
}

func (t *tx) FreeTasks(owner string) (int64, error) {
	return t.changed("UPDATE task SET owner = '', lease_until = NULL, ready_at = coalesce(due_at, 1) WHERE owner NOT IN ('', ?)", owner)
}
