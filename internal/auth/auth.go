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

// Verify returns the rule that signed the token in an Authorization header.
// Rules of the hub are tried before those of the namespace. The error is an
// *Error; it names the first of these that holds: no token, malformed, signed
// by none of the rules, expired, signed for another address.
func Verify(header string, target Target, hubRules, namespaceRules []hub.Rule, now time.Time) (hub.Rule, error) {
	sas, err := wire.ParseSAS(header)
	if err != nil {
		return hub.Rule{}, unreadable(err)
	}
	rule, ok := signer(sas, hubRules)
	if !ok {
		rule, ok = signer(sas, namespaceRules)
	}
	switch {
	case !ok:
		return hub.Rule{}, &Error{InvalidSignature, "The token has an invalid signature."}
	case now.After(sas.Expiry.Add(Skew)):
		return hub.Rule{}, &Error{ExpiredToken, "The token is expired."}
	case !covers(sas.Resource, target):
		return hub.Rule{}, &Error{InvalidAudience, "The authorization header contains a token with a wrong audience."}
	}
	return rule, nil
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
