package sqlite_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/store"
	"github.com/fanfare-hub/fanfare/internal/store/sqlite"
)

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

// A page of a list begins where the last one ended: nothing is sorted.
func TestListIsAWalk(t *testing.T) {
	t.Parallel()
	s := open(t, filepath.Join(t.TempDir(), "db"), sqlite.Options{})
	defer s.Close()
	steps, err := s.ListPlan(t.Context())
	if err != nil || len(steps) == 0 || steps[0] != "SEARCH r USING INDEX registration_number (hub_id=? AND number>?)" || len(steps) > 2 {
		t.Errorf("a page is read by %q: %v", steps, err)
	}
}

// A job's URLs open a storage account: they are not in the file in clear.
func TestJobURLsAreSealed(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "db")
	s := open(t, path, sqlite.Options{})
	err := s.Update(t.Context(), store.Upkeep, func(tx store.Tx) error {
		return tx.InsertJob(&hub.Job{HubID: 1, ID: "visible-id", OutputContainer: "https://o.example/?sig=SECRETOUT", ImportFile: "https://i.example/?sig=SECRETIN"})
	})
	if err := errors.Join(err, s.Close()); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil || !bytes.Contains(b, []byte("visible-id")) || bytes.Contains(b, []byte("SECRET")) {
		t.Errorf("a signature stands in the database in clear, or nothing does: %v", err)
	}
}
