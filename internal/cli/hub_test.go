package cli

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fanfare-hub/fanfare/internal/app"
	"github.com/fanfare-hub/fanfare/internal/pnssim"
	nh "github.com/fanfare-hub/fanfare/notificationhubs"
)

// devInside starts a development hub inside the test.
func devInside(t *testing.T, onReceive func(pnssim.Received)) *app.Dev {
	t.Helper()
	d, err := app.StartDev(t.Context(), app.DevOptions{Data: t.TempDir(), Listen: "127.0.0.1:0", Hub: "myhub", OnReceive: onReceive})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := d.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
	return d
}

// on calls a command that speaks to a development hub and must exit so; it
// returns what is printed.
func on(t *testing.T, d *app.Dev, want int, args ...string) string {
	t.Helper()
	args = append(args, "--connection-string", d.ConnectionString, "--ca-file", d.CAFile)
	code, stdout, stderr := call(t.Context(), args...)
	if code != want {
		t.Fatalf("%v: exit %d: %s%s", args, code, stdout, stderr)
	}
	return stdout + stderr
}

// A hub from its making to its end: credentials from the services' own files
// and from properties, the sentence that says what is wrong with one, a push
// that arrives, and never a secret on the terminal.
func TestHub(t *testing.T) {
	t.Parallel()
	received := make(chan string, 1)
	d := devInside(t, func(r pnssim.Received) { received <- string(r.Body) })
	apns, fcm, wns := d.Sim.APNsCredential(), d.Sim.FCMCredential(), d.Sim.WNSCredential()
	dir := t.TempDir()
	file := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	fanfare := func(want int, args ...string) string {
		t.Helper()
		printed := on(t, d, want, args...)
		for _, secret := range []string{apns["Token"], fcm["PrivateKey"], wns["SecretKey"], "BEGIN"} {
			if strings.Contains(printed, secret) {
				t.Fatalf("%v shows a secret: %s", args, printed)
			}
		}
		return printed
	}

	made := fanfare(exitGood, "hub", "create", "shop", "--registration-ttl", "48h", "--metadata", "mine")
	if !strings.Contains(made, `"PrimaryKey": "REDACTED"`) || !strings.Contains(made, `"UserMetadata": "mine"`) || !strings.Contains(made, `"RegistrationTTL": "48h"`) {
		t.Errorf("create: %s", made)
	}
	if got := fanfare(exitFailed, "hub", "create", "shop"); !strings.Contains(got, "SubCode=40900") {
		t.Errorf("a second create: %s", got)
	}
	if got := fanfare(exitGood, "hub", "list"); got != "myhub\nshop\n" {
		t.Errorf("list: %q", got)
	}

	// It has the simulators' credentials, until it is given others.
	fanfare(exitGood, "doctor", "--hub", "shop")
	fanfare(exitGood, "hub", "set-credential", "apns", "--hub", "shop", "--remove")

	key := file("AuthKey.p8", apns["Token"])
	set := []string{"hub", "set-credential", "apns", "--hub", "shop", "--file", key}
	if got := fanfare(exitMisuse, set...); !strings.Contains(got, `apns: the key id "" is not the 10 letters and digits that Apple gives`) {
		t.Errorf("a key alone: %s", got)
	}
	set = append(set, "--property", "keyid="+apns["KeyId"], "--property", "AppId="+apns["AppId"], "--property", "AppName="+apns["AppName"])
	if got := fanfare(exitGood, set...); !strings.HasPrefix(got, "set AppId, AppName, Token, keyid of the apns credential of shop") {
		t.Errorf("set-credential: %s", got)
	}
	if got := fanfare(exitMisuse, "hub", "set-credential", "wns", "--hub", "shop", "--property", "PackageSidd=x"); !strings.Contains(got, `"PackageSidd" is not a property of the wns credential, which has PackageSid, SecretKey, WindowsLiveEndpoint`) {
		t.Errorf("a misspelt property: %s", got)
	}
	account, err := json.Marshal(map[string]string{"project_id": fcm["ProjectId"], "client_email": fcm["ClientEmail"], "private_key": fcm["PrivateKey"]})
	if err != nil {
		t.Fatal(err)
	}
	fanfare(exitGood, "hub", "set-credential", "fcmv1", "--hub", "shop", "--file", file("account.json", string(account)))
	fanfare(exitGood, "hub", "set-credential", "wns", "--hub", "shop", "--property", "PackageSid="+wns["PackageSid"], "--property-file", "SecretKey="+file("wns", wns["SecretKey"]+"\n"))
	// A change of one property leaves the others, the secret among them.
	fanfare(exitGood, "hub", "set-credential", "apns", "--hub", "shop", "--property", "Endpoint=https://api.push.apple.com:443/3/device")
	shown := fanfare(exitGood, "hub", "show", "shop")
	for _, want := range []string{`"Token": "REDACTED"`, `"KeyID": "` + apns["KeyId"] + `"`, `"PrivateKey": "REDACTED"`, `"SecretKey": "REDACTED"`, `"Endpoint": "https://api.push.apple.com:443/3/device"`} {
		if !strings.Contains(shown, want) {
			t.Errorf("show has no %s: %s", want, shown)
		}
	}
	if got := fanfare(exitGood, "hub", "set-credential", "apns", "--hub", "shop", "--property", "Endpoint="); got != "removed Endpoint of the apns credential of shop\n" {
		t.Errorf("set-credential of nothing: %s", got)
	}
	fanfare(exitGood, "registration", "create", "--hub", "shop", "--platform", "apns", "--handle", "00FC13ADFF785122")
	fanfare(exitGood, "send", "--hub", "shop", "--format", "apple", `{"aps":{"alert":"Through the API"}}`)
	select {
	case body := <-received:
		if !strings.Contains(body, "Through the API") {
			t.Errorf("the device got %s", body)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("the push did not arrive")
	}

	fanfare(exitGood, "hub", "set-credential", "wns", "--hub", "shop", "--remove")
	if got := fanfare(exitGood, "hub", "show", "shop"); strings.Contains(got, wns["PackageSid"]) {
		t.Errorf("the credential is not removed: %s", got)
	}
	if got := fanfare(exitFailed, "hub", "set-credential", "apns", "--hub", "myhub", "--remove"); !strings.Contains(got, "can only be changed there") {
		t.Errorf("a hub of the configuration: %s", got)
	}
	if got := fanfare(exitGood, "hub", "update", "shop", "--registration-ttl", "24h", "--disabled"); !strings.Contains(got, `"RegistrationTTL": "24h"`) || !strings.Contains(got, `"Disabled": true`) || !strings.Contains(got, `"UserMetadata": "mine"`) {
		t.Errorf("update: %s", got)
	}
	if got := fanfare(exitFailed, "send", "--hub", "shop", "--format", "apple", `{"aps":{"alert":"x"}}`); !strings.Contains(got, "The hub is disabled.") {
		t.Errorf("a send to a disabled hub: %s", got)
	}
	if got := fanfare(exitGood, "hub", "update", "shop", "--disabled=false", "--metadata", "", "--registration-ttl", "0"); !strings.Contains(got, `"Disabled": false`) || strings.Contains(got, "RegistrationTTL") || strings.Contains(got, "mine") {
		t.Errorf("update back: %s", got)
	}
	if got := fanfare(exitMisuse, "hub", "delete", "shop"); !strings.Contains(got, "--yes") {
		t.Errorf("a delete that is not sure: %s", got)
	}
	fanfare(exitGood, "hub", "delete", "shop", "--yes")
	if got := fanfare(exitFailed, "hub", "show", "shop"); !strings.Contains(got, "404") {
		t.Errorf("a deleted hub: %s", got)
	}
}

// Every platform's credential is set by the command, under names in any letter
// case, passes the service's own check, and shows no secret.
func TestSetEveryCredential(t *testing.T) {
	t.Parallel()
	d := devInside(t, nil)
	on(t, d, exitGood, "hub", "create", "shop")
	bare := map[string]string{}
	for _, c := range []struct {
		platform   string
		properties map[string]string
		shown      []string // of the properties
	}{
		{"apns", d.Sim.APNsCertificateCredential(), []string{"Endpoint"}},
		{"apns", d.Sim.APNsCredential(), []string{"KeyId", "AppId", "AppName", "Endpoint"}},
		{"fcmv1", d.Sim.FCMCredential(), []string{"ProjectId", "ClientEmail"}},
		{"gcm", map[string]string{"GoogleApiKey": "a legacy key"}, nil},
		{"wns", d.Sim.WNSCredential(), []string{"PackageSid"}},
		{"mpns", d.Sim.MPNSCredential(), nil},
		{"mpns", bare, nil},
		{"adm", d.Sim.ADMCredential(), []string{"ClientId"}},
		{"baidu", d.Sim.BaiduCredential(), nil},
		{"browser", d.Sim.BrowserCredential(), []string{"Subject", "VapidPublicKey"}},
		{"xiaomi", d.Sim.XiaomiCredential(), nil},
	} {
		args := []string{"hub", "set-credential", c.platform, "--hub", "shop"}
		if len(c.properties) == 0 {
			args = append(args, "--without-certificate")
		}
		for name, value := range c.properties {
			path := filepath.Join(t.TempDir(), name)
			if err := os.WriteFile(path, []byte(value), 0o600); err != nil {
				t.Fatal(err)
			}
			args = append(args, "--property-file", strings.ToLower(name)+"="+path)
		}
		if c.platform == "apns" { // the other kind goes
			on(t, d, exitGood, "hub", "set-credential", "apns", "--hub", "shop", "--remove")
		}
		printed := on(t, d, exitGood, args...)
		show := on(t, d, exitGood, "hub", "show", "shop")
		for name, value := range c.properties {
			if slices.Contains(c.shown, name) != strings.Contains(show, `: "`+value+`"`) || strings.Contains(printed, value) {
				t.Errorf("%s: %s is shown, or is not: %s%s", c.platform, name, printed, show)
			}
		}
	}
	show := on(t, d, exitGood, "hub", "show", "shop")
	var h nh.HubDescription
	if err := json.Unmarshal([]byte(show), &h); err != nil || h.APNs == nil || h.FCMV1 == nil || h.GCM == nil || h.WNS == nil || h.MPNS == nil ||
		h.ADM == nil || h.Baidu == nil || h.Browser == nil || h.Xiaomi == nil || h.MPNS.Certificate != "" {
		t.Errorf("the hub is %s, %v", show, err)
	}
	got := on(t, d, exitMisuse, "hub", "set-credential", "gcm", "--hub", "shop", "--property", "GcmEndpoint=nowhere")
	if !strings.Contains(got, "The gcm credential is not valid: GcmCredential: GcmEndpoint is not an absolute URI.") {
		t.Errorf("a wrong endpoint: %s", got)
	}
}

// What is wrong is said without showing it.
func TestSetCredentialMisuse(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	secret := filepath.Join(dir, "secret")
	if err := os.WriteFile(secret, []byte(`{"project_id":"hush"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for says, args := range map[string][]string{
		"not a platform":                         {"pager", "--property", "a=hush"},
		"what is to be set?":                     {"apns"},
		"give --remove, or":                      {"apns", "--remove", "--property", "a=hush"},
		"NAME=VALUE is expected":                 {"apns", "--property", "hush"},
		"NAME=PATH is expected":                  {"apns", "--property-file", "hush"},
		"wns has no file of its own":             {"wns", "--file", secret},
		"has project_id, client_email":           {"fcmv1", "--file", secret},
		"which hub? give --connection-string":    {"apns", "--property", "KeyId=hush"},
		"takes a platform: apns, fcmv1, wns, mp": {},
	} {
		code, _, errs := call(t.Context(), append([]string{"hub", "set-credential"}, args...)...)
		if code != exitMisuse || !strings.Contains(errs, says) || strings.Contains(errs, "hush") {
			t.Errorf("%v: exit %d, %s; want …%s…", args, code, errs, says)
		}
	}
	f := credentialFlags{file: "-"}
	if _, err := f.read(nh.FCMV1, strings.NewReader("hush")); err == nil || !strings.Contains(err.Error(), "not the JSON of a service account") {
		t.Errorf("a file that is none: %v", err)
	}
	for _, args := range [][]string{{"--file", filepath.Join(dir, "nosuch")}, {"--file", dir}, {"--property-file", "a=" + filepath.Join(dir, "nosuch")}} {
		if code, _, errs := call(t.Context(), append([]string{"hub", "set-credential", "apns"}, args...)...); code != exitFailed || errs == "" {
			t.Errorf("%v: exit %d, %s", args, code, errs)
		}
	}
}

// A file as the service gives it out says which kind of credential it is, and
// takes the place of the other kind.
func TestCredentialFiles(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		platform      string
		content       string
		property, val string
		removes       string
	}{
		"a token key":       {"apns", "-----BEGIN PRIVATE KEY-----\nk\n-----END PRIVATE KEY-----\n", "Token", "-----BEGIN PRIVATE KEY-----\nk\n-----END PRIVATE KEY-----", "ApnsCertificate"},
		"a .p12":            {"apns", "\x30\x82\x01", "ApnsCertificate", "MIIB", "Token"},
		"a PEM certificate": {"apns", "-----BEGIN CERTIFICATE-----\nc\n-----END CERTIFICATE-----\n-----BEGIN PRIVATE KEY-----", "ApnsCertificate", "-----BEGIN CERTIFICATE-----\nc\n-----END CERTIFICATE-----\n-----BEGIN PRIVATE KEY-----", "Token"},
		"a .p12 of MPNS":    {"mpns", "\x30\x82\x01", "MpnsCertificate", "MIIB", ""},
	} {
		f := credentialFlags{file: "-"}
		got, err := f.read(nh.Platform(c.platform), strings.NewReader(c.content))
		if err != nil || string(got[c.property]) != c.val {
			t.Errorf("%s: %q, %v", name, string(got[c.property]), err)
		}
		if value, there := got[c.removes]; c.removes != "" && (!there || value != "") {
			t.Errorf("%s: %s is not removed", name, c.removes)
		}
	}
}
