// Package gcm delivers legacy FCM (GCM) payloads: Google has shut the legacy
// API down, so they are translated to FCM HTTP v1 and sent with the hub's FCM
// v1 credential.
package gcm

import (
	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pns/fcm"
)

// Check says what is wrong with a credential, or nil. It is the hub's FCM v1
// credential: a legacy server key opens nothing any more.
func Check(cred hub.Credential) error { return fcm.Check(cred) }
