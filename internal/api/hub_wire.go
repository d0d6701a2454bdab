package api

import (
	"net"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/wire"
)

// The limits of Azure.
const (
	minRegistrationTTL = 24 * time.Hour
	maxUserMetadata    = 1024 // characters
)

// describe puts what is given into h: everything but its name and credentials.
func (r *request) describe(h *hub.Hub, given *wire.HubDescription) error {
	switch {
	case given.RegistrationTTL != 0 && given.RegistrationTTL < minRegistrationTTL:
		return badRequest("RegistrationTtl is less than a day.")
	case utf8.RuneCountInString(given.UserMetadata) > maxUserMetadata:
		return badRequest("UserMetadata has more than %d characters.", maxUserMetadata)
	}
	h.RegistrationTTL, h.UserMetadata, h.Disabled, h.UpdatedAt = given.RegistrationTTL, given.UserMetadata, given.Disabled, r.now
	for _, w := range given.Rules {
		rule, err := r.ruleOf(w)
		if err != nil {
			return err
		}
		h.Rules = append(h.Rules, rule)
	}
	return hub.ValidateRules(h.Rules, r.hub.Rules)
}

// ruleOf is the domain's form of a rule. One without keys gets new ones; when it
// was made, and when it was changed last, is the hub's to say.
func (r *request) ruleOf(w wire.AuthorizationRule) (hub.Rule, error) {
	rule := hub.Rule{Name: w.KeyName, PrimaryKey: w.PrimaryKey, SecondaryKey: w.SecondaryKey, CreatedAt: r.now, ModifiedAt: r.now}
	if rule.PrimaryKey == "" && rule.SecondaryKey == "" {
		rule.PrimaryKey, rule.SecondaryKey = hub.NewKey(), hub.NewKey()
	}
	for _, name := range w.Rights {
		right, ok := rights[strings.ToLower(name)]
		if !ok {
			return rule, badRequest("AccessRights is none of Listen, Send, Manage: %.40q.", name)
		}
		rule.Rights |= right
	}
	old, ok := hub.FindRule(r.hub.Rules, rule.Name)
	if !ok {
		return rule, nil
	}
	rule.CreatedAt = old.CreatedAt
	if rule.Name == old.Name && rule.Rights == old.Rights && rule.PrimaryKey == old.PrimaryKey && rule.SecondaryKey == old.SecondaryKey {
		rule.ModifiedAt = old.ModifiedAt
	}
	return rule, nil
}

var rights = map[string]hub.Rights{"listen": hub.Listen, "send": hub.Send, "manage": hub.Manage}

// hubEntry is the wire's form of a hub, with placeholders for its secrets.
func (r *request) hubEntry(h hub.Hub, stored credentials, address string) wire.HubEntry {
	d := wire.HubDescription{
		RegistrationTTL: h.RegistrationTTL, UserMetadata: h.UserMetadata, Disabled: h.Disabled, Credentials: stored.redacted(),
	}
	for _, rule := range h.Rules {
		w := wire.AuthorizationRule{
			KeyName: rule.Name, CreatedTime: rule.CreatedAt, ModifiedTime: rule.ModifiedAt,
			PrimaryKey: rule.PrimaryKey, SecondaryKey: rule.SecondaryKey,
		}
		for _, right := range []string{"Listen", "Manage", "Send"} { // Azure's order
			if rule.Rights.Has(rights[strings.ToLower(right)]) {
				w.Rights = append(w.Rights, right)
			}
		}
		d.Rules = append(d.Rules, w)
	}
	return wire.HubEntry{URL: address, Name: h.Name, Namespace: r.namespace(), Published: h.CreatedAt, Updated: h.UpdatedAt, Hub: &d}
}

// namespace is the first label of the host under which the caller reached us,
// or an address whole.
func (r *request) namespace() string {
	host := (&url.URL{Host: r.Host}).Hostname()
	if net.ParseIP(host) != nil {
		return host
	}
	label, _, _ := strings.Cut(host, ".")
	return label
}
