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

func TestWriterIsWALAndFull(t *testing.T) {
	t.Parallel()
	s := open(t, filepath.Join(t.TempDir(), "db"), sqlite.Options{})
	defer s.Close()
	mode, sync, err := s.WriterPragmas(t.Context())
	const full = 2
	if err != nil || mode != "wal" || sync != full {
		t.Errorf("journal_mode %s, synchronous %d, %v; want wal, 2", mode, sync, err)
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

// register writes registrations with the numbers from first on.
func register(t *testing.T, s *sqlite.Store, hubID int64, first, n int, change func(*hub.Registration)) {
	t.Helper()
	err := s.Update(t.Context(), store.Accept, func(tx store.Tx) error {
		for i := first; i < first+n; i++ {
			r := hub.Registration{ID: fmt.Sprint(i), Platform: hub.ADM, Handle: fmt.Sprint("x", i)}
			change(&r)
			if err := tx.PutRegistration(hubID, &r, nil, time.Time{}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func rows(t *testing.T, s *sqlite.Store, table string) int {
	t.Helper()
	n, err := s.Rows(t.Context(), table)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// What Cut reads is a thousandth of the registrations, and it goes with them.
func TestBuckets(t *testing.T) {
	t.Parallel()
	s := open(t, filepath.Join(t.TempDir(), "db"), sqlite.Options{})
	defer s.Close()
	h := put(t, s)
	register(t, s, h.ID, 1, 3000, func(*hub.Registration) {})
	if n := rows(t, s, "registration_bucket"); n != 3 {
		t.Errorf("%d buckets of the numbers 1 to 3000, want 3", n)
	}
	err := s.Update(t.Context(), store.Upkeep, func(tx store.Tx) error {
		for i := range 2990 {
			if err := tx.DeleteRegistration(h.ID, fmt.Sprint(i+1), nil, time.Time{}); err != nil {
				return err
			}
		}
		return nil
	})
	if n := rows(t, s, "registration_bucket"); err != nil || n != 1 {
		t.Errorf("%d buckets of the last ten, want 1; %v", n, err)
	}
}

// A database that was made before there were buckets gets them when it is opened.
func TestBucketsOfAnOldDatabase(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "db")
	err := sqlite.MakeAt(t.Context(), path, 1, `INSERT INTO registration (hub_id, id, platform, kind, handle, handle_key, etag, changed, written)
		WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1500) SELECT 1, i, 1, 0, 'aa', 'aa', 1, 1, 1 FROM n`)
	if err != nil {
		t.Fatal(err)
	}
	s := open(t, path, sqlite.Options{})
	defer s.Close()
	err = s.View(t.Context(), func(r store.Reader) error {
		got, err := r.Cut(store.Selector{HubID: 1, Platform: hub.APNs}, 1<<40, 500, 16)
		if len(got) != 2 || got[0] != 500 || got[1] != 1000 {
			t.Errorf("Cut = %v, want 500 and 1000", got)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// Of an installation that is written again only what has changed is written:
// not the postings of the tags that it keeps.
func TestPutInstallationWritesTheDifference(t *testing.T) {
	t.Parallel()
	s := open(t, filepath.Join(t.TempDir(), "db"), sqlite.Options{})
	defer s.Close()
	h := put(t, s)
	const templates, tags = 10, 50
	i := hub.Installation{ID: "i", Platform: hub.APNs, Handle: "aa", Templates: map[string]hub.InstallationTemplate{}}
	for n := range templates {
		i.Templates[fmt.Sprint("t", n)] = hub.InstallationTemplate{Body: "{}"}
	}
	for n := range tags {
		i.Tags = append(i.Tags, fmt.Sprint("tag", n))
	}
	write := func() int {
		t.Helper()
		n, err := s.Written(t.Context(), func(tx store.Tx) error { return tx.PutInstallation(h.ID, &i, time.Time{}) })
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	if n := write(); n < (templates+1)*tags {
		t.Errorf("the first write wrote %d rows, fewer than there are postings", n)
	}
	i.Tags[7] = "another"
	// Of each registration: its row, two postings, the store's sequence; at most
	// one tag that comes, one that goes, and the document.
	if n, most := write(), (templates+1)*4+3; n > most {
		t.Errorf("a change of one tag wrote %d rows, want at most %d", n, most)
	}
	if n := rows(t, s, "posting"); n != (templates+1)*(tags+1)+templates {
		t.Errorf("%d postings, want those of the tags, of the id, and of each template's name", n)
	}
}

// Old notifications with many counts are removed in several commits.
func TestSweepNotificationsIsCut(t *testing.T) {
	t.Parallel()
	s := open(t, filepath.Join(t.TempDir(), "db"), sqlite.Options{})
	defer s.Close()
	h := put(t, s)
	ended := time.Unix(1, 0)
	const many, most = 30, 1200
	err := s.Update(t.Context(), store.Upkeep, func(tx store.Tx) error {
		for i := range many {
			n := hub.Notification{ID: fmt.Sprint(i), HubID: h.ID, EndedAt: ended}
			var counts []hub.Count
			for o := range 100 {
				counts = append(counts, hub.Count{Platform: hub.APNs, Outcome: hub.Outcome(o), N: 1})
			}
			if err := errors.Join(tx.InsertNotification(&n), tx.AddOutcomes(h.ID, n.ID, counts)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for swept := many; swept == many; {
		n, err := s.Written(t.Context(), func(tx store.Tx) (err error) {
			swept, err = tx.SweepNotifications(ended.Add(time.Second), many)
			return err
		})
		if err != nil || n > most {
			t.Fatalf("a commit wrote %d rows, want at most %d; %v", n, most, err)
		}
	}
	if n, counts := rows(t, s, "notification"), rows(t, s, "outcome_count"); n+counts != 0 {
		t.Errorf("%d notifications and %d counts are left", n, counts)
	}
}

// A device that varies its tags and its template leaves nothing behind.
func TestNothingIsLeftBehind(t *testing.T) {
	t.Parallel()
	s := open(t, filepath.Join(t.TempDir(), "db"), sqlite.Options{})
	defer s.Close()
	h := put(t, s)
	const versions = 30
	for v := range versions {
		register(t, s, h.ID, 1, 1, func(r *hub.Registration) {
			r.Tags = []string{fmt.Sprint("version", v), "steady"}
			r.Template = &hub.TemplateBody{Body: fmt.Sprintf(`{"version":%d}`, v)}
		})
	}
	if n := rows(t, s, "tag"); n != 2 {
		t.Errorf("%d tags of a registration with 2", n)
	}
	start := time.Unix(1_000_000, 0)
	sweep := func(at time.Time) {
		t.Helper()
		const slice = 7
		for n := slice; n >= slice; {
			wrote, err := s.Written(t.Context(), func(tx store.Tx) (err error) { n, err = tx.SweepRegistrations(at, slice); return err })
			if err != nil || wrote > 2*slice {
				t.Fatalf("a sweep wrote %d rows; %v", wrote, err)
			}
		}
	}
	sweep(start)
	if n := rows(t, s, "template_body"); n != versions {
		t.Errorf("%d templates of %d: a running send may want them", n, versions)
	}
	// One of them is used again meanwhile.
	register(t, s, h.ID, 2, 1, func(r *hub.Registration) { r.Template = &hub.TemplateBody{Body: `{"version":3}`} })
	sweep(start.Add(time.Hour))
	if n := rows(t, s, "template_body"); n != 2 {
		t.Errorf("%d templates are left, want the 2 that are used", n)
	}
	err := s.Update(t.Context(), store.Upkeep, func(tx store.Tx) error {
		return errors.Join(tx.DeleteRegistration(h.ID, "1", nil, start), tx.DeleteRegistration(h.ID, "2", nil, start))
	})
	if err != nil {
		t.Fatal(err)
	}
	sweep(start.Add(time.Hour))
	sweep(start.Add(2 * time.Hour))
	for _, table := range []string{"registration", "posting", "tag", "template_body", "registration_bucket"} {
		if n := rows(t, s, table); n != 0 {
			t.Errorf("%d rows are left in %s", n, table)
		}
	}
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
				if n.Tags != "a" || n.State != hub.Completed || n.Bound != 0 || n.Sequence != 0 || n.Test {
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
