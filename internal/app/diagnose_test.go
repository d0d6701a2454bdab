package app

import (
	"context"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/fanfare-hub/fanfare/internal/clock"
	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pns"
	"github.com/fanfare-hub/fanfare/internal/pnssim"
)

// services starts simulated push services, and an Env that leads to them.
func services(t *testing.T) (*pnssim.Sim, *clock.Fake, pns.Env) {
	t.Helper()
	now := clock.NewFake(time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC))
	sim, err := pnssim.Start(pnssim.Config{Clock: now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := sim.Close(); err != nil {
			t.Error(err)
		}
	})
	return sim, now, pns.Env{Clock: now, Dial: sim.Dial, Roots: sim.Roots()}
}

// with changes a copy of a credential.
func with(properties map[string]string, name, value string) map[string]string {
	p := maps.Clone(properties)
	p[name] = value
	return p
}

// Each trouble is named as what it is, and nothing reaches a device.
func TestDiagnose(t *testing.T) {
	t.Parallel()
	sim, _, env := services(t)
	sandbox := "api.sandbox.push.apple.com"
	for name, c := range map[string]struct {
		platform   hub.Platform
		properties map[string]string
		ok         bool
		says       []string
	}{
		"a good key":             {hub.APNs, sim.APNsCredential(), true, []string{"key SIMKEY0001 of team SIMTEAM001", "org.example.fanfare in production"}},
		"a key of the sandbox":   {hub.APNs, sim.SandboxAPNsCredential(), true, []string{"in the sandbox"}},
		"and in production":      {hub.APNs, with(sim.SandboxAPNsCredential(), "Endpoint", ""), false, []string{"is not for production", "403 BadEnvironmentKeyIdInToken"}},
		"a wrong .p8":            {hub.APNs, sim.ForeignAPNsCredential(), false, []string{"the .p8 file is not that of key SIMKEY0001", "403 InvalidProviderToken"}},
		"a wrong key id":         {hub.APNs, with(sim.APNsCredential(), "KeyId", "AAAAAAAAAA"), false, []string{"key AAAAAAAAAA of team SIMTEAM001", "403 InvalidProviderToken"}},
		"a wrong team":           {hub.APNs, with(sim.APNsCredential(), "AppId", "AAAAAAAAAA"), false, []string{"403 InvalidProviderToken"}},
		"another team's topic":   {hub.APNs, sim.ForeignTopicAPNsCredential(), false, []string{"does not open org.example.other", "400 TopicDisallowed"}},
		"a form that is wrong":   {hub.APNs, with(sim.APNsCredential(), "KeyId", "A"), false, []string{"the key id"}},
		"a good certificate":     {hub.APNs, sim.APNsCertificateCredential(), true, []string{"the certificate for org.example.fanfare in production"}},
		"one of the sandbox":     {hub.APNs, sim.SandboxAPNsCertificateCredential(), true, []string{"in the sandbox"}},
		"an expired certificate": {hub.APNs, sim.ExpiredAPNsCertificateCredential(), false, []string{"expired on 2026-11-24"}},
		"a revoked certificate":  {hub.APNs, sim.RevokedAPNsCertificateCredential(), false, []string{"does not take the certificate", "bad certificate"}},
		"not Apple's":            {hub.APNs, sim.ForeignAPNsCertificateCredential(), false, []string{"does not take the certificate", "unknown certificate authority"}},
		"not for pushing":        {hub.APNs, sim.SigningAPNsCertificateCredential(), false, []string{"not one for pushing", "403 BadCertificate"}},
		"both modes":             {hub.APNs, with(sim.APNsCertificateCredential(), "Token", "x"), false, []string{"both a certificate and a token key"}},
		"a stand-in that is not": {hub.APNs, with(sim.APNsCredential(), "Endpoint", "https://nobody.example"), false, []string{"neither took nor refused", "401"}},
		"the other alias":        {hub.APNs, with(sim.SandboxAPNsCredential(), "Endpoint", sandbox), true, []string{"in the sandbox"}},

		"a good account":             {hub.FCMV1, sim.FCMCredential(), true, []string{"push@fanfare-simulated.iam.gserviceaccount.com for the project fanfare-simulated"}},
		"a key of another's":         {hub.FCMV1, sim.ForeignFCMCredential(), false, []string{"does not take the service account push@", "invalid_grant: Invalid JWT Signature"}},
		"a revoked account":          {hub.FCMV1, sim.RevokedFCMCredential(), false, []string{"former@", "invalid_grant: Invalid grant: account not found"}},
		"no permission":              {hub.FCMV1, sim.UnauthorizedFCMCredential(), false, []string{"reader@", "may not send in the project fanfare-simulated", "403: PERMISSION_DENIED"}},
		"another's project":          {hub.FCMV1, with(sim.FCMCredential(), "ProjectId", "other"), false, []string{"may not send in the project other", "PERMISSION_DENIED"}},
		"no account at all":          {hub.FCMV1, map[string]string{}, false, []string{"ProjectId is missing"}},
		"a good app":                 {hub.WNS, sim.WNSCredential(), true, []string{"ms-app://S-1-15-2-1000000001"}},
		"a wrong secret":             {hub.WNS, sim.ForeignWNSCredential(), false, []string{"with this secret", "invalid_client"}},
		"a good client":              {hub.ADM, sim.ADMCredential(), true, []string{"amzn1.application-oa2-client"}},
		"a client's wrong secret":    {hub.ADM, sim.ForeignADMCredential(), false, []string{"with this secret", "invalid_client"}},
		"a good Baidu app":           {hub.Baidu, sim.BaiduCredential(), true, []string{"Baidu takes the API key"}},
		"its older interface":        {hub.Baidu, with(sim.BaiduCredential(), "BaiduEndPoint", "https://channel.api.duapp.com/rest/2.0/channel/channel"), true, []string{"Baidu takes the API key"}},
		"a wrong secret of Baidu's":  {hub.Baidu, sim.ForeignBaiduCredential(), false, []string{"copy both again", "30603"}},
		"a good Xiaomi app":          {hub.Xiaomi, sim.XiaomiCredential(), true, []string{"Xiaomi takes the app secret"}},
		"a wrong secret of Xiaomi's": {hub.Xiaomi, sim.ForeignXiaomiCredential(), false, []string{"copy it again", "22008"}},
		"a browser's, unchecked":     {hub.Browser, sim.BrowserCredential(), true, []string{"this service offers no check"}},
		"a phone app, unchecked":     {hub.MPNS, sim.MPNSCredential(), true, []string{"the form is in order; this service offers no check"}},
		"a platform without its own": {hub.GCM, map[string]string{"GoogleApiKey": "x"}, true, []string{"not used", "the credential of fcmv1"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			certificate := c.properties["ApnsCertificate"] + c.properties["MpnsCertificate"]
			d := Diagnose(t.Context(), hub.Credential{Platform: c.platform, Properties: c.properties}, env)
			if d.OK != c.ok || d.NotAfter.IsZero() != (certificate == "" || c.properties["Token"] != "") {
				t.Errorf("%+v", d)
			}
			for _, text := range c.says {
				if !strings.Contains(d.Sentence, text) {
					t.Errorf("%q, want …%s…", d.Sentence, text)
				}
			}
			for _, secret := range []string{"Token", "CertificateKey", "PrivateKey", "SecretKey", "ClientSecret", "BaiduSecretKey", "appSecret"} {
				if s := c.properties[secret]; len(s) > 3 && strings.Contains(d.Sentence, s) {
					t.Errorf("it holds %s", secret)
				}
			}
			if got := sim.Everything(); len(got) != 0 {
				t.Errorf("%d devices got something", len(got))
			}
		})
	}
}

