// Package gcm delivers legacy FCM (GCM) payloads: Google has shut the legacy
// API down, so they are translated to FCM HTTP v1 and sent with the hub's FCM
// v1 credential.
package gcm

import (
	"errors"
	"net/url"
	"strings"

	"github.com/fanfare-hub/fanfare/internal/hub"
)

// Check says what is wrong with a GcmCredential, or nil. A legacy server key
// opens nothing any more: it is kept for clients that read it and write it back.
func Check(cred hub.Credential) error {
	if strings.TrimSpace(cred.Properties["GoogleApiKey"]) == "" {
		return errors.New("GcmCredential: GoogleApiKey is missing")
	}
	if e := cred.Properties["GcmEndpoint"]; e != "" {
		if u, err := url.Parse(e); err != nil || u.Host == "" {
			return errors.New("GcmCredential: GcmEndpoint is not an absolute URI")
		}
	}
	return nil
}
