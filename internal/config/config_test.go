package config_test

import (
	"crypto/x509"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fanfare-hub/fanfare/internal/certtest"
	"github.com/fanfare-hub/fanfare/internal/config"
	"github.com/fanfare-hub/fanfare/internal/hub"
)

// load writes files into a folder and loads the first of them.
func load(t testing.TB, text string, files ...string) (config.Config, string, error) {
	t.Helper()
	dir := t.TempDir()
	for i := 0; i < len(files); i += 2 {
		if err := os.WriteFile(filepath.Join(dir, files[i]), []byte(files[i+1]), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	name := filepath.Join(dir, "fanfare.yaml")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg, err := config.Load(name, nil)
	return cfg, dir, err
}

const whole = `listen: 127.0.0.1:9000
data: data
master_key_file: master
tls: {cert_file: cert.pem, key_file: key.pem}
log: {level: debug, format: json}
namespace:
  rules: [{name: Root, rights: [manage], primary_key: 0123456789abcdef, secondary_key: fedcba9876543210}]
hubs:
  - name: MyHub
    registration_ttl: 720h
    rules: [{name: backend, rights: [send, listen], primary_key_file: backend.key}]
    apns: {key_file: key.p8, key_id: ABCDE12345, team_id: TEAM567890, bundle_id: com.example}
    fcm: {service_account_file: account.json}
    wns: {package_sid: sid, secret: s}
    mpns: {certificate_file: phone.p12, password: pp}
    adm: {client_id: c, client_secret_file: adm.secret, token_url: "https://t", send_url: "https://s/{0}"}
    browser: {subject: "mailto:a@example.com", public_key: P, private_key_file: vapid.key}
    baidu: {api_key: k, secret_file: baidu.key, endpoint: e}
    xiaomi: {secret: x, endpoint: f}
push_services: {dial: "127.0.0.1:1", ca_file: cert.pem}
dispatch: {page: 10, window: 2, workers: 3, connections: 5, request_timeout: 5s, retry_window: 10m, suspect_after: 12h, retention: 48h, schedule_window: 336h}
job_storage: ["https://account.blob.core.windows.net", "http://minio.internal:9000"]
`

// certPEM and keyPEM belong together.
var certPEM, keyPEM = func() (string, string) {
	cert, key := certtest.PEM(certtest.Make(&x509.Certificate{}))
	return string(cert), string(key)
}()

var wholeFiles = []string{
	"master", "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=\n", "cert.pem", certPEM, "key.pem", keyPEM,
	"backend.key", "backend-key-of-16\r\n", "key.p8", "p8", "phone.p12", "\x30\x00\n", "adm.secret", "as\n", "vapid.key", "K\n", "baidu.key", "b\n", "account.json", `{"project_id":"p","client_email":"e","private_key":"k","other":1}`,
}

func TestWholeFile(t *testing.T) {
	t.Parallel()
	cfg, dir, err := load(t, whole, wholeFiles...)
	if err != nil {
		t.Fatal(err)
	}
	h := cfg.Hubs[0]
	for name, ok := range map[string]bool{
		"listen": cfg.Listen == "127.0.0.1:9000", "data": cfg.Data == filepath.Join(dir, "data"), "master key": len(cfg.MasterKey) == 32,
		"tls": cfg.CertFile == filepath.Join(dir, "cert.pem") && cfg.KeyFile == filepath.Join(dir, "key.pem"), "log": cfg.Log == config.Log{Level: "debug", Format: "json"},
		"namespace": len(cfg.Namespace) == 1 && cfg.Namespace[0].Rights.Has(hub.Send) && cfg.Namespace[0].SecondaryKey == "fedcba9876543210",
		"hub":       h.Name == "MyHub" && h.RegistrationTTL == 720*time.Hour && h.Rules[0].PrimaryKey == "backend-key-of-16" && !h.Rules[0].Rights.Has(hub.Manage),
		"credentials": len(h.Credentials) == 8 && h.Credentials[0].Properties["Token"] == "p8" && h.Credentials[1].Properties["PrivateKey"] == "k" &&
			h.Credentials[2].Properties["SecretKey"] == "s",
		"phone": h.Credentials[3].Platform == hub.MPNS && maps.Equal(h.Credentials[3].Properties, map[string]string{"MpnsCertificate": "MAAK", "CertificateKey": "pp"}),
		"ADM": h.Credentials[4].Platform == hub.ADM && maps.Equal(h.Credentials[4].Properties,
			map[string]string{"ClientId": "c", "ClientSecret": "as", "AuthTokenUrl": "https://t", "SendUrlTemplate": "https://s/{0}"}),
		"browser": h.Credentials[5].Platform == hub.Browser && h.Credentials[5].Properties["Subject"] == "mailto:a@example.com" &&
			h.Credentials[5].Properties["VapidPublicKey"] == "P" && h.Credentials[5].Properties["VapidPrivateKey"] == "K",
		"Baidu":  maps.Equal(h.Credentials[6].Properties, map[string]string{"BaiduApiKey": "k", "BaiduSecretKey": "b", "BaiduEndPoint": "e"}),
		"Xiaomi": maps.Equal(h.Credentials[7].Properties, map[string]string{"AppSecret": "x", "Endpoint": "f"}),
		"job storage": cfg.JobStorage.Check("http://minio.internal:9000/c?sig=x") == nil &&
			cfg.JobStorage.Check("https://other.blob.core.windows.net/c?sig=x") != nil,
		"push services": cfg.PushServices.Dial == "127.0.0.1:1",
		"dispatch": cfg.Dispatch == config.Dispatch{Page: 10, Window: 2, Workers: 3, Connections: 5, RequestTimeout: 5 * time.Second,
			RetryWindow: 10 * time.Minute, SuspectAfter: 12 * time.Hour, Retention: 48 * time.Hour, ScheduleWindow: 336 * time.Hour},
	} {
		if !ok {
			t.Errorf("%s: %+v", name, cfg)
		}
	}
}

func TestEmptyFileIsTheDefault(t *testing.T) {
	t.Parallel()
	cfg, _, err := load(t, "# nothing\n")
	if err != nil || cfg.Listen != config.Default().Listen || cfg.Log.Level != "info" ||
		cfg.JobStorage.Check("https://any.blob.core.windows.net/c?sig=x") != nil || cfg.JobStorage.Check("http://127.0.0.1:10000/c") == nil {
		t.Errorf("%+v, %v", cfg, err)
	}
}

// Each mistake is named with its line, and all of them at once.
func TestMistakes(t *testing.T) {
	t.Parallel()
	const rules = "    rules: [{name: r, rights: [send], primary_key: 0123456789abcdef}]\n"
	for name, c := range map[string]struct{ text, want string }{
		"two documents":                  {"listen: a:1\n---\nlisten: b:1\n", "2: the file holds more than one document"},
		"address":                        {"listen: nowhere\n", "1: listen: \"nowhere\" is not host:port"},
		"port":                           {"listen: 127.0.0.1:65536\n", "1: listen: \"127.0.0.1:65536\" is not host:port"},
		"port to dial":                   {"push_services: {dial: \"h:x y\"}\n", "1: dial: \"h:x y\" is not host:port"},
		"half of TLS":                    {"tls:\n  cert_file: c\n", "tls: cert_file and key_file belong together"},
		"missing certificate":            {"tls: {cert_file: c, key_file: k}\n", "1: tls: cert_file c and key_file k: open "},
		"log level":                      {"log:\n  level: loud\n", `2: level: "loud" is not one of`},
		"log format":                     {"log: {format: xml}\n", `format: "xml" is not one of`},
		"master key":                     {"master_key: short\n", "1: master_key: a master key is 32 random bytes"},
		"two master keys":                {"master_key: a\nmaster_key_file: b\n", "2: master_key and master_key_file are both given"},
		"missing secret file":            {"master_key_file: nosuch\n", "1: master_key_file:"},
		"hub name":                       {"hubs:\n  - name: a/b\n" + rules, `2: name: "a/b" is not a hub name`},
		"hub twice":                      {"hubs:\n  - name: a\n" + rules + "  - name: A\n" + rules, `4: name: a hub named "A" stands above`},
		"no rules":                       {"hubs:\n  - name: a\n", "2: hub \"a\" has no rules"},
		"rule without a name":            {"hubs:\n  - name: a\n    rules:\n      - rights: [send]\n        primary_key: 0123456789abcdef\n", "4: name: a rule needs a name"},
		"rule twice":                     {"namespace:\n  rules:\n    - {name: r, rights: [send], primary_key: 0123456789abcdef}\n    - {name: r, rights: [send], primary_key: 0123456789abcdef}\n", `4: name: a rule named "r" stands above`},
		"unknown right":                  {"namespace: {rules: [{name: r, rights: [fly], primary_key: 0123456789abcdef}]}\n", `rights: "fly" is not one of`},
		"no right":                       {"namespace: {rules: [{name: r, primary_key: 0123456789abcdef}]}\n", "rights: give one or more"},
		"no key":                         {"namespace: {rules: [{name: r, rights: [send]}]}\n", "primary_key: a key is needed"},
		"short key":                      {"namespace: {rules: [{name: r, rights: [send], primary_key: short}]}\n", "primary_key: a key has 16 to 256 characters"},
		"too many rules":                 {"namespace:\n  rules:\n" + strings.Repeat("    - {name: r, rights: [send], primary_key: 0123456789abcdef}\n", 13), "rules: 13 are given, at most 12"},
		"APNs incomplete":                {"hubs:\n  - name: a\n" + rules + "    apns: {key: k, key_id: i, bundle_id: b}\n", "4: apns: team_id is missing"},
		"APNs twice":                     {"hubs:\n  - name: a\n" + rules + "    apns: {key_id: i, certificate: c}\n", "4: apns: a token key (key, key_id, team_id) and a certificate are both given"},
		"certificate twice":              {"hubs:\n  - name: a\n" + rules + "    apns: {certificate: c, certificate_file: nosuch}\n", "4: certificate and certificate_file are both given"},
		"no certificate":                 {"hubs:\n  - name: a\n" + rules + "    apns: {certificate_password: p}\n", "4: apns: certificate is missing"},
		"no certificate file":            {"hubs:\n  - name: a\n" + rules + "    apns: {certificate_file: nosuch}\n", "4: certificate_file:"},
		"no password file":               {"hubs:\n  - name: a\n" + rules + "    apns: {certificate: c, certificate_password_file: nosuch}\n", "4: certificate_password_file:"},
		"FCM incomplete":                 {"hubs:\n  - name: a\n" + rules + "    fcm: {project_id: p}\n", "4: fcm: client_email is missing"},
		"FCM twice":                      {"hubs:\n  - name: a\n" + rules + "    fcm: {project_id: p, service_account_file: nosuch}\n", "give either it or them"},
		"WNS incomplete":                 {"hubs:\n  - name: a\n" + rules + "    wns: {package_sid: p}\n", "4: wns: secret is missing"},
		"MPNS twice":                     {"hubs:\n  - name: a\n" + rules + "    mpns: {certificate: c, certificate_file: f}\n", "4: certificate and certificate_file are both given"},
		"MPNS without a file":            {"hubs:\n  - name: a\n" + rules + "    mpns: {certificate_file: nosuch, password: p}\n", "4: certificate_file:"},
		"MPNS incomplete":                {"hubs:\n  - name: a\n" + rules + "    mpns: {password: p}\n", "4: mpns: password is given without certificate"},
		"ADM incomplete":                 {"hubs:\n  - name: a\n" + rules + "    adm: {client_id: c}\n", "4: adm: client_secret is missing"},
		"TTL":                            {"hubs:\n  - name: a\n    registration_ttl: 1h\n" + rules, `3: registration_ttl: "1h" is not a duration of at least 24h`},
		"dial":                           {"push_services: {dial: x}\n", `dial: "x" is not host:port`},
		"missing authority":              {"push_services: {dial: 'x:1', ca_file: nosuch}\n", "ca_file:"},
		"page":                           {"dispatch:\n  page: -1\n", "2: page: -1 is not between 1 and 10000"},
		"window":                         {"dispatch: {window: 65}\n", "window: 65 is not between"},
		"retry window":                   {"dispatch: {retry_window: soon}\n", `retry_window: "soon" is not a duration`},
		"browser incomplete":             {"hubs:\n  - name: a\n" + rules + "    browser: {subject: s}\n", "4: browser: private_key is missing"},
		"browser's two keys":             {"hubs:\n  - name: a\n" + rules + "    browser: {subject: s, public_key: p, private_key: k, private_key_file: f}\n", "4: private_key and private_key_file are both given"},
		"browser without a subject":      {"hubs:\n  - name: a\n" + rules + "    browser: {public_key: p, private_key: k}\n", "4: browser: subject is missing"},
		"browser without its public key": {"hubs:\n  - name: a\n" + rules + "    browser: {subject: s, private_key: k}\n", "4: browser: public_key is missing"},
		"Baidu incomplete":               {"hubs:\n  - name: a\n" + rules + "    baidu: {api_key: k}\n", "4: baidu: secret is missing"},
		"Baidu without a key":            {"hubs:\n  - name: a\n" + rules + "    baidu: {secret: s}\n", "4: baidu: api_key is missing"},
		"Baidu's secret":                 {"hubs:\n  - name: a\n" + rules + "    baidu: {api_key: k, secret: s, secret_file: f}\n", "secret and secret_file are both given"},
		"Xiaomi incomplete":              {"hubs:\n  - name: a\n" + rules + "    xiaomi: {endpoint: e}\n", "4: xiaomi: secret is missing"},
		"job storage":                    {"listen: a:1\njob_storage: [blob.core.windows.net]\n", `2: job_storage: "blob.core.windows.net": not an absolute URI`},
		"Xiaomi's secret":                {"hubs:\n  - name: a\n" + rules + "    xiaomi: {secret_file: nosuch}\n", "4: secret_file:"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, _, err := load(t, c.text)
			var e *config.Error
			if !errors.As(err, &e) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want …%s…", err, c.want)
			}
		})
	}
	_, _, err := load(t, "listen: x\nlog: {level: y}\ndispatch: {page: -1}\n")
	var e *config.Error
	if !errors.As(err, &e) || len(e.Mistakes) != 3 {
		t.Errorf("three mistakes: %v", err)
	}
	if _, err := config.Load(filepath.Join(t.TempDir(), "nosuch"), nil); errors.As(err, &e) || !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
	if _, _, err := load(t, "# "+strings.Repeat("x", 5<<20)); err == nil || !strings.Contains(err.Error(), "larger than") {
		t.Errorf("a large file: %v", fmt.Sprintf("%.80v", err))
	}
}

