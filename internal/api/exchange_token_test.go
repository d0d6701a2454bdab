package api_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// tokenForm is a header with a placeholder for a signature.
var tokenForm = regexp.MustCompile(`(?mi)^(authorization: )\{([a-z-]+)\}$`)

// signer is how a client makes its signatures. Those here share no code with
// Fanfare's own.
type signer struct {
	resource func(target string) string // of a request's target in origin form
	upper    bool                       // hexadecimal digits of escapes
	order    string                     // of the fields
	life     time.Duration
	slashes  bool // leaves / in the signature as it is
}

// signers are the clients' own, by the names that exchanges give them. All write
// the resource in lower case.
func signers() map[string]signer {
	whole := func(target string) string { return "https://" + host + ":8443" + target }
	python := signer{resource: func(string) string { return "https://" + host + "/MyHub" }, order: "sig se skn sr", life: 5 * time.Minute, slashes: true}
	late := python
	late.life = -4 * time.Minute
	return map[string]signer{
		"python":      python,
		"python-late": late,
		"javascript":  {resource: func(string) string { return "https://" + host + "/" }, upper: true, order: "sr sig se skn", life: time.Hour},
		"azure-sb":    {resource: whole, order: "sig se skn sr", life: 5 * time.Minute},
		"dotnet": {resource: func(target string) string {
			path, _, _ := strings.Cut(target, "?")
			return "http://" + host + strings.TrimRight(path, "/") + "/"
		}, order: "sr sig se skn", life: 20 * time.Minute},
		"java": {resource: whole, order: "sr sig se skn", life: time.Hour},
		"ruby": {resource: func(string) string { return "sb://" + host + ":8443/" }, order: "sr sig se skn", life: time.Hour},
		"php":  {resource: whole, order: "sr sig se skn", life: time.Hour},
		"go":   {resource: func(string) string { return "https://" + host }, upper: true, order: "se sig skn sr", life: time.Hour},
	}
}

// sign signs with the key of the rule Full. The expiry is moved until the
// signature has each of the characters that clients escape differently.
func (s signer) sign(target string, now time.Time) string {
	resource := escaped(strings.ToLower(s.resource(target)), s.upper)
	for expiry := now.Add(s.life).Unix(); ; expiry-- {
		mac := hmac.New(sha256.New, []byte(fullKey))
		fmt.Fprintf(mac, "%s\n%d", resource, expiry)
		sig := base64.StdEncoding.EncodeToString(mac.Sum(nil))
		if !strings.Contains(sig, "/") || !strings.Contains(sig, "+") {
			continue
		}
		sig = escaped(sig, true)
		if s.slashes {
			sig = strings.ReplaceAll(sig, "%2F", "/")
		}
		values := map[string]string{"sr": resource, "sig": sig, "se": strconv.FormatInt(expiry, 10), "skn": "Full"}
		var fields []string
		for name := range strings.FieldsSeq(s.order) {
			fields = append(fields, name+"="+values[name])
		}
		return "SharedAccessSignature " + strings.Join(fields, "&")
	}
}

// hexForm is an escape of url.QueryEscape, which writes them in upper case.
var hexForm = regexp.MustCompile(`%[0-9A-F]{2}`)

func escaped(text string, upper bool) string {
	text = url.QueryEscape(text)
	if upper {
		return text
	}
	return hexForm.ReplaceAllStringFunc(text, strings.ToLower)
}

// tokenLike signs a request as its placeholder says: a rule of the hub's (token,
// listen) or of the namespace's (root), or a client's own way.
func (f *fixture) tokenLike(name, target string) (string, bool) {
	switch name {
	case "token":
		return f.token(), true
	case "listen":
		return f.tokenOf("Listen", listenKey), true
	case "root":
		return f.tokenOf("Root", namespaceKey), true
	}
	s, ok := signers()[name]
	if !ok {
		return "", false
	}
	return s.sign(target, f.clock.Now()), true
}
