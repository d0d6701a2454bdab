package sqlite

import (
	"context"
	"database/sql"
	"io/fs"
	"slices"
	"strings"

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

// MakeAt makes a database as an earlier version left it, with the schema of
// that version and the statements applied.
func MakeAt(ctx context.Context, path string, version int, statements ...string) error {
	files, err := fs.Glob(migrations, "migration/*.sql")
	if err != nil {
		return err
	}
	return makeWith(ctx, path, files[:version], statements)
}

// MakeWithout makes a database to which every migration but one was applied.
func MakeWithout(ctx context.Context, path, name string) error {
	files, err := fs.Glob(migrations, "migration/*.sql")
	if err != nil {
		return err
	}
	return makeWith(ctx, path, slices.DeleteFunc(files, func(file string) bool { return strings.Contains(file, name) }), nil)
}

func makeWith(ctx context.Context, path string, files, statements []string) error {
	db, err := sql.Open("sqlite", dsn(path))
	if err != nil {
		return err
	}
	defer db.Close()
	c, err := newConn(ctx, db)
	if err != nil {
		return err
	}
	defer c.close()
	if err := migrateWith(c, files); err != nil {
		return err
	}
	for _, s := range statements {
		if _, err := c.exec(s); err != nil {
			return err
		}
	}
	return nil
}

// Versions is how many migrations there are.
func Versions() int {
	files, _ := fs.Glob(migrations, "migration/*.sql")
	return len(files)
}

// Tables names the tables.
func (s *Store) Tables(ctx context.Context) (names []string, err error) {
	err = s.View(ctx, func(r store.Reader) error {
		return r.(*reader).each(func(row scanner) error {
			var name string
			err := row.Scan(&name)
			names = append(names, name)
			return err
		}, "SELECT name FROM sqlite_schema WHERE type = 'table'")
	})
	return names, err
}

// Rows counts the rows of a table.
func (s *Store) Rows(ctx context.Context, table string) (n int, err error) {
	err = s.View(ctx, func(r store.Reader) error {
		return r.(*reader).row("SELECT count(*) FROM " + table).Scan(&n)
	})
	return n, err
}

// Written runs fn as Update does, and returns how many rows it wrote.
func (s *Store) Written(ctx context.Context, fn func(store.Tx) error) (n int, err error) {
	err = s.Update(ctx, store.Upkeep, func(t store.Tx) error {
		before, err := t.(*tx).written()
		if err != nil {
			return err
		}
		if err := fn(t); err != nil {
			return err
		}
		n, err = t.(*tx).written()
		n -= before
		return err
	})
	return n, err
}

// ListPlan says how SQLite reads a page of a list.
func (s *Store) ListPlan(ctx context.Context) (steps []string, err error) {
	err = s.View(ctx, func(r store.Reader) error {
		return r.(*reader).each(func(row scanner) error {
			var id, parent, unused int
			var step string
			err := row.Scan(&id, &parent, &unused, &step)
			steps = append(steps, step)
			return err
		}, "EXPLAIN QUERY PLAN "+registrationColumns+"WHERE r.hub_id = ? AND r.number > ? AND "+live+"ORDER BY r.number LIMIT ?", 1, 0, 0, 1)
	})
	return steps, err
}
