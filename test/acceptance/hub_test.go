package acceptance_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/fanfare-hub/fanfare/internal/config"
	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pnssim"
	nh "github.com/fanfare-hub/fanfare/notificationhubs"
)

// managed gives the world's rule to its namespace.
func managed(w *world) {
	w.cfg.Namespace = []hub.Rule{{Name: rule, Rights: hub.Manage, PrimaryKey: ruleKey}}
}

func (w *world) namespace() *nh.NamespaceClient {
	w.Helper()
	n, err := nh.NewNamespaceClientFromConnectionString(w.connectionString(), &nh.ClientOptions{TokenLife: 72 * time.Hour, Retry: &nh.RetryOptions{Attempts: 1}})
	if err != nil {
		w.Fatal(err)
	}
	return n
}

func secrets(properties map[string]string) map[string]nh.Secret {
	out := map[string]nh.Secret{}
	for name, value := range properties {
		out[name] = nh.Secret(value)
	}
	return out
}

// create makes a hub with one credential, and turns the world's client to it.
func (w *world) create(name string, p nh.Platform, properties map[string]string) *nh.HubDescription {
	w.Helper()
	d := nh.HubDescription{Name: name}
	if err := d.SetCredential(p, secrets(properties)); err != nil {
		w.Fatal(err)
	}
	made, err := w.namespace().CreateHub(w.ctx, d)
	if err != nil {
		w.Fatal(err)
	}
	w.turn(name)
	return made
}

func (w *world) turn(name string) {
	w.Helper()
	var err error
	w.client, err = nh.NewClientFromConnectionString(w.connectionString(), name, &nh.ClientOptions{TokenLife: 72 * time.Hour, Retry: &nh.RetryOptions{Attempts: 1}})
	if err != nil {
		w.Fatal(err)
	}
}

// A wrong key parks a send and touches no handle; corrected through the API, by
// a program that never sees the other secrets, it delivers at once: each device
// once, with no restart, and while the clock stands.
func TestCredentialIsRotatedThroughTheAPI(t *testing.T) {
	t.Parallel()
	const size = 30
	w := newWorld(t, managed)
	w.create("shop", nh.APNs, w.sim.ForeignAPNsCredential())
	for i := range size {
		w.register(nh.APNs, apnsToken(i), "a")
	}
	id := w.send(alert(), "a")
	w.idle()
	if d := w.details(id); d.State != "Processing" || len(d.Outcomes) != 0 || w.registered("a") != size {
		t.Fatalf("with the wrong key: %+v, %d registrations", d, w.registered("a"))
	}

	n := w.namespace()
	d, err := n.Hub(w.ctx, "shop")
	if err != nil {
		t.Fatal(err)
	}
	right := w.sim.APNsCredential()
	wrong := right["Token"][:len(right["Token"])/2]
	d.APNs.Token = nh.Secret(wrong)
	_, err = n.UpdateHub(w.ctx, *d)
	e, ok := errors.AsType[*nh.ResponseError](err)
	if !ok || e.StatusCode != 400 || !strings.HasPrefix(e.Detail, "The apns credential is not valid: apns: the token key: ") || strings.Contains(e.Detail, wrong) {
		t.Errorf("half a key: %v", err)
	}
	if d := w.details(id); d.State != "Processing" {
		t.Errorf("a refused credential woke the send: %+v", d)
	}

	if err := d.SetCredential(nh.APNs, secrets(right)); err != nil {
		t.Fatal(err)
	}
	if _, err := n.UpdateHub(w.ctx, *d); err != nil {
		t.Fatal(err)
	}
	w.counts(w.final(id), map[string]map[string]int64{"apns": {"Success": size}})
	w.each(pnssim.APNs, size)

	// The next program reads, changes and writes back; the key it could not read stays.
	if d, err = n.Hub(w.ctx, "shop"); err != nil || string(d.APNs.Token) != "REDACTED" {
		t.Fatalf("the key is %q, %v", string(d.APNs.Token), err)
	}
	d.UserMetadata = "changed"
	if _, err := n.UpdateHub(w.ctx, *d); err != nil {
		t.Fatal(err)
	}
	w.counts(w.final(w.send(alert(), "a")), map[string]map[string]int64{"apns": {"Success": size}})

	// Removed, its devices end as InvalidCredentials.
	d.APNs = nil
	if _, err := n.UpdateHub(w.ctx, *d); err != nil {
		t.Fatal(err)
	}
	w.counts(w.final(w.send(alert(), "a")), map[string]map[string]int64{"apns": {"InvalidCredentials": size}})
}

