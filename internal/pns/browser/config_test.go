package browser_test

import (
	"crypto/ecdh"
	"crypto/rand"
	"encoding/base64"
	"strings"
	"testing"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pns"
	"github.com/fanfare-hub/fanfare/internal/pns/browser"
)

// The key pair of the application server in RFC 8291 §5: any pair will do.
const (
	vapidPublic  = "BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8"
	vapidPrivate = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
	subject      = "mailto:push@example.com"
)

func credential(change ...string) hub.Credential {
	p := map[string]string{"Subject": subject, "VapidPublicKey": vapidPublic, "VapidPrivateKey": vapidPrivate}
	for i := 0; i < len(change); i += 2 {
		p[change[i]] = change[i+1]
	}
	return hub.Credential{Platform: hub.Browser, Version: 1, Properties: p}
}

func TestCredentialMistakes(t *testing.T) {
	t.Parallel()
	b64 := base64.RawURLEncoding.EncodeToString
	stranger, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	offCurve := append([]byte{4}, make([]byte, 64)...)
	for name, c := range map[string]struct {
		change []string
		want   string // "": allowed
	}{
		"as it should be":        {nil, ""},
		"padded":                 {[]string{"VapidPublicKey", vapidPublic + "=", "VapidPrivateKey", " " + vapidPrivate + "=\n"}, ""},
		"a page":                 {[]string{"Subject", "https://example.com/contact"}, ""},
		"no subject":             {[]string{"Subject", " "}, "Subject is missing"},
		"an address alone":       {[]string{"Subject", "push@example.com"}, "neither mailto:"},
		"no address":             {[]string{"Subject", "mailto:"}, "not mailto: and an address"},
		"a name with an address": {[]string{"Subject", "mailto:Push <push@example.com>"}, "not mailto: and an address"},
		"an address with blanks": {[]string{"Subject", "mailto: push@example.com"}, "not mailto: and an address"},
		"http":                   {[]string{"Subject", "http://example.com"}, "neither mailto:"},
		"https without a host":   {[]string{"Subject", "https:///contact"}, "neither mailto:"},
		"a page with a user":     {[]string{"Subject", "https://u:p@example.com/"}, "neither mailto:"},
		"no public key":          {[]string{"VapidPublicKey", ""}, "VapidPublicKey is missing"},
		"no private key":         {[]string{"VapidPrivateKey", ""}, "VapidPrivateKey is missing"},
		"not base64url":          {[]string{"VapidPublicKey", "not+base64/url!"}, "VapidPublicKey is not base64url"},
		"a line break inside":    {[]string{"VapidPrivateKey", vapidPrivate[:20] + "\n" + vapidPrivate[20:]}, "VapidPrivateKey is not base64url"},
		"a short public key":     {[]string{"VapidPublicKey", vapidPrivate}, "65 bytes"},
		"a long private key":     {[]string{"VapidPrivateKey", vapidPublic}, "32 bytes"},
		"a point off the curve":  {[]string{"VapidPublicKey", b64(offCurve)}, "not an uncompressed point on P-256"},
		"a private key of zeros": {[]string{"VapidPrivateKey", b64(make([]byte, 32))}, "not a private key of P-256"},
		"keys of two pairs":      {[]string{"VapidPublicKey", b64(stranger.PublicKey().Bytes())}, "do not belong together"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cred := credential(c.change...)
			err := browser.Check(cred)
			switch {
			case c.want == "" && err != nil:
				t.Errorf("refused: %v", err)
			case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
				t.Errorf("error %v; want %q in it", err, c.want)
			case err != nil && strings.Contains(err.Error(), vapidPrivate):
				t.Error("the error holds the private key")
			}
			if _, newErr := browser.New(cred, pns.Env{}); (newErr == nil) != (err == nil) {
				t.Errorf("New says %v, Check says %v", newErr, err)
			}
		})
	}
}
