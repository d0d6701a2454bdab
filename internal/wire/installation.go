package wire

import "time"

// BrowserChannel is the pushChannel of a browser installation.
type BrowserChannel struct {
	Endpoint string `json:"endpoint"`
	P256DH   string `json:"p256dh"`
	Auth     string `json:"auth"`
}

// Installation is the JSON document of 02 §4.2.
type Installation struct {
	InstallationID     string
	UserID             string
	Platform           string // lower case
	PushChannel        string // the handle; "" when Browser is set
	Browser            *BrowserChannel
	ChannelAsString    bool // the browser channel is written as a JSON string
	PushChannelExpired bool
	ExpirationTime     time.Time // zero: never (read), not given (write)
	Tags               []string
	PushVariables      map[string]string
	Templates          map[string]InstallationTemplate
	SecondaryTiles     map[string]SecondaryTile
}

// InstallationTemplate is one of an installation's templates.
type InstallationTemplate struct {
	Body    string
	Headers map[string]string
	Expiry  string
	Tags    []string
}

// SecondaryTile is a WNS tile with a channel of its own.
type SecondaryTile struct {
	PushChannel        string
	PushChannelExpired bool
	Tags               []string
	Templates          map[string]InstallationTemplate
}
