package auth_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/fanfare-hub/fanfare/internal/auth"
	"github.com/fanfare-hub/fanfare/internal/hub"
)

// The key and the expiry of the known answers below. Keys are used as text,
// never decoded.
const (
	key      = "c2VsZi1ob3N0ZWQtaHViLXRlc3Qta2V5LTAxMjM0NTY="
	otherKey = "AAAAZi1ob3N0ZWQtaHViLXRlc3Qta2V5LTAxMjM0NTY="
	se       = 1800000000
)

var (
	expiry = time.Unix(se, 0)
	before = expiry.Add(-time.Minute)
)

func rule(name, primary, secondary string) hub.Rule {
	return hub.Rule{Name: name, Rights: hub.Send, PrimaryKey: primary, SecondaryKey: secondary}
}

func rules(r ...hub.Rule) []hub.Rule { return r }

// sign makes a token over sr as it stands, independently of package wire.
func sign(sr, name, key string, se int64) string {
	mac := hmac.New(sha256.New, []byte(key))
	fmt.Fprintf(mac, "%s\n%d", sr, se)
	sig := url.QueryEscape(base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	return fmt.Sprintf("SharedAccessSignature sr=%s&sig=%s&se=%d&skn=%s", sr, sig, se, name)
}

func code(t *testing.T, err error) auth.Code {
	t.Helper()
	var e *auth.Error
	if !errors.As(err, &e) {
		t.Fatalf("error is %v (%T), want *auth.Error", err, err)
	}
	return e.Code
}

// verify reads a header and finds the rule that signed.
func verify(header string, target auth.Target, hubRules, namespaceRules []hub.Rule, now time.Time) (hub.Rule, error) {
	t, err := auth.Read(header, target, now)
	if err != nil {
		return hub.Rule{}, err
	}
	return t.Verify(hubRules, namespaceRules)
}

func segments(path string) []string { return strings.Split(strings.Trim(path, "/"), "/") }

// Each client signs another form of the address, escapes it another way, and
// orders the fields another way.
func TestVerifyTakesEveryClientsToken(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ client, header, host, path string }{
		{"Python document: endpoint and hub, / of the signature literal, sig first",
			"SharedAccessSignature sig=n79NhH%2BUL9fwRj2ITj6kSJqqh%2ByJQgSddPwDoRjDIqs%3D&se=1800000000&skn=Rule&sr=https%3a%2f%2flocalhost%3a8443%2fmyhub",
			"LocalHost:8443", "/MyHub/messages"},
		{"JavaScript: the root, upper-case hex",
			"SharedAccessSignature sr=https%3A%2F%2Flocalhost%3A8443%2F&sig=pMKezR93LRAyQDDS3M%2FSyQE3Ob058JCPyg%2F4yIrPyQE%3D&se=1800000000&skn=Rule",
			"localhost:8443", "/MyHub/messages"},
		{"JavaScript, / of the signature literal",
			"SharedAccessSignature sr=https%3A%2F%2Flocalhost%3A8443%2F&sig=pMKezR93LRAyQDDS3M/SyQE3Ob058JCPyg/4yIrPyQE%3D&se=1800000000&skn=Rule",
			"localhost:8443", "/MyHub/messages"},
		{".NET: http, no port, a slash at the end",
			"SharedAccessSignature sr=http%3a%2f%2flocalhost%2fmyhub%2fmessages%2f&sig=cmI3OmepaJ%2fHb9F20lGWUVI3MUAG6ZTQcvM7w1%2f4hUc%3d&se=1800000000&skn=Rule",
			"localhost:8443", "/MyHub/messages"},
		{"Java: the whole request with its query",
			"SharedAccessSignature sr=https%3a%2f%2flocalhost%3a8443%2fmyhub%2fmessages%3fapi-version%3d2020-06&sig=uaHjLIz%2Bu%2B4yZKpS%2BcuPTkg86qlsS8BCYAdJNqLgxp4%3D&se=1800000000&skn=Rule",
			"localhost:8443", "/MyHub/messages"},
		{"Java, batch",
			"SharedAccessSignature sr=https%3a%2f%2flocalhost%3a8443%2fmyhub%2fmessages%2f%24batch%3fapi-version%3d2020-06%26direct&sig=k/NLsSV02agqnPRlmesA1gjWhKSLNK2zfj0YgfXYn0g%3D&se=1800000000&skn=Rule",
			"localhost:8443", "/MyHub/messages/$batch"},
		{"Go: the origin, fields in order of the alphabet",
			"SharedAccessSignature se=1800000000&sig=2C7RqRqN0JGaH0VwORiSpvFvHQw2D%2FcdmRVFSrGln8U%3D&skn=Rule&sr=https%3A%2F%2Flocalhost%3A8443",
			"localhost:8443", "/MyHub/messages"},
		{"Ruby: sb",
			"SharedAccessSignature sr=sb%3a%2f%2flocalhost%3a8443%2f&sig=DaNOG1MpVTzqZXwGC6YRyvqUHGkzGawoFue2b9Gfj00%3D&se=1800000000&skn=Rule",
			"localhost:8443", "/MyHub/messages"},
		{"azure-sb: the whole request, Host without the port",
			sign("https%3a%2f%2f127.0.0.1%3a8443%2fmyhub%2fmessages%3fapi-version%3d2016-07", "Rule", key, se),
			"127.0.0.1", "/MyHub/Messages"},
		{"PHP: the whole request with a slash before its query",
			sign("https%3a%2f%2flocalhost%3a8443%2fmyhub%2fmessages%2f%3fapi-version%3d2013-08", "Rule", key, se),
			"localhost:8443", "/MyHub/messages/"},
		{"a scheme word in other case, a + of the signature as it is",
			"sharedaccesssignature sr=https%3a%2f%2flocalhost%3a8443%2fmyhub&sig=n79NhH+UL9fwRj2ITj6kSJqqh+yJQgSddPwDoRjDIqs=&se=1800000000&skn=rule",
			"localhost:8443", "/MyHub/messages"},
	} {
		t.Run(c.client, func(t *testing.T) {
			t.Parallel()
			target := auth.Target{Host: c.host, Segments: segments(c.path)}
			got, err := verify(c.header, target, rules(rule("Rule", key, "")), nil, before)
			if err != nil || got.Name != "Rule" {
				t.Errorf("Verify = %+v, %v; want the rule", got.Name, err)
			}
		})
	}
}

