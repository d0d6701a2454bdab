// Package acceptance runs a whole hub in the test's process, with simulated
// push services behind real TLS, a real SQLite file and an injected clock, and
// speaks to it through the SDK.
package acceptance_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"net"
	"net/url"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"
	_ "modernc.org/sqlite" // to look into the task table

	"github.com/fanfare-hub/fanfare/internal/app"
	"github.com/fanfare-hub/fanfare/internal/clock"
	"github.com/fanfare-hub/fanfare/internal/config"
	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pnssim"
	"github.com/fanfare-hub/fanfare/internal/store/sqlite"
	nh "github.com/fanfare-hub/fanfare/notificationhubs"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	hubName = "myhub"
	rule    = "Full"
	ruleKey = "YWNjZXB0YW5jZS10ZXN0LWtleS0wMTIzNDU2Nzg5MDE="
)

// world is a hub, its push services and its clock.
type world struct {
	*testing.T
	ctx    context.Context
	dir    string
	clock  *clock.Fake
	sim    *pnssim.Sim
	cfg    config.Config
	opts   sqlite.Options
	log    *journal
	dialer *net.Dialer // not nil: nothing is led to sim
	app    *app.App
	client *nh.Client
}

// newWorld starts a hub; change may alter its configuration first.
func newWorld(t *testing.T, change func(*world)) *world {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	w := &world{T: t, ctx: ctx, dir: t.TempDir(), log: &journal{}, clock: clock.NewFake(time.Now().Truncate(time.Millisecond))}
	var err error
	if w.sim, err = pnssim.Start(pnssim.Config{Clock: w.clock}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.sim.Close(); err != nil {
			t.Error(err)
		}
	})
	w.cfg = config.Default()
	w.cfg.Data, w.cfg.Listen = w.dir, "127.0.0.1:0"
	w.cfg.Hubs = []config.Hub{{
		Name: hubName, Rules: []hub.Rule{{Name: rule, Rights: hub.Manage, PrimaryKey: ruleKey}},
		Credentials: []hub.Credential{
			{Platform: hub.APNs, Properties: w.sim.APNsCredential()},
			{Platform: hub.FCMV1, Properties: w.sim.FCMCredential()},
			{Platform: hub.WNS, Properties: w.sim.WNSCredential()},
			{Platform: hub.Browser, Properties: w.sim.BrowserCredential()},
		},
	}}
	if change != nil {
		change(w)
	}
	w.start()
	t.Cleanup(func() {
		if w.app != nil {
			w.stop()
		}
	})
	return w
}

// start starts the hub, on the database that is there.
func (w *world) start() {
	w.Helper()
	o := app.Options{Clock: w.clock, Dial: w.sim.Dial, Roots: w.sim.Roots(), Store: w.opts, Log: w.log.logger()}
	if w.dialer != nil {
		o.Dial, o.Dialer = nil, w.dialer
	}
	var err error
	w.app, err = app.New(w.ctx, w.cfg, o)
	if err != nil {
		w.Fatal(err)
	}
	if err := w.app.Start(w.ctx); err != nil {
		w.Fatal(err)
	}
	w.client, err = nh.NewClientFromConnectionString(w.connectionString(), hubName, &nh.ClientOptions{TokenLife: 72 * time.Hour, Retry: &nh.RetryOptions{Attempts: 1}})
	if err != nil {
		w.Fatal(err)
	}
}

func (w *world) connectionString() string {
	return fmt.Sprintf("Endpoint=http://%s/;SharedAccessKeyName=%s;SharedAccessKey=%s", w.app.Addr(), rule, ruleKey)
}

// stop ends the hub as SIGTERM does; what is in flight gets no patience.
func (w *world) stop() {
	w.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := w.app.Stop(ctx); err != nil {
		w.Error(err)
	}
	w.app = nil
}

