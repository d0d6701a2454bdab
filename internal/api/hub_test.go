package api_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fanfare-hub/fanfare/internal/api"
	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/store"
	"github.com/fanfare-hub/fanfare/internal/wire"
)

const (
	keyA = "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE="
	keyB = "QkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkI="
)

// setupHubs returns an API whose check of APNs credentials wants a Token "good…".
func setupHubs(t *testing.T) *fixture {
	t.Helper()
	return setupWith(t, func(c *api.Config) {
		c.CheckCredential = func(c hub.Credential) error {
			if c.Platform == hub.APNs && !strings.HasPrefix(c.Properties["Token"], "good") {
				return errors.New("apns: the token key: it is missing")
			}
			return nil
		}
	})
}

// manage calls with the namespace's key.
func (f *fixture) manage(method, target, body string, headers ...string) got {
	f.t.Helper()
	return f.call(method, target, body, append([]string{"Authorization", f.tokenOf("Root", namespaceKey)}, headers...)...)
}

func hubBody(inner string) string {
	return `<entry xmlns="http://www.w3.org/2005/Atom"><content type="application/xml"><NotificationHubDescription ` +
		`xmlns="http://schemas.microsoft.com/netservices/2010/10/servicebus/connect" xmlns:i="http://www.w3.org/2001/XMLSchema-instance">` +
		inner + `</NotificationHubDescription></content></entry>`
}

func hubRule(name, key string, rights ...string) string {
	text := "<AuthorizationRule><Rights>"
	for _, r := range rights {
		text += "<AccessRights>" + r + "</AccessRights>"
	}
	return text + "</Rights><KeyName>" + name + "</KeyName><PrimaryKey>" + key + "</PrimaryKey></AuthorizationRule>"
}

func hubRules(rules ...string) string {
	return "<AuthorizationRules>" + strings.Join(rules, "") + "</AuthorizationRules>"
}

// pns writes a credential; pairs are names and values by turns.
func pns(element string, pairs ...string) string {
	text := "<" + element + "><Properties>"
	for i := 0; i+1 < len(pairs); i += 2 {
		text += "<Property><Name>" + pairs[i] + "</Name><Value>" + pairs[i+1] + "</Value></Property>"
	}
	return text + "</Properties></" + element + ">"
}

// hub reads the description that an answer holds.
func (g got) hub() *wire.HubDescription {
	g.t.Helper()
	e, found, err := wire.DecodeHubEntry(strings.NewReader(g.body))
	if err != nil || !found {
		g.t.Fatalf("%v in %s", err, g.body)
	}
	return e.Hub
}

// stored returns the properties of a credential as they are in the store.
func (f *fixture) stored(hubName string, p hub.Platform) (c hub.Credential) {
	f.t.Helper()
	err := f.store.View(f.t.Context(), func(r store.Reader) error {
		h, err := r.Hub(hubName)
		if err != nil {
			return err
		}
		c, err = r.Credential(h.ID, p)
		if errors.Is(err, store.ErrNotFound) {
			return nil
		}
		return err
	})
	if err != nil {
		f.t.Fatal(err)
	}
	return c
}

