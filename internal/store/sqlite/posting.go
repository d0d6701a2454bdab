package sqlite

import (
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/tagexpr"
)

// foldAll returns the distinct folded tags, in order.
func foldAll(tags []string) []string {
	out := make([]string, 0, len(tags))
	for _, t := range tags {
		out = append(out, tagexpr.Fold(t))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// without returns the folded tags of one list that another lacks.
func without(tags, other []string) []string {
	gone := foldAll(other)
	return slices.DeleteFunc(foldAll(tags), func(t string) bool {
		_, found := slices.BinarySearch(gone, t)
		return found
	})
}

// repost brings a registration's postings from the tags that they are stored
// for to those it has.
func (t *tx) repost(hubID int64, r *registrationRow, before []string) error {
	if err := t.unpost(hubID, &r.Registration, without(before, r.Tags)); err != nil {
		return err
	}
	for _, tag := range without(r.Tags, before) {
		id, err := t.internTag(hubID, tag)
		if err != nil {
			return err
		}
		if _, err := t.exec("INSERT INTO posting (tag_id, platform, kind, number) VALUES (?, ?, ?, ?)", id, r.Platform, r.Kind(), r.Number); err != nil {
			return err
		}
	}
	return nil
}

// unpost removes a registration's postings.
func (t *tx) unpost(hubID int64, r *hub.Registration, tags []string) error {
	for _, tag := range foldAll(tags) {
		_, err := t.exec(`DELETE FROM posting WHERE tag_id = (SELECT id FROM tag WHERE hub_id = ? AND name_key = ?)
			AND platform = ? AND kind = ? AND number = ?`, hubID, tag, r.Platform, r.Kind(), r.Number)
		if err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) internTag(hubID int64, folded string) (id int64, err error) {
	err = t.row("SELECT id FROM tag WHERE hub_id = ? AND name_key = ?", hubID, folded).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		err = t.row("INSERT INTO tag (hub_id, name_key) VALUES (?, ?) RETURNING id", hubID, folded).Scan(&id)
	}
	return id, err
}

// internTemplate stores a template once for each content; 0 is no template.
func (t *tx) internTemplate(hubID int64, b *hub.TemplateBody) (id int64, err error) {
	if b == nil {
		return 0, nil
	}
	content, err := json.Marshal(b)
	if err != nil {
		return 0, err
	}
	hash := sha256.Sum256(content)
	var unused bool
	err = t.row("SELECT id, unused_since IS NOT NULL FROM template_body WHERE hub_id = ? AND hash = ?", hubID, hash[:]).Scan(&id, &unused)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		err = t.row("INSERT INTO template_body (hub_id, hash, content) VALUES (?, ?, ?) RETURNING id", hubID, hash[:], string(content)).Scan(&id)
	case unused:
		_, err = t.exec("UPDATE template_body SET unused_since = NULL WHERE id = ?", id)
	}
	return id, err
}

// templateGrace is how long a template is kept after its last registration: a
// send that has read the registration reads the template next.
const templateGrace = time.Hour

// sweepTemplates removes up to limit templates that are not used any more, and
// notes the time of as many that have just come out of use.
func (t *tx) sweepTemplates(now time.Time, limit int) (int, error) {
	removed, err := t.changed(`DELETE FROM template_body WHERE id IN
		(SELECT id FROM template_body WHERE unused_since > 0 AND unused_since <= ? LIMIT ?)`, at(now.Add(-templateGrace)), limit)
	if err != nil {
		return 0, err
	}
	noted, err := t.changed(`UPDATE template_body SET unused_since = ? WHERE id IN
		(SELECT id FROM template_body WHERE unused_since = 0 LIMIT ?)`, at(now), limit)
	return int(max(removed, noted)), err
}
