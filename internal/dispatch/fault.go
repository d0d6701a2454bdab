package dispatch

import (
	"context"
	"fmt"
	"time"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/store"
)

// Fault is a device that a notification did not reach, and why.
type Fault struct {
	At             time.Time
	Outcome        hub.Outcome
	Platform       hub.Platform
	Handle         string
	NewHandle      string // of one that was replaced since
	RegistrationID string
	InstallationID string
}

// IsFault reports whether devices with an outcome were to be reached, and were
// not.
func IsFault(o hub.Outcome) bool {
	switch o {
	case hub.Success, hub.Skipped, hub.NoTargets:
		return false
	}
	return true
}

// faultPages is how many pages of the delivery log are read in one transaction.
const faultPages = 4

// Faults calls fn with the devices that a notification did not reach, a page of
// its delivery log at a time, in no transaction: fn may take its time. Devices
// whose handle is not known any more are left out. store.ErrNotFound: the
// notification is not known. An error of fn ends the walk.
func (d *Dispatcher) Faults(ctx context.Context, hubID int64, id string, fn func([]Fault) error) error {
	for after := int64(0); ; {
		var faults []Fault
		var n int
		err := d.cfg.Store.View(ctx, func(r store.Reader) error {
			notification, err := r.Notification(hubID, id)
			if err != nil {
				return err
			}
			pages, err := r.LogPages(hubID, id, after, faultPages)
			for i := 0; i < len(pages) && err == nil; i++ {
				faults, err = addFaults(r, faults, &notification, &pages[i])
				after = pages[i].ID
			}
			n = len(pages)
			return err
		})
		if err != nil {
			return fmt.Errorf("reading what a notification did not reach: %w", err)
		}
		if len(faults) > 0 {
			if err := fn(faults); err != nil {
				return err
			}
		}
		if n < faultPages {
			return nil
		}
	}
}

// addFaults adds a page's.
func addFaults(r store.Reader, faults []Fault, n *hub.Notification, p *store.LogPage) ([]Fault, error) {
	entries, err := unpackLog(p.Entries)
	if err != nil {
		return nil, err
	}
	var numbers []int64
	for _, e := range entries {
		if IsFault(e.outcome) && n.Direct == nil {
			numbers = append(numbers, e.number)
		}
	}
	known, err := r.Faulted(n.HubID, n.ID, numbers, n.Sequence)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		f := Fault{At: p.At, Outcome: e.outcome, Platform: p.Platform}
		who, ok := known[e.number]
		switch {
		case !IsFault(e.outcome):
			continue
		case n.Direct != nil && e.number >= 1 && e.number <= int64(len(n.Direct)):
			f.Handle = n.Direct[e.number-1].Handle
		case !ok:
			continue
		default:
			f.Handle, f.NewHandle, f.RegistrationID, f.InstallationID = who.Handle, who.NewHandle, who.RegistrationID, who.InstallationID
		}
		faults = append(faults, f)
	}
	return faults, nil
}
