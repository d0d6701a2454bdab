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
	cuts, shared atomic.Int64
}

func (w *watched) View(ctx context.Context, fn func(store.Reader) error) error {
	return w.Store.View(ctx, func(r store.Reader) error { return fn(&watchedReader{r, w}) })
}

type watchedReader struct {
	store.Reader
	w *watched
}

func (r *watchedReader) Cut(s store.Selector, bound int64, every int) ([]int64, error) {
	r.w.cuts.Add(1)
	return r.Reader.Cut(s, bound, every)
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

// A platform is cut into ranges anew only when it may have grown by a range.
func TestCutsAreRemembered(t *testing.T) {
	t.Parallel()
	f, w := watch(t)
	f.register(20, "a")
	for range 3 {
		n := hub.Notification{Tags: "a"}
		f.send(&n)
		if _, counts := f.counts(n.ID); counts[hub.Success] != 20 {
			t.Errorf("%v, want 20 reached", counts)
		}
	}
	if n := w.cuts.Load(); n != 1 {
		t.Errorf("three sends cut the platform %d times, want once", n)
	}
	err := f.store.Update(t.Context(), store.Upkeep, func(tx store.Tx) error {
		for i := range 7 { // as many as a range has
			r := hub.Registration{ID: fmt.Sprint("new", i), Platform: hub.APNs, Handle: fmt.Sprintf("ff%02x", i), Tags: []string{"a"}, UpdatedAt: f.clock.Now()}
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
	if _, counts := f.counts(n.ID); counts[hub.Success] != 27 || w.cuts.Load() != 2 {
		t.Errorf("%v after %d cuts, want 27 reached and a second cut", counts, w.cuts.Load())
	}
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