func (w *world) register(p nh.Platform, handle string, tags ...string) *nh.Registration {
	w.Helper()
	r, err := w.client.CreateRegistration(w.ctx, nh.Registration{Platform: p, Handle: handle, Tags: tags})
	if err != nil {
		w.Fatal(err)
	}
	return r
}

func (w *world) send(n *nh.Notification, tags ...string) string {
	w.Helper()
	r, err := w.client.Send(w.ctx, n, &nh.SendOptions{Tags: tags})
	if err != nil {
		w.Fatal(err)
	}
	return r.NotificationID
}

func (w *world) final(id string) *nh.NotificationDetails {
	w.Helper()
	d, err := w.client.WaitForNotification(w.ctx, id)
	if err != nil {
		w.Fatalf("%v; last seen %+v", err, d)
	}
	return d
}

func (w *world) details(id string) *nh.NotificationDetails {
	w.Helper()
	d, err := w.client.NotificationDetails(w.ctx, id)
	if err != nil {
		w.Fatal(err)
	}
	return d
}

// idle waits until nothing is in flight and nothing is due.
func (w *world) idle() {
	w.Helper()
	if err := w.app.Dispatcher().Idle(w.ctx); err != nil {
		w.Fatal(err)
	}
}

// advance moves the clock, step by step as tasks fall due, and waits for each.
func (w *world) advance(d time.Duration) {
	w.Helper()
	const step = 15 * time.Second
	for ; d > 0; d -= step {
		w.clock.Advance(min(step, d))
		w.idle()
	}
}

// counts compares a notification's outcomes with want, by platform and name.
func (w *world) counts(d *nh.NotificationDetails, want map[string]map[string]int64) {
	w.Helper()
	if fmt.Sprint(d.Outcomes) != fmt.Sprint(want) {
		w.Errorf("outcomes %v, want %v (state %s)", d.Outcomes, want, d.State)
	}
}

// task is a row of the task table, as far as tests look into it.
type task struct {
	kind   string
	reason string
	listed int
	due    time.Time
}

// look opens the database beside the hub.
func (w *world) look() *sql.DB {
	w.Helper()
	db, err := sql.Open("sqlite", "file:"+url.PathEscape(filepath.Join(w.dir, "fanfare.db"))+"?_pragma=query_only(1)")
	if err != nil {
		w.Fatal(err)
	}
	return db
}

// rows counts the rows of a table.
func (w *world) rows(table string) (n int) {
	w.Helper()
	db := w.look()
	defer db.Close()
	if err := db.QueryRowContext(w.ctx, "SELECT count(*) FROM "+table).Scan(&n); err != nil {
		w.Fatal(err)
	}
	return n
}

// tasks reads the task table through a connection of its own.
func (w *world) tasks() (all []task) {
	w.Helper()
	db := w.look()
	defer db.Close()
	rows, err := db.QueryContext(w.ctx, "SELECT kind, reason, payload, ifnull(due_at, 0) FROM task")
	if err != nil {
		w.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var t task
		var payload []byte
		var due int64
		if err := rows.Scan(&t.kind, &t.reason, &payload, &due); err != nil {
			w.Fatal(err)
		}
		t.due = time.UnixMicro(due)
		var list struct{ Entries []json.RawMessage }
		if t.kind == "list" {
			if err := json.Unmarshal(payload, &list); err != nil {
				w.Fatal(err)
			}
		}
		t.listed = len(list.Entries)
		all = append(all, t)
	}
	if err := rows.Err(); err != nil {
		w.Fatal(err)
	}
	return all
}

// apnsToken is a device token whose bytes end in a number.
func apnsToken(i int) string { return fmt.Sprintf("%064x", i+1) }

func fcmToken(i int) string { return fmt.Sprintf("fcmdevice:APA91b%08d", i) }

func alert() *nh.Notification {
	return nh.NewAppleNotification(map[string]any{"aps": map[string]any{"alert": "Hi"}}, nil)
}

func message() *nh.Notification { return nh.NewFCMV1Notification(`{"message":{"data":{"a":"b"}}}`) }