// A .NET program reads a hub, changes one thing and writes everything back:
// nothing is lost, what it could not see among it.
func TestHubReadChangeWriteBack(t *testing.T) {
	t.Parallel()
	f := setupHubs(t)
	f.manage("PUT", "/shop", hubBody(
		pns("ApnsCredential", "Token", "good-secret", "KeyId", "KEY", "AppId", "TEAM", "AppName", "app", "Endpoint", "https://api.push.apple.com")+
			"<RegistrationTtl>P90D</RegistrationTtl>"+
			pns("WnsCredential", "PackageSid", "sid", "SecretKey", "wns-secret", "WindowsLiveEndpoint", "https://login.live.com")+
			hubRules(hubRule("Full", keyA, "Manage", "Send", "Listen"), hubRule("Backend", keyB, "Send"))+
			pns("GcmCredential", "GoogleApiKey", "gcm-secret")+pns("MpnsCredential", "MpnsCertificate", "mpns-secret", "CertificateKey", "password", "Thumbprint", "00")+
			"<UserMetadata> keep me </UserMetadata>"+pns("AdmCredential", "ClientId", "id", "ClientSecret", "adm-secret")+
			pns("BaiduCredential", "BaiduApiKey", "baidu-key", "BaiduSecretKey", "baidu-secret")+"<Status>true</Status>"+
			pns("FcmV1Credential", "PrivateKey", "fcm-secret", "ProjectId", "p", "ClientEmail", "e")+
			pns("BrowserCredential", "Subject", "mailto:a@b", "VapidPublicKey", "public", "VapidPrivateKey", "vapid-secret")+
			pns("XiaomiCredential", "AppSecret", "xiaomi-secret", "NewThing", "unknown-secret"))).want(201)
	before := map[hub.Platform]hub.Credential{}
	for _, p := range hub.Platforms {
		before[p] = f.stored("shop", p)
	}
	f.clock.Advance(time.Hour)

	read := f.manage("GET", "/shop", "").want(200)
	if strings.Contains(read.body, "secret") || strings.Contains(read.body, "password") || strings.Contains(read.body, "baidu-key") {
		t.Errorf("a secret is shown: %s", read.body)
	}
	for _, shown := range []string{"KEY", "TEAM", "app", "https://api.push.apple.com", "sid", "public", "mailto:a@b"} {
		if !strings.Contains(read.body, "<Value>"+shown+"</Value>") {
			t.Errorf("%s is not shown", shown)
		}
	}
	h := read.hub()
	h.RegistrationTTL = 30 * 24 * time.Hour
	written := f.manage("PUT", "/shop", string(wire.AppendHubRequest(nil, h)), "If-Match", "*").want(200)

	if got, want := written.hub(), h; fmt.Sprintf("%+v", *got) != fmt.Sprintf("%+v", *want) {
		t.Errorf("written back\n got %+v\nwant %+v", *got, *want)
	}
	again := f.manage("GET", "/shop", "").want(200)
	if want := strings.Replace(strings.Replace(read.body, "P90D", "P30D", 1), "<updated>2025-03-04T05", "<updated>2025-03-04T06", 1); again.body != want {
		t.Errorf("read again\n got %s\nwant %s", again.body, want)
	}
	for _, p := range hub.Platforms {
		if now := f.stored("shop", p); now.Version != before[p].Version || len(now.Properties) == 0 {
			t.Errorf("the credential of %s has become another: %+v, was %+v", p, now, before[p])
		}
	}
	if len(f.dispatch.changed) != len(hub.Platforms) {
		t.Errorf("credentials were woken that did not change: %v", f.dispatch.changed)
	}
}

// Names of properties are taken in any letter case, as Azure's own APIs write
// them, kept under the one that its .NET client reads, and never shown unless
// they are known to be no secret.
func TestPropertyNamesInAnyCase(t *testing.T) {
	t.Parallel()
	plain := []string{
		"AppId", "AppName", "KeyId", "Endpoint", "Thumbprint", "ProjectId", "ClientEmail", "GcmEndpoint", "PackageSid", "WindowsLiveEndpoint",
		"ClientId", "AuthTokenUrl", "SendUrlTemplate", "BaiduEndPoint", "Subject", "VapidPublicKey",
	}
	for element, names := range map[string][]string{
		"ApnsCredential":    {"ApnsCertificate", "CertificateKey", "Endpoint", "Thumbprint", "Token", "KeyId", "AppName", "AppId"},
		"GcmCredential":     {"GoogleApiKey", "GcmEndpoint"},
		"FcmV1Credential":   {"PrivateKey", "ProjectId", "ClientEmail"},
		"WnsCredential":     {"PackageSid", "SecretKey", "WindowsLiveEndpoint"},
		"MpnsCredential":    {"MpnsCertificate", "CertificateKey", "Thumbprint"},
		"AdmCredential":     {"ClientId", "ClientSecret", "AuthTokenUrl", "SendUrlTemplate"},
		"BaiduCredential":   {"BaiduApiKey", "BaiduSecretKey", "BaiduEndPoint"},
		"BrowserCredential": {"Subject", "VapidPublicKey", "VapidPrivateKey"},
		"XiaomiCredential":  {"AppSecret", "Endpoint"},
	} {
		t.Run(element, func(t *testing.T) {
			t.Parallel()
			f := setup(t)
			var given []string
			want := map[string]string{"somethingNew": "REDACTED"}
			for i, name := range names {
				given = append(given, strings.ToLower(name[:1])+name[1:], fmt.Sprint("value", i))
				want[name] = "REDACTED"
				if slices.Contains(plain, name) {
					want[name] = fmt.Sprint("value", i)
				}
			}
			given = append(given, "somethingNew", "x")
			f.manage("PUT", "/shop", hubBody(pns(element, given...))).want(201)
			read := f.manage("GET", "/shop", "").want(200).hub()
			if len(read.Credentials) != 1 || !maps.Equal(read.Credentials[0].Properties, want) {
				t.Errorf("read as %v, want %v", read.Credentials, want)
			}
			before := f.stored("shop", hub.Platforms[slices.IndexFunc(hub.Platforms, func(p hub.Platform) bool { return p.String() == read.Credentials[0].Platform })])
			// Written back in yet another case, it is the same.
			var back []string
			for name, value := range want {
				back = append(back, strings.ToUpper(name), value)
			}
			back[slices.Index(back, "SOMETHINGNEW")] = "somethingNew" // what is not known is not the same in another case
			f.manage("PUT", "/shop", hubBody(pns(element, back...)), "If-Match", "*").want(200)
			if now := f.stored("shop", before.Platform); now.Version != before.Version {
				t.Errorf("written back it is %v, was %v", now.Properties, before.Properties)
			}
			f.manage("PUT", "/shop", hubBody(pns(element, names[0], "a", strings.ToUpper(names[0]), "b")), "If-Match", "*").
				refused(400, fmt.Sprintf("The %s credential has the property %q more than once: letter case does not count.", before.Platform, names[0]))
		})
	}
}

