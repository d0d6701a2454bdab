package api_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
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
