package simapi

import (
	"crypto/ecdh"
	"crypto/rand"
	"encoding/base64"
	"net/http"
	"strings"

	"github.com/fanfare-hub/fanfare/internal/pnssim"
)

// Subscribe asks for a browser that can read what is pushed to it. Both may be
// left out: an endpoint is made up, and the key is that of the hub of fanfare dev.
type Subscribe struct {
	Endpoint             string `json:"endpoint,omitempty"`
	ApplicationServerKey string `json:"applicationServerKey,omitempty"` // VAPID's public key, in base64url
}

// Subscription is what the browser gives to an app, as the Push API's
// PushSubscription.toJSON writes it.
type Subscription struct {
	Endpoint string           `json:"endpoint"`
	Keys     SubscriptionKeys `json:"keys"`
}

// SubscriptionKeys are in base64url.
type SubscriptionKeys struct {
	P256DH string `json:"p256dh"`
	Auth   string `json:"auth"`
}

// madeUp is where endpoints are made up: as Mozilla's push service has them.
const madeUp = "https://updates.push.services.mozilla.com/wpush/v2/"

func (a *API) subscribe(c *call) (any, error) {
	var want Subscribe
	if err := decode(c, &want); err != nil {
		return nil, err
	}
	if want.Endpoint == "" {
		want.Endpoint = madeUp + rand.Text()
	}
	if err := pnssim.CheckHandle(pnssim.Browser, want.Endpoint); err != nil {
		return nil, bad("endpoint: %v", err)
	}
	if key := want.ApplicationServerKey; key != "" && !isPublicKey(key) {
		return nil, bad("applicationServerKey is no point of P-256 in base64url, uncompressed")
	}
	sub, err := a.sim.SubscribeAt(want.Endpoint, want.ApplicationServerKey)
	if err != nil {
		return nil, refuse(http.StatusConflict, "%v", err)
	}
	return Subscription{Endpoint: sub.Endpoint, Keys: SubscriptionKeys{P256DH: sub.P256DH, Auth: sub.Auth}}, nil
}

func isPublicKey(text string) bool {
	b, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(text, "="))
	if err != nil {
		return false
	}
	_, err = ecdh.P256().NewPublicKey(b)
	return err == nil
}