// MPNS delivers without a certificate too: its credential may be empty. Any other
// empty one is none.
func TestEmptyCredential(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.manage("PUT", "/shop", hubBody(pns("WnsCredential")+pns("MpnsCredential"))).want(201)
	read := f.manage("GET", "/shop", "").want(200)
	if !strings.Contains(read.body, "<MpnsCredential><Properties></Properties></MpnsCredential>") || strings.Contains(read.body, "WnsCredential") {
		t.Errorf("read as %s", read.body)
	}
	version := f.stored("shop", hub.MPNS).Version
	f.manage("PUT", "/shop", string(wire.AppendHubRequest(nil, read.hub())), "If-Match", "*").want(200)
	if now := f.stored("shop", hub.MPNS).Version; now != version || version == 0 {
		t.Errorf("written back it has version %d, was %d", now, version)
	}
	f.manage("PUT", "/shop", hubBody(`<MpnsCredential i:nil="true"/>`), "If-Match", "*").want(200)
	if now := f.stored("shop", hub.MPNS).Version; now != 0 || !slices.Equal(f.dispatch.changed, []string{"3 mpns", "3 mpns"}) {
		t.Errorf("removed it has version %d; woken: %v", now, f.dispatch.changed)
	}
}

// A full replacement: what is left out is removed, what is changed wakes what
// waits for it, and rules keep the time at which they were made.
func TestHubReplacement(t *testing.T) {
	t.Parallel()
	f := setupHubs(t)
	f.manage("PUT", "/shop", hubBody(pns("ApnsCredential", "Token", "good-1")+pns("AdmCredential", "ClientSecret", "a")+pns("GcmCredential", "GoogleApiKey", "g")+
		hubRules(hubRule("Full", keyA, "Manage", "Send", "Listen"), hubRule("Old", keyB, "Send"), hubRule("Same", keyB, "Listen"))+
		"<UserMetadata>m</UserMetadata><RegistrationTtl>P9D</RegistrationTtl>")).want(201)
	f.dispatch.changed = nil
	f.clock.Advance(time.Minute)
	g := f.manage("PUT", "/shop", hubBody(pns("ApnsCredential", "Token", "good-2", "KeyId", "K")+pns("GcmCredential", "GoogleApiKey", "REDACTED")+
		hubRules(hubRule("Full", keyB, "Manage", "Send", "Listen"), hubRule("Same", keyB, "Listen"))), "If-Match", "*").want(200)

	if c := f.stored("shop", hub.APNs); !maps.Equal(c.Properties, map[string]string{"Token": "good-2", "KeyId": "K"}) {
		t.Errorf("APNs: %v", c.Properties)
	}
	if c := f.stored("shop", hub.GCM); !maps.Equal(c.Properties, map[string]string{"GoogleApiKey": "g"}) {
		t.Errorf("GCM: %v", c.Properties)
	}
	if c := f.stored("shop", hub.ADM); c.Properties != nil {
		t.Errorf("ADM was left out, and is %v", c.Properties)
	}
	if want := []string{"3 apns", "3 adm"}; !slices.Equal(f.dispatch.changed, want) {
		t.Errorf("woken: %v, want %v", f.dispatch.changed, want)
	}
	h := g.hub()
	if h.UserMetadata != "" || h.RegistrationTTL != 0 || len(h.Rules) != 2 {
		t.Errorf("what was left out is not reset: %+v", h)
	}
	full, same := h.Rules[0], h.Rules[1]
	if !full.CreatedTime.Equal(now) || !full.ModifiedTime.Equal(now.Add(time.Minute)) || !same.CreatedTime.Equal(now) || !same.ModifiedTime.Equal(now) {
		t.Errorf("times of rules: %+v", h.Rules)
	}
	f.call("GET", "/shop", "", "Authorization", f.tokenOf("Full", keyA)).want(401)
	f.call("GET", "/shop", "", "Authorization", f.tokenOf("Full", keyB)).want(200)
}

