package acceptance_test

import (
	"errors"
	"fmt"
	"net/http"
	"testing"

	"github.com/fanfare-hub/fanfare/internal/pnssim"
	nh "github.com/fanfare-hub/fanfare/notificationhubs"
)

// An operator sees suspects, and says of one or all whether they are dead.
func TestSuspects(t *testing.T) {
	t.Parallel()
	w := newWorld(t, small(100, 1))
	const dead = 120
	handle := func(i int) string { return fmt.Sprintf("fcm%04d-fate-gone.", i) }
	for i := range dead {
		w.register(nh.FCMV1, handle(i), "dead")
	}
	w.final(w.send(message()))
	w.idle()
	// The first page fills the window; all of it is judged by it.
	if n := len(w.suspects()); n != dead {
		t.Fatalf("%d suspects, want all %d", n, dead)
	}

	if n, err := w.client.ClearSuspects(w.ctx, nh.FCMV1, handle(1)); n != 1 || err != nil {
		t.Errorf("clearing one: %d, %v", n, err)
	}
	if n, err := w.client.ConfirmSuspects(w.ctx, nh.FCMV1, handle(2), handle(3)); n != 2 || err != nil {
		t.Errorf("confirming two: %d, %v", n, err)
	}
	var re *nh.ResponseError
	if _, err := w.client.ConfirmSuspects(w.ctx, nh.FCMV1, handle(1)); !errors.As(err, &re) || re.StatusCode != http.StatusNotFound {
		t.Errorf("confirming one that is none: %v", err)
	}
	if n := w.registered("dead"); n != dead-2 {
		t.Errorf("%d registrations are left, want %d", n, dead-2)
	}
	w.sim.SetFate(pnssim.FCM, handle(1), pnssim.Fate{})
	w.counts(w.final(w.send(message())), map[string]map[string]int64{"fcmv1": {"Success": 1, "Dropped": dead - 3}})

	if n, err := w.client.ConfirmSuspects(w.ctx, nh.FCMV1); n != dead-3 || err != nil {
		t.Errorf("confirming all: %d, %v", n, err)
	}
	if n := w.registered("dead"); n != 1 {
		t.Errorf("%d registrations are left, want the cleared one", n)
	}
	if got := w.suspects(); got != nil {
		t.Errorf("suspects are left: %v", got)
	}
}

// A suspect that registers again with its handle is sent to at once, in whatever
// way it registers. One whose tags are changed by somebody stays a suspect.
func TestSuspectsThatRegisterAgain(t *testing.T) {
	t.Parallel()
	ways := []struct {
		name  string
		again func(w *world, r nh.Registration, i nh.Installation) error
		comes bool
	}{
		{"another registration", func(w *world, r nh.Registration, _ nh.Installation) error {
			_, err := w.client.CreateRegistration(w.ctx, nh.Registration{Platform: r.Platform, Handle: r.Handle})
			return err
		}, true},
		{"the same, with an upsert", func(w *world, r nh.Registration, _ nh.Installation) error {
			_, err := w.client.CreateOrUpdateRegistration(w.ctx, r)
			return err
		}, true},
		{"the same, with an update", func(w *world, r nh.Registration, _ nh.Installation) error {
			_, err := w.client.UpdateRegistration(w.ctx, r)
			return err
		}, true},
		{"the installation", func(w *world, _ nh.Registration, i nh.Installation) error {
			return w.client.PutInstallation(w.ctx, i)
		}, true},
		{"a patch of the channel", func(w *world, _ nh.Registration, i nh.Installation) error {
			return w.client.PatchInstallation(w.ctx, i.ID, new(nh.InstallationPatch).SetPushChannel(i.PushChannel))
		}, true},
		{"a patch of the tags", func(w *world, _ nh.Registration, i nh.Installation) error {
			return w.client.PatchInstallation(w.ctx, i.ID, new(nh.InstallationPatch).AddTags("more"))
		}, false},
	}
	w := newWorld(t, small(200, 1))
	for i := range 60 { // so many that none is believed
		w.register(nh.FCMV1, fmt.Sprintf("other%04d-fate-gone.", i))
	}
	registrations, installations := make([]nh.Registration, len(ways)), make([]nh.Installation, len(ways))
	for k := range ways {
		tag := fmt.Sprint("way-", k)
		registrations[k] = *w.register(nh.FCMV1, fmt.Sprintf("registered%d-fate-gone.", k), tag)
		installations[k] = nh.Installation{ID: tag, Platform: nh.FCMV1, PushChannel: fmt.Sprintf("installed%d-fate-gone.", k), Tags: []string{tag}}
		if err := w.client.PutInstallation(w.ctx, installations[k]); err != nil {
			t.Fatal(err)
		}
	}
	w.final(w.send(message()))
	w.idle()
	for k, way := range ways {
		r, i := &registrations[k], &installations[k]
		handle := r.Handle
		if before := w.suspected(); !before[handle] || !before[i.PushChannel] {
			t.Fatalf("%s: the devices are no suspects: %v", way.name, before)
		}
		if err := way.again(w, *r, *i); err != nil {
			t.Fatalf("%s: %v", way.name, err)
		}
		w.sim.SetFate(pnssim.FCM, handle, pnssim.Fate{})
		w.sim.SetFate(pnssim.FCM, i.PushChannel, pnssim.Fate{})
		want := map[string]int64{"Success": 1, "Dropped": 1}
		if !way.comes {
			want = map[string]int64{"Dropped": 2}
		}
		if got := w.final(w.send(message(), fmt.Sprint("way-", k))).Outcomes[nh.FCMV1]; fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: the next send ended as %v, want %v", way.name, got, want)
		}
	}
}

// suspected is the handles that are suspects.
func (w *world) suspected() map[string]bool {
	w.Helper()
	all := map[string]bool{}
	for _, s := range w.suspects() {
		all[s.Handle] = true
	}
	return all
}

func (w *world) suspects() []nh.Suspect {
	w.Helper()
	var out []nh.Suspect
	for s, err := range w.client.Suspects(w.ctx, nh.FCMV1) {
		if err != nil {
			w.Fatal(err)
		}
		out = append(out, s)
	}
	return out
}
