package sqlite_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/store"
	"github.com/fanfare-hub/fanfare/internal/store/sqlite"
	"github.com/fanfare-hub/fanfare/internal/task"
)

// Of a hub that was deleted nothing is left in any table, another hub loses
// nothing, and no commit writes more than a few rows for each that it removes.
func TestDeletedHubLeavesNothing(t *testing.T) {
	t.Parallel()
	s := open(t, filepath.Join(t.TempDir(), "db"), sqlite.Options{})
	defer s.Close()
	kept := put(t, s)
	fillHub(t, s, kept.ID)
	before := allRows(t, s)
	gone := hub.Hub{Name: "gone", Rules: []hub.Rule{{Name: "r", PrimaryKey: "k"}}}
	if err := s.Update(t.Context(), store.Upkeep, func(tx store.Tx) error { return tx.PutHub(&gone) }); err != nil {
		t.Fatal(err)
	}
	fillHub(t, s, gone.ID)
	ofNoHub := []string{"counter", "seal_check", "migration", "sqlite_sequence", "deleted_hub"}
	for table, n := range allRows(t, s) {
		if n <= before[table] && !slices.Contains(ofNoHub, table) {
			t.Errorf("the hub has nothing in %s: this test does not look at it", table)
		}
	}

	at := time.Unix(1_000_000, 0)
	deleted, err := s.Written(t.Context(), func(tx store.Tx) error { return tx.DeleteHub(gone.ID, at) })
	if err != nil || deleted > 8 {
		t.Errorf("the deletion wrote %d rows, %v", deleted, err)
	}
	// A row goes with its bucket's count, that bucket, a suspect and the mark of its
	// template, or with its tag.
	const slice, most = 20, 20 * 5
	for n := slice; n == slice; {
		wrote, err := s.Written(t.Context(), func(tx store.Tx) (err error) { n, err = tx.SweepHubs(at.Add(time.Second), slice); return err })
		if err != nil || wrote > most {
			t.Fatalf("a slice wrote %d rows, want at most %d; %v", wrote, most, err)
		}
	}
	// Templates, which a running send may want, go an hour after.
	for _, later := range []time.Duration{0, time.Hour} {
		if err := s.Update(t.Context(), store.Upkeep, func(tx store.Tx) error { _, err := tx.SweepRegistrations(at.Add(later), 1000); return err }); err != nil {
			t.Fatal(err)
		}
	}
	for table, n := range allRows(t, s) {
		if n != before[table] {
			t.Errorf("%s has %d rows, want the other hub's %d", table, n, before[table])
		}
	}
}

// fillHub gives a hub rows in every table that has any for hubs.
func fillHub(t *testing.T, s *sqlite.Store, hubID int64) {
	t.Helper()
	register(t, s, hubID, 1, 100, func(r *hub.Registration) {
		r.Tags = []string{"all", "only " + r.ID}
		if r.ID >= "5" {
			r.Template = &hub.TemplateBody{Body: fmt.Sprintf(`{"of":%q}`, r.ID)}
		}
	})
	id := fmt.Sprint("NH-", hubID)
	err := s.Update(t.Context(), store.Upkeep, func(tx store.Tx) error {
		_, err := tx.PutCredential(hubID, hub.Credential{Platform: hub.ADM, Properties: map[string]string{"a": "b"}})
		errs := []error{
			err,
			tx.PutInstallation(hubID, &hub.Installation{ID: "i", Platform: hub.APNs, Handle: "aa"}, time.Time{}),
			tx.InsertNotification(&hub.Notification{ID: id, HubID: hubID}),
			tx.AddOutcomes(hubID, id, []hub.Count{{Platform: hub.APNs, Outcome: hub.Success, N: 1}}),
			tx.AppendLog(hubID, id, store.LogPage{Platform: hub.APNs, Entries: []byte{1}}),
			tx.InsertTask(&task.Task{Kind: "k", HubID: hubID, Notification: id}),
			tx.InsertTask(&task.Task{Kind: "k", HubID: hubID}),
			tx.InsertJob(&hub.Job{HubID: hubID, ID: id}),
			tx.StageJob(hubID, id, hub.JobOutput, []byte("text")),
		}
		_, err = tx.DropHandle(hubID, hub.ADM, store.Dead{Handle: "x4"}, time.Unix(1, 0)) // leaves feedback
		errs = append(errs, err)
		for i := range 4 {
			_, err := tx.Suspect(hubID, hub.ADM, store.Dead{Handle: fmt.Sprint("x", i)}, time.Unix(1, 0))
			_, err2 := tx.Suspect(hubID, hub.Baidu, store.Dead{Handle: fmt.Sprint(i)}, time.Unix(1, 0))
			errs = append(errs, err, err2, tx.PutBreaker(hubID, hub.ADM, int64(i), []byte{1}))
		}
		return errors.Join(errs...)
	})
	if err != nil {
		t.Fatal(err)
	}
}

func allRows(t *testing.T, s *sqlite.Store) map[string]int {
	t.Helper()
	tables, err := s.Tables(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]int{}
	for _, table := range tables {
		out[table] = rows(t, s, table)
	}
	return out
}

// A database that has later migrations than that of hub management gets it too.
func TestHubManagementAfterLaterMigrations(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "db")
	if err := sqlite.MakeWithout(t.Context(), path, "003_hub_management"); err != nil {
		t.Fatal(err)
	}
	s := open(t, path, sqlite.Options{})
	defer s.Close()
	h := put(t, s)
	err := s.Update(t.Context(), store.Upkeep, func(tx store.Tx) error { return tx.DeleteHub(h.ID, time.Unix(1, 0)) })
	if err != nil {
		t.Error(err)
	}
}