// Each mistake in a description has its own sentence, and writes nothing.
func TestHubIsRefused(t *testing.T) {
	t.Parallel()
	thirteen := make([]string, 13)
	for i := range thirteen {
		thirteen[i] = hubRule(fmt.Sprintf("r%d", i), keyA, "Listen")
	}
	for sentence, inner := range map[string]string{
		"The apns credential is not valid: apns: the token key: it is missing.":                                                  pns("ApnsCredential", "KeyId", "K"),
		`The property "Token" of the apns credential is the placeholder REDACTED, but there is no stored value that could stay.`: pns("ApnsCredential", "Token", "REDACTED"),
		"RegistrationTtl is less than a day.":                                                                                    "<RegistrationTtl>PT23H</RegistrationTtl>",
		`RegistrationTtl: "never" is not a duration above zero, as in P90D or PT36H.`:                                            "<RegistrationTtl>never</RegistrationTtl>",
		"UserMetadata has more than 1024 characters.":                                                                            "<UserMetadata>" + strings.Repeat("ä", 1025) + "</UserMetadata>",
		"A hub has at most 12 authorization rules, not 13.":                                                                      hubRules(thirteen...),
		`An authorization rule needs a name of at most 256 characters without ; = &, not "a;b".`:                                 hubRules(hubRule("a;b", keyA, "Listen")),
		`An authorization rule needs a name of at most 256 characters without ; = &, not "` + strings.Repeat("x", 40) + `".`:     hubRules(hubRule(strings.Repeat("x", 257), keyA, "Listen")),
		`The authorization rule "a" has no rights: give it one or more of Listen, Send, Manage.`:                                 hubRules(hubRule("a", keyA)),
		`The authorization rule "a" has Manage without Listen and Send, which Manage needs.`:                                     hubRules(hubRule("a", keyA, "Manage", "Send")),
		`AccessRights is none of Listen, Send, Manage: "Own".`:                                                                   hubRules(hubRule("a", keyA, "Own")),
		`The primary key of the authorization rule "a" is not base64 of 32 bytes.`:                                               hubRules(hubRule("a", "c2hvcnQ=", "Listen")),
		`The secondary key of the authorization rule "a" is not base64 of 32 bytes.`:                                             hubRules(strings.Replace(hubRule("a", keyA, "Listen"), "</PrimaryKey>", "</PrimaryKey><SecondaryKey>x</SecondaryKey>", 1)),
		`There is more than one authorization rule named "A": letter case does not count.`:                                       hubRules(hubRule("a", keyA, "Listen"), hubRule("A", keyB, "Listen")),
		`Status is neither true nor false: "x".`:                                                                                 "<Status>x</Status>",
	} {
		t.Run(sentence, func(t *testing.T) {
			t.Parallel()
			f := setupHubs(t)
			f.manage("PUT", "/shop", hubBody(inner)).refused(400, sentence)
			f.manage("GET", "/shop", "").refused(404, "No service is hosted at the specified address.")
			f.manage("PUT", "/daily", hubBody(inner), "If-Match", "*").refused(400, sentence)
			if h := f.manage("GET", "/daily", "").want(200).hub(); h.RegistrationTTL != 24*time.Hour || len(h.Rules) != 3 || len(h.Credentials) != 0 {
				t.Errorf("something was written: %+v", h)
			}
			if len(f.dispatch.changed) != 0 {
				t.Errorf("woken: %v", f.dispatch.changed)
			}
		})
	}
}

