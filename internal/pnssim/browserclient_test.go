package pnssim_test

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/fanfare-hub/fanfare/internal/pnssim"
)

var b64 = base64.RawURLEncoding

func (f *fixture) unb64(text string) []byte {
	f.Helper()
	b, err := b64.DecodeString(text)
	if err != nil {
		f.Fatal(err)
	}
	return b
}

// subscribe makes a browser.
func (f *fixture) subscribe(host string) pnssim.Subscription {
	f.Helper()
	return f.must(f.sim.Subscribe(host))
}

func (f *fixture) subscribeAt(endpoint string) pnssim.Subscription {
	f.Helper()
	return f.must(f.sim.SubscribeAt(endpoint, ""))
}

func (f *fixture) must(sub pnssim.Subscription, err error) pnssim.Subscription {
	f.Helper()
	if err != nil {
		f.Fatal(err)
	}
	return sub
}

// vapid signs for an endpoint. Of change, sub, aud, exp and k are replaced.
func (f *fixture) vapid(cred map[string]string, endpoint string, change ...any) string {
	f.Helper()
	u, err := url.Parse(endpoint)
	if err != nil {
		f.Fatal(err)
	}
	claims := map[string]any{"aud": "https://" + u.Host, "exp": f.clock.Now().Add(time.Hour).Unix(), "sub": "mailto:push@example.com"}
	k, alg := cred["VapidPublicKey"], "ES256"
	for pair := range slices.Chunk(change, 2) {
		switch name := pair[0].(string); name {
		case "k":
			k = pair[1].(string)
		case "alg":
			alg = pair[1].(string)
		default:
			claims[name] = pair[1]
		}
	}
	key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), f.unb64(cred["VapidPrivateKey"]))
	if err != nil {
		f.Fatal(err)
	}
	return "vapid t=" + f.token(map[string]any{"typ": "JWT", "alg": alg}, claims, pkcs8Of(f, key)) + ", k=" + k
}

// sealer encrypts as RFC 8291 says, but for what a test changes.
type sealer struct {
	salt    []byte
	key     *ecdh.PrivateKey
	size    uint32
	padding string // after the plaintext
}

func (f *fixture) sealer() *sealer {
	f.Helper()
	key, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		f.Fatal(err)
	}
	salt := make([]byte, 16)
	rand.Read(salt)
	return &sealer{salt, key, 4096, "\x02"}
}

func (s *sealer) seal(f *fixture, text string, to pnssim.Subscription) string {
	f.Helper()
	public, err := ecdh.P256().NewPublicKey(f.unb64(to.P256DH))
	if err != nil {
		f.Fatal(err)
	}
	shared, err := s.key.ECDH(public)
	if err != nil {
		f.Fatal(err)
	}
	derive := func(secret, salt []byte, info string, n int) []byte {
		out, err := hkdf.Key(sha256.New, secret, salt, info, n)
		if err != nil {
			f.Fatal(err)
		}
		return out
	}
	own := string(s.key.PublicKey().Bytes())
	secret := derive(shared, f.unb64(to.Auth), "WebPush: info\x00"+string(public.Bytes())+own, 32)
	block, err := aes.NewCipher(derive(secret, s.salt, "Content-Encoding: aes128gcm\x00", 16))
	if err != nil {
		f.Fatal(err)
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		f.Fatal(err)
	}
	sealed := gcm.Seal(nil, derive(secret, s.salt, "Content-Encoding: nonce\x00", 12), []byte(text+s.padding), nil)
	return string(s.salt) + string(binary.BigEndian.AppendUint32(nil, s.size)) + "\x41" + own + string(sealed)
}

// webPush sends a push that is in order but for the headers given: NAME and
// value, where "-" takes NAME away.
func (f *fixture) webPush(sub pnssim.Subscription, text string, change ...string) (int, http.Header, string) {
	f.Helper()
	return f.webPushBody(sub.Endpoint, f.sealer().seal(f, text, sub), change...)
}

func (f *fixture) webPushBody(endpoint, body string, change ...string) (int, http.Header, string) {
	f.Helper()
	return f.post(endpoint, body, f.webPushHeaders(endpoint, change...)...)
}

func (f *fixture) webPushHeaders(endpoint string, change ...string) []string {
	f.Helper()
	h := map[string]string{
		"Authorization": f.vapid(f.sim.BrowserCredential(), endpoint), "TTL": "60",
		"Content-Encoding": "aes128gcm", "Content-Type": "application/octet-stream",
	}
	for pair := range slices.Chunk(change, 2) {
		if h[pair[0]] = pair[1]; pair[1] == "-" {
			delete(h, pair[0])
		}
	}
	var list []string
	for name, value := range h {
		list = append(list, name, value)
	}
	return list
}

func long(n int) string { return strings.Repeat("x", n) }
