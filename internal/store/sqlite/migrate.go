package sqlite

import (
	"embed"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
)

//go:embed migration/*.sql
var migrations embed.FS

// migrate brings the schema up to date, one numbered file after the other, each
// in a transaction with the note that it was applied.
func migrate(c *conn) error {
	files, err := fs.Glob(migrations, "migration/*.sql")
	if err != nil {
		return err
	}
	return migrateWith(c, files)
}

func migrateWith(c *conn, files []string) error {
	if _, err := c.c.ExecContext(whole, "CREATE TABLE IF NOT EXISTS migration (version INTEGER PRIMARY KEY)"); err != nil {
		return err
	}
	var have int
	if err := c.c.QueryRowContext(whole, "SELECT coalesce(max(version), 0) FROM migration").Scan(&have); err != nil {
		return err
	}
	if have > len(files) {
		return fmt.Errorf("its schema has version %d, this program knows %d: it was written by a newer version of fanfare", have, len(files))
	}
	for _, name := range files[have:] {
		if err := apply(c, name); err != nil {
			return fmt.Errorf("migration %s: %w", name, err)
		}
	}
	return nil
}

func apply(c *conn, name string) error {
	text, err := migrations.ReadFile(name)
	if err != nil {
		return err
	}
	number, _, _ := strings.Cut(strings.TrimPrefix(name, "migration/"), "_")
	version, err := strconv.Atoi(number)
	if err != nil {
		return err
	}
	t, err := c.c.BeginTx(whole, nil)
	if err != nil {
		return err
	}
	defer t.Rollback() //nolint:errcheck // after a commit there is nothing to roll back
	if _, err := t.ExecContext(whole, string(text)); err != nil {
		return err
	}
	if _, err := t.ExecContext(whole, "INSERT INTO migration (version) VALUES (?)", version); err != nil {
		return err
	}
	return t.Commit()
}