// A phone app without a certificate has a credential all the same: an empty one.
func TestUnauthenticatedMPNS(t *testing.T) {
	t.Parallel()
	cfg, _, err := load(t, "hubs:\n  - name: a\n    rules: [{name: r, rights: [send], primary_key: 0123456789abcdef}]\n    mpns: {}\n")
	if err != nil {
		t.Fatal(err)
	}
	if all := cfg.Hubs[0].Credentials; len(all) != 1 || all[0].Platform != hub.MPNS || len(all[0].Properties) != 0 {
		t.Errorf("%+v", all)
	}
}

func TestServiceAccountMistakes(t *testing.T) {
	t.Parallel()
	const text = "hubs:\n  - name: a\n    rules: [{name: r, rights: [send], primary_key: 0123456789abcdef}]\n    fcm: {service_account_file: account.json}\n"
	for account, want := range map[string]string{"x": "not the JSON of a service account", "{}": "project_id is missing"} {
		if _, _, err := load(t, text, "account.json", account); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want …%s…", account, err, want)
		}
	}
}

// A certificate is given as a .p12 file, as its base64 or as PEM; what it is for
// it says itself.
func TestAPNsCertificate(t *testing.T) {
	t.Parallel()
	const head = "hubs:\n  - name: a\n    rules: [{name: r, rights: [send], primary_key: 0123456789abcdef}]\n    apns: "
	files := []string{"app.p12", "\x30\x82\r\n", "app.pem", "-----BEGIN CERTIFICATE-----\n", "app.b64", "MIIJ\n", "password", "opensesame\n"}
	for name, c := range map[string]struct {
		block string
		want  map[string]string
	}{
		".p12":   {"{certificate_file: app.p12, certificate_password_file: password}", map[string]string{"ApnsCertificate": "MIINCg==", "CertificateKey": "opensesame"}},
		"PEM":    {"{certificate_file: app.pem, bundle_id: b, endpoint: e}", map[string]string{"ApnsCertificate": "-----BEGIN CERTIFICATE-----\n", "AppName": "b", "Endpoint": "e"}},
		"base64": {"{certificate_file: app.b64, certificate_password: p}", map[string]string{"ApnsCertificate": "MIIJ\n", "CertificateKey": "p"}},
		"inline": {"{certificate: MIIJ}", map[string]string{"ApnsCertificate": "MIIJ"}},
	} {
		cfg, _, err := load(t, head+c.block+"\n", files...)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := cfg.Hubs[0].Credentials[0]; got.Platform != hub.APNs || !maps.Equal(got.Properties, c.want) {
			t.Errorf("%s: %q, want %q", name, got.Properties, c.want)
		}
	}
	if _, _, err := load(t, head+"{certificate_file: empty}\n", "empty", "\n"); err == nil || !strings.Contains(err.Error(), "4: certificate_file: empty is empty") {
		t.Errorf("an empty file: %v", err)
	}
}

