package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/fanfare-hub/fanfare/internal/seal"
	"github.com/fanfare-hub/fanfare/internal/store"
)

// conn is one connection with its prepared statements. It is used by one
// goroutine at a time.
type conn struct {
	c     *sql.Conn
	stmts map[string]*sql.Stmt
}

func newConn(ctx context.Context, db *sql.DB) (*conn, error) {
	c, err := db.Conn(ctx)
	return &conn{c, map[string]*sql.Stmt{}}, err
}

// Statements run to their end: a transaction is short, and one that was cut
// off in the middle would have to be rolled back anyway.
var whole = context.Background()

func (c *conn) stmt(query string) (*sql.Stmt, error) {
	if s := c.stmts[query]; s != nil {
		return s, nil
	}
	s, err := c.c.PrepareContext(whole, query)
	if err == nil {
		c.stmts[query] = s
	}
	return s, err
}

func (c *conn) exec(query string, args ...any) (sql.Result, error) {
	s, err := c.stmt(query)
	if err != nil {
		return nil, err
	}
	return s.ExecContext(whole, args...)
}

// changed executes a statement and says how many rows it changed.
func (c *conn) changed(query string, args ...any) (int64, error) {
	res, err := c.exec(query, args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

func (c *conn) row(query string, args ...any) scanner {
	s, err := c.stmt(query)
	if err != nil {
		return failedRow{err}
	}
	return s.QueryRowContext(whole, args...)
}

// each calls scan for every row.
func (c *conn) each(scan func(scanner) error, query string, args ...any) error {
	s, err := c.stmt(query)
	if err != nil {
		return err
	}
	rows, err := s.QueryContext(whole, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

func (c *conn) close() error {
	var errs []error
	for _, s := range c.stmts {
		errs = append(errs, s.Close())
	}
	return errors.Join(append(errs, c.c.Close())...)
}

type scanner interface{ Scan(dest ...any) error }

type failedRow struct{ err error }

func (f failedRow) Scan(...any) error { return f.err }

// micros reads a time stored as microseconds since 1970; NULL is the zero time.
type micros struct{ t *time.Time }

// at is a time as a statement's argument.
func at(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixMicro()
}

// Scan reads a column into the time.
func (m micros) Scan(v any) error {
	switch v := v.(type) {
	case nil:
		*m.t = time.Time{}
	case int64:
		*m.t = time.UnixMicro(v).UTC()
	default:
		return fmt.Errorf("sqlite: a time of type %T", v)
	}
	return nil
}

// blob keeps an absent value from being NULL.
func blob(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

// asBusy marks the errors after which the caller may come back: nothing was
// written.
func asBusy(err error) error {
	var e *sqlite.Error
	if !errors.As(err, &e) || errors.Is(err, store.ErrBusy) {
		return err
	}
	switch e.Code() & 0xff {
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR,
		sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_NOMEM:
		return fmt.Errorf("%w: %w", store.ErrBusy, err)
	}
	return err
}

// notFound turns the driver's word into the store's.
func notFound(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return store.ErrNotFound
	}
	return err
}

// sealed seals the columns that hold secrets.
type sealed struct{ *seal.Sealer }

// reader is a read transaction.
type reader struct {
	*conn
	sealed
}

// tx is a member of a write transaction.
type tx struct{ reader }

// written counts the rows that the connection has written so far, those of
// triggers among them.
func (t *tx) written() (n int, err error) {
	err = t.row("SELECT total_changes()").Scan(&n)
	return n, err
}

var (
	_ store.Reader = (*reader)(nil)
	_ store.Tx     = (*tx)(nil)
)
