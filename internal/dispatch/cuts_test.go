package dispatch_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fanfare-hub/fanfare/internal/dispatch"
	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/store"
)

// watched is the store, and counts the reads whose cost grows with a hub.
type watched struct {
	store.Store
	shared atomic.Int64
}

func (w *watched) View(ctx context.Context, fn func(store.Reader) error) error {
	return w.Store.View(ctx, func(r store.Reader) error { return fn(&watchedReader{r, w}) })
}

type watchedReader struct {
	store.Reader
	w *watched
}

func (r *watchedReader) Sharing(s store.Selector, handle string, now time.Time, fn func(store.Target) bool) error {
	return r.Reader.Sharing(s, handle, now, func(t store.Target) bool {
		r.w.shared.Add(1)
		return fn(t)
	})
}

func watch(t *testing.T) (*fixture, *watched) {
	t.Helper()
	w := &watched{}
	return setup(t, func(c *dispatch.Config) { w.Store, c.Store = c.Store, w }), w
}

// However many registrations share a handle, a page looks for the one that gets
// the copy once.
func TestSharedHandleIsLookedUpOnce(t *testing.T) {
	t.Parallel()
	f, w := watch(t)
	const many = 30
	err := f.store.Update(t.Context(), store.Upkeep, func(tx store.Tx) error {
		for i := range many {
			r := hub.Registration{ID: fmt.Sprint("r", i), Platform: hub.APNs, Handle: "aa", Tags: []string{"a"}, UpdatedAt: f.clock.Now()}
			if err := tx.PutRegistration(f.hub, &r, nil, f.clock.Now()); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	n := hub.Notification{Tags: "a"}
	f.send(&n)
	if _, counts := f.counts(n.ID); counts[hub.Success] != 1 || counts[hub.Skipped] != many-1 {
		t.Errorf("%v, want one reached and the others skipped", counts)
	}
	// Pages of three, each of which stops at the first registration.
	if got := w.shared.Load(); got > many/3+many/7+1 {
		t.Errorf("%d registrations were looked at for %d of one handle", got, many)
	}
}
