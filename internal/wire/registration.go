package wire

import "time"

// Header is a name and a value in a template registration.
type Header struct{ Name, Value string }

// Registration is a RegistrationDescription of any platform, native or template.
type Registration struct {
	Platform          string // apns, gcm, fcmv1, wns, mpns, adm, baidu, browser, xiaomi
	Template          bool
	ETag              string // bare: 1
	ExpirationTime    time.Time
	RegistrationID    string
	Tags              []string
	PushVariables     map[string]string
	Handle            string // Baidu: userId-channelId; Browser: the endpoint
	P256DH, Auth      string // Browser
	SecondaryTileName string // WNS, MPNS
	BodyTemplate      string
	TemplateName      string
	Headers           []Header // ApnsHeaders, WnsHeaders, MpnsHeaders
	Expiry            string   // APNs
	Priority          string   // APNs
	MessageType       string   // Baidu
}
