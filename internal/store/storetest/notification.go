package storetest

import (
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/store"
	"github.com/fanfare-hub/fanfare/internal/task"
)

func notifications(f *fixture) {
	n := hub.Notification{
		ID: "NH-1", HubID: f.hub, Kind: hub.Native, Platform: hub.APNs, Body: []byte(`{}`), ContentType: "application/json",
		Headers: []hub.Header{{Name: "apns-priority", Value: "5"}}, Expiry: now.Add(time.Hour), Tags: "a && b",
		Direct: []hub.DirectHandle{{Handle: "aa"}, {Handle: "x", Invalid: "no"}}, APIVersion: "2020-06", State: hub.Enqueued, EnqueuedAt: now,
		Test: true,
	}
	f.update(func(tx store.Tx) error { return tx.InsertNotification(&n) })
	f.update(func(tx store.Tx) error {
		return errors.Join(
			tx.StartNotification(f.hub, n.ID, 7, 8, now.Add(time.Second)),
			tx.StartNotification(f.hub, n.ID, 70, 80, now.Add(time.Minute)),
			tx.AddOutcomes(f.hub, n.ID, []hub.Count{{Platform: hub.APNs, Outcome: hub.Success, N: 2}}),
			tx.AddOutcomes(f.hub, n.ID, []hub.Count{{Platform: hub.APNs, Outcome: hub.Success, N: 3}, {Platform: hub.APNs, Outcome: hub.Skipped, N: 1}}),
			tx.AddPerhapsTwice(f.hub, n.ID, 4), tx.AddPerhapsTwice(f.hub, n.ID, 5),
			tx.FinishNotification(f.hub, n.ID, hub.Completed, now.Add(time.Hour)))
	})
	n.State, n.StartedAt, n.EndedAt, n.PerhapsTwice = hub.Completed, now.Add(time.Second), now.Add(time.Hour), 9
	n.Bound, n.Sequence = 7, 8
	f.view(func(r store.Reader) error {
		got, err := r.Notification(f.hub, n.ID)
		if !reflect.DeepEqual(got, n) {
			f.Errorf("got %+v, want %+v", got, n)
		}
		counts, err2 := r.OutcomeCounts(f.hub, n.ID)
		if want := []hub.Count{{Platform: hub.APNs, Outcome: hub.Success, N: 5}, {Platform: hub.APNs, Outcome: hub.Skipped, N: 1}}; !reflect.DeepEqual(counts, want) {
			f.Errorf("counts %v, want %v", counts, want)
		}
		return errors.Join(err, err2)
	})
}

// The log is walked in order, with entries and notes as they came.
func deliveryLog(f *fixture) {
	n := hub.Notification{ID: "NH-1", HubID: f.hub, State: hub.Processing, EnqueuedAt: now}
	want := []store.LogPage{
		{Platform: hub.APNs, Entries: []byte{1}, At: now},
		{Platform: hub.WNS, Entries: []byte{2}, Notes: []byte{0, 255, 3}, At: now.Add(time.Second)},
		{Platform: hub.WNS, Notes: []byte{1}, At: now.Add(time.Minute)}, // an attempt that settled nobody
	}
	f.update(func(tx store.Tx) error {
		errs := []error{tx.InsertNotification(&n)}
		for _, p := range want {
			errs = append(errs, tx.AppendLog(f.hub, n.ID, p))
		}
		return errors.Join(append(errs, tx.AppendLog(f.hub, "NH-2", store.LogPage{Platform: hub.ADM, At: now}))...)
	})
	f.view(func(r store.Reader) error {
		var got []store.LogPage
		err := r.DeliveryLog(f.hub, n.ID, func(p store.LogPage) error { got = append(got, p); return nil })
		if diff := cmp.Diff(want, got); diff != "" {
			f.Error(diff)
		}
		enough := errors.New("enough")
		seen := 0
		if err := r.DeliveryLog(f.hub, n.ID, func(store.LogPage) error { seen++; return enough }); !errors.Is(err, enough) || seen != 1 {
			f.Errorf("the walk went on after an error: %d pages, %v", seen, err)
		}
		return err
	})
}

