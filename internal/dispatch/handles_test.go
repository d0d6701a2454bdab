package dispatch_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pns"
	"github.com/fanfare-hub/fanfare/internal/store"
)

// Of a dead handle all registrations go, also those that one commit has no room
// for.
func TestDeadHandleOfMany(t *testing.T) {
	t.Parallel()
	f := setup(t, nil)
	const many = 30
	var tags []string
	for i := range 100 {
		tags = append(tags, fmt.Sprint("tag", i))
	}
	err := f.store.Update(t.Context(), store.Upkeep, func(tx store.Tx) error {
		for i := range many {
			r := hub.Registration{ID: fmt.Sprint("r", i), Platform: hub.APNs, Handle: "aa", Tags: tags, UpdatedAt: f.clock.Now()}
			if err := tx.PutRegistration(f.hub, &r, nil, f.clock.Now()); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	f.clock.Advance(time.Second)
	f.service.answer = func(pns.Target, *pns.Batch) pns.Result {
		return pns.Result{Class: pns.Drop, Outcome: hub.ExpiredChannel}
	}
	f.send(&hub.Notification{Direct: []hub.DirectHandle{{Handle: "aa"}}})
	err = f.store.View(t.Context(), func(r store.Reader) error {
		left, err := r.ListRegistrations(f.hub, store.RegistrationFilter{}, 0, many, f.clock.Now())
		if len(left) != 0 {
			t.Errorf("%d registrations of a dead handle are left", len(left))
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}
