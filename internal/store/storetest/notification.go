package storetest

import (
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/store"
	"github.com/fanfare-hub/fanfare/internal/task"
)

func notifications(f *fixture) {
	n := hub.Notification{
		ID: "NH-1", HubID: f.hub, Kind: hub.Native, Platform: hub.APNs, Body: []byte(`{}`), ContentType: "application/json",
		Headers: []hub.Header{{Name: "apns-priority", Value: "5"}}, Expiry: now.Add(time.Hour), Tags: "a && b",
		Direct: []hub.DirectHandle{{Handle: "aa"}}, APIVersion: "2020-06", State: hub.Enqueued, EnqueuedAt: now,
	}
	f.update(func(tx store.Tx) error { return tx.InsertNotification(&n) })
	f.update(func(tx store.Tx) error {
		return errors.Join(
			tx.StartNotification(f.hub, n.ID, now.Add(time.Second)),
			tx.StartNotification(f.hub, n.ID, now.Add(time.Minute)),
			tx.AddOutcomes(f.hub, n.ID, []hub.Count{{Platform: hub.APNs, Outcome: hub.Success, N: 2}}),
			tx.AddOutcomes(f.hub, n.ID, []hub.Count{{Platform: hub.APNs, Outcome: hub.Success, N: 3}, {Platform: hub.APNs, Outcome: hub.Skipped, N: 1}}),
			tx.AppendLog(f.hub, n.ID, store.LogPage{Platform: hub.APNs, Entries: []byte{1}, At: now}),
			tx.AppendLog(f.hub, n.ID, store.LogPage{Platform: hub.WNS, Entries: []byte{2}, At: now}),
			tx.AddPerhapsTwice(f.hub, n.ID, 4), tx.AddPerhapsTwice(f.hub, n.ID, 5),
			tx.FinishNotification(f.hub, n.ID, hub.Completed, now.Add(time.Hour)))
	})
	n.State, n.StartedAt, n.EndedAt, n.PerhapsTwice = hub.Completed, now.Add(time.Second), now.Add(time.Hour), 9
	f.view(func(r store.Reader) error {
		got, err := r.Notification(f.hub, n.ID)
		if !reflect.DeepEqual(got, n) {
			f.Errorf("got %+v, want %+v", got, n)
		}
		counts, err2 := r.OutcomeCounts(f.hub, n.ID)
		if want := []hub.Count{{Platform: hub.APNs, Outcome: hub.Success, N: 5}, {Platform: hub.APNs, Outcome: hub.Skipped, N: 1}}; !reflect.DeepEqual(counts, want) {
			f.Errorf("counts %v, want %v", counts, want)
		}
		log, err3 := r.DeliveryLog(f.hub, n.ID)
		if len(log) != 2 || log[0].Entries[0] != 1 || log[1].Platform != hub.WNS {
			f.Errorf("log %+v", log)
		}
		return errors.Join(err, err2, err3)
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
		log, err := r.DeliveryLog(f.hub, "NH-0")
		counts, err2 := r.OutcomeCounts(f.hub, "NH-0")
		if len(log)+len(counts) != 0 {
			f.Error("log or counts of the old one are left")
		}
		_, err3 := r.Notification(f.hub, "NH-1")
		return errors.Join(err, err2, err3)
	})
}
