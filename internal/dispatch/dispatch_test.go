package dispatch_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/fanfare-hub/fanfare/internal/clock"
	"github.com/fanfare-hub/fanfare/internal/dispatch"
	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pns"
	"github.com/fanfare-hub/fanfare/internal/seal"
	"github.com/fanfare-hub/fanfare/internal/store"
	"github.com/fanfare-hub/fanfare/internal/store/sqlite"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// service is a push service at the connectors' seam: it notes who got what, and
// answers as it is told.
type service struct {
	mu     sync.Mutex
	got    map[string][]string // message ids by handle
	most   int                 // targets in one batch
	answer func(t pns.Target, b *pns.Batch) pns.Result
}

func (s *service) Send(_ context.Context, b *pns.Batch, results []pns.Result) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.most = max(s.most, len(b.Targets))
	for i, t := range b.Targets {
		s.got[t.Handle] = append(s.got[t.Handle], t.MessageID)
		results[i] = pns.Result{Class: pns.OK}
		if s.answer != nil {
			results[i] = s.answer(t, b)
		}
	}
}

func (s *service) Close() {}

// fixture is a dispatcher on a real store.
type fixture struct {
	*testing.T
	*dispatch.Dispatcher
	cfg     dispatch.Config
	store   store.Store
	service *service
	hub     int64
	clock   *clock.Fake
}

func setup(t *testing.T, change func(*dispatch.Config)) *fixture {
	t.Helper()
	sealer, err := seal.New(bytes.Repeat([]byte{1}, seal.KeySize))
	if err != nil {
		t.Fatal(err)
	}
	s, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "db"), sealer)
	if err != nil {
		t.Fatal(err)
	}
	f := &fixture{T: t, store: s, service: &service{got: map[string][]string{}}, clock: clock.NewFake(time.Now())}
	cfg := dispatch.Config{
		Store: s, Clock: f.clock, Log: slog.New(slog.DiscardHandler), Page: 3, Window: 2, RangeSize: 7,
		Connectors: map[hub.Platform]dispatch.Service{
			hub.APNs: {Credential: hub.APNs, New: func(hub.Credential, pns.Env) (pns.Connector, error) { return f.service, nil }},
		},
	}
	if change != nil {
		change(&cfg)
	}
	h := hub.Hub{Name: "h"}
	err = s.Update(t.Context(), store.Accept, func(tx store.Tx) error {
		if err := tx.PutHub(&h); err != nil {
			return err
		}
		_, err := tx.PutCredential(h.ID, hub.Credential{Platform: hub.APNs, Properties: map[string]string{"a": "b"}})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	f.hub = h.ID
	f.cfg = cfg
	f.Dispatcher = dispatch.New(cfg)
	if err := f.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		f.Stop(context.Background())
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return f
}

func (f *fixture) register(n int, tags ...string) {
	f.Helper()
	err := f.store.Update(f.Context(), store.Upkeep, func(tx store.Tx) error {
		for i := range n {
			r := hub.Registration{ID: fmt.Sprint("r", i), Platform: hub.APNs, Handle: fmt.Sprintf("%04x", i), Tags: tags, UpdatedAt: f.clock.Now()}
			if err := tx.PutRegistration(f.hub, &r, nil, f.clock.Now()); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		f.Fatal(err)
	}
}

func (f *fixture) send(n *hub.Notification) {
	f.Helper()
	n.HubID, n.Platform, n.Body = f.hub, hub.APNs, []byte(`{}`)
	if err := f.Accept(f.Context(), n); err != nil {
		f.Fatal(err)
	}
	if err := f.Idle(f.Context()); err != nil {
		f.Fatal(err)
	}
}

func (f *fixture) counts(id string) (state hub.State, counts map[hub.Outcome]int64) {
	f.Helper()
	counts = map[hub.Outcome]int64{}
	err := f.store.View(f.Context(), func(r store.Reader) error {
		n, err := r.Notification(f.hub, id)
		if err != nil {
			return err
		}
		state = n.State
		all, err := r.OutcomeCounts(f.hub, id)
		for _, c := range all {
			counts[c.Outcome] += c.N
		}
		return err
	})
	if err != nil {
		f.Fatal(err)
	}
	return state, counts
}

// A hub that is cut into several ranges is sent to whole, each device once.
func TestRanges(t *testing.T) {
	t.Parallel()
	f := setup(t, nil)
	f.register(50, "a")
	var n hub.Notification
	f.send(&n)
	if state, counts := f.counts(n.ID); state != hub.Completed || len(counts) != 1 || counts[hub.Success] != 50 {
		t.Errorf("%v %v", state, counts)
	}
	if len(f.service.got) != 50 || f.service.most > 3 {
		t.Errorf("%d devices got it, in batches of up to %d", len(f.service.got), f.service.most)
	}
	for handle, ids := range f.service.got {
		if len(ids) != 1 {
			t.Errorf("%s got %d", handle, len(ids))
		}
	}
}

// More ranges than are allowed are joined.
func TestManyRanges(t *testing.T) {
	t.Parallel()
	f := setup(t, func(c *dispatch.Config) { c.RangeSize = 1 })
	f.register(60)
	var n hub.Notification
	f.send(&n)
	if _, counts := f.counts(n.ID); counts[hub.Success] != 60 {
		t.Errorf("%v", counts)
	}
}

// A second try is made at once, once, and its answer is the last one; a repeat
// has the same message id.
func TestSecondTry(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		first, second pns.Result
		want          hub.Outcome
	}{
		"another environment": {pns.Result{Class: pns.Drop, Outcome: hub.BadChannel, Malformed: true, Again: pns.WithOtherEnvironment}, pns.Result{Class: pns.OK}, hub.Success},
		"and not there":       {pns.Result{Class: pns.Drop, Outcome: hub.BadChannel, Again: pns.WithOtherEnvironment}, pns.Result{Class: pns.Drop, Outcome: hub.BadChannel, Again: pns.WithOtherEnvironment}, hub.BadChannel},
		"a fresh token":       {pns.Result{Class: pns.Credential, Outcome: hub.InvalidToken, Service: true, Again: pns.WithFreshToken}, pns.Result{Class: pns.OK}, hub.Success},
		"a new connection":    {pns.Result{Class: pns.Reconnect, Outcome: hub.PnsUnavailable, Again: pns.WithNewConn}, pns.Result{Class: pns.Body, Outcome: hub.InvalidNotificationFormat}, hub.InvalidNotificationFormat},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := setup(t, nil)
			f.register(1)
			f.service.answer = func(tg pns.Target, b *pns.Batch) pns.Result {
				if tg.OtherEnvironment || b.FreshToken || b.NewConn {
					return c.second
				}
				return c.first
			}
			var n hub.Notification
			f.send(&n)
			if _, counts := f.counts(n.ID); counts[c.want] != 1 || len(counts) != 1 {
				t.Errorf("%v, want one %s", counts, c.want)
			}
			ids := f.service.got["0000"]
			if len(ids) != 2 || ids[0] != ids[1] {
				t.Errorf("message ids %v", ids)
			}
		})
	}
}

