package acceptance_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/fanfare-hub/fanfare/internal/app"
	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pnssim"
	"github.com/fanfare-hub/fanfare/internal/seal"
	"github.com/fanfare-hub/fanfare/internal/store"
	"github.com/fanfare-hub/fanfare/internal/store/sqlite"
	nh "github.com/fanfare-hub/fanfare/notificationhubs"
)

// Of so many devices so many are dead, and so many handles are deleted at most:
// a fifth of the thousand answers that the breaker goes by.
const (
	crowd       = 10_000
	crowdDead   = crowd * 3 / 5
	crowdAlive  = crowd - crowdDead
	mostDeleted = 200
)

// crowdHandle is the i-th device's token: of five in a row three are dead, as
// their fate says.
func crowdHandle(i int) (handle, tag string) {
	if i%5 < 3 {
		return fmt.Sprintf("fcm%05d-fate-gone.", i), "dead"
	}
	return fmt.Sprintf("fcm%05d-live", i), "alive"
}

// openStore opens the database of a hub that is stopped.
func (w *world) openStore() *sqlite.Store {
	w.Helper()
	text, err := os.ReadFile(filepath.Join(w.dir, "master.key"))
	if err != nil {
		w.Fatal(err)
	}
	key, err := base64.StdEncoding.DecodeString(strings.TrimSpace(string(text)))
	if err != nil {
		w.Fatal(err)
	}
	sealer, err := seal.New(key)
	if err != nil {
		w.Fatal(err)
	}
	s, err := sqlite.Open(w.ctx, filepath.Join(w.dir, "fanfare.db"), sealer)
	if err != nil {
		w.Fatal(err)
	}
	return s
}

