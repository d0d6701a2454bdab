package sqlite_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/seal"
	"github.com/fanfare-hub/fanfare/internal/store"
	"github.com/fanfare-hub/fanfare/internal/store/sqlite"
	"github.com/fanfare-hub/fanfare/internal/store/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func sealer(t *testing.T, fill byte) *seal.Sealer {
	t.Helper()
	s, err := seal.New(bytes.Repeat([]byte{fill}, seal.KeySize))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func open(t *testing.T, path string, o sqlite.Options) *sqlite.Store {
	t.Helper()
	s, err := sqlite.OpenWith(t.Context(), path, sealer(t, 1), o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestStore(t *testing.T) {
	t.Parallel()
	storetest.Exercise(t, func(t *testing.T) store.Store {
		s := open(t, filepath.Join(t.TempDir(), "a b%c.db"), sqlite.Options{})
		t.Cleanup(func() {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
		return s
	})
}

// A 201 survives power loss because of these settings; only tests give them up.
func TestDurability(t *testing.T) {
	t.Parallel()
	const off, full = 0, 2
	for _, c := range []struct {
		options sqlite.Options
		want    int
	}{{sqlite.Options{}, full}, {sqlite.Options{Volatile: true}, off}} {
		s := open(t, filepath.Join(t.TempDir(), "db"), c.options)
		mode, sync, err := s.WriterPragmas(t.Context())
		if err != nil || mode != "wal" || sync != c.want {
			t.Errorf("journal_mode %s, synchronous %d, %v; want wal, %d", mode, sync, err, c.want)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

// Handles are secrets: nobody else on the machine reads the files.
func TestFilesArePrivate(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "db")
	s := open(t, name, sqlite.Options{})
	defer s.Close()
	put(t, s)
	for _, f := range []string{name, name + "-wal", name + "-shm"} {
		info, err := os.Stat(f)
		if err != nil {
			t.Fatal(err)
		}
		if runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
			t.Errorf("%s has the mode %v", filepath.Base(f), info.Mode())
		}
	}
}

func put(t *testing.T, s *sqlite.Store) hub.Hub {
	t.Helper()
	h := hub.Hub{Name: "h", Rules: []hub.Rule{{Name: "r", PrimaryKey: "rule-secret-in-plain-text"}}}
	err := s.Update(t.Context(), store.Accept, func(tx store.Tx) error {
		if err := tx.PutHub(&h); err != nil {
			return err
		}
		_, err := tx.PutCredential(h.ID, hub.Credential{Platform: hub.APNs, Properties: map[string]string{"Token": "push-secret-in-plain-text"}})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// What was committed is there when the file is opened again, secrets are
// readable only under the same key, and stand nowhere in plain text.
func TestReopen(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "db")
	s := open(t, path, sqlite.Options{})
	h := put(t, s)
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(files) < 2 {
		t.Fatalf("files %v, %v", files, err)
	}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil || bytes.Contains(b, []byte("secret-in-plain-text")) {
			t.Errorf("%s holds a secret in plain text, or %v", name, err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := sqlite.Open(t.Context(), path, sealer(t, 2)); !errors.Is(err, seal.ErrWrongKey) {
		t.Fatalf("opened under another key: %v", err)
	}
	s = open(t, path, sqlite.Options{})
	defer s.Close()
	err = s.View(t.Context(), func(r store.Reader) error {
		c, err := r.Credential(h.ID, hub.APNs)
		if c.Properties["Token"] != "push-secret-in-plain-text" {
			t.Errorf("the credential is %v", c.Properties)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestSecondOpenIsRefused(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "db")
	s := open(t, path, sqlite.Options{})
	defer s.Close()
	_, err := sqlite.Open(t.Context(), path, sealer(t, 1))
	if err == nil || !strings.Contains(err.Error(), "another process has it open") {
		t.Errorf("a second open: %v", err)
	}
}

func TestUpdateReturnsAfterTheCommit(t *testing.T) {
	t.Parallel()
	reached, goOn := make(chan struct{}), make(chan struct{})
	block := false
	s := open(t, filepath.Join(t.TempDir(), "db"), sqlite.Options{BeforeCommit: func() {
		if block {
			close(reached)
			<-goOn
		}
	}})
	defer s.Close()
	put(t, s)
	block = true // the writer is idle: put has returned
	done := make(chan error, 1)
	go func() {
		done <- s.Update(t.Context(), store.Accept, func(tx store.Tx) error { return tx.PutHub(&hub.Hub{Name: "x"}) })
	}()
	<-reached
	select {
	case err := <-done:
		t.Errorf("Update returned before the commit: %v", err)
	default:
	}
	block = false
	close(goOn)
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// A database that cannot grow answers ErrBusy and keeps nothing of the write.
func TestFullDiskIsBusy(t *testing.T) {
	t.Parallel()
	s := open(t, filepath.Join(t.TempDir(), "db"), sqlite.Options{})
	defer s.Close()
	h := put(t, s)
	if err := s.LimitPages(t.Context()); err != nil {
		t.Fatal(err)
	}
	var err error
	n := 0
	for ; err == nil && n < 10_000; n++ {
		big := hub.Notification{ID: time.Duration(n).String(), HubID: h.ID, Body: make([]byte, 64<<10)}
		err = s.Update(t.Context(), store.Accept, func(tx store.Tx) error { return tx.InsertNotification(&big) })
	}
	if !errors.Is(err, store.ErrBusy) {
		t.Fatalf("after %d writes: %v, want ErrBusy", n, err)
	}
	err = s.View(t.Context(), func(r store.Reader) error {
		_, err := r.Notification(h.ID, time.Duration(n-1).String())
		return err
	})
	if !errors.Is(err, store.ErrNotFound) {
		t.Errorf("the refused notification: %v, want ErrNotFound", err)
	}
}

// A database of every earlier version is brought up to date, with what it held.
func TestMigrations(t *testing.T) {
	t.Parallel()
	for version := 1; version < sqlite.Versions(); version++ {
		t.Run(fmt.Sprint("from ", version), func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "db")
			err := sqlite.MakeAt(t.Context(), path, version,
				`INSERT INTO notification (hub_id, id, kind, platform, body, content_type, headers, expiry, tags, direct, api_version, state, enqueued_at)
					VALUES (1, 'NH-1', 0, 1, '{}', '', '', NULL, 'a', '', '', 3, 1000000)`,
				`INSERT INTO delivery_log (hub_id, notification, platform, entries, at) VALUES (1, 'NH-1', 1, x'0100', 1000000)`)
			if err != nil {
				t.Fatal(err)
			}
			s := open(t, path, sqlite.Options{})
			defer s.Close()
			put(t, s) // and it can be written to
			err = s.View(t.Context(), func(r store.Reader) error {
				n, err := r.Notification(1, "NH-1")
				if n.Tags != "a" || n.State != hub.Completed || n.Bound != 0 || n.Sequence != 0 || n.Test || !n.ScheduledAt.IsZero() {
					t.Errorf("the notification is %+v", n)
				}
				pages := 0
				err2 := r.DeliveryLog(1, "NH-1", func(p store.LogPage) error {
					if pages++; !bytes.Equal(p.Entries, []byte{1, 0}) || p.Notes != nil {
						t.Errorf("the page is %+v", p)
					}
					return nil
				})
				if pages != 1 {
					t.Errorf("%d pages, want 1", pages)
				}
				return errors.Join(err, err2)
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
}