// A hub that is deleted in the middle of a send stops sending within the pages
// that are in flight; its name is free at once, and a new hub has nothing of it.
func TestHubIsDeletedInTheMiddle(t *testing.T) {
	t.Parallel()
	const page, window, size = 5, 2, 60
	w := newWorld(t, func(w *world) { managed(w); small(page, window)(w) })
	w.create("shop", nh.APNs, w.sim.APNsCredential())
	for i := range size {
		w.register(nh.APNs, apnsToken(i), "a")
	}
	release := w.sim.Hold(pnssim.APNs)
	id := w.send(alert(), "a")
	if err := w.sim.WaitCount(w.ctx, pnssim.APNs, 1); err != nil {
		t.Fatal(err)
	}
	n := w.namespace()
	if err := n.DeleteHub(w.ctx, "shop"); err != nil {
		t.Fatal(err)
	}
	if there, err := n.HubExists(w.ctx, "shop"); err != nil || there {
		t.Errorf("the hub is there: %v, %v", there, err)
	}
	w.create("shop", nh.APNs, w.sim.APNsCredential())
	release()
	w.idle()
	if got := len(w.sim.All(pnssim.APNs)); got > page*window {
		t.Errorf("%d devices got a push, at most %d were in flight", got, page*window)
	}
	if _, err := w.client.NotificationDetails(w.ctx, id); err == nil {
		t.Error("the old hub's notification is in the new one")
	}
	if got := w.registered("a"); got != 0 {
		t.Errorf("%d registrations of the old hub are in the new one", got)
	}
	w.clock.Advance(2 * time.Minute) // the sweep
	for w.rows("registration") > 0 || w.rows("task") > 0 || w.rows("notification") > 0 {
		if err := w.ctx.Err(); err != nil {
			t.Fatalf("%v: rows are left", err)
		}
	}
	w.counts(w.final(w.sendTo(apnsToken(1))), map[string]map[string]int64{"apns": {"Success": 1}})
}

func (w *world) sendTo(handle string) string {
	w.Helper()
	r, err := w.client.SendDirect(w.ctx, alert(), nh.Device{Handle: handle})
	if err != nil {
		w.Fatal(err)
	}
	return r.NotificationID
}

// Hubs that were made through the API outlive the process. One that the
// configuration names is changed only there; when it no longer does, it is
// closed, and the API has it.
func TestHubsAcrossRestarts(t *testing.T) {
	t.Parallel()
	w := newWorld(t, managed)
	made := w.create("shop", nh.FCMV1, w.sim.FCMCredential())
	w.register(nh.FCMV1, fcmToken(1), "a")
	w.stop()
	w.start()
	n := w.namespace()
	d, err := n.Hub(w.ctx, "SHOP")
	if err != nil || fmt.Sprint(d.CreatedAt) != fmt.Sprint(made.CreatedAt) || string(d.Rules[1].PrimaryKey) != string(made.Rules[1].PrimaryKey) {
		t.Fatalf("after a restart: %+v, %v", d, err)
	}
	w.turn("shop")
	w.counts(w.final(w.send(message(), "a")), map[string]map[string]int64{"fcmv1": {"Success": 1}})

	d, err = n.Hub(w.ctx, hubName)
	if err != nil {
		t.Fatal(err)
	}
	d.UserMetadata = "mine"
	if _, err := n.UpdateHub(w.ctx, *d); !answered(err, 409) {
		t.Errorf("a hub of the configuration was changed: %v", err)
	}
	if err := n.DeleteHub(w.ctx, hubName); !answered(err, 409) {
		t.Errorf("a hub of the configuration was deleted: %v", err)
	}
	configured := w.cfg.Hubs
	w.cfg.Hubs = []config.Hub{}
	if err := w.app.Reload(w.ctx, w.cfg); err != nil {
		t.Fatal(err)
	}
	closed, err := n.Hub(w.ctx, hubName)
	if err != nil || len(closed.Rules) != 0 || closed.APNs != nil || closed.FCMV1 != nil {
		t.Fatalf("a hub that the configuration no longer names: %+v, %v", closed, err)
	}
	closed.UserMetadata, closed.Rules = "mine", d.Rules
	if opened, err := n.UpdateHub(w.ctx, *closed); err != nil || len(opened.Rules) != len(d.Rules) {
		t.Errorf("and is given rules through the API: %+v, %v", opened, err)
	}
	if err := w.app.Reload(w.ctx, w.cfg); err != nil {
		t.Fatal(err)
	}
	if kept, err := n.Hub(w.ctx, hubName); err != nil || len(kept.Rules) != len(d.Rules) {
		t.Errorf("after a reload it is %+v, %v", kept, err)
	}
	w.cfg.Hubs = configured
	if err := w.app.Reload(w.ctx, w.cfg); err != nil {
		t.Fatal(err)
	}
	again, err := n.Hub(w.ctx, hubName)
	if err != nil || again.UserMetadata != "mine" || !again.Rules[0].CreatedTime.Equal(d.Rules[0].CreatedTime) {
		t.Errorf("named again: %+v, %v", again, err)
	}
	if err := n.DeleteHub(w.ctx, hubName); !answered(err, 409) {
		t.Errorf("a hub of the configuration was deleted: %v", err)
	}
	var names []string
	for h, err := range n.Hubs(w.ctx) {
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, h.Name)
	}
	if fmt.Sprint(names) != "[myhub shop]" {
		t.Errorf("the hubs are %v", names)
	}
}

func answered(err error, status int) bool {
	e, ok := errors.AsType[*nh.ResponseError](err)
	return ok && e.StatusCode == status
}
