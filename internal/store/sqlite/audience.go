package sqlite

import (
	"encoding/json"
	"errors"
	"math"
	"time"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/store"
)

const maxNumber = math.MaxInt64

func (r *reader) Sequence() (n int64, err error) {
	err = r.row("SELECT value FROM counter WHERE name = 'sequence'").Scan(&n)
	return n, err
}

func (r *reader) LastNumber() (n int64, err error) {
	err = notFound(r.row("SELECT seq FROM sqlite_sequence WHERE name = 'registration'").Scan(&n))
	if errors.Is(err, store.ErrNotFound) {
		return 0, nil
	}
	return n, err
}

func (r *reader) PlatformsOf(hubID int64, k hub.Kind) ([]hub.Platform, error) {
	var out []hub.Platform
	for _, p := range hub.Platforms {
		var there bool
		err := r.row("SELECT EXISTS (SELECT 1 FROM registration WHERE hub_id = ? AND platform = ? AND kind = ?)", hubID, p, k).Scan(&there)
		if err != nil {
			return nil, err
		}
		if there {
			out = append(out, p)
		}
	}
	return out, nil
}

func (r *reader) numbers(query string, args ...any) ([]int64, error) {
	var out []int64
	err := r.each(func(row scanner) error {
		var n int64
		err := row.Scan(&n)
		out = append(out, n)
		return err
	}, query, args...)
	return out, err
}

func (r *reader) Numbers(s store.Selector, tag string, after, bound int64, limit int) ([]int64, error) {
	return r.numbers(`SELECT number FROM posting WHERE tag_id = (SELECT id FROM tag WHERE hub_id = ? AND name_key = ?)
		AND platform = ? AND kind = ? AND number > ? AND number <= ? ORDER BY number LIMIT ?`,
		s.HubID, foldAll([]string{tag})[0], s.Platform, s.Kind, after, bound, limit)
}

const ofSelector = "hub_id = ? AND platform = ? AND kind = ? "

func (r *reader) Scan(s store.Selector, after, bound int64, limit int) ([]int64, error) {
	return r.numbers("SELECT number FROM registration WHERE "+ofSelector+"AND number > ? AND number <= ? ORDER BY number LIMIT ?",
		s.HubID, s.Platform, s.Kind, after, bound, limit)
}

// bucketBits: a bucket counts the registrations of 1,024 numbers.
const bucketBits = 10

// Cut finds the buckets in which the places are, and then each place in its
// bucket: it reads neither the whole index nor whole posting lists.
func (r *reader) Cut(s store.Selector, bound int64, every, most int) ([]int64, error) {
	const upTo = "FROM registration_bucket WHERE " + ofSelector + "AND bucket <= ? "
	in := []any{s.HubID, s.Platform, s.Kind, bound >> bucketBits}
	var total int
	if err := r.row("SELECT coalesce(sum(n), 0) "+upTo, in...).Scan(&total); err != nil {
		return nil, err
	}
	every = max(every, (total+most-1)/most)
	type place struct {
		bucket int64
		offset int
	}
	var places []place
	before := 0
	err := r.each(func(row scanner) error {
		var bucket int64
		var n int
		err := row.Scan(&bucket, &n)
		for at := (len(places) + 1) * every; at <= before+n && at < total; at += every {
			places = append(places, place{bucket, at - before - 1})
		}
		before += n
		return err
	}, "SELECT bucket, n "+upTo+"ORDER BY bucket", in...)
	if err != nil {
		return nil, err
	}
	var cuts []int64
	for _, p := range places {
		number, err := r.numbers("SELECT number FROM registration WHERE "+ofSelector+"AND number >= ? AND number <= ? ORDER BY number LIMIT 1 OFFSET ?",
			s.HubID, s.Platform, s.Kind, p.bucket<<bucketBits, bound, p.offset)
		if err != nil {
			return nil, err
		}
		cuts = append(cuts, number...) // none: it is above the bound
	}
	return cuts, nil
}

// targetsFrom is the query of targets over a source of registrations r.
func targetsFrom(source string) string {
	return `SELECT r.number, r.id, r.handle, r.p256dh, r.auth, r.template_id, r.tags, r.push_variables, r.installation_id,
	r.expires_at, r.updated_at, r.changed, r.written, r.shared, r.other_environment, s.since FROM ` + source +
		` LEFT JOIN suspect s ON s.hub_id = r.hub_id AND s.platform = r.platform AND s.handle_key = r.handle_key `
}

func scanTarget(row scanner, withTags bool) (store.Target, error) {
	var t store.Target
	var keys hub.BrowserKeys
	var tags, vars string
	err := row.Scan(&t.Number, &t.RegistrationID, &t.Handle, &keys.P256DH, &keys.Auth, &t.TemplateID, &tags, &vars, &t.InstallationID,
		micros{&t.ExpiresAt}, micros{&t.UpdatedAt}, &t.Changed, &t.Written, &t.Shared, &t.OtherEnvironment, micros{&t.SuspectSince})
	if err != nil {
		return t, err
	}
	if keys != (hub.BrowserKeys{}) {
		t.Browser = &keys
	}
	if withTags {
		if err := unpack(tags, &t.Tags); err != nil {
			return t, err
		}
	}
	return t, unpack(vars, &t.PushVariables)
}

func (r *reader) targets(withTags bool, query string, args ...any) ([]store.Target, error) {
	var out []store.Target
	err := r.each(func(row scanner) error {
		t, err := scanTarget(row, withTags)
		out = append(out, t)
		return err
	}, query, args...)
	return out, err
}

func (r *reader) Targets(s store.Selector, numbers []int64, withTags bool, now time.Time) ([]store.Target, error) {
	list, err := json.Marshal(numbers)
	if err != nil {
		return nil, err
	}
	return r.targets(withTags, targetsFrom("json_each(?) j CROSS JOIN registration r ON r.number = j.value")+
		"WHERE r.hub_id = ? AND r.platform = ? AND r.kind = ? AND "+live+"ORDER BY r.number",
		string(list), s.HubID, s.Platform, s.Kind, at(now))
}

// errEnough ends a reading early.
var errEnough = errors.New("sqlite: enough was read")

func (r *reader) Sharing(s store.Selector, handle string, now time.Time, fn func(store.Target) bool) error {
	err := r.each(func(row scanner) error {
		t, err := scanTarget(row, true)
		if err == nil && !fn(t) {
			err = errEnough
		}
		return err
	}, targetsFrom("registration r")+
		"WHERE r.hub_id = ? AND r.handle_key = ? AND r.platform = ? AND r.kind = ? AND "+live+"ORDER BY r.number",
		s.HubID, hub.HandleKey(s.Platform, handle), s.Platform, s.Kind, at(now))
	if errors.Is(err, errEnough) {
		return nil
	}
	return err
}

func (r *reader) TemplateBody(hubID, id int64) (hub.TemplateBody, error) {
	var b hub.TemplateBody
	var content string
	err := r.row("SELECT content FROM template_body WHERE id = ? AND hub_id = ?", id, hubID).Scan(&content)
	if err != nil {
		return b, notFound(err)
	}
	return b, unpack(content, &b)
}
