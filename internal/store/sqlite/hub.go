package sqlite

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/store"
)

const hubColumns = "SELECT id, name, ttl, fixed, disabled, user_metadata, created_at, updated_at FROM hub "

func (r *reader) Hub(name string) (hub.Hub, error) {
	return r.hub(hubColumns+"WHERE name_key = ?", strings.ToLower(name))
}

func (r *reader) HubByID(id int64) (hub.Hub, error) { return r.hub(hubColumns+"WHERE id = ?", id) }

func (r *reader) hub(query string, key any) (hub.Hub, error) {
	h, err := scanHub(r.row(query, key))
	if err != nil {
		return h, notFound(err)
	}
	h.Rules, err = r.rules(h.ID)
	return h, err
}

func scanHub(row scanner) (h hub.Hub, err error) {
	var ttl int64
	err = row.Scan(&h.ID, &h.Name, &ttl, &h.Fixed, &h.Disabled, &h.UserMetadata, micros{&h.CreatedAt}, micros{&h.UpdatedAt})
	h.RegistrationTTL = time.Duration(ttl)
	return h, err
}

func (r *reader) ListHubs() ([]hub.Hub, error) {
	var out []hub.Hub
	err := r.each(func(row scanner) error {
		h, err := scanHub(row)
		out = append(out, h)
		return err
	}, hubColumns+"ORDER BY name_key")
	for i := range out {
		if err == nil {
			out[i].Rules, err = r.rules(out[i].ID)
		}
	}
	return out, err
}

func (r *reader) CountHubs() (n int, err error) {
	err = r.row("SELECT count(*) FROM hub").Scan(&n)
	return n, err
}

func (r *reader) NamespaceRules() ([]hub.Rule, error) { return r.rules(0) }

// A rule is sealed whole: it is nothing without its keys. Its name, which is in
// every token, stands beside it.
func (r *reader) rules(hubID int64) ([]hub.Rule, error) {
	return r.openRules("SELECT hub_id, sealed FROM rule WHERE hub_id = ? ORDER BY position", hubID)
}

func (r *reader) RulesNamed(name string, limit int) ([]hub.Rule, error) {
	return r.openRules("SELECT hub_id, sealed FROM rule WHERE name_key = ? AND hub_id > 0 ORDER BY hub_id, position LIMIT ?", strings.ToLower(name), limit)
}

func (r *reader) openRules(query string, args ...any) ([]hub.Rule, error) {
	var out []hub.Rule
	err := r.each(func(row scanner) error {
		var hubID int64
		var b []byte
		if err := row.Scan(&hubID, &b); err != nil {
			return err
		}
		var rule hub.Rule
		err := r.openJSON(b, ruleAAD(hubID), &rule)
		out = append(out, rule)
		return err
	}, query, args...)
	return out, err
}

func ruleAAD(hubID int64) string { return fmt.Sprintf("rule of hub %d", hubID) }

func credentialAAD(hubID int64, p hub.Platform) string {
	return fmt.Sprintf("credential of hub %d for %s", hubID, p)
}

func (s sealed) openJSON(b []byte, aad string, v any) error {
	plain, err := s.Open(b, []byte(aad))
	if err != nil {
		return err
	}
	return json.Unmarshal(plain, v)
}

func (s sealed) sealJSON(v any, aad string) ([]byte, error) {
	plain, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	return s.Seal(plain, []byte(aad)), nil
}

func (r *reader) Credential(hubID int64, p hub.Platform) (hub.Credential, error) {
	c := hub.Credential{Platform: p}
	var b []byte
	err := r.row("SELECT version, sealed FROM credential WHERE hub_id = ? AND platform = ?", hubID, p).Scan(&c.Version, &b)
	if err != nil {
		return c, notFound(err)
	}
	return c, r.openJSON(b, credentialAAD(hubID, p), &c.Properties)
}

func (t *tx) PutHub(h *hub.Hub) error {
	err := t.row(`INSERT INTO hub (name, name_key, ttl, fixed, disabled, user_metadata, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (name_key) DO UPDATE SET name = excluded.name, ttl = excluded.ttl, fixed = excluded.fixed, disabled = excluded.disabled,
		user_metadata = excluded.user_metadata, updated_at = excluded.updated_at
		RETURNING id`,
		h.Name, strings.ToLower(h.Name), int64(h.RegistrationTTL), h.Fixed, h.Disabled, h.UserMetadata, at(h.CreatedAt), at(h.UpdatedAt)).Scan(&h.ID)
	if err != nil {
		return err
	}
	return t.putRules(h.ID, h.Rules)
}

func (t *tx) PutNamespaceRules(rules []hub.Rule) error { return t.putRules(0, rules) }

func (t *tx) putRules(hubID int64, rules []hub.Rule) error {
	if _, err := t.exec("DELETE FROM rule WHERE hub_id = ?", hubID); err != nil {
		return err
	}
	for i, r := range rules {
		b, err := t.sealJSON(r, ruleAAD(hubID))
		if err != nil {
			return err
		}
		if _, err := t.exec("INSERT INTO rule (hub_id, position, name_key, sealed) VALUES (?, ?, ?, ?)", hubID, i, strings.ToLower(r.Name), b); err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) PutCredential(hubID int64, c hub.Credential) (int64, error) {
	old, err := t.Credential(hubID, c.Platform)
	if err == nil && maps.Equal(old.Properties, c.Properties) {
		return old.Version, nil
	}
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return 0, err
	}
	version, err := t.next("credential")
	if err != nil {
		return 0, err
	}
	b, err := t.sealJSON(c.Properties, credentialAAD(hubID, c.Platform))
	if err != nil {
		return 0, err
	}
	_, err = t.exec("INSERT OR REPLACE INTO credential (hub_id, platform, version, sealed) VALUES (?, ?, ?, ?)", hubID, c.Platform, version, b)
	return version, err
}

func (t *tx) DeleteCredential(hubID int64, p hub.Platform) error {
	_, err := t.exec("DELETE FROM credential WHERE hub_id = ? AND platform = ?", hubID, p)
	return err
}

// next raises a counter: its numbers are never given twice.
func (t *tx) next(counter string) (n int64, err error) {
	err = t.row("UPDATE counter SET value = value + 1 WHERE name = ? RETURNING value", counter).Scan(&n)
	return n, err
}
