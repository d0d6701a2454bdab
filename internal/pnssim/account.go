package pnssim

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"sync"
)

// The identities that Google, Microsoft and Amazon know.
const (
	project    = "fanfare-simulated"
	account    = "push@fanfare-simulated.iam.gserviceaccount.com"
	packageSID = "ms-app://S-1-15-2-1000000001-2000000002-3000000003-4000000004-5000000005-6000000006-7000000007"
	wnsSecret  = "simulated/secret+of=wns"
	admClient  = "amzn1.application-oa2-client.00000000000000000000000000000001"
	admSecret  = "simulated/secret+of=adm"
)

// appleKey is a signing key that APNs knows.
type appleKey struct {
	id, team, bundle string
	sandboxOnly      bool
	key              *ecdsa.PrivateKey
}

// accounts are what the services know, and keys that none of them does.
type accounts struct {
	apple, appleOther, appleSandbox, appleStranger *appleKey
	google, stranger                               *rsa.PrivateKey
	phone, phoneStranger                           *phoneApp
}

// rsaKeys are made once in a process: each takes some 50 ms.
var rsaKeys = sync.OnceValues(func() ([2]*rsa.PrivateKey, error) {
	var pair [2]*rsa.PrivateKey
	for i := range pair {
		k, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			return pair, err
		}
		pair[i] = k
	}
	return pair, nil
})

func newAccounts() (*accounts, error) {
	pair, err := rsaKeys()
	if err != nil {
		return nil, err
	}
	a := &accounts{
		apple:         &appleKey{id: "SIMKEY0001", team: "SIMTEAM001", bundle: "org.example.fanfare"},
		appleOther:    &appleKey{id: "SIMKEY0002", team: "SIMTEAM002", bundle: "org.example.other"},
		appleSandbox:  &appleKey{id: "SIMKEY0003", team: "SIMTEAM001", bundle: "org.example.fanfare", sandboxOnly: true},
		appleStranger: &appleKey{id: "SIMKEY0001", team: "SIMTEAM001", bundle: "org.example.fanfare"},
		google:        pair[0], stranger: pair[1],
	}
	if a.phone, err = newPhoneApp("phone.example.org"); err != nil {
		return nil, err
	}
	if a.phoneStranger, err = newPhoneApp("stranger.example.org"); err != nil {
		return nil, err
	}
	for _, k := range []*appleKey{a.apple, a.appleOther, a.appleSandbox, a.appleStranger} {
		if k.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
			return nil, err
		}
	}
	return a, nil
}

// appleKey returns the key of an id; nil is none that APNs knows.
func (a *accounts) appleKey(id any) *appleKey {
	for _, k := range []*appleKey{a.apple, a.appleOther, a.appleSandbox} {
		if k.id == id {
			return k
		}
	}
	return nil
}

// APNsCredential is an account that APNs knows, under Azure's property names.
func (s *Sim) APNsCredential() map[string]string { return s.accounts.apple.credential() }

// OtherAPNsCredential is another team's, with another app. A connection to APNs
// serves one team.
func (s *Sim) OtherAPNsCredential() map[string]string { return s.accounts.appleOther.credential() }

// SandboxAPNsCredential is the first team's, with a key for the sandbox alone.
func (s *Sim) SandboxAPNsCredential() map[string]string { return s.accounts.appleSandbox.credential() }

// ForeignAPNsCredential is well formed, with a key that APNs does not know.
func (s *Sim) ForeignAPNsCredential() map[string]string { return s.accounts.appleStranger.credential() }

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

// FCMCredential is a service account that Google knows.
func (s *Sim) FCMCredential() map[string]string { return fcmCredential(s.accounts.google) }

// ForeignFCMCredential is well formed, with a key that Google does not know.
func (s *Sim) ForeignFCMCredential() map[string]string { return fcmCredential(s.accounts.stranger) }

func fcmCredential(k *rsa.PrivateKey) map[string]string {
	text := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8(k)})
	return map[string]string{"ProjectId": project, "ClientEmail": account, "PrivateKey": string(text)}
}

// WNSCredential is an app that WNS knows.
func (s *Sim) WNSCredential() map[string]string {
	return map[string]string{"PackageSid": packageSID, "SecretKey": wnsSecret}
}

// ForeignWNSCredential is an app with a secret that WNS does not know.
func (s *Sim) ForeignWNSCredential() map[string]string {
	return map[string]string{"PackageSid": packageSID, "SecretKey": "another secret"}
}

// ADMCredential is an app that Amazon knows.
func (s *Sim) ADMCredential() map[string]string {
	return map[string]string{"ClientId": admClient, "ClientSecret": admSecret}
}

// ForeignADMCredential is an app with a secret that Amazon does not know.
func (s *Sim) ForeignADMCredential() map[string]string {
	return map[string]string{"ClientId": admClient, "ClientSecret": "another secret"}
}

func pkcs8(k any) []byte {
	der, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		panic(fmt.Sprintf("pnssim: a key that was made here: %v", err))
	}
	return der
}
