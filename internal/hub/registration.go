package hub

import (
	"strings"
	"time"
)

// Kind tells native registrations from template registrations.
type Kind uint8

// The two kinds; stored.
const (
	Native   Kind = 0
	Template Kind = 1
)

// Header is one name and value, in the order given.
type Header struct{ Name, Value string }

// BrowserKeys are the encryption keys of a Web Push subscription.
type BrowserKeys struct{ P256DH, Auth string }

// TemplateBody is what a template registration renders.
type TemplateBody struct {
	Name        string // at most 200 characters; may be empty
	Body        string
	Headers     []Header // ApnsHeaders, WnsHeaders or MpnsHeaders
	Expiry      string   // APNs: a date-time, 0, or an expression
	Priority    string   // APNs
	MessageType string   // Baidu
}

// Registration is a handle with tags, and with a template if Template is not
// nil. The store assigns Number, for life; numbers are never used again.
type Registration struct {
	Number            int64
	ID                string
	Platform          Platform
	Handle            string // as given; for Browser the endpoint, for Baidu userId-channelId
	Browser           *BrowserKeys
	Template          *TemplateBody
	Tags              []string // as given
	PushVariables     map[string]string
	SecondaryTileName string
	InstallationID    string // set on registrations derived from an installation
	ETag              int64
	ExpiresAt         time.Time // zero: never
	UpdatedAt         time.Time // last write
}

// Kind returns Native or Template.
func (r *Registration) Kind() Kind {
	if r.Template != nil {
		return Template
	}
	return Native
}

// HandleKey is the form in which handles of a platform are compared: APNs
// device tokens without regard to case, all others as they are.
func HandleKey(p Platform, handle string) string {
	if p == APNs {
		return strings.ToLower(handle)
	}
	return handle
}

// NeverExpires is what the wire shows for a registration without expiry.
var NeverExpires = time.Date(9999, 12, 31, 23, 59, 59, 999_000_000, time.UTC)

// maxTile bounds a secondary tile's name, in bytes.
const maxTile = 256

// Validate says what is wrong with a registration that a client wrote, as
// *Invalid. It completes the template's headers first.
func (r *Registration) Validate() error {
	if !r.Platform.known() {
		return invalid("The platform is missing or unknown.")
	}
	if err := ValidateHandle(r.Platform, r.Handle, r.Browser); err != nil {
		return err
	}
	if err := validateTags(r.Tags); err != nil {
		return err
	}
	if err := validateVariables(r.PushVariables); err != nil {
		return err
	}
	if len(r.SecondaryTileName) > maxTile {
		return invalid("The secondary tile's name has %d bytes; at most %d are allowed.", len(r.SecondaryTileName), maxTile)
	}
	if r.Template == nil {
		return nil
	}
	r.Template.Complete(r.Platform)
	return r.Template.Validate(r.Platform)
}