// gather registers n devices in the store itself: ten thousand requests would
// take longer than all the rest.
func (w *world) gather(n int, device func(int) (handle, tag string)) {
	w.Helper()
	s := w.openStore()
	var h hub.Hub
	err := s.View(w.ctx, func(r store.Reader) (err error) { h, err = r.Hub(hubName); return err })
	const slice = 60 // registrations, of a few rows each
	for from := 0; from < n && err == nil; from += slice {
		err = s.Update(w.ctx, store.Upkeep, func(tx store.Tx) error {
			for i := from; i < min(from+slice, n); i++ {
				handle, tag := device(i)
				r := hub.Registration{ID: hub.NewRegistrationID(), Platform: hub.FCMV1, Handle: handle, Tags: []string{tag}, UpdatedAt: w.clock.Now()}
				if err := tx.PutRegistration(h.ID, &r, nil, w.clock.Now()); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err != nil {
		w.Fatal(err)
	}
	if err := s.Close(); err != nil {
		w.Fatal(err)
	}
}

// countSuspects is the counter of suspects, as the SDK and fanfare hub suspects
// --count show it.
func (w *world) countSuspects() int {
	w.Helper()
	n, err := w.client.CountSuspects(w.ctx, nh.FCMV1)
	if err != nil {
		w.Fatal(err)
	}
	return n
}

var suspectsLogged = regexp.MustCompile(`level=INFO msg="handles are suspected of being dead: kept, and not sent to" hub=myhub platform=fcmv1 suspects=(\d+)\n`)

// loggedSuspects adds up what the log says of suspects.
func (w *world) loggedSuspects() (sum int) {
	w.Helper()
	for _, line := range w.log.lines("suspects=") {
		m := suspectsLogged.FindStringSubmatch(line)
		if m == nil {
			w.Fatalf("the log says %s", line)
		}
		n, err := strconv.Atoi(m[1])
		if err != nil {
			w.Fatal(err)
		}
		sum += n
	}
	return sum
}

// A push service that calls most handles dead loses us few of them, however many
// sends are under way, and whatever becomes of the process.
func TestManyDead(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	w.ctx = ctx
	w.stop()
	w.gather(crowd, crowdHandle)
	w.start()
	w.clock.Advance(time.Second) // the service's word is newer than the registrations
	var ids []string
	for range 3 {
		ids = append(ids, w.send(message()))
	}
	if err := w.sim.WaitCount(w.ctx, pnssim.FCM, crowdAlive/2); err != nil {
		t.Fatal(err)
	}
	w.stop()
	w.start()
	w.idle()
	w.advance(2 * time.Minute) // what the stop has cut off is tried again
	for _, id := range ids {
		o := w.final(id).Outcomes["fcmv1"]
		if o["Success"] != crowdAlive || o["BadChannel"]+o["Dropped"] < crowdDead-mostDeleted {
			t.Errorf("outcomes %v of %d living and %d dead devices", o, crowdAlive, crowdDead)
		}
	}
	w.idle()
	left := w.registered("dead")
	if deleted := crowdDead - left; deleted > mostDeleted {
		t.Errorf("%d handles were deleted, at most %d may be", deleted, mostDeleted)
	}
	if n := w.registered("alive"); n != crowdAlive {
		t.Errorf("%d living devices are left of %d", n, crowdAlive)
	}

	// Whoever is left of the dead is a suspect, and that is said.
	if n := w.countSuspects(); n != left {
		t.Errorf("%d suspects are counted, and %d devices are left", n, left)
	}
	if n := w.loggedSuspects(); n != left {
		t.Errorf("the log speaks of %d suspects, and there are %d", n, left)
	}
	if lines := w.log.lines("level=WARN", "too many handles are called dead", "hub=myhub platform=fcmv1"); len(lines) != 1 {
		t.Errorf("that handles are not believed any more is logged %d times: %s", len(lines), lines)
	}
	w.counts(w.final(w.send(message())), map[string]map[string]int64{"fcmv1": {"Success": crowdAlive, "Dropped": int64(left)}})

	// After the delay each is tried once.
	revived, _ := crowdHandle(6001)
	w.sim.SetFate(pnssim.FCM, revived, pnssim.Fate{})
	w.clock.Advance(24 * time.Hour)
	w.counts(w.final(w.send(message(), "dead")), map[string]map[string]int64{"fcmv1": {"Success": 1, "BadChannel": int64(left - 1)}})
	w.idle()
	for r, err := range w.client.RegistrationsByTag(w.ctx, "dead") {
		if err != nil || r.Handle != revived {
			t.Errorf("%+v is left, %v", r, err)
		}
	}
	if n := w.countSuspects(); n != 0 {
		t.Errorf("%d suspects are left after their trial", n)
	}
	w.counts(w.final(w.send(message(), "dead")), map[string]map[string]int64{"fcmv1": {"Success": 1}})
}

// Nor does one that calls a few handles dead at first, never too many at once.
func TestManyDeadLittleByLittle(t *testing.T) {
	t.Parallel()
	const devices, dead = 4000, 800
	w := newWorld(t, nil)
	w.stop()
	w.gather(devices, func(i int) (handle, tag string) {
		if i%5 == 0 {
			return fmt.Sprintf("fcm%05d-fate-gone.", i), "dead"
		}
		return fmt.Sprintf("fcm%05d-live", i), "alive"
	})
	w.start()
	w.clock.Advance(time.Second)
	w.counts(w.final(w.send(message())), map[string]map[string]int64{"fcmv1": {"Success": devices - dead, "BadChannel": dead}})
	w.idle()
	left := w.registered("dead")
	if left != dead-mostDeleted || w.countSuspects() != left {
		t.Errorf("%d handles were deleted, want %d; %d are suspects", dead-left, mostDeleted, w.countSuspects())
	}
	if lines := w.log.lines("level=INFO", "as many handles were called dead in a day as are deleted at once"); len(lines) != 1 {
		t.Errorf("the log says %q", lines)
	}
	// The delay over, each is deleted by its second answer.
	w.clock.Advance(24 * time.Hour)
	w.final(w.send(message(), "dead"))
	w.idle()
	if n := w.registered("dead"); n != 0 {
		t.Errorf("%d are left after their trial", n)
	}
}

// A new credential ends every suspicion: it may be that the old one was another
// project's. It has a window of its own.
func TestANewCredentialClearsSuspects(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	const dead = 300
	w.deadDevices(dead)
	w.counts(w.final(w.send(message())), map[string]map[string]int64{"fcmv1": {"BadChannel": dead}})
	w.idle()
	if n := w.countSuspects(); n != dead {
		t.Fatalf("%d suspects, want all %d", n, dead)
	}
	w.cfg.Hubs[0].Credentials[1].Properties = w.sim.RevokedFCMCredential()
	if err := w.app.Reload(w.ctx, w.cfg); err != nil {
		t.Fatal(err)
	}
	if n := w.countSuspects(); n != 0 {
		t.Errorf("%d suspects are left with another credential", n)
	}
	for i := range dead {
		w.sim.SetFate(pnssim.FCM, fmt.Sprintf("fcm%05d-fate-gone.", i), pnssim.Fate{})
	}
	w.cfg.Hubs[0].Credentials[1].Properties = w.sim.FCMCredential()
	if err := w.app.Reload(w.ctx, w.cfg); err != nil {
		t.Fatal(err)
	}
	w.counts(w.final(w.send(message())), map[string]map[string]int64{"fcmv1": {"Success": dead}})
}

// A process that changes the credential and then cannot serve has cleared the
// suspects all the same: the next one sees no change.
func TestANewCredentialClearsSuspectsBeforeServing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	const dead = 60
	w.deadDevices(dead)
	w.counts(w.final(w.send(message())), map[string]map[string]int64{"fcmv1": {"BadChannel": dead}})
	w.idle()
	w.stop()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	w.cfg.Hubs[0].Credentials[1].Properties = w.sim.RevokedFCMCredential()
	failing := w.cfg
	failing.Listen = taken.Addr().String()
	a, err := app.New(w.ctx, failing, app.Options{Clock: w.clock, Dial: w.sim.Dial, Roots: w.sim.Roots()})
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Start(w.ctx); err == nil {
		t.Error("two processes serve at one address")
	}
	if err := a.Stop(w.ctx); err != nil {
		t.Error(err)
	}
	w.start()
	if n := w.countSuspects(); n != 0 {
		t.Errorf("%d suspects are left with another credential", n)
	}
}

func (w *world) deadDevices(n int) {
	w.Helper()
	for i := range n {
		w.register(nh.FCMV1, fmt.Sprintf("fcm%05d-fate-gone.", i), "dead")
	}
}
