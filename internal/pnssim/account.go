package pnssim

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"sync"
	"time"
)

// The identities that Google, Microsoft and Amazon know.
const (
	project    = "fanfare-simulated"
	account    = "push@fanfare-simulated.iam.gserviceaccount.com"
	reader     = "reader@fanfare-simulated.iam.gserviceaccount.com" // may not send
	former     = "former@fanfare-simulated.iam.gserviceaccount.com" // was deleted
	packageSID = "ms-app://S-1-15-2-1000000001-2000000002-3000000003-4000000004-5000000005-6000000006-7000000007"
	wnsSecret  = "simulated/secret+of=wns"
	admClient  = "amzn1.application-oa2-client.00000000000000000000000000000001"
	admSecret  = "simulated/secret+of=adm"
)

// accounts are what the services know, and keys that none of them does.
type accounts struct {
	apple                *appleAccounts
	google               *rsa.PrivateKey
	phone                *phoneApp
	phoneStranger        func() *phoneApp // made when it is asked for
	vapid, vapidStranger *ecdsa.PrivateKey
}

// The RSA keys are made once in a process, when they are asked for: each takes
// some 50 ms. The second is one that Google does not know.
var (
	googleKey         = sync.OnceValue(newRSAKey)
	googleStrangerKey = sync.OnceValue(newRSAKey)
)

func newRSAKey() *rsa.PrivateKey {
	k, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(fmt.Sprintf("pnssim: making a key: %v", err))
	}
	return k
}

func newAccounts(now time.Time) (*accounts, error) {
	a := &accounts{google: googleKey()}
	var err error
	if a.apple, err = newAppleAccounts(now); err != nil {
		return nil, err
	}
	if a.phone, err = newPhoneApp("phone.example.org", now); err != nil {
		return nil, err
	}
	a.phoneStranger = sync.OnceValue(func() *phoneApp {
		stranger, err := newPhoneApp("stranger.example.org", now)
		if err != nil {
			panic(fmt.Sprintf("pnssim: making a certificate: %v", err))
		}
		return stranger
	})
	for _, k := range []**ecdsa.PrivateKey{&a.vapid, &a.vapidStranger} {
		if *k, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
			return nil, err
		}
	}
	return a, nil
}

// FCMCredential is a service account that Google knows.
func (s *Sim) FCMCredential() map[string]string { return fcmCredential(account, s.accounts.google) }

// ForeignFCMCredential is well formed, with a key that Google does not know.
func (s *Sim) ForeignFCMCredential() map[string]string {
	return fcmCredential(account, googleStrangerKey())
}

// RevokedFCMCredential is a service account that was deleted.
func (s *Sim) RevokedFCMCredential() map[string]string {
	return fcmCredential(former, s.accounts.google)
}

// UnauthorizedFCMCredential is a service account that Google knows, and that
// may not send in its project.
func (s *Sim) UnauthorizedFCMCredential() map[string]string {
	return fcmCredential(reader, s.accounts.google)
}

func fcmCredential(email string, k *rsa.PrivateKey) map[string]string {
	text := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8(k)})
	return map[string]string{"ProjectId": project, "ClientEmail": email, "PrivateKey": string(text)}
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