// A pair that is none, and credentials that are wrong in themselves, are named
// with their lines, all at once.
func TestWrongInThemselves(t *testing.T) {
	t.Parallel()
	_, _, err := load(t, "tls: {cert_file: key.pem, key_file: cert.pem}\n", "cert.pem", certPEM, "key.pem", keyPEM)
	if err == nil || !strings.Contains(err.Error(), "1: tls: cert_file key.pem and key_file cert.pem: ") {
		t.Errorf("a pair the wrong way round: %v", err)
	}
	name := filepath.Join(t.TempDir(), "fanfare.yaml")
	const rule = "    rules: [{name: r, rights: [send], primary_key: 0123456789abcdef}]\n"
	text := "hubs:\n  - name: a\n" + rule + "    wns: {package_sid: bad, secret: s}\n    xiaomi: {secret: good}\n  - name: b\n" + rule + "    xiaomi: {secret: bad}\n    adm: {client_id: c}\n"
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = config.Load(name, func(c hub.Credential) error {
		for _, v := range c.Properties {
			if v == "bad" {
				return errors.New("it is bad")
			}
		}
		return nil
	})
	var e *config.Error
	if !errors.As(err, &e) {
		t.Fatalf("%v", err)
	}
	want := []config.Mistake{{Line: 4, Msg: "wns: it is bad"}, {Line: 8, Msg: "xiaomi: it is bad"}, {Line: 9, Msg: "adm: client_secret is missing"}}
	if !slices.Equal(e.Mistakes, want) {
		t.Errorf("%+v, want %+v", e.Mistakes, want)
	}
}

func FuzzLoad(f *testing.F) {
	f.Add(whole)
	f.Add("hubs: [{name: a, apns: {}}]")
	f.Add("hubs: [null, &h {<<: *h, rules: [[], {rights: send}]}, *h]\nlog: *h\n? [a]\n: b\n")
	f.Add("dispatch: {page: 1.5, page: many}\n--- a\n")
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 10_000 {
			return
		}
		_, _, err := load(t, text)
		var e *config.Error
		if err != nil && !errors.As(err, &e) {
			t.Fatalf("%v is no list of mistakes", err)
		}
	})
}