func TestHubConflicts(t *testing.T) {
	t.Parallel()
	f := setupHubs(t)
	f.update(func(tx store.Tx) error {
		return tx.PutHub(&hub.Hub{Name: "configured", Fixed: true, CreatedAt: now, UpdatedAt: now})
	})
	const fixed = "The hub is named in the server's configuration and can only be changed there."
	f.manage("PUT", "/configured", hubBody(""), "If-Match", "*").refused(409, fixed)
	f.manage("DELETE", "/configured", "").refused(409, fixed)
	f.manage("PUT", "/Configured", hubBody("")).refused(409, "SubCode=40900. Conflict.")
	f.manage("GET", "/configured", "").want(200)

	f.manage("PUT", "/MYHUB", hubBody("")).refused(409, "SubCode=40900. Conflict.")
	f.manage("PUT", "/MyHub", hubBody(""), "If-Match", `W/"1"`).refused(412, "A hub has no ETag: If-Match: * replaces the hub, and without If-Match a new one is made.")
	f.manage("PUT", "/MyHub", hubBody(""), "If-Match", "x").refused(412, `The ETag header is either missing or invalid. It should be "*", or a quoted ETag.`)
	f.manage("PUT", "/nosuch", hubBody(""), "If-Match", "*").refused(404, "No service is hosted at the specified address.")
	f.manage("DELETE", "/nosuch", "").refused(404, "No service is hosted at the specified address.")
	f.manage("PUT", "/-shop", hubBody("")).refused(400, "The hub's name is not valid: letters, digits and . _ - are allowed, first a letter or digit, at most 260.")
	f.manage("PUT", "/shop", "<feed/>").refused(400, "An entry with a NotificationHubDescription is expected, not a feed.")
	f.manage("PUT", "/shop", "").refused(400, "The XML has no element.")
	f.manage("PUT", "/shop", strings.Repeat(" ", 1<<20+1)).refused(413, "The request body has more than 1048576 bytes.")
	for _, query := range []string{"$skip=-1", "$skip=x"} {
		f.manage("GET", "/$Resources/NotificationHubs?"+query, "").refused(400, "$skip is not a number from 0: "+fmt.Sprintf("%q", query[6:])+".")
	}
	f.manage("GET", "/$Resources/NotificationHubs?$top=x", "").refused(400, `$top is not a number from 0: "x".`)
}

// A namespace has room for a thousand hubs; those there are can be changed.
func TestHubsAreBounded(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.update(func(tx store.Tx) error {
		for i := range 997 { // beside the fixture's two
			if err := tx.PutHub(&hub.Hub{Name: fmt.Sprint("h", i), CreatedAt: now, UpdatedAt: now}); err != nil {
				return err
			}
		}
		return nil
	})
	f.manage("PUT", "/last", hubBody("")).want(201)
	f.manage("PUT", "/onemore", hubBody("")).refused(403, "The namespace has 1000 hubs, which is as many as can be made here.")
	f.manage("PUT", "/last", hubBody(""), "If-Match", "*").want(200)
	f.manage("DELETE", "/h0", "").want(200)
	f.manage("PUT", "/onemore", hubBody("")).want(201)
}

