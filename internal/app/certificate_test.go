package app

import (
	"testing"

	"github.com/fanfare-hub/fanfare/internal/hub"
)

func TestCertificateOf(t *testing.T) {
	t.Parallel()
	sim, now, _ := services(t)
	expired := sim.ExpiredAPNsCertificateCredential()
	for name, c := range map[string]struct {
		platform   hub.Platform
		properties map[string]string
		want       bool
	}{
		"a token key":    {hub.APNs, sim.APNsCredential(), false},
		"FCM":            {hub.FCMV1, sim.FCMCredential(), false},
		"not readable":   {hub.APNs, with(expired, "CertificateKey", "x"), false},
		"a certificate":  {hub.APNs, expired, true},
		"one of a phone": {hub.MPNS, map[string]string{"MpnsCertificate": expired["ApnsCertificate"], "CertificateKey": expired["CertificateKey"]}, true},
	} {
		got := certificateOf(hub.Credential{Platform: c.platform, Properties: c.properties})
		if (got != nil) != c.want || c.want && !got.NotAfter.Before(now.Now()) {
			t.Errorf("%s: %v", name, got)
		}
	}
}
