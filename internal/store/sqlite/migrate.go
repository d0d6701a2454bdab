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
	newest, err := versionOf(files[len(files)-1])
	if err != nil {
		return err
	}
	if have > newest {
		return fmt.Errorf("its schema has version %d, this program knows %d: it was written by a newer version of fanfare", have, newest)
	}
	for _, name := range files {
		if err := apply(c, name); err != nil {
			return fmt.Errorf("migration %s: %w", name, err)
		}
	}
	return nil
}

// versionOf returns the number in a file's name. Numbers may be left out.
func versionOf(name string) (int, error) {
	number, _, _ := strings.Cut(strings.TrimPrefix(name, "migration/"), "_")
	return strconv.Atoi(number)
}

// apply runs a file that was not applied yet.
func apply(c *conn, name string) error {
	version, err := versionOf(name)
	if err != nil {
		return err
	}
	text, err := migrations.ReadFile(name)
	if err != nil {
		return err
	}
	t, err := c.c.BeginTx(whole, nil)
	if err != nil {
		return err
	}
	defer t.Rollback() //nolint:errcheck // after a commit there is nothing to roll back
	res, err := t.ExecContext(whole, "INSERT OR IGNORE INTO migration (version) VALUES (?)", version)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); n == 0 || err != nil {
		return err
	}
	if _, err := t.ExecContext(whole, string(text)); err != nil {
		return err
	}
	return t.Commit()
}
