package config_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/fanfare-hub/fanfare/internal/app"
	"github.com/fanfare-hub/fanfare/internal/config"
)

// mistakes are what is wrong with a file, as "line: text".
func mistakes(t *testing.T, text string, files ...string) []string {
	t.Helper()
	_, _, err := load(t, text, files...)
	var e *config.Error
	if !errors.As(err, &e) {
		t.Fatalf("%q: %v is no list of mistakes", text, err)
	}
	return lines(e)
}

func lines(e *config.Error) (out []string) {
	for _, m := range e.Mistakes {
		out = append(out, fmt.Sprintf("%d: %s", m.Line, m.Msg))
	}
	return out
}

// What is in the wrong place or of the wrong kind is told in the file's words:
// where, what was found, what is allowed.
func TestShape(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"listen: a:1\nlisten_on: b\n": {`2: unknown key "listen_on": did you mean "listen"?`},
		"hub: []\n":                   {`1: unknown key "hub": did you mean "hubs"?`},
		"logs: {level: info}\n":       {`1: unknown key "logs": did you mean "log"?`},
		"fcm: {}\n":                   {`1: unknown key "fcm": it belongs to hubs`},
		"key_id: a\n":                 {`1: unknown key "key_id": it belongs to apns`},
		"log: {colour: red}\n":        {`1: unknown key "colour": the keys here are level, format`},
		"hubs:\n  - name: a\n    rulez: []\n    wsn:\n      a: b\n    apns:\n      bundleId: x\n": {
			`3: unknown key "rulez": did you mean "rules"?`, `4: unknown key "wsn": did you mean "wns"?`, `7: unknown key "bundleId": did you mean "bundle_id"?`,
		},
		"? [a]\n: b\n":                                   {"1: the file: a key is a text, but a list was found"},
		"data: a\ndata: b\n":                             {"2: data: the key stands above already: keep one"},
		"- a\n":                                          {"1: the file: a mapping is expected, as in {key: value}, but a list was found"},
		"dispatch:\n  page: many\n":                      {`2: page: "many" is not a whole number`},
		"dispatch:\n  page: 1.5\n":                       {`2: page: "1.5" is not a whole number`},
		"dispatch: {page: 18446744073709551615}\n":       {"1: page: 18446744073709551615 is too large a number"},
		"dispatch: {page: [1]}\n":                        {"1: page: a whole number is expected, but a list was found"},
		"hubs: [{name: h, fcmv1: {}}]\n":                 {`1: unknown key "fcmv1": did you mean "fcm"?`},
		"dispatch: {page: 0}\n":                          {"1: page: 0 is not between 1 and 10000"},
		"listen: a:1\ntls: [a]\n":                        {"2: tls: a mapping is expected, as in {key: value}, but a list was found"},
		"listen: {port: 1}\n":                            {"1: listen: a text is expected, but a mapping was found"},
		"hubs:\n  name: a\n":                             {"1: hubs: a list is expected, as in [a, b], but a mapping was found"},
		"hubs:\n  - a\n":                                 {"2: hubs, item 1: a mapping is expected, as in {key: value}, but a single value was found"},
		"namespace:\n  rules:\n    - &r\n      <<: *r\n": {"0: YAML: anchor 'r' value contains itself"},
		"tls: &t\n  <<: a\n":                             {"0: YAML: map merge requires map or sequence of maps as the value"},
		"listen: !!int x\n":                              {"0: YAML: cannot decode !!str a value as a !!int"},
	} {
		got := mistakes(t, text)
		if len(got) != len(want) || !slices.EqualFunc(got, want, strings.HasPrefix) {
			t.Errorf("%q:\n%s\nwant\n%s", text, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
}

// A mapping may stand once and be used twice.
func TestAnchors(t *testing.T) {
	t.Parallel()
	cfg, _, err := load(t, `namespace:
  rules:
    - &rule {name: a, rights: [send], primary_key: 0123456789abcdef}
    - {<<: *rule, name: b}
hubs:
  - name: h
    rules: [*rule]
`)
	if err != nil || len(cfg.Namespace) != 2 || cfg.Namespace[1].Name != "b" || cfg.Hubs[0].Rules[0].Name != "a" {
		t.Errorf("%+v, %v", cfg, err)
	}
}

// A text that is not YAML is told with the line to look at, and without what
// stands there.
func TestSyntax(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"a: [\n": "1: YAML: did not find expected node content",
		"data: b\nhubs:\n  - name: a\n   rules: []\n": "3: YAML: did not find expected '-' indicator: mind the indentation",
		"data: b\nlog: {level: info\nhubs: []\n":      "2: YAML: did not find expected ',' or '}'",
		"data: b\nhubs:\n\t- name: a\n":               "3: YAML: found character that cannot start any token: lines are indented with blanks",
		"data: b\nlisten: \"a\nlog: {}\n":             "2: YAML: found unexpected end of stream: the quote that begins here",
		"data: b\nlisten: a: b\n":                     "2: YAML: mapping values are not allowed in this context: mind the indentation",
		"data: b\nnonsense\nlog: {}\n":                "2: YAML: could not find expected ':': a key is followed by",
		"data: b\nlisten: a\x01\n":                    "2: YAML: control characters are not allowed",
		"data: b\nlisten: \xff\n":                     "2: YAML: invalid leading UTF-8 octet",
		"data: b\nmaster_key: *hush\n":                "2: YAML: a value begins with *",
	} {
		got := mistakes(t, text)
		if len(got) != 1 || !strings.HasPrefix(got[0], want) || strings.Contains(got[0], "hush") {
			t.Errorf("%q: %q, want %q…", text, got, want)
		}
	}
}

// Everything that is wrong is told at once. What has the wrong shape is not
// judged further, and what it holds is not shown: it may be a secret.
func TestAllMistakesAtOnce(t *testing.T) {
	t.Parallel()
	got := mistakes(t, `listen: x
namespace:
  rules:
    - name: r
      rights: send
      primary_key: [hush-hush-hush-hush]
hubs:
  -
  - name: a
    apns:
  - name: b
    registration_ttl: 1h
    wns: {package_sid: p, secret: {hush: hush}}
`)
	want := []string{
		`1: listen: "x" is not host:port, as in 127.0.0.1:8443`,
		"5: rights: a list is expected, as in [a, b], but a single value was found",
		"6: primary_key: a text is expected, but a list was found",
		"8: hubs: an item of the list is empty: fill it in or take it out",
		"10: apns: nothing is given: fill it in or take it out",
		`12: registration_ttl: "1h" is not a duration of at least 24h, as in 168h; days have no unit`,
		"13: secret: a text is expected, but a mapping was found",
	}
	if !slices.Equal(got, want) {
		t.Errorf("%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// A file that is something else altogether has no more mistakes than can be read.
func TestMoreMistakesThanAreTold(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	for i := range 200 {
		fmt.Fprintf(&text, "key%d: a\n", i)
	}
	got := mistakes(t, text.String())
	if len(got) != 101 || !strings.HasPrefix(got[99], "100: unknown key") || got[100] != "0: these are not all mistakes" {
		t.Errorf("%d mistakes, the last: %q", len(got), got[len(got)-2:])
	}
}

// A file that is there and holds nothing is named where it is named.
func TestEmptyFiles(t *testing.T) {
	t.Parallel()
	const hub = "hubs:\n  - name: a\n    rules: [{name: r, rights: [send], primary_key: 0123456789abcdef}]\n"
	for text, want := range map[string]string{
		hub + "    apns:\n      key_file: one\n      key_id: i\n      team_id: t\n      bundle_id: b\n": "5: key_file: one is empty",
		hub + "    apns: {certificate_file: one}\n":                                                     "4: certificate_file: one is empty",
		"data: d\npush_services:\n  dial: a:1\n  ca_file: one\n":                                        "4: ca_file: one holds no PEM certificate",
		"data: d\nmaster_key_file: one\n":                                                               "2: master_key_file: one is empty",
		"namespace:\n  rules:\n    - {name: r, rights: [send], primary_key_file: one}\n":                "3: primary_key_file: one is empty",
	} {
		if got := mistakes(t, text, "one", " \n"); !slices.Equal(got, []string{want}) {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// What a connector says of a credential is told with the keys of this file, at
// the line of the key.
func TestCredentialsInTheFilesWords(t *testing.T) {
	t.Parallel()
	const head = "hubs:\n  - name: a\n    rules: [{name: r, rights: [send], primary_key: 0123456789abcdef}]\n"
	for text, want := range map[string]string{
		"    apns:\n      key: k\n      key_id: i\n      team_id: TEAM567890\n      bundle_id: b\n":                                                  `4: apns: the key id "i" is not the 10 letters`,
		"    fcm:\n      project_id: p\n      client_email: nobody\n      private_key: k\n":                                                          "6: fcm: client_email is not an e-mail address",
		"    fcm:\n      project_id: p\n      client_email: a@example.com\n      private_key_file: one\n":                                            "7: fcm: private_key: what is between the BEGIN",
		"    wns:\n      package_sid: p\n      secret: s\n":                                                                                          "5: wns: package_sid is not of the form",
		"    wns:\n      package_sid: ms-app://S-1-15-2-1\n      secret: s\n      endpoint: https://login.microsoftonline.com/t/oauth2/v2.0/token\n": "5: wns: package_sid must be the application id (a GUID) where endpoint is",
		"    mpns:\n      certificate_file: one\n":                                                                                                   "5: mpns: certificate: ",
		"    adm:\n      client_id: c\n      client_secret: s\n      token_url: http://a\n":                                                          "7: adm: token_url is not https",
		"    browser:\n      subject: s\n      public_key: p\n      private_key: k\n":                                                                "5: browser: subject is neither mailto:",
		"    baidu:\n      api_key: k\n      secret: s\n      endpoint: http://a\n":                                                                  "7: baidu: endpoint is not https",
		"    xiaomi:\n      secret: s\n      endpoint: http://a\n":                                                                                   "6: xiaomi: endpoint is not https",
	} {
		dir := t.TempDir()
		name := filepath.Join(dir, "fanfare.yaml")
		for file, content := range map[string]string{name: head + text, filepath.Join(dir, "one"): "x"} {
			if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		_, err := config.Load(name, app.CheckCredential)
		var e *config.Error
		if !errors.As(err, &e) || len(e.Mistakes) != 1 || !strings.HasPrefix(lines(e)[0], want) {
			t.Errorf("%s%v\nwant %s…", text, err, want)
		}
	}
}
