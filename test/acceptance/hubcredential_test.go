package acceptance_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fanfare-hub/fanfare/internal/pnssim"
	nh "github.com/fanfare-hub/fanfare/notificationhubs"
)

// Every service's credential is set through the API alone. A program that reads
// the hub, changes a setting and writes it back, and so sees no secret, changes
// none: every service delivers before and after, with the same credential.
func TestEveryCredentialThroughTheAPI(t *testing.T) {
	t.Parallel()
	for name, others := range map[string]map[nh.Platform]func(*pnssim.Sim) map[string]string{
		"keys": {},
		"a certificate of Apple, none of MPNS": {
			nh.APNs: (*pnssim.Sim).APNsCertificateCredential,
			nh.MPNS: func(*pnssim.Sim) map[string]string { return map[string]string{} },
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, func(w *world) { managed(w); w.cfg.Hubs[0].Credentials = nil })
			d := nh.HubDescription{Name: "shop", GCM: &nh.GCMCredential{GoogleAPIKey: "a key of old"}}
			for _, s := range services() {
				properties := s.known
				if other, ok := others[s.platform]; ok {
					properties = other
				}
				if err := d.SetCredential(s.platform, secrets(properties(w.sim))); err != nil {
					t.Fatal(err)
				}
			}
			n := w.namespace()
			if _, err := n.CreateHub(w.ctx, d); err != nil {
				t.Fatal(err)
			}
			w.turn("shop")
			for _, s := range services() {
				if s.platform == nh.MPNS && d.MPNS.Certificate == "" {
					w.register(nh.MPNS, "http"+strings.TrimPrefix(s.handle(1, ""), "https"), "a") // an unauthenticated channel
					continue
				}
				w.enrol(s, 1, "", nil, "a")
			}
			w.register(nh.GCM, fcmToken(7), "a")
			w.everyServiceDelivers()
			versions := w.versions()

			read, err := n.Hub(w.ctx, "shop")
			if err != nil {
				t.Fatal(err)
			}
			w.showsNoSecret(read, &d)
			read.UserMetadata, read.RegistrationTTL = "changed", 48*time.Hour
			written, err := n.UpdateHub(w.ctx, *read)
			if err != nil || written.UserMetadata != "changed" || written.RegistrationTTL != 48*time.Hour {
				t.Fatalf("%+v, %v", written, err)
			}
			w.everyServiceDelivers()
			if now := w.versions(); !maps.Equal(now, versions) || len(now) != len(services())+1 {
				t.Errorf("the versions of credentials are %v, and were %v", now, versions)
			}
		})
	}
}

// everyServiceDelivers sends to the one device of each service.
func (w *world) everyServiceDelivers() {
	w.Helper()
	for _, s := range services() {
		w.counts(w.final(w.send(s.message("Hi"), "a")), map[string]map[string]int64{string(s.platform): {"Success": 1}})
	}
	legacy := nh.NewFCMNotification(map[string]any{"data": map[string]string{"a": "Hi"}})
	w.counts(w.final(w.send(legacy, "a")), map[string]map[string]int64{"gcm": {"Success": 1}})
}

// showsNoSecret compares what is read with what was written: plain properties as
// they are, secrets as the placeholder.
func (w *world) showsNoSecret(read, written *nh.HubDescription) {
	w.Helper()
	plain := []string{
		"AppId", "AppName", "KeyId", "Endpoint", "ProjectId", "ClientEmail", "PackageSid", "ClientId", "Subject", "VapidPublicKey",
	}
	for _, s := range services() {
		got, want := read.Credential(s.platform), written.Credential(s.platform)
		if len(got) != len(want) || got == nil {
			w.Errorf("%s: %d properties are read, %d were written", s.platform, len(got), len(want))
		}
		for name, value := range want {
			shown := string(got[name])
			if slices.Contains(plain, name) != (shown == string(value)) || shown != string(value) && shown != "REDACTED" {
				w.Errorf("%s: %s reads as %.20q", s.platform, name, shown)
			}
		}
	}
}

// A client that may manage a hub, but does not know its secrets, cannot have them
// sent to a host of its own: it is refused, and everything stays as it was.
func TestASecretStaysWithItsService(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(w *world) { managed(w); w.cfg.Hubs[0].Credentials = nil })
	d := nh.HubDescription{Name: "shop"}
	for _, s := range services() {
		if err := d.SetCredential(s.platform, secrets(s.known(w.sim))); err != nil {
			t.Fatal(err)
		}
	}
	n := w.namespace()
	if _, err := n.CreateHub(w.ctx, d); err != nil {
		t.Fatal(err)
	}
	versions := w.versions()
	for platform, property := range map[nh.Platform]string{
		nh.APNs: "Endpoint", nh.WNS: "WindowsLiveEndpoint", nh.ADM: "AuthTokenUrl", nh.Baidu: "BaiduEndPoint", nh.Xiaomi: "Endpoint",
	} {
		read, err := n.Hub(w.ctx, "shop")
		if err != nil {
			t.Fatal(err)
		}
		properties := read.Credential(platform)
		properties[property] = nh.Secret("https://" + w.app.Addr().String())
		if platform == nh.APNs {
			properties[property] += "/3/device"
		}
		if err := read.SetCredential(platform, properties); err != nil {
			t.Fatal(err)
		}
		_, err = n.UpdateHub(w.ctx, *read)
		var re *nh.ResponseError
		if !errors.As(err, &re) || re.StatusCode != 400 || !strings.Contains(re.Detail, property+" does not lead to a host of the push service") {
			t.Errorf("%s: %v", platform, err)
		}
	}
	if now := w.versions(); !maps.Equal(now, versions) {
		t.Errorf("the versions of credentials are %v, and were %v", now, versions)
	}
}