// Two that update one hub at once: the second does not put stored values where
// placeholders stood for others.
func TestHubChangedMeanwhile(t *testing.T) {
	t.Parallel()
	var between struct {
		sync.Mutex
		do func(store.Store)
	}
	f := setupWith(t, func(c *api.Config) {
		c.CheckCredential = func(hub.Credential) error {
			between.Lock()
			defer between.Unlock()
			if between.do != nil {
				between.do(c.Store)
			}
			return nil
		}
	})
	f.manage("PUT", "/shop", hubBody(pns("ApnsCredential", "Token", "1"))).want(201)
	change := func(fn func(store.Tx, *hub.Hub) error) func(store.Store) {
		return func(s store.Store) {
			err := s.Update(context.Background(), store.Upkeep, func(tx store.Tx) error {
				h, err := tx.Hub("shop")
				if err != nil && !errors.Is(err, store.ErrNotFound) {
					return err
				}
				return fn(tx, &h)
			})
			if err != nil {
				t.Error(err)
			}
		}
	}
	const changed = "SubCode=40901. The hub was changed by another request meanwhile. Read it again."
	update := func() got {
		return f.manage("PUT", "/shop", hubBody(pns("ApnsCredential", "Token", "REDACTED", "KeyId", "K")), "If-Match", "*")
	}
	between.do = change(func(tx store.Tx, h *hub.Hub) error {
		_, err := tx.PutCredential(h.ID, hub.Credential{Platform: hub.APNs, Properties: map[string]string{"Token": "2"}})
		return err
	})
	update().refused(409, changed)
	between.do = change(func(tx store.Tx, h *hub.Hub) error {
		h.Fixed = true
		return tx.PutHub(h)
	})
	update().refused(409, changed)
	between.do = change(func(tx store.Tx, h *hub.Hub) error { return tx.DeleteHub(h.ID, now) })
	f.update(func(tx store.Tx) error {
		h, err := tx.Hub("shop")
		h.Fixed = false
		return errors.Join(err, tx.PutHub(&h))
	})
	update().refused(404, "No service is hosted at the specified address.")
	between.do = change(func(tx store.Tx, _ *hub.Hub) error { return tx.PutHub(&hub.Hub{Name: "shop"}) })
	f.manage("PUT", "/shop", hubBody(pns("ApnsCredential", "Token", "1"))).refused(409, "SubCode=40900. Conflict.")
}

// Who may do what to hubs. A rule of a hub with Manage manages that hub; only
// the namespace's make and list hubs, and nobody else learns which there are.
func TestHubRights(t *testing.T) {
	t.Parallel()
	f := setupHubs(t)
	const signature, claim = "InvalidSignature: The token has an invalid signature.", "Manage claim is required for this operation."
	f.update(func(tx store.Tx) error {
		return tx.PutNamespaceRules([]hub.Rule{
			{Name: "Root", Rights: hub.Manage, PrimaryKey: namespaceKey}, {Name: "Listen", Rights: hub.Listen, PrimaryKey: keyA},
		})
	})
	full, listen := f.token(), f.tokenOf("Listen", listenKey)
	for _, c := range []struct {
		method, target, token, sentence string
	}{
		{"GET", "/MyHub", listen, claim}, {"DELETE", "/MyHub", listen, claim}, {"PUT", "/MyHub", listen, claim},
		{"GET", "/", full, signature}, {"GET", "/$resources/notificationhubs", full, signature}, {"PUT", "/new", full, signature},
		{"GET", "/", f.tokenOf("Listen", keyA), claim}, {"PUT", "/new", f.tokenOf("Listen", keyA), claim},
		{"PUT", "/new", "", "MissingToken: The request has no Authorization header."},
		{"GET", "/", wire.SignSAS("https://"+host+"/MyHub", "Root", namespaceKey, now.Add(time.Minute)), "InvalidAudience: The authorization header contains a token with a wrong audience."},
	} {
		f.call(c.method, c.target, hubBody(""), "Authorization", c.token).refused(401, c.sentence)
	}
	f.call("GET", "/MyHub", "").want(200)
	f.call("PUT", "/MyHub", hubBody(hubRules(hubRule("Full", keyA, "Manage", "Send", "Listen"))), "If-Match", "*").want(200)
	f.call("DELETE", "/MyHub", "", "Authorization", f.tokenOf("Full", keyA)).want(200)
}

