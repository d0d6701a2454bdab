package pnssim

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"maps"
	"sync"
	"time"
)

// appleBundle is the app of the first team.
const appleBundle = "org.example.fanfare"

// appleKey is a signing key that APNs knows.
type appleKey struct {
	id, team, bundle string
	sandboxOnly      bool
	key              *ecdsa.PrivateKey
}

// appleAccounts are the keys and certificates of those who push to APNs.
type appleAccounts struct {
	key, other, sandbox, stranger *appleKey
	authority                     *appleAuthority
	// certificates are credentials by name. They are made when one is asked for:
	// that takes longer than all the rest of a Start.
	certificates func() map[string]map[string]string
}

// The certificates' names.
const (
	goodCertificate    = "good"
	sandboxCertificate = "sandbox"
	expiredCertificate = "expired"
	revokedCertificate = "revoked"
	signingCertificate = "signing"
	foreignCertificate = "foreign"
)

func newAppleAccounts(now time.Time) (*appleAccounts, error) {
	a := &appleAccounts{
		key:      &appleKey{id: "SIMKEY0001", team: "SIMTEAM001", bundle: appleBundle},
		other:    &appleKey{id: "SIMKEY0002", team: "SIMTEAM002", bundle: "org.example.other"},
		sandbox:  &appleKey{id: "SIMKEY0003", team: "SIMTEAM001", bundle: appleBundle, sandboxOnly: true},
		stranger: &appleKey{id: "SIMKEY0001", team: "SIMTEAM001", bundle: appleBundle},
	}
	var err error
	for _, k := range []*appleKey{a.key, a.other, a.sandbox, a.stranger} {
		if k.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
			return nil, err
		}
	}
	if a.authority, err = newAppleAuthority(now); err != nil {
		return nil, err
	}
	nobodys, err := newAppleAuthority(now)
	if err != nil {
		return nil, err
	}
	a.certificates = sync.OnceValue(func() map[string]map[string]string { return certify(a.authority, nobodys, now) })
	return a, nil
}

// certify makes the certificates: each is valid for a year, of which half has
// passed, or all.
func certify(apple, nobody *appleAuthority, now time.Time) map[string]map[string]string {
	good := appleCert{name: "Apple Push Services", serial: serialGood, extensions: universal, until: now.AddDate(0, 6, 0)}
	expired, revoked, sandbox, signing := good, good, good, good
	expired.serial, expired.until = serialExpired, now.AddDate(0, 0, -1)
	revoked.serial = serialRevoked
	sandbox.serial, sandbox.name, sandbox.extensions, sandbox.sandbox = serialSandbox, "Apple Development IOS Push Services", universal[:1], true
	signing.serial, signing.name, signing.extensions = serialSigning, "Apple Distribution", nil
	return map[string]map[string]string{
		goodCertificate: apple.credential(good), expiredCertificate: apple.credential(expired), revokedCertificate: apple.credential(revoked),
		sandboxCertificate: apple.credential(sandbox), signingCertificate: apple.credential(signing), foreignCertificate: nobody.credential(good),
	}
}

// keyOf returns the key of an id; nil is none that APNs knows.
func (a *appleAccounts) keyOf(id any) *appleKey {
	for _, k := range []*appleKey{a.key, a.other, a.sandbox} {
		if k.id == id {
			return k
		}
	}
	return nil
}

// APNsCredential is an account that APNs knows, under Azure's property names.
func (s *Sim) APNsCredential() map[string]string { return s.accounts.apple.key.credential() }

// OtherAPNsCredential is another team's, with another app. A connection to APNs
// serves one team.
func (s *Sim) OtherAPNsCredential() map[string]string { return s.accounts.apple.other.credential() }

// SandboxAPNsCredential is the first team's, with a key for the sandbox alone.
func (s *Sim) SandboxAPNsCredential() map[string]string { return s.accounts.apple.sandbox.credential() }

// ForeignAPNsCredential is well formed, with a key that APNs does not know.
func (s *Sim) ForeignAPNsCredential() map[string]string {
	return s.accounts.apple.stranger.credential()
}

// ForeignTopicAPNsCredential is the first team's key with the other team's app.
func (s *Sim) ForeignTopicAPNsCredential() map[string]string {
	c := s.accounts.apple.key.credential()
	c["AppName"] = s.accounts.apple.other.bundle
	return c
}

// APNsCertificateCredential is a certificate of APNsCredential's app, for both
// environments and three topics.
func (s *Sim) APNsCertificateCredential() map[string]string { return s.certificate(goodCertificate) }

// SandboxAPNsCertificateCredential is one for the sandbox and the app alone.
func (s *Sim) SandboxAPNsCertificateCredential() map[string]string {
	return s.certificate(sandboxCertificate)
}

// ExpiredAPNsCertificateCredential is one that expired a day before Start.
func (s *Sim) ExpiredAPNsCertificateCredential() map[string]string {
	return s.certificate(expiredCertificate)
}

// RevokedAPNsCertificateCredential is one that APNs takes no more.
func (s *Sim) RevokedAPNsCertificateCredential() map[string]string {
	return s.certificate(revokedCertificate)
}

// SigningAPNsCertificateCredential is Apple's, but for signing apps.
func (s *Sim) SigningAPNsCertificateCredential() map[string]string {
	return s.certificate(signingCertificate)
}

// ForeignAPNsCertificateCredential is well formed, of an authority that APNs
// does not know.
func (s *Sim) ForeignAPNsCertificateCredential() map[string]string {
	return s.certificate(foreignCertificate)
}

func (s *Sim) certificate(name string) map[string]string {
	return maps.Clone(s.accounts.apple.certificates()[name])
}

func (k *appleKey) credential() map[string]string {
	host := "api.push.apple.com"
	if k.sandboxOnly {
		host = "api.sandbox.push.apple.com"
	}
	return map[string]string{
		"Token": base64.StdEncoding.EncodeToString(pkcs8(k.key)), "KeyId": k.id, "AppId": k.team,
		"AppName": k.bundle, "Endpoint": "https://" + host + ":443/3/device",
	}
}