func retention(f *fixture) {
	f.update(func(tx store.Tx) error {
		var errs []error
		for i := range 3 {
			n := hub.Notification{ID: fmt.Sprint("NH-", i), HubID: f.hub, State: hub.Completed, EnqueuedAt: now, EndedAt: now.Add(time.Duration(i) * time.Hour)}
			errs = append(errs, tx.InsertNotification(&n), tx.AddOutcomes(f.hub, n.ID, []hub.Count{{Platform: 1, Outcome: 0, N: 1}}),
				tx.AppendLog(f.hub, n.ID, store.LogPage{Platform: 1, Entries: []byte{1}, At: now}))
		}
		t := task.Task{Kind: "k", HubID: f.hub, Notification: "NH-1", DueAt: now}
		return errors.Join(append(errs, tx.InsertTask(&t))...)
	})
	var n int
	f.update(func(tx store.Tx) (err error) { n, err = tx.SweepNotifications(now.Add(90*time.Minute), 10); return err })
	if n != 1 {
		f.Errorf("the sweep removed %d notifications, want 1: one has a task, one is young", n)
	}
	f.view(func(r store.Reader) error {
		if _, err := r.Notification(f.hub, "NH-0"); !errors.Is(err, store.ErrNotFound) {
			f.Errorf("the old one: %v", err)
		}
		pages := 0
		err := r.DeliveryLog(f.hub, "NH-0", func(store.LogPage) error { pages++; return nil })
		counts, err2 := r.OutcomeCounts(f.hub, "NH-0")
		if pages+len(counts) != 0 {
			f.Error("log or counts of the old one are left")
		}
		_, err3 := r.Notification(f.hub, "NH-1")
		return errors.Join(err, err2, err3)
	})
}

// A schedule leaves its state once: by being enqueued, or by being cancelled.
func schedules(f *fixture) {
	due := now.Add(time.Hour)
	insert := func(id string, s hub.State) {
		n := hub.Notification{ID: id, HubID: f.hub, State: s, EnqueuedAt: now, ScheduledAt: due}
		k := task.Task{Kind: "k", HubID: f.hub, Notification: id, DueAt: due}
		f.update(func(tx store.Tx) error { return errors.Join(tx.InsertNotification(&n), tx.InsertTask(&k)) })
	}
	state := func(id string, want hub.State, ended time.Time) {
		f.Helper()
		f.view(func(r store.Reader) error {
			n, err := r.Notification(f.hub, id)
			if n.State != want || !n.EndedAt.Equal(ended) || !n.ScheduledAt.Equal(due) || !n.StartedAt.IsZero() {
				f.Errorf("%s: state %s, want %s; scheduled %v, started %v, ended %v", id, n.State, want, n.ScheduledAt, n.StartedAt, n.EndedAt)
			}
			return err
		})
	}
	cancel := func(id string) {
		f.update(func(tx store.Tx) error {
			return errors.Join(tx.CancelNotification(f.hub, id, now), tx.DropTasks(f.hub, id))
		})
	}
	for _, id := range []string{"NH-fired", "NH-cancelled", "NH-other"} {
		insert(id, hub.Scheduled)
	}
	f.update(func(tx store.Tx) error { return tx.EnqueueNotification(f.hub, "NH-fired") })
	f.update(func(tx store.Tx) error { return tx.CancelNotification(f.hub, "NH-fired", now) })
	state("NH-fired", hub.Enqueued, time.Time{})
	held := f.claim("me", due, 2)[1] // whoever holds the task
	cancel("NH-cancelled")
	f.update(func(tx store.Tx) error { return tx.EnqueueNotification(f.hub, "NH-cancelled") })
	state("NH-cancelled", hub.Canceled, now)
	state("NH-other", hub.Scheduled, time.Time{})
	f.refused(task.ErrFenced, func(tx store.Tx) error { return tx.DeleteTask(held.Lease()) })
	f.view(func(r store.Reader) error {
		gone, err := r.HasTasks(f.hub, "NH-cancelled")
		left, err2 := r.HasTasks(f.hub, "NH-other")
		if gone || !left {
			f.Errorf("tasks: of the cancelled %v, of another %v", gone, left)
		}
		return errors.Join(err, err2)
	})
	var n int
	f.update(func(tx store.Tx) (err error) { n, err = tx.SweepNotifications(now.Add(time.Second), 10); return err })
	if n != 1 {
		f.Errorf("%d were swept, want the cancelled one", n)
	}
}
