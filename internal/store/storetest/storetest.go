// Package storetest is what every driver of the store must do.
package storetest

import (
	"errors"
	"testing"
	"time"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/store"
)

// now is the time at which these tests stand.
var now = time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)

// fixture is a store with one hub.
type fixture struct {
	*testing.T
	store.Store
	hub int64
}

// Exercise runs every test of the store on databases that open makes.
func Exercise(t *testing.T, open func(t *testing.T) store.Store) {
	for name, test := range map[string]func(*fixture){
		"hubs": hubs, "deleted hubs": deletedHubs, "rules named": rulesNamed, "credentials": credentials, "registrations": registrations, "numbers": numbers,
		"registration lists": registrationLists, "registration expiry": registrationExpiry, "shared handles": sharedHandles,
		"installations": installations, "changed installations": changedInstallations, "dead handles": deadHandles, "replaced handles": replacedHandles, "suspects": suspects,
		"breakers": breakers, "long work": longWork, "suspects without registration": suspectsWithoutRegistration, "suspected too late": suspectedTooLate,
		"postings": postings, "cuts": cuts, "many cuts": manyCuts, "notifications": notifications, "delivery log": deliveryLog, "retention": retention, "schedules": schedules,
		"jobs": jobs, "staged jobs": stagedJobs, "registration counts": registrationCounts,
		"feedback": feedback, "feedback days": feedbackDays, "faulted": faulted, "log pages": logPages,
		"tasks": tasks, "lanes": lanes, "leases": leases, "group commit": groupCommit,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := &fixture{T: t, Store: open(t)}
			h := hub.Hub{Name: "Hub", CreatedAt: now, UpdatedAt: now}
			f.update(func(tx store.Tx) error { return tx.PutHub(&h) })
			f.hub = h.ID
			test(f)
		})
	}
}

func (f *fixture) update(fn func(store.Tx) error) {
	f.Helper()
	if err := f.Update(f.Context(), store.Outcome, fn); err != nil {
		f.Fatal(err)
	}
}

func (f *fixture) view(fn func(store.Reader) error) {
	f.Helper()
	if err := f.View(f.Context(), fn); err != nil {
		f.Fatal(err)
	}
}

// refused runs a change that must fail with want.
func (f *fixture) refused(want error, fn func(store.Tx) error) {
	f.Helper()
	if err := f.Update(f.Context(), store.Outcome, fn); !errors.Is(err, want) {
		f.Fatalf("got the error %v, want %v", err, want)
	}
}

// register writes a native registration and returns it as stored.
func (f *fixture) register(id string, p hub.Platform, handle string, tags ...string) hub.Registration {
	f.Helper()
	r := hub.Registration{ID: id, Platform: p, Handle: handle, Tags: tags, UpdatedAt: now}
	f.put(&r)
	return r
}

func (f *fixture) put(r *hub.Registration) {
	f.Helper()
	f.update(func(tx store.Tx) error { return tx.PutRegistration(f.hub, r, nil, now) })
}

func (f *fixture) target(s store.Selector, number int64) (t store.Target, ok bool) {
	f.Helper()
	f.view(func(r store.Reader) error {
		all, err := r.Targets(s, []int64{number}, true, now)
		if len(all) == 1 {
			t, ok = all[0], true
		}
		return err
	})
	return t, ok
}

func (f *fixture) exists(id string) (there bool) {
	f.Helper()
	f.view(func(r store.Reader) error {
		_, err := r.Registration(f.hub, id, now)
		there = err == nil
		if errors.Is(err, store.ErrNotFound) {
			return nil
		}
		return err
	})
	return there
}
