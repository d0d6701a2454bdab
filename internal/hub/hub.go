// Package hub is the domain: hubs, their rules and credentials, registrations,
// installations, notifications and what became of them. Its values are parsed
// and valid; the names that Azure gives them on the wire live in package wire.
package hub

import (
	"regexp"
	"time"
)

// hubName is what Azure allows, without the slash: a hub is one path segment.
var hubName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,259}$`)

// ValidName reports whether a hub can have this name: letters, digits and
// . _ -, first a letter or digit, at most 260.
func ValidName(s string) bool { return hubName.MatchString(s) }

// Hub is one notification hub. Rows of a hub hang on ID, so that a name is
// free again as soon as its hub is deleted.
type Hub struct {
	ID              int64
	Name            string        // compared without regard to case
	RegistrationTTL time.Duration // from the last write; 0 = unlimited
	Rules           []Rule
	Fixed           bool   // named in the config file: read-only through the API
	Disabled        bool   // only its management is served
	UserMetadata    string // the owner's own words; Fanfare makes nothing of them
	CreatedAt       time.Time
	UpdatedAt       time.Time
}

// Rights are what a rule allows. Manage implies the others.
type Rights uint8

// The three rights.
const (
	Listen Rights = 1 << iota
	Send
	Manage
)

// Has reports whether r includes want.
func (r Rights) Has(want Rights) bool { return r&Manage != 0 || r&want == want }

// Rule is a shared access authorization rule. Keys are used as UTF-8 text,
// never decoded.
type Rule struct {
	Name         string
	Rights       Rights
	PrimaryKey   string
	SecondaryKey string
	CreatedAt    time.Time // zero in a rule of the config file
	ModifiedAt   time.Time
}

// Credential is a hub's access to one push service. Properties have Azure's
// names (ApnsCredential's Token, KeyId, AppId, AppName, Endpoint, …). The store
// raises Version whenever Properties change.
type Credential struct {
	Platform   Platform
	Version    int64
	Properties map[string]string
}
