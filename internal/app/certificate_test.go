package app

import (
	"strings"
	"testing"
	"time"

	"github.com/fanfare-hub/fanfare/internal/hub"
)

func TestCertificateWarnings(t *testing.T) {
	t.Parallel()
	sim, now, _ := services(t)
	cred := hub.Credential{Platform: hub.APNs, Properties: sim.APNsCertificateCredential()}
	until := now.Now().AddDate(0, 6, 0) // 2027-05-25
	for name, c := range map[string]struct {
		before time.Duration
		want   string // "": nothing
	}{
		"half a year":      {181 * day, ""},
		"31 days":          {31 * day, ""},
		"just over 30":     {30*day + time.Second, ""},
		"30 days":          {30 * day, "expires on 2027-05-25, within 30 days"},
		"just over 7":      {7*day + time.Second, "expires on 2027-05-25, within 30 days"},
		"7 days":           {7 * day, "expires on 2027-05-25, within 7 days"},
		"just over a day":  {day + time.Second, "expires on 2027-05-25, within 7 days"},
		"a day":            {day, "expires on 2027-05-25, within a day"},
		"a minute":         {time.Minute, "expires on 2027-05-25, within a day"},
		"the last instant": {0, "expires on 2027-05-25, within a day"},
		"over":             {-time.Second, "expired on 2027-05-25: nothing is sent"},
	} {
		got := certificateWarnings(until.Add(-c.before), cred)
		switch {
		case c.want == "" && len(got) != 0:
			t.Errorf("%s: %q, want nothing", name, got)
		case c.want != "" && (len(got) != 1 || !strings.Contains(got[0], c.want)):
			t.Errorf("%s: %q, want …%s…", name, got, c.want)
		}
	}
}

func TestCertificateWarningsOfOthers(t *testing.T) {
	t.Parallel()
	sim, now, _ := services(t)
	expired := sim.ExpiredAPNsCertificateCredential()
	for name, c := range map[string]struct {
		platform   hub.Platform
		properties map[string]string
		want       int
	}{
		"a token key":      {hub.APNs, sim.APNsCredential(), 0},
		"FCM":              {hub.FCMV1, sim.FCMCredential(), 0},
		"not readable":     {hub.APNs, with(expired, "CertificateKey", "x"), 0},
		"expired":          {hub.APNs, expired, 1},
		"expired, at MPNS": {hub.MPNS, map[string]string{"MpnsCertificate": expired["ApnsCertificate"], "CertificateKey": expired["CertificateKey"]}, 1},
	} {
		if got := certificateWarnings(now.Now(), hub.Credential{Platform: c.platform, Properties: c.properties}); len(got) != c.want {
			t.Errorf("%s: %q", name, got)
		}
	}
}
