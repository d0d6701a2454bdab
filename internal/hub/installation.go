package hub

import "time"

// Installation is a device's document: one channel, tags, and any number of
// templates. Sends see it as the registrations that Derive returns.
type Installation struct {
	ID              string
	UserID          string
	Platform        Platform
	Handle          string
	Browser         *BrowserKeys
	ChannelAsString bool // a browser channel came as a JSON string, and is echoed so
	ChannelExpired  bool
	Tags            []string
	PushVariables   map[string]string
	Templates       map[string]InstallationTemplate
	SecondaryTiles  map[string]SecondaryTile // WNS only
	ExpiresAt       time.Time                // zero: never
	UpdatedAt       time.Time
}

// InstallationTemplate is one entry of an installation's templates.
type InstallationTemplate struct {
	Body    string
	Headers map[string]string
	Expiry  string
	Tags    []string
}

// SecondaryTile is a WNS tile with a channel of its own.
type SecondaryTile struct {
	Handle         string
	ChannelExpired bool
	Tags           []string
	Templates      map[string]InstallationTemplate
}