// A service that is down says nothing of the credential.
func TestDiagnoseWithoutTheService(t *testing.T) {
	t.Parallel()
	sim, _, env := services(t)
	for p, c := range map[hub.Platform]struct {
		service    pnssim.Service
		properties map[string]string
		says       string
	}{
		hub.APNs:  {pnssim.APNs, sim.APNsCredential(), "APNs could not be asked"},
		hub.FCMV1: {pnssim.FCM, sim.FCMCredential(), "it could not be checked, see whether this machine may connect to it: getting an access token: the token endpoint could not be reached"},
		hub.WNS:   {pnssim.WNS, sim.WNSCredential(), "it could not be checked"},
	} {
		sim.StopService(c.service)
		if d := Diagnose(t.Context(), hub.Credential{Platform: p, Properties: c.properties}, env); d.OK || !strings.HasPrefix(d.Sentence, c.says) {
			t.Errorf("%s: %+v", p, d)
		}
	}
}

// silent is a connector that cannot try its credential.
type silent struct{}

func (silent) Send(context.Context, *pns.Batch, []pns.Result) {}
func (silent) Close()                                         {}

func TestDiagnoseWithoutAProbe(t *testing.T) {
	t.Parallel()
	if d := probe(t.Context(), silent{}); !d.OK || d.Sentence != "the form is in order; this service offers no check, the first send shows whether it is taken" {
		t.Errorf("%+v", d)
	}
}
