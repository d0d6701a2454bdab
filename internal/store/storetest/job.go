package storetest

import (
	"errors"
	"reflect"
	"time"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/store"
)

func (f *fixture) insertJob(id string) hub.Job {
	f.Helper()
	j := hub.Job{
		HubID: f.hub, ID: id, Type: hub.ImportUpsertRegistrations, OutputContainer: "https://a.example/out?sig=x", ImportFile: "https://a.example/in?sig=y",
		InputProperties: map[string]string{"k": "v"}, CreatedAt: now, UpdatedAt: now,
	}
	f.update(func(tx store.Tx) error { return tx.InsertJob(&j) })
	return j
}

func jobs(f *fixture) {
	b, a := f.insertJob("b"), f.insertJob("a")
	b.Status, b.Progress, b.OutputPath, b.FailedPath, b.UpdatedAt = hub.JobRunning, 1234, "/o", "/f", now.Add(time.Second)
	f.update(func(tx store.Tx) error { return tx.UpdateJob(&b) })
	f.view(func(r store.Reader) error {
		got, err := r.Job(f.hub, "b")
		if !reflect.DeepEqual(got, b) {
			f.Errorf("got %+v\nwant %+v", got, b)
		}
		all, err2 := r.ListJobs(f.hub, 10)
		if !reflect.DeepEqual(all, []hub.Job{a, b}) {
			f.Errorf("the list is %+v, want a and b", all)
		}
		one, err3 := r.ListJobs(f.hub, 1)
		if len(one) != 1 || one[0].ID != "a" {
			f.Errorf("the newest job is %+v, want a", one)
		}
		if _, err := r.Job(f.hub+1, "b"); !errors.Is(err, store.ErrNotFound) {
			f.Errorf("another hub's job: %v", err)
		}
		return errors.Join(err, err2, err3)
	})
	f.unfinished(2)
	a.Status, a.Failure = hub.JobFailed, "no storage"
	f.update(func(tx store.Tx) error { return tx.UpdateJob(&a) })
	f.unfinished(1)
	f.refused(store.ErrNotFound, func(tx store.Tx) error { return tx.UpdateJob(&hub.Job{HubID: f.hub, ID: "none"}) })

	var swept int
	f.update(func(tx store.Tx) (err error) { swept, err = tx.SweepJobs(now, 10); return err })
	if swept != 0 {
		f.Errorf("%d jobs were swept that did not end before the time given", swept)
	}
	f.update(func(tx store.Tx) (err error) { swept, err = tx.SweepJobs(now.Add(time.Hour), 10); return err })
	f.view(func(r store.Reader) error {
		_, err := r.Job(f.hub, "b")
		if _, gone := r.Job(f.hub, "a"); swept != 1 || !errors.Is(gone, store.ErrNotFound) {
			f.Errorf("%d jobs were swept, want the one that had ended: %v", swept, gone)
		}
		return err
	})
}

func (f *fixture) unfinished(want int) {
	f.Helper()
	f.view(func(r store.Reader) error {
		n, err := r.UnfinishedJobs(f.hub)
		if n != want {
			f.Errorf("%d jobs are unfinished, want %d", n, want)
		}
		return err
	})
}

// What is staged comes back in order, and goes as far as it was read.
func stagedJobs(f *fixture) {
	j := f.insertJob("a")
	f.insertJob("b")
	stage := func(id string, file hub.JobFile, text string) {
		f.Helper()
		f.update(func(tx store.Tx) error { return tx.StageJob(f.hub, id, file, []byte(text)) })
	}
	staged := func(id string, file hub.JobFile, want string) (last int64) {
		f.Helper()
		f.view(func(r store.Reader) (err error) {
			var content []byte
			content, last, err = r.Staged(f.hub, id, file)
			if string(content) != want {
				f.Errorf("staged is %q, want %q", content, want)
			}
			return err
		})
		return last
	}
	stage("a", hub.JobOutput, "1")
	stage("b", hub.JobOutput, "other job")
	stage("a", hub.JobFailures, "other file")
	stage("a", hub.JobOutput, "2")
	last := staged("a", hub.JobOutput, "12")
	stage("a", hub.JobOutput, "3")
	f.update(func(tx store.Tx) error { return tx.UnstageJob(f.hub, "a", hub.JobOutput, last) })
	staged("a", hub.JobOutput, "3")
	staged("a", hub.JobFailures, "other file")
	j.Status = hub.JobCompleted
	f.update(func(tx store.Tx) error { return tx.UpdateJob(&j) })
	staged("a", hub.JobOutput, "")
	staged("a", hub.JobFailures, "")
	staged("b", hub.JobOutput, "other job")
}

// Counting reads no registration; templates and all platforms count.
func registrationCounts(f *fixture) {
	f.register("a", hub.APNs, "aa", "t")
	f.register("b", hub.GCM, "b")
	f.put(&hub.Registration{ID: "c", Platform: hub.GCM, Handle: "c", Template: &hub.TemplateBody{Body: "{}"}, UpdatedAt: now})
	f.update(func(tx store.Tx) error { return tx.DeleteRegistration(f.hub, "b", nil, now) })
	for hubID, want := range map[int64]int64{f.hub: 2, f.hub + 1: 0} {
		f.view(func(r store.Reader) error {
			n, err := r.CountRegistrations(hubID)
			if n != want {
				f.Errorf("hub %d has %d registrations, want %d", hubID, n, want)
			}
			return err
		})
	}
}
