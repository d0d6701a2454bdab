package hub

import (
	"crypto/rand"
	"encoding/base64"
	"strings"
	"time"
	"unicode/utf8"
)

// The limits of Azure for the rules of one hub.
const (
	MaxRules    = 12
	maxRuleName = 256 // characters
	keySize     = 32  // bytes, before base64
)

// everyRight is what a rule with Manage must have.
const everyRight = Listen | Send | Manage

// NewKey returns a key as Azure makes them: base64 of 32 random bytes.
func NewKey() string {
	var b [keySize]byte
	rand.Read(b[:]) //nolint:errcheck // it never fails
	return base64.StdEncoding.EncodeToString(b[:])
}

// DefaultRules are the rules of a hub that is made without any, with new keys.
func DefaultRules(now time.Time) []Rule {
	rule := func(name string, rights Rights) Rule {
		return Rule{Name: name, Rights: rights, PrimaryKey: NewKey(), SecondaryKey: NewKey(), CreatedAt: now, ModifiedAt: now}
	}
	return []Rule{rule("DefaultListenSharedAccessSignature", Listen), rule("DefaultFullSharedAccessSignature", everyRight)}
}

// ValidateRules checks rules that are to replace old ones: a key that an old
// rule of the same name has may have any form, since it may come from the
// config file. The error is an *Invalid; it never shows a key.
func ValidateRules(rules, old []Rule) error {
	if len(rules) > MaxRules {
		return invalid("A hub has at most %d authorization rules, not %d.", MaxRules, len(rules))
	}
	for i, r := range rules {
		was, _ := FindRule(old, r.Name)
		if err := r.validate(was); err != nil {
			return err
		}
		if _, twice := FindRule(rules[:i], r.Name); twice {
			return invalid("There is more than one authorization rule named %q: letter case does not count.", r.Name)
		}
	}
	return nil
}

// FindRule finds a rule by its name, without regard to case.
func FindRule(rules []Rule, name string) (Rule, bool) {
	for _, r := range rules {
		if strings.EqualFold(r.Name, name) {
			return r, true
		}
	}
	return Rule{}, false
}

func (r *Rule) validate(was Rule) error {
	switch {
	case r.Name == "" || utf8.RuneCountInString(r.Name) > maxRuleName || strings.ContainsAny(r.Name, ";=&"):
		return invalid("An authorization rule needs a name of at most %d characters without ; = &, not %.40q.", maxRuleName, r.Name)
	case r.Rights == 0:
		return invalid("The authorization rule %q has no rights: give it one or more of Listen, Send, Manage.", r.Name)
	case r.Rights&Manage != 0 && r.Rights != everyRight:
		return invalid("The authorization rule %q has Manage without Listen and Send, which Manage needs.", r.Name)
	case !goodKey(r.PrimaryKey, was):
		return invalid("The primary key of the authorization rule %q is not base64 of %d bytes.", r.Name, keySize)
	case r.SecondaryKey != "" && !goodKey(r.SecondaryKey, was):
		return invalid("The secondary key of the authorization rule %q is not base64 of %d bytes.", r.Name, keySize)
	}
	return nil
}

func goodKey(key string, was Rule) bool {
	if key != "" && (key == was.PrimaryKey || key == was.SecondaryKey) {
		return true
	}
	b, err := base64.StdEncoding.Strict().DecodeString(key)
	return err == nil && len(b) == keySize && !strings.ContainsAny(key, "\r\n")
}