// The environment that worked is used first in the next send.
func TestEnvironmentIsRemembered(t *testing.T) {
	t.Parallel()
	f := setup(t, nil)
	f.register(1)
	f.service.answer = func(tg pns.Target, _ *pns.Batch) pns.Result {
		if tg.OtherEnvironment {
			return pns.Result{Class: pns.OK}
		}
		return pns.Result{Class: pns.Drop, Outcome: hub.BadChannel, Malformed: true, Again: pns.WithOtherEnvironment}
	}
	for want := range 2 {
		var n hub.Notification
		f.send(&n)
		if got := len(f.service.got["0000"]); got != 2+want {
			t.Errorf("after send %d: %d tries", want+1, got)
		}
	}
}

// A malformed handle is kept while the service has accepted none.
func TestMalformedHandles(t *testing.T) {
	t.Parallel()
	f := setup(t, nil)
	f.register(2)
	f.service.answer = func(tg pns.Target, _ *pns.Batch) pns.Result {
		if tg.Handle == "0001" && len(f.service.got["0001"]) > 1 {
			return pns.Result{Class: pns.OK}
		}
		return pns.Result{Class: pns.Drop, Outcome: hub.BadChannel, Malformed: true}
	}
	left := func() (n int) {
		t.Helper()
		err := f.store.View(t.Context(), func(r store.Reader) error {
			all, err := r.ListRegistrations(f.hub, store.RegistrationFilter{}, 0, 10, f.clock.Now())
			n = len(all)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	f.clock.Advance(time.Second)
	var n hub.Notification
	f.send(&n)
	if left() != 2 {
		t.Error("a handle was deleted where none had been accepted")
	}
	f.send(&hub.Notification{})
	if left() != 1 {
		t.Errorf("%d registrations are left, want the one that was accepted", left())
	}
}

// A replaced handle is stored; a credential that refuses one device alone is
// final for it.
func TestReplacedHandleAndOwnTrouble(t *testing.T) {
	t.Parallel()
	f := setup(t, nil)
	f.register(2)
	f.service.answer = func(tg pns.Target, _ *pns.Batch) pns.Result {
		if tg.Handle == "0000" {
			return pns.Result{Class: pns.Update, NewHandle: "beef"}
		}
		return pns.Result{Class: pns.Credential, Outcome: hub.InvalidCredentials}
	}
	var n hub.Notification
	f.send(&n)
	if _, counts := f.counts(n.ID); counts[hub.Success] != 1 || counts[hub.InvalidCredentials] != 1 {
		t.Errorf("%v", counts)
	}
	err := f.store.View(t.Context(), func(r store.Reader) error {
		got, err := r.Registration(f.hub, "r0", f.clock.Now())
		if got.Handle != "beef" {
			t.Errorf("the handle is %s", got.Handle)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// Nothing is sent after the notification's own expiry.
func TestExpiry(t *testing.T) {
	t.Parallel()
	f := setup(t, nil)
	f.register(5)
	f.service.answer = func(pns.Target, *pns.Batch) pns.Result {
		return pns.Result{Class: pns.Retry, Outcome: hub.PnsServerError, RetryAfter: time.Minute}
	}
	n := hub.Notification{Expiry: f.clock.Now().Add(90 * time.Second)}
	f.send(&n)
	for range 10 {
		f.clock.Advance(30 * time.Second)
		if err := f.Idle(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if state, counts := f.counts(n.ID); state != hub.AllAbandoned || counts[hub.Abandoned] != 5 {
		t.Errorf("%v %v", state, counts)
	}
	if got := len(f.service.got["0000"]); got < 1 || got > 2 {
		t.Errorf("%d tries within 90 seconds, a minute apart", got)
	}
}

// A retry is made at the very moment when it falls due: a clock that stands there
// is no reason to wait on.
func TestRetryAtItsDueTime(t *testing.T) {
	t.Parallel()
	f := setup(t, nil)
	f.register(1)
	var n hub.Notification
	tries := 0
	f.service.answer = func(pns.Target, *pns.Batch) pns.Result {
		if tries++; tries < 20 {
			return pns.Result{Class: pns.Retry, Outcome: hub.Throttled}
		}
		return pns.Result{Class: pns.OK}
	}
	f.send(&n)
	for want := 2; want <= 20; want++ {
		due, ok, err := f.NextDue(t.Context())
		if err != nil || !ok {
			t.Fatalf("nothing is due: %v", err)
		}
		f.clock.Advance(due.Sub(f.clock.Now()))
		f.idle()
		if tries != want {
			t.Fatalf("%d tries, want %d", tries, want)
		}
	}
	if state, counts := f.counts(n.ID); state != hub.Completed || counts[hub.Success] != 1 {
		t.Errorf("%v %v", state, counts)
	}
}

// A registration that is gone when its retry is due ends under its last answer.
func TestGoneBeforeTheRetry(t *testing.T) {
	t.Parallel()
	f := setup(t, nil)
	f.register(3, "a")
	f.service.answer = func(t pns.Target, _ *pns.Batch) pns.Result {
		if t.Handle == "0002" { // so that the others' failures are their own
			return pns.Result{Class: pns.OK, Outcome: hub.Success}
		}
		return pns.Result{Class: pns.Retry, Outcome: hub.PnsServerError}
	}
	n := hub.Notification{Tags: "a"}
	f.send(&n)
	err := f.store.Update(t.Context(), store.Upkeep, func(tx store.Tx) error {
		r := hub.Registration{ID: "r1", Platform: hub.APNs, Handle: "0001", Tags: []string{"b"}, UpdatedAt: f.clock.Now()}
		if err := tx.PutRegistration(f.hub, &r, nil, f.clock.Now()); err != nil {
			return err
		}
		return tx.DeleteRegistration(f.hub, "r0", nil, f.clock.Now())
	})
	if err != nil {
		t.Fatal(err)
	}
	f.clock.Advance(2 * time.Minute)
	if err := f.Idle(t.Context()); err != nil {
		t.Fatal(err)
	}
	if state, counts := f.counts(n.ID); state != hub.Completed || counts[hub.PnsServerError] != 2 || counts[hub.Success] != 1 {
		t.Errorf("%v %v", state, counts)
	}
}

// What is old is swept; what is registered for a time only, too.
func TestSweep(t *testing.T) {
	t.Parallel()
	f := setup(t, nil)
	f.register(1)
	var n hub.Notification
	f.send(&n)
	f.clock.Advance(7*24*time.Hour + time.Hour)
	for {
		err := f.store.View(t.Context(), func(r store.Reader) error {
			_, err := r.Notification(f.hub, n.ID)
			return err
		})
		if err != nil {
			break // the sweep runs in a goroutine of its own
		}
	}
}
