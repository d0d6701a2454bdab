package sqlite

import (
	"context"

	"github.com/fanfare-hub/fanfare/internal/store"
)

// LimitPages lets the database grow to a hundred pages: what a full disk is to
// SQLite.
func (s *Store) LimitPages(ctx context.Context) error {
	return s.Update(ctx, store.Upkeep, func(t store.Tx) error {
		_, err := t.(*tx).conn.c.ExecContext(ctx, "PRAGMA max_page_count = 100")
		return err
	})
}
