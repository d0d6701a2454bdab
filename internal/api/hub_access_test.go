package api_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/store"
	"github.com/fanfare-hub/fanfare/internal/wire"
)

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
