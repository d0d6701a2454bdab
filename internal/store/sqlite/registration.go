package sqlite

import (
	"database/sql"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/store"
)

// registrationRow is a registration with what only sends need of it.
type registrationRow struct {
	hub.Registration
	templateID int64
	changed    int64
	written    int64
	shared     bool
	otherEnv   bool
}

const registrationColumns = `SELECT r.number, r.id, r.platform, r.handle, r.p256dh, r.auth, r.template_id, b.content, r.tags,
	r.push_variables, r.tile, r.installation_id, r.etag, r.expires_at, r.updated_at, r.changed, r.written, r.shared, r.other_environment
	FROM registration r LEFT JOIN template_body b ON b.id = r.template_id `

func scanRegistration(row scanner) (registrationRow, error) {
	var r registrationRow
	var keys hub.BrowserKeys
	var body sql.NullString
	var tags, vars string
	err := row.Scan(&r.Number, &r.ID, &r.Platform, &r.Handle, &keys.P256DH, &keys.Auth, &r.templateID, &body, &tags, &vars,
		&r.SecondaryTileName, &r.InstallationID, &r.ETag, micros{&r.ExpiresAt}, micros{&r.UpdatedAt},
		&r.changed, &r.written, &r.shared, &r.otherEnv)
	if err != nil {
		return r, notFound(err)
	}
	if keys != (hub.BrowserKeys{}) {
		r.Browser = &keys
	}
	if body.Valid {
		r.Template = &hub.TemplateBody{}
		err = unpack(body.String, r.Template)
	}
	return r, errors.Join(err, unpack(tags, &r.Tags), unpack(vars, &r.PushVariables))
}

// pack writes a list or map as JSON; an empty one as nothing.
func pack[T any](v T, empty bool) (string, error) {
	if empty {
		return "", nil
	}
	b, err := json.Marshal(v)
	return string(b), err
}

func unpack(s string, v any) error {
	if s == "" {
		return nil
	}
	return json.Unmarshal([]byte(s), v)
}

func (r *reader) Registration(hubID int64, id string, now time.Time) (hub.Registration, error) {
	row, err := r.registration(hubID, id)
	if err == nil && expired(row.ExpiresAt, now) {
		err = store.ErrNotFound
	}
	return row.Registration, err
}

func (r *reader) registration(hubID int64, id string) (registrationRow, error) {
	return scanRegistration(r.row(registrationColumns+"WHERE r.hub_id = ? AND r.id = ?", hubID, id))
}

func (r *reader) byNumber(hubID, number int64) (registrationRow, error) {
	return scanRegistration(r.row(registrationColumns+"WHERE r.number = ? AND r.hub_id = ?", number, hubID))
}

func expired(expiresAt, now time.Time) bool { return !expiresAt.IsZero() && !expiresAt.After(now) }

// live is the condition that leaves expired rows out.
const live = "(r.expires_at IS NULL OR r.expires_at > ?) "

func (r *reader) ListRegistrations(hubID int64, f store.RegistrationFilter, after int64, limit int, now time.Time) ([]hub.Registration, error) {
	if f.Tag != "" {
		return r.listByTag(hubID, f.Tag, after, limit, now)
	}
	query, args := registrationColumns+"WHERE r.hub_id = ? AND r.number > ? AND "+live, []any{hubID, after, at(now)}
	if f.Handle != "" {
		// APNs tokens are kept folded in handle_key, all others as they are.
		query += "AND r.handle_key IN (?, ?) AND (r.handle = ? OR r.handle_key = ? AND r.platform = ?) "
		folded := hub.HandleKey(hub.APNs, f.Handle)
		args = append(args, f.Handle, folded, f.Handle, folded, hub.APNs)
	}
	if f.P256DH != "" || f.Auth != "" {
		query += "AND r.p256dh = ? AND r.auth = ? "
		args = append(args, f.P256DH, f.Auth)
	}
	var out []hub.Registration
	err := r.each(func(row scanner) error {
		reg, err := scanRegistration(row)
		out = append(out, reg.Registration)
		return err
	}, query+"ORDER BY r.number LIMIT ?", append(args, limit)...)
	return out, err
}

func (r *reader) CountRegistrations(hubID int64) (n int64, err error) {
	err = r.row("SELECT coalesce(sum(n), 0) FROM registration_bucket WHERE hub_id = ?", hubID).Scan(&n)
	return n, err
}

// listByTag merges the tag's posting lists of every platform and kind.
func (r *reader) listByTag(hubID int64, tag string, after int64, limit int, now time.Time) ([]hub.Registration, error) {
	var out []hub.Registration
	for len(out) < limit {
		numbers, err := r.numbersOfTag(hubID, tag, after, limit)
		if err != nil {
			return nil, err
		}
		for _, n := range numbers {
			after = n
			row, err := r.byNumber(hubID, n)
			switch {
			case errors.Is(err, store.ErrNotFound):
			case err != nil:
				return nil, err
			case !expired(row.ExpiresAt, now) && len(out) < limit:
				out = append(out, row.Registration)
			}
		}
		if len(numbers) < limit {
			break
		}
	}
	return out, nil
}

func (r *reader) numbersOfTag(hubID int64, tag string, after int64, limit int) ([]int64, error) {
	var all []int64
	for _, p := range hub.Platforms {
		for _, k := range []hub.Kind{hub.Native, hub.Template} {
			n, err := r.Numbers(store.Selector{HubID: hubID, Platform: p, Kind: k}, tag, after, maxNumber, limit)
			if err != nil {
				return nil, err
			}
			all = append(all, n...)
		}
	}
	slices.Sort(all)
	return all[:min(len(all), limit)], nil
}