func TestVerifyRefuses(t *testing.T) {
	t.Parallel()
	good := sign("https%3a%2f%2fhub.example%2fmyhub", "Rule", key, se)
	target := auth.Target{Host: "hub.example", Segments: []string{"MyHub", "messages"}}
	for _, c := range []struct {
		name, header string
		rules        []hub.Rule
		now          time.Time
		code         auth.Code
		sentence     string
	}{
		{"no header", "", rules(rule("Rule", key, "")), before, auth.MissingToken, ""},
		{"another scheme", "Bearer abc", rules(rule("Rule", key, "")), before, auth.MalformedToken, ""},
		{"no fields", "SharedAccessSignature", rules(rule("Rule", key, "")), before, auth.MalformedToken, ""},
		{"no sig", "SharedAccessSignature sr=a&se=1&skn=Rule", rules(rule("Rule", key, "")), before, auth.MalformedToken, ""},
		{"se is no number", "SharedAccessSignature sr=a&sig=AAAA&se=soon&skn=Rule", rules(rule("Rule", key, "")), before, auth.MalformedToken, ""},
		{"another key", good, rules(rule("Rule", otherKey, "")), before, auth.InvalidSignature, "InvalidSignature: The token has an invalid signature."},
		{"another name", good, rules(rule("Other", key, "")), before, auth.InvalidSignature, "InvalidSignature: The token has an invalid signature."},
		{"no rules", good, nil, before, auth.InvalidSignature, "InvalidSignature: The token has an invalid signature."},
		{"signed with the empty key of a rule without a second one",
			sign("https%3a%2f%2fhub.example%2fmyhub", "Rule", "", se), rules(rule("Rule", otherKey, "")), before, auth.InvalidSignature, "InvalidSignature: The token has an invalid signature."},
		{"expiry changed after signing", strings.Replace(good, "se=1800000000", "se=1900000000", 1), rules(rule("Rule", key, "")), before, auth.InvalidSignature, "InvalidSignature: The token has an invalid signature."},
		{"expired", good, rules(rule("Rule", key, "")), expiry.Add(auth.Skew + time.Second), auth.ExpiredToken, "ExpiredToken: The token is expired."},
		{"of another hub", sign("https%3a%2f%2fhub.example%2fother", "Rule", key, se), rules(rule("Rule", key, "")), before, auth.InvalidAudience,
			"InvalidAudience: The authorization header contains a token with a wrong audience."},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := verify(c.header, target, c.rules, nil, c.now)
			if got := code(t, err); got != c.code {
				t.Errorf("code %s, want %s (%v)", got, c.code, err)
			}
			if c.sentence != "" && err.Error() != c.sentence {
				t.Errorf("sentence %q, want %q", err, c.sentence)
			}
			if !strings.HasPrefix(err.Error(), string(c.code)+": ") {
				t.Errorf("sentence %q does not begin with its sub-code", err)
			}
		})
	}
}

func TestVerifyAllowsForClocks(t *testing.T) {
	t.Parallel()
	header := sign("https%3a%2f%2fh", "Rule", key, se)
	if _, err := verify(header, auth.Target{Host: "h"}, rules(rule("Rule", key, "")), nil, expiry.Add(auth.Skew)); err != nil {
		t.Errorf("a token that expired %s ago: %v", auth.Skew, err)
	}
}

