package api_test

import (
	"fmt"
	"maps"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/store"
	"github.com/fanfare-hub/fanfare/internal/wire"
)

// credentialProperties are the names of each credential's properties, as the .NET
// client writes them.
var credentialProperties = map[string][]string{
	"ApnsCredential":    {"ApnsCertificate", "CertificateKey", "Endpoint", "Thumbprint", "Token", "KeyId", "AppName", "AppId"},
	"GcmCredential":     {"GoogleApiKey", "GcmEndpoint"},
	"FcmV1Credential":   {"PrivateKey", "ProjectId", "ClientEmail"},
	"WnsCredential":     {"PackageSid", "SecretKey", "WindowsLiveEndpoint"},
	"MpnsCredential":    {"MpnsCertificate", "CertificateKey", "Thumbprint"},
	"AdmCredential":     {"ClientId", "ClientSecret", "AuthTokenUrl", "SendUrlTemplate"},
	"BaiduCredential":   {"BaiduApiKey", "BaiduSecretKey", "BaiduEndPoint"},
	"BrowserCredential": {"Subject", "VapidPublicKey", "VapidPrivateKey"},
	"XiaomiCredential":  {"AppSecret", "Endpoint"},
}

// plain are those that are no secret.
var plain = []string{
	"AppId", "AppName", "KeyId", "Endpoint", "Thumbprint", "ProjectId", "ClientEmail", "GcmEndpoint", "PackageSid", "WindowsLiveEndpoint",
	"ClientId", "AuthTokenUrl", "SendUrlTemplate", "BaiduEndPoint", "Subject", "VapidPublicKey",
}

// Names of properties are taken in any letter case, as Azure's own APIs write
// them, kept under the one that its .NET client reads, and never shown unless
// they are known to be no secret.
func TestPropertyNamesInAnyCase(t *testing.T) {
	t.Parallel()
	for element, names := range credentialProperties {
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

// docs/configuration.md names every property, and says whether it is a secret.
func TestCredentialPropertiesInDocs(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/configuration.md")
	if err != nil {
		t.Fatal(err)
	}
	var got, want []string
	for _, m := range regexp.MustCompile("(?m)^\\| (\\w+) \\| `(\\w+)` \\|.*\\|\\s+(yes)? *\\|$").FindAllStringSubmatch(string(text), -1) {
		got = append(got, strings.Join(m[1:], " "))
	}
	for element, names := range credentialProperties {
		platform := strings.ToLower(strings.TrimSuffix(element, "Credential"))
		for _, name := range names {
			secret := "yes"
			if slices.Contains(plain, name) {
				secret = ""
			}
			want = append(want, platform+" "+name+" "+secret)
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("the page has\n%q, want\n%q", got, want)
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
