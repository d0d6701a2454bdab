package dispatch

import (
	"context"
	"time"

	"github.com/fanfare-hub/fanfare/internal/store"
)

// How often the sweeps run, and how much one commit of theirs removes.
const (
	sweepEvery = time.Minute
	sweepSlice = 100
)

// lateWrites is how long after a hub's deletion a request that was let in
// before may still write: more than the server's time limits add up to.
const lateWrites = time.Hour

// sweep removes expired registrations, notifications, feedback and jobs whose
// retention is over, and what is left of deleted hubs, until Stop.
func (d *Dispatcher) sweep() {
	for {
		d.Sweep()
		timer := d.cfg.Clock.NewTimer(sweepEvery)
		select {
		case <-d.stop:
			timer.Stop()
			return
		case <-timer.C:
		}
	}
}

// Sweep removes what is to be removed now; otherwise that is done each minute.
func (d *Dispatcher) Sweep() {
	now := d.cfg.Clock.Now()
	d.sweepSlices("expired registrations", func(tx store.Tx) (int, error) {
		return tx.SweepRegistrations(now, sweepSlice)
	})
	d.sweepSlices("old notifications", func(tx store.Tx) (int, error) {
		return tx.SweepNotifications(now.Add(-d.cfg.Retention), sweepSlice)
	})
	d.sweepSlices("old feedback", func(tx store.Tx) (int, error) {
		return tx.SweepFeedback(now.Add(-d.cfg.Retention), sweepSlice)
	})
	d.sweepSlices("old jobs", func(tx store.Tx) (int, error) {
		return tx.SweepJobs(now.Add(-d.cfg.Retention), sweepSlice)
	})
	d.sweepSlices("deleted hubs", func(tx store.Tx) (int, error) {
		return tx.SweepHubs(now.Add(-lateWrites), sweepSlice)
	})
}

// sweepSlices removes slice after slice, until one is not full.
func (d *Dispatcher) sweepSlices(what string, remove func(store.Tx) (int, error)) {
	for !stopped(d.stop) {
		var n int
		err := d.cfg.Store.Update(context.Background(), store.Upkeep, func(tx store.Tx) (err error) {
			n, err = remove(tx)
			return err
		})
		if err != nil {
			d.cfg.Log.Error("sweeping "+what, "error", err)
			return
		}
		if n < sweepSlice {
			return
		}
	}
}
