package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/store"
	"github.com/fanfare-hub/fanfare/internal/task"
)

func (f *fixture) insert(t task.Task) task.Task {
	f.Helper()
	f.update(func(tx store.Tx) error { return tx.InsertTask(&t) })
	return t
}

func (f *fixture) claim(owner string, at time.Time, limit int, skip ...task.Lane) (claimed []task.Task) {
	f.Helper()
	f.update(func(tx store.Tx) (err error) {
		claimed, err = tx.ClaimTasks(owner, at, at.Add(time.Minute), limit, skip)
		return err
	})
	return claimed
}

func (f *fixture) nextDue(skip ...task.Lane) (due time.Time, any bool) {
	f.Helper()
	f.view(func(r store.Reader) (err error) { due, any, err = r.NextDue(skip); return err })
	return due, any
}

func tasks(f *fixture) {
	if _, any := f.nextDue(); any {
		f.Error("something is due in an empty store")
	}
	late := f.insert(task.Task{Kind: "k", HubID: f.hub, Notification: "n", Platform: 1, DueAt: now.Add(time.Hour), Reason: "waits", Payload: []byte("p")})
	soon := f.insert(task.Task{Kind: "k", HubID: f.hub, Notification: "n", DueAt: now})
	if due, _ := f.nextDue(); !due.Equal(now) {
		f.Errorf("the next is due at %v, want %v", due, now)
	}
	got := f.claim("me", now, 10)
	if len(got) != 1 || got[0].ID != soon.ID || got[0].Owner != "me" || got[0].Attempt != 1 {
		f.Fatalf("claimed %+v", got)
	}
	if again := f.claim("me", now, 10); len(again) != 0 {
		f.Errorf("claimed twice: %+v", again)
	}
	f.update(func(tx store.Tx) error { return tx.DeleteTask(got[0].Lease()) })
	f.refused(task.ErrFenced, func(tx store.Tx) error { return tx.DeleteTask(got[0].Lease()) })
	f.view(func(r store.Reader) error {
		all, err := r.TasksOf(f.hub, "n")
		if len(all) != 1 || all[0].ID != late.ID || all[0].Reason != "waits" || string(all[0].Payload) != "p" || !all[0].DueAt.Equal(late.DueAt) {
			f.Errorf("TasksOf = %+v", all)
		}
		has, err2 := r.HasTasks(f.hub, "n")
		none, err3 := r.HasTasks(f.hub, "other")
		if !has || none {
			f.Errorf("HasTasks = %v, %v", has, none)
		}
		return errors.Join(err, err2, err3)
	})
	var woken int64
	f.update(func(tx store.Tx) (err error) { woken, err = tx.WakeTasks(f.hub, 1, now); return err })
	if woken != 1 || len(f.claim("me", now, 10)) != 1 {
		f.Errorf("%d tasks were woken, want 1", woken)
	}
}

func lanes(f *fixture) {
	full := task.Lane{HubID: f.hub, Platform: 1}
	f.insert(task.Task{Kind: "k", HubID: f.hub, Platform: 1, DueAt: now})
	other := f.insert(task.Task{Kind: "k", HubID: f.hub, Platform: 2, DueAt: now.Add(time.Second)})
	if due, _ := f.nextDue(full); !due.Equal(other.DueAt) {
		f.Errorf("the next outside the full lane is due at %v", due)
	}
	got := f.claim("me", now.Add(time.Minute), 10, full)
	if len(got) != 1 || got[0].ID != other.ID {
		f.Errorf("claimed %+v", got)
	}
}

// A lease that ended is taken over; its holder can no longer write.
func leases(f *fixture) {
	f.insert(task.Task{Kind: "k", HubID: f.hub, DueAt: now})
	mine := f.claim("me", now, 1)[0]
	var lost []int64
	renew := func(until time.Time) {
		f.update(func(tx store.Tx) (err error) {
			lost, err = tx.RenewTasks([]task.Lease{mine.Lease()}, until)
			return err
		})
	}
	if renew(now.Add(2 * time.Minute)); len(lost) != 0 {
		f.Errorf("lost %v", lost)
	}
	if got := f.claim("other", now.Add(time.Minute), 1); len(got) != 0 {
		f.Fatalf("a renewed lease was taken over: %+v", got)
	}
	theirs := f.claim("other", now.Add(2*time.Minute), 1)
	if len(theirs) != 1 || theirs[0].Attempt != 2 {
		f.Fatalf("a lease that ended was not taken over: %+v", theirs)
	}
	if renew(now.Add(time.Hour)); !slices.Equal(lost, []int64{mine.ID}) {
		f.Errorf("lost %v, want %d", lost, mine.ID)
	}
	f.refused(task.ErrFenced, func(tx store.Tx) error { return tx.SaveTask(mine.Lease(), &mine) })
	free := theirs[0]
	free.Owner, free.LeaseUntil, free.DueAt = "", time.Time{}, now.Add(time.Hour)
	f.update(func(tx store.Tx) error { return tx.SaveTask(theirs[0].Lease(), &free) })
	if due, _ := f.nextDue(); !due.Equal(free.DueAt) {
		f.Errorf("a freed task is due at %v, want %v", due, free.DueAt)
	}
	held := f.insert(task.Task{Kind: "k", HubID: f.hub, DueAt: now, Owner: "dead", Attempt: 1, LeaseUntil: now.Add(time.Hour)})
	var freed int64
	f.update(func(tx store.Tx) (err error) { freed, err = tx.FreeTasks("me"); return err })
	if got := f.claim("me", now, 1); freed != 1 || len(got) != 1 || got[0].ID != held.ID || got[0].Attempt != 2 {
		f.Errorf("%d tasks were freed; claimed %+v", freed, got)
	}
}

// Members that are written together fail alone, and a member that panics takes
// nobody with it.
func groupCommit(f *fixture) {
	boom := errors.New("boom")
	var wg sync.WaitGroup
	for i := range 40 {
		wg.Go(func() {
			defer func() {
				if p := recover(); (p != nil) != (i%4 == 3) {
					f.Errorf("member %d: panic %v", i, p)
				}
			}()
			err := f.Update(f.Context(), store.Class(i%3), func(tx store.Tx) error {
				r := hub.Registration{ID: fmt.Sprint(i), Platform: hub.ADM, Handle: "x"}
				if err := tx.PutRegistration(f.hub, &r, nil, now); err != nil {
					return err
				}
				switch i % 4 {
				case 1:
					return boom
				case 3:
					panic("boom")
				}
				return nil
			})
			if want := i%4 == 1; errors.Is(err, boom) != want {
				f.Errorf("member %d: %v", i, err)
			}
		})
	}
	wg.Wait()
	for i := range 40 {
		if there := f.exists(fmt.Sprint(i)); there != (i%2 == 0) {
			f.Errorf("member %d: written %v", i, there)
		}
	}
	ended, cancel := context.WithCancel(f.Context())
	cancel()
	ran := false
	err := f.Update(ended, store.Accept, func(store.Tx) error { ran = true; return nil })
	if ran || !errors.Is(err, context.Canceled) {
		f.Errorf("a member whose context had ended: ran %v, %v", ran, err)
	}
}
