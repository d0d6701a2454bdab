// Package auth decides whether a shared access signature opens a hub, and what
// the rule behind it may do.
package auth

import (
	"errors"
	"strings"
	"time"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/wire"
)

// Skew is how long after its expiry a token is still taken: the clocks of
// callers go wrong by minutes, and one published client signs for five only.
const Skew = 5 * time.Minute

// Target is what a token must have been signed for: the host under which the
// caller reached us, and the decoded segments of the request's path.
type Target struct {
	Host     string
	Segments []string
}

// Token is one that has not expired and was signed for its target, whoever
// signed it: what can be said before a key is fetched.
type Token struct{ sas wire.SAS }

// Read reads the token in an Authorization header. The error is an *Error; it
// names the first of these that holds: no token, malformed, expired, signed for
// another address.
func Read(header string, target Target, now time.Time) (Token, error) {
	sas, err := wire.ParseSAS(header)
	switch {
	case err != nil:
		return Token{}, unreadable(err)
	case now.After(sas.Expiry.Add(Skew)):
		return Token{}, &Error{ExpiredToken, "The token is expired."}
	case !covers(sas.Resource, target):
		return Token{}, &Error{InvalidAudience, "The authorization header contains a token with a wrong audience."}
	}
	return Token{sas}, nil
}

// KeyName is the name of the rule that is said to have signed.
func (t Token) KeyName() string { return t.sas.KeyName }

// Verify returns the rule that signed. Rules of the hub are tried before those
// of the namespace. If none has, the error is an *Error.
func (t Token) Verify(hubRules, namespaceRules []hub.Rule) (hub.Rule, error) {
	if r, ok := signer(t.sas, hubRules); ok {
		return r, nil
	}
	if r, ok := signer(t.sas, namespaceRules); ok {
		return r, nil
	}
	return hub.Rule{}, &Error{InvalidSignature, "The token has an invalid signature."}
}

func unreadable(err error) error {
	var e *wire.SASError
	if errors.As(err, &e) && e.Missing {
		return &Error{MissingToken, e.Msg}
	}
	return &Error{MalformedToken, err.Error()}
}

// signer finds the rule that signed. Names are compared without regard to
// case: the key decides.
func signer(sas wire.SAS, rules []hub.Rule) (hub.Rule, bool) {
	for _, r := range rules {
		if strings.EqualFold(r.Name, sas.KeyName) && signedByEither(sas, r) {
			return r, true
		}
	}
	return hub.Rule{}, false
}

// signedByEither compares with both keys whatever the first says, so that time
// tells nothing. An absent key has signed nothing.
func signedByEither(sas wire.SAS, r hub.Rule) bool {
	primary, secondary := sas.SignedBy(r.PrimaryKey), sas.SignedBy(r.SecondaryKey)
	return primary || secondary
}

// Require returns an *Error, with Azure's sentence, if rule lacks a right.
func Require(rule hub.Rule, right hub.Rights) error {
	if rule.Rights.Has(right) {
		return nil
	}
	return &Error{MissingRight, claim(right) + " claim is required for this operation."}
}

// claim names the strongest of some rights.
func claim(right hub.Rights) string {
	switch {
	case right&hub.Manage != 0:
		return "Manage"
	case right&hub.Send != 0:
		return "Send"
	}
	return "Listen"
}
