package pnssim_test

import (
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/fanfare-hub/fanfare/internal/pnssim"
)

func pkcs8Of(f *fixture, key *ecdsa.PrivateKey) string {
	f.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		f.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(der)
}

func TestVapid(t *testing.T) {
	t.Parallel()
	f := setup(t)
	own, foreign := f.sim.BrowserCredential(), f.sim.ForeignBrowserCredential()
	sub := f.subscribe("push.example")
	theirs := f.must(f.sim.SubscribeAt("https://push.example/theirs", foreign["VapidPublicKey"]))
	port := f.subscribeAt("https://push.example:8443/p")
	madeUp := pnssim.Subscription{Endpoint: "https://push.example/made-up", P256DH: sub.P256DH, Auth: sub.Auth}
	now := f.clock.Now()
	for name, c := range map[string]struct {
		sub           pnssim.Subscription
		authorization string
		status        int
	}{
		"good":                     {sub, f.vapid(own, sub.Endpoint), 201},
		"in capitals":              {sub, "VAPID" + strings.TrimPrefix(f.vapid(own, sub.Endpoint), "vapid"), 201},
		"another key":              {sub, f.vapid(foreign, sub.Endpoint), 403},
		"a subscription of theirs": {theirs, f.vapid(own, theirs.Endpoint), 403},
		"theirs, by them":          {theirs, f.vapid(foreign, theirs.Endpoint), 201},
		"made up":                  {madeUp, f.vapid(own, madeUp.Endpoint), 201},
		"made up, another key":     {madeUp, f.vapid(foreign, madeUp.Endpoint), 403},
		"a key that did not sign":  {sub, f.vapid(foreign, sub.Endpoint, "k", own["VapidPublicKey"]), 403},
		"no key":                   {sub, f.vapid(own, sub.Endpoint, "k", ""), 403},
		"a key that is none":       {sub, f.vapid(own, sub.Endpoint, "k", "!"), 403},
		"another origin":           {sub, f.vapid(own, sub.Endpoint, "aud", "https://push.example.org"), 403},
		"the endpoint as audience": {sub, f.vapid(own, sub.Endpoint, "aud", sub.Endpoint), 403},
		"another port":             {port, f.vapid(own, sub.Endpoint), 403},
		"the port":                 {port, f.vapid(own, port.Endpoint), 201},
		"expired":                  {sub, f.vapid(own, sub.Endpoint, "exp", now.Unix()), 403},
		"in a day":                 {sub, f.vapid(own, sub.Endpoint, "exp", now.Add(24*time.Hour).Unix()), 201},
		"in more than a day":       {sub, f.vapid(own, sub.Endpoint, "exp", now.Add(24*time.Hour+2*time.Second).Unix()), 403},
		"never":                    {sub, f.vapid(own, sub.Endpoint, "exp", nil), 403},
		"a page to contact":        {sub, f.vapid(own, sub.Endpoint, "sub", "https://example.com/contact"), 201},
		"an address alone":         {sub, f.vapid(own, sub.Endpoint, "sub", "push@example.com"), 403},
		"no contact":               {sub, f.vapid(own, sub.Endpoint, "sub", nil), 403},
		"no address":               {sub, f.vapid(own, sub.Endpoint, "sub", "mailto:"), 403},
		"another algorithm":        {sub, f.vapid(own, sub.Endpoint, "alg", "HS256"), 403},
		"no token":                 {sub, "vapid k=" + own["VapidPublicKey"], 403},
	} {
		if status, _, text := f.webPush(c.sub, "x", "Authorization", c.authorization); status != c.status {
			t.Errorf("%s: %d %s, want %d", name, status, text, c.status)
		}
	}
}
