// Package sqlite keeps everything in one SQLite file: WAL, synchronous=FULL,
// one writer with group commit and many readers.
package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"

	_ "modernc.org/sqlite" // the driver, in pure Go

	"github.com/fanfare-hub/fanfare/internal/seal"
	"github.com/fanfare-hub/fanfare/internal/store"
)

// readers is how many read transactions run side by side.
const readers = 8

// ErrOpenElsewhere: another process has the database open.
var ErrOpenElsewhere = errors.New("another process has it open")

// Options change how a database is opened, for tests.
type Options struct {
	// Volatile commits without waiting for the disk: what was committed may be
	// lost when the machine goes down, and the file with it.
	Volatile bool
	// BeforeCommit is called before each commit, in the writer's goroutine.
	BeforeCommit func()
}

// Store is a database. It implements store.Store.
type Store struct {
	lock   io.Closer
	sealer *seal.Sealer
	wdb    *sql.DB
	rdb    *sql.DB
	pool   *pool // of readers
	writer *writer
}

// Open opens the database file, makes it if it is not there, and brings its
// schema up to date. It refuses a file that another process has open, that a
// newer version wrote, or whose secrets were sealed under another key.
func Open(ctx context.Context, path string, sealer *seal.Sealer) (*Store, error) {
	return OpenWith(ctx, path, sealer, Options{})
}

// OpenWith is Open with options.
func OpenWith(ctx context.Context, path string, sealer *seal.Sealer, o Options) (*Store, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("opening the database: %w", err)
	}
	s := &Store{sealer: sealer, pool: newPool()}
	if s.lock, err = lockFile(path + ".lock"); err != nil {
		return nil, err
	}
	err = private(path)
	if err == nil {
		err = s.open(ctx, path, o)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("opening the database %s: %w", path, err), s.closeFiles())
	}
	return s, nil
}

// private makes the file, if it is not there, for its owner alone: handles are
// secrets. SQLite gives the same mode to the files that it puts beside it.
func private(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}

func (s *Store) open(ctx context.Context, path string, o Options) error {
	var err error
	synchronous := "synchronous(FULL)"
	if o.Volatile {
		synchronous = "synchronous(OFF)"
	}
	if s.wdb, err = sql.Open("sqlite", dsn(path, "journal_mode(WAL)", synchronous, "busy_timeout(5000)")); err != nil {
		return err
	}
	w, err := newConn(ctx, s.wdb)
	if err != nil {
		return err
	}
	if err := migrate(w); err != nil {
		return err
	}
	if err := s.checkKey(w); err != nil {
		return err
	}
	if s.rdb, err = sql.Open("sqlite", dsn(path, "query_only(1)", "busy_timeout(5000)")); err != nil {
		return err
	}
	s.rdb.SetMaxIdleConns(readers)
	for range readers {
		c, err := newConn(ctx, s.rdb)
		if err != nil {
			return err
		}
		s.pool.give(c)
	}
	s.writer = newWriter(w, sealed{s.sealer}, o)
	return nil
}

func dsn(path string, pragmas ...string) string {
	q := url.Values{"_pragma": pragmas}
	return (&url.URL{Scheme: "file", Opaque: url.PathEscape(path), RawQuery: q.Encode()}).String()
}

// checkKey refuses a master key other than the one that sealed this database.
func (s *Store) checkKey(c *conn) error {
	aad := []byte("key check")
	var b []byte
	err := c.row("SELECT sealed FROM seal_check").Scan(&b)
	if errors.Is(err, sql.ErrNoRows) {
		_, err = c.exec("INSERT INTO seal_check (sealed) VALUES (?)", s.sealer.Seal([]byte("fanfare"), aad))
		return err
	}
	if err == nil {
		_, err = s.sealer.Open(b, aad)
	}
	return err
}

// View runs fn in one read transaction.
func (s *Store) View(ctx context.Context, fn func(store.Reader) error) error {
	c, err := s.pool.take(ctx)
	if err != nil {
		return err
	}
	defer s.pool.give(c)
	if _, err := c.exec("BEGIN"); err != nil {
		return fmt.Errorf("beginning to read: %w", asBusy(err))
	}
	defer c.exec("ROLLBACK") //nolint:errcheck // there is nothing to keep
	return asBusy(fn(&reader{c, sealed{s.sealer}}))
}

// Update runs fn as a member of a group commit.
func (s *Store) Update(ctx context.Context, class store.Class, fn func(store.Tx) error) error {
	return s.writer.update(ctx, class, fn)
}

// WriterPragmas reads the settings of the writer's own connection: "wal" and 2,
// which is FULL, are what durability stands on.
func (s *Store) WriterPragmas(ctx context.Context) (journalMode string, synchronous int, err error) {
	err = s.writer.update(ctx, store.Upkeep, func(t store.Tx) error {
		c := t.(*tx).conn
		if err := c.row("PRAGMA journal_mode").Scan(&journalMode); err != nil {
			return err
		}
		return c.row("PRAGMA synchronous").Scan(&synchronous)
	})
	return journalMode, synchronous, err
}

// Close commits what waits, and closes the file. Nothing may be called after.
func (s *Store) Close() error {
	s.writer.close()
	return s.closeFiles()
}

func (s *Store) closeFiles() error {
	errs := s.pool.close()
	if s.rdb != nil {
		errs = append(errs, s.rdb.Close())
	}
	if s.writer != nil {
		errs = append(errs, s.writer.conn.close())
	}
	if s.wdb != nil {
		errs = append(errs, s.wdb.Close())
	}
	return errors.Join(append(errs, s.lock.Close())...)
}

var _ store.Store = (*Store)(nil)