// versions are those of the credentials in the store.
func (w *world) versions() map[string]int64 {
	w.Helper()
	db := w.look()
	defer db.Close()
	rows, err := db.QueryContext(w.ctx, "SELECT hub_id, platform, version FROM credential")
	if err != nil {
		w.Fatal(err)
	}
	defer rows.Close()
	out := map[string]int64{}
	for rows.Next() {
		var of, platform, version int64
		if err := rows.Scan(&of, &platform, &version); err != nil {
			w.Fatal(err)
		}
		out[fmt.Sprint(of, " ", platform)] = version
	}
	if err := rows.Err(); err != nil {
		w.Fatal(err)
	}
	return out
}

// Rules are added, renewed and removed through the API, and count from the next
// request on.
func TestRulesThroughTheAPI(t *testing.T) {
	t.Parallel()
	w := newWorld(t, managed)
	made := w.create("shop", nh.FCMV1, w.sim.FCMCredential())
	w.register(nh.FCMV1, fcmToken(1), "a")
	n := w.namespace()
	change := func(d *nh.HubDescription, change func(*nh.HubDescription)) *nh.HubDescription {
		t.Helper()
		change(d)
		d, err := n.UpdateHub(w.ctx, *d)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	send := func(keyName string, key nh.Secret) error {
		c, err := nh.NewClient("http://"+w.app.Addr().String(), "shop", keyName, string(key), &nh.ClientOptions{TokenLife: 72 * time.Hour, Retry: &nh.RetryOptions{Attempts: 1}})
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.Send(w.ctx, message(), nil)
		return err
	}
	old := nh.AuthorizationRule{Name: "backend", Rights: []nh.Right{nh.Send}, PrimaryKey: nh.NewKey(), SecondaryKey: nh.NewKey()}
	if err := send("backend", old.PrimaryKey); !answered(err, 401) {
		t.Errorf("before there is the rule: %v", err)
	}
	d := change(made, func(d *nh.HubDescription) { d.Rules = append(d.Rules, old) })
	for _, key := range []nh.Secret{old.PrimaryKey, old.SecondaryKey} {
		if err := send("backend", key); err != nil {
			t.Errorf("with a key of the rule: %v", err)
		}
	}
	d = change(d, func(d *nh.HubDescription) { d.Rule("BACKEND").SecondaryKey = nh.NewKey() })
	if err := send("backend", old.SecondaryKey); !answered(err, 401) {
		t.Errorf("with a key that was renewed: %v", err)
	}
	for _, key := range []nh.Secret{old.PrimaryKey, d.Rule("backend").SecondaryKey} {
		if err := send("backend", key); err != nil {
			t.Errorf("with the keys there are: %v", err)
		}
	}
	d = change(d, func(d *nh.HubDescription) { d.Rule("backend").Rights = []nh.Right{nh.Listen} })
	if err := send("backend", old.PrimaryKey); !answered(err, 401) {
		t.Errorf("with a rule that may only listen: %v", err)
	}
	change(d, func(d *nh.HubDescription) { d.Rules = d.Rules[:2] })
	if err := send("backend", old.PrimaryKey); !answered(err, 401) {
		t.Errorf("with a rule that was removed: %v", err)
	}
}

// A hub's TTL counts from the last write of a registration, at the time of the
// write; a change of it leaves what is registered.
func TestRegistrationTTLThroughTheAPI(t *testing.T) {
	t.Parallel()
	w := newWorld(t, managed)
	d := w.create("shop", nh.FCMV1, w.sim.FCMCredential())
	forever := w.register(nh.FCMV1, fcmToken(1), "a")
	d.RegistrationTTL = 24 * time.Hour
	if _, err := w.namespace().UpdateHub(w.ctx, *d); err != nil {
		t.Fatal(err)
	}
	w.register(nh.FCMV1, fcmToken(2), "a")
	if err := w.client.PutInstallation(w.ctx, nh.Installation{ID: "i", Platform: nh.FCMV1, PushChannel: fcmToken(3), Tags: []string{"a"}}); err != nil {
		t.Fatal(err)
	}
	w.counts(w.final(w.send(message(), "a")), map[string]map[string]int64{"fcmv1": {"Success": 3}})
	w.clock.Advance(23 * time.Hour)
	if _, err := w.client.UpdateRegistration(w.ctx, *forever); err != nil { // lives a day from now
		t.Fatal(err)
	}
	w.clock.Advance(2 * time.Hour)
	w.counts(w.final(w.send(message(), "a")), map[string]map[string]int64{"fcmv1": {"Success": 1}})
	w.clock.Advance(22 * time.Hour)
	if n := w.registered("a"); n != 0 {
		t.Errorf("%d registrations are left", n)
	}
}
