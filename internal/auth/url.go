package auth

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/url"
	"strings"
	"time"

	"github.com/fanfare-hub/fanfare/internal/hub"
)

// Grant is what a signed URL opens, in the words of Azure Storage: it is good
// without a token until its expiry.
type Grant struct {
	Path        string // decoded
	Resource    string // c: what lies below the path too; b: the path alone
	Permissions string // r: read, l: list
	Expiry      time.Time
}

// signedVersion is the form of the query, which readers of Azure Storage expect.
const signedVersion = "2019-12-12"

// Query is the grant signed by a rule: whoever holds the URL needs no more.
// Another key of the rule ends it.
func (g Grant) Query(rule hub.Rule) string {
	expiry := g.Expiry.UTC().Format(time.RFC3339)
	return url.Values{
		"sv": {signedVersion}, "sr": {g.Resource}, "sp": {g.Permissions}, "se": {expiry},
		"sig": {g.sign(rule.PrimaryKey, expiry)},
	}.Encode()
}

// sign is over lines that no token of a hub can have: those have two.
func (g Grant) sign(key, expiry string) string {
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(strings.Join([]string{"signed url", signedVersion, g.Resource, g.Permissions, expiry, strings.ToLower(g.Path)}, "\n")))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// VerifyURL reports, as an *Error, why a query, whose values get returns by
// name, does not open what want says: want.Path is the path that was signed,
// want.Permissions what is asked for, and want.Expiry is not looked at. Rules
// without Manage sign nothing.
func VerifyURL(get func(name string) string, want Grant, rules []hub.Rule, now time.Time) error {
	expiry, err := time.Parse(time.RFC3339, get("se"))
	switch {
	case err != nil, get("sr") != want.Resource:
		return &Error{MalformedToken, "The URL carries no signature for this address."}
	case now.After(expiry):
		return &Error{ExpiredToken, "The URL's signature has expired."}
	case !strings.Contains(get("sp"), want.Permissions):
		return &Error{InvalidAudience, "The URL's signature does not allow this."}
	}
	signed := Grant{Path: want.Path, Resource: want.Resource, Permissions: get("sp")}
	good := false
	for _, r := range rules {
		// Every key is compared, so that time tells nothing.
		if r.Rights.Has(hub.Manage) && r.PrimaryKey != "" && hmac.Equal([]byte(get("sig")), []byte(signed.sign(r.PrimaryKey, get("se")))) {
			good = true
		}
	}
	if !good {
		return &Error{InvalidSignature, "The URL has an invalid signature."}
	}
	return nil
}