func TestVerifyAudience(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		resource, host, path string
		want                 bool
	}{
		{"https://h/", "h", "/myhub/messages", true},
		{"https://h", "h", "/myhub/messages", true},
		{"amqps://h/", "h", "/myhub/messages", true},
		{"SB://H:1/", "h:2", "/myhub/messages", true},
		{"https://h/myhub//", "h", "/myhub/messages", true},
		{"https://h/MYHUB/Messages", "h", "/myhub/messages", true},
		{"https://h/myhub#part", "h", "/myhub/messages", true},
		{"https://h?x=/other", "h", "/myhub/messages", true},
		{"https://[::1]:8443/myhub", "[::1]:8443", "/myhub/messages", true},
		{"https://[::1]/myhub", "[::1]:8443", "/myhub/messages", true},
		{"https://h/myhub/tags/a%23b", "h", "/myhub/tags/a#b/registrations", true},
		{"https://h/myhub/tags/100%", "h", "/myhub/tags/100%/registrations", true},

		{"https://h/myhub2", "h", "/myhub/messages", false},
		{"https://h/my", "h", "/myhub/messages", false}, // by segments, not by letters
		{"https://h/myhub/messages/x", "h", "/myhub/messages", false},
		{"https://h.example/", "h", "/myhub/messages", false},
		{"https://evil@h/", "h", "/myhub/messages", false},
		{"https:///myhub", "", "/myhub/messages", false},
		{"ftp://h/", "h", "/myhub/messages", false},
		{"h/myhub", "h", "/myhub/messages", false},
		{"/myhub", "h", "/myhub/messages", false},
	} {
		t.Run(c.resource+" for "+c.host+c.path, func(t *testing.T) {
			t.Parallel()
			header := sign(url.QueryEscape(c.resource), "Rule", key, se)
			_, err := verify(header, auth.Target{Host: c.host, Segments: segments(c.path)}, rules(rule("Rule", key, "")), nil, before)
			if (err == nil) != c.want {
				t.Fatalf("Verify: %v, want success: %t", err, c.want)
			}
			if err != nil && code(t, err) != auth.InvalidAudience {
				t.Errorf("Verify: %v, want InvalidAudience", err)
			}
		})
	}
}

func TestVerifyTriesHubThenNamespace(t *testing.T) {
	t.Parallel()
	header := sign("https%3a%2f%2fh", "Rule", key, se)
	of := func(rights hub.Rights, primary, secondary string) []hub.Rule {
		return rules(hub.Rule{Name: "RULE", Rights: rights, PrimaryKey: primary, SecondaryKey: secondary})
	}
	for _, c := range []struct {
		name           string
		hub, namespace []hub.Rule
		want           hub.Rights
	}{
		{"the hub's rule wins", of(hub.Listen, key, ""), of(hub.Manage, key, ""), hub.Listen},
		{"secondary key", of(hub.Listen, otherKey, key), nil, hub.Listen},
		{"a hub's rule of that name with other keys hides nothing", of(hub.Listen, otherKey, otherKey), of(hub.Manage, otherKey, key), hub.Manage},
		{"namespace only", nil, of(hub.Manage, key, ""), hub.Manage},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := verify(header, auth.Target{Host: "h"}, c.hub, c.namespace, before)
			if err != nil || got.Rights != c.want {
				t.Errorf("Verify = rights %d, %v; want %d", got.Rights, err, c.want)
			}
		})
	}
}

func TestRequire(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		has, want hub.Rights
		sentence  string
	}{
		{hub.Listen, hub.Listen, ""},
		{hub.Manage, hub.Send, ""},
		{hub.Listen | hub.Send, hub.Send, ""},
		{hub.Listen, hub.Send, "Send claim is required for this operation."},
		{hub.Send, hub.Listen, "Listen claim is required for this operation."},
		{hub.Listen | hub.Send, hub.Manage, "Manage claim is required for this operation."},
		{0, hub.Listen, "Listen claim is required for this operation."},
	} {
		err := auth.Require(hub.Rule{Rights: c.has}, c.want)
		got := ""
		if err != nil {
			got = err.Error()
		}
		if got != c.sentence {
			t.Errorf("Require(%d, %d) = %q, want %q", c.has, c.want, got, c.sentence)
		}
	}
}

// FuzzVerify holds that no header opens what it was not signed for, and that
// none makes Verify panic.
func FuzzVerify(f *testing.F) {
	f.Add(sign("https%3a%2f%2fh%2fmyhub", "Rule", otherKey, se), "h", "myhub")
	f.Add("SharedAccessSignature sr=%", "h", "")
	f.Add("SharedAccessSignature sr=https%3a%2f%2f[::1&sig=AA==&se=1&skn=Rule", "[::1", "a")
	f.Fuzz(func(t *testing.T, header, host, path string) {
		_, err := verify(header, auth.Target{Host: host, Segments: strings.Split(path, "/")}, rules(rule("Rule", key, "")), nil, before)
		var e *auth.Error
		if !errors.As(err, &e) {
			t.Errorf("Verify(%q) = %v, want an *auth.Error", header, err)
		}
	})
}
