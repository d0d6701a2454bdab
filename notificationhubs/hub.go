package notificationhubs

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"
)

// HubDescription is a hub: its settings, its rules and its access to the push
// services.
type HubDescription struct {
	Name            string
	RegistrationTTL time.Duration // from the last write; a day at least; 0 = without limit
	Rules           []AuthorizationRule
	APNs            *APNsCredential
	FCMV1           *FCMV1Credential
	GCM             *GCMCredential
	WNS             *WNSCredential
	MPNS            *MPNSCredential
	ADM             *ADMCredential
	Baidu           *BaiduCredential
	Browser         *BrowserCredential
	Xiaomi          *XiaomiCredential
	UserMetadata    string // whatever you like; at most 1,024 characters
	Disabled        bool

	CreatedAt, UpdatedAt time.Time // read only; CreatedAt is zero in the answer to an update
	// Usage, read only. Fanfare does not keep these.
	DailyOperations, DailyMaxActiveDevices, DailyMaxActiveRegistrations int64
}

// Right is what a rule allows.
type Right string

// The rights. A rule with Manage has the others too.
const (
	Listen Right = "Listen"
	Send   Right = "Send"
	Manage Right = "Manage"
)

// AuthorizationRule is a shared access rule. A hub has 12 at most.
type AuthorizationRule struct {
	Name                      string // at most 256 characters
	Rights                    []Right
	PrimaryKey, SecondaryKey  Secret    // base64 of 32 bytes; a rule that is written without keys gets new ones from Fanfare
	CreatedTime, ModifiedTime time.Time // read only
}

// NewKey returns a key for a rule: base64 of 32 random bytes.
func NewKey() Secret {
	var b [32]byte
	_, _ = rand.Read(b[:]) // it never fails
	return Secret(base64.StdEncoding.EncodeToString(b[:]))
}

// Rule returns the rule with a name, without regard to case, to be read or
// changed; nil if the hub has none.
func (d *HubDescription) Rule(name string) *AuthorizationRule {
	for i := range d.Rules {
		if strings.EqualFold(d.Rules[i].Name, name) {
			return &d.Rules[i]
		}
	}
	return nil
}

// Secret is a key or a password. Package fmt, logs, JSON and other text forms
// show a placeholder in its place: convert it to a string to use it.
type Secret string

// redacted is also what a Fanfare hub shows of credentials. Written back to one,
// it means that the stored value stays.
const redacted = "REDACTED"

func (s Secret) shown() string {
	if s == "" {
		return ""
	}
	return redacted
}

// Format hides the secret from package fmt, whatever the verb.
func (s Secret) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, s.shown()) // package fmt has no use for the error
}

// MarshalText hides the secret from packages such as encoding/json.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.shown()), nil }

// LogValue hides the secret from package slog.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.shown()) }
