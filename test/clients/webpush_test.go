package clients_test

import (
	"crypto/ecdh"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pns"
	"github.com/fanfare-hub/fanfare/internal/pns/browser"
	"github.com/fanfare-hub/fanfare/internal/pns/pnstest"
)

var b64 = base64.RawURLEncoding.EncodeToString

// request is a push as a push service gets it.
type request struct {
	Authorization string `json:"authorization"`
	Body          string `json:"body"`
}

// seen is what a foreign reader makes of it.
type seen struct {
	Claims struct {
		Aud string `json:"aud"`
		Exp int64  `json:"exp"`
		Sub string `json:"sub"`
	} `json:"claims"`
	Plaintext string `json:"plaintext"`
}

// TestWebPushIsReadByOthers sends messages through the connector, and has them
// decrypted by http_ece and their tokens verified by Node's crypto.
func TestWebPushIsReadByOthers(t *testing.T) {
	t.Parallel()
	largest := make([]byte, 3993)
	rand.Read(largest)
	messages := [][]byte{nil, []byte("x"), []byte(`{"title":"Grüße, 🌍"}`), largest, []byte("ends in zeros\x00\x00"), []byte("\x02")}
	key := generate(t)
	auth := make([]byte, 16)
	rand.Read(auth)
	vapid := generate(t)
	requests := push(t, vapid, &hub.BrowserKeys{P256DH: b64(key.PublicKey().Bytes()), Auth: b64(auth)}, messages)
	for i, got := range read(t, key, auth, requests) {
		if got.Plaintext != b64(messages[i]) {
			t.Errorf("message %d: %d bytes were sent, %d characters of base64url were read: %.60q", i, len(messages[i]), len(got.Plaintext), got.Plaintext)
		}
		c := got.Claims
		if life := time.Unix(c.Exp, 0).Sub(pnstest.Now); c.Aud != "https://push.example" || c.Sub != "mailto:push@example.com" || life <= 0 || life > 24*time.Hour {
			t.Errorf("message %d: claims %+v", i, c)
		}
	}
}

func generate(t *testing.T) *ecdh.PrivateKey {
	t.Helper()
	key, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// push sends each message through the connector, and returns what arrived.
func push(t *testing.T, vapid *ecdh.PrivateKey, to *hub.BrowserKeys, messages [][]byte) []request {
	t.Helper()
	var mu sync.Mutex
	var got []request
	env := pnstest.Start(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		mu.Lock()
		got = append(got, request{r.Header.Get("Authorization"), b64(body)})
		mu.Unlock()
		w.WriteHeader(http.StatusCreated)
	}))
	c, err := browser.New(hub.Credential{Platform: hub.Browser, Properties: map[string]string{
		"Subject": "mailto:push@example.com", "VapidPublicKey": b64(vapid.PublicKey().Bytes()), "VapidPrivateKey": b64(vapid.Bytes()),
	}}, env)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for _, m := range messages {
		results := make([]pns.Result, 1)
		c.Send(t.Context(), &pns.Batch{
			Message: &pns.Message{Kind: hub.Native, Body: m}, Targets: []pns.Target{{Handle: "https://push.example/1", Browser: to}},
		}, results)
		if results[0].Class != pns.OK {
			t.Fatalf("%+v", results[0])
		}
	}
	return got
}

// read hands requests to webpush/read.mjs.
func read(t *testing.T, key *ecdh.PrivateKey, auth []byte, requests []request) []seen {
	t.Helper()
	input, err := json.Marshal(map[string]any{"privateKey": b64(key.Bytes()), "auth": b64(auth), "requests": requests})
	if err != nil {
		t.Fatal(err)
	}
	var all []seen
	if err := json.Unmarshal(run(t, command{dir: install(t, "webpush"), input: input}, "node", "read.mjs"), &all); err != nil {
		t.Fatal(err)
	}
	if len(all) != len(requests) {
		t.Fatalf("%d of %d messages were read", len(all), len(requests))
	}
	return all
}