// A deleted hub is gone at once, and its name is free.
func TestHubDeletion(t *testing.T) {
	t.Parallel()
	f := setupHubs(t)
	f.manage("PUT", "/MyHub/registrations/1-2-3", description("Apple", "<DeviceToken>00AA</DeviceToken>")).want(200)
	if g := f.manage("DELETE", "/MyHub", "").want(200); g.body != "" || g.header.Get("Content-Type") != "" {
		t.Errorf("the answer has a body: %v %q", g.header, g.body)
	}
	if !slices.Equal(f.dispatch.deleted, []int64{1}) {
		t.Errorf("given up: %v", f.dispatch.deleted)
	}
	f.manage("GET", "/MyHub/registrations/1-2-3", "").refused(404, "No service is hosted at the specified address.")
	f.manage("PUT", "/MyHub", hubBody("")).want(201)
	f.manage("GET", "/MyHub/registrations/1-2-3", "").refused(404, "")
	f.call("GET", "/MyHub", "").refused(401, "InvalidSignature: The token has an invalid signature.")
}

// A disabled hub serves nobody but those who manage it.
func TestDisabledHub(t *testing.T) {
	t.Parallel()
	f := setupHubs(t)
	f.manage("PUT", "/MyHub", hubBody("<Status>true</Status>"), "If-Match", "*").want(200)
	f.manage("POST", "/MyHub/registrationids", "").refused(403, "The hub is disabled.")
	f.manage("GET", "/MyHub", "").want(200)
	f.manage("PUT", "/MyHub", hubBody("<Status>false</Status>"), "If-Match", "*").want(200)
	f.manage("POST", "/MyHub/registrationids", "").want(201)
}

// Keys of the config file may have any form: they stay when they are written
// back to a hub that the file no longer names. A rule without keys gets some.
func TestHubKeys(t *testing.T) {
	t.Parallel()
	f := setupHubs(t)
	f.update(func(tx store.Tx) error {
		return tx.PutHub(&hub.Hub{Name: "was", Rules: []hub.Rule{{Name: "r", Rights: hub.Send, PrimaryKey: "any-form-will-do-here", SecondaryKey: "another-form"}}})
	})
	read := f.manage("GET", "/was", "").want(200).hub()
	read.Rules = append(read.Rules, wire.AuthorizationRule{KeyName: "new", Rights: []string{"listen"}})
	h := f.manage("PUT", "/was", string(wire.AppendHubRequest(nil, read)), "If-Match", "*").want(200).hub()
	if h.Rules[0].PrimaryKey != "any-form-will-do-here" || h.Rules[0].SecondaryKey != "another-form" {
		t.Errorf("the old keys: %+v", h.Rules[0])
	}
	if made := h.Rules[1]; len(made.PrimaryKey) != 44 || len(made.SecondaryKey) != 44 || made.PrimaryKey == made.SecondaryKey {
		t.Errorf("the new keys: %+v", made)
	}
	read.Rules[0].PrimaryKey = "a-new-key-of-any-form"
	f.manage("PUT", "/was", string(wire.AppendHubRequest(nil, read)), "If-Match", "*").refused(400, `The primary key of the authorization rule "r" is not base64 of 32 bytes.`)
}

// What is stored is stored, whether or not those who wait could be woken.
func TestWakingFails(t *testing.T) {
	t.Parallel()
	f := setupHubs(t)
	f.dispatch.err = store.ErrBusy
	f.manage("PUT", "/shop", hubBody(pns("ApnsCredential", "Token", "good"))).want(http.StatusCreated)
	if c := f.stored("shop", hub.APNs); c.Properties["Token"] != "good" {
		t.Errorf("stored: %v", c.Properties)
	}
	f.server.Close()
	if !strings.Contains(f.log.String(), "waking what waits for a credential") {
		t.Errorf("the log says nothing: %s", f.log)
	}
}

// The namespace is the first label of the host, or an address whole.
func TestNamespaceName(t *testing.T) {
	t.Parallel()
	f := setup(t)
	for name, want := range map[string]string{"push.example.net": "push", "localhost:8443": "localhost", "127.0.0.1:8443": "127.0.0.1", "[::1]:8443": "::1"} {
		answer := f.raw("GET /MyHub HTTP/1.1\r\nHost: " + name + "\r\nConnection: close\r\nAuthorization: " +
			wire.SignSAS("https://"+name+"/", "Full", fullKey, now.Add(time.Minute)) + "\r\n\r\n")
		if !strings.Contains(answer, "<author><name>"+want+"</name></author>") {
			t.Errorf("%s: %s", name, answer)
		}
	}
}
