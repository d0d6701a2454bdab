package browser_test

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/hkdf"
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fanfare-hub/fanfare/internal/clock"
	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pns"
	"github.com/fanfare-hub/fanfare/internal/pns/browser"
	"github.com/fanfare-hub/fanfare/internal/pns/pnstest"
)

// reach returns a connector whose every host is served by h.
func reach(t *testing.T, h http.Handler) (pns.Connector, *clock.Fake) {
	t.Helper()
	env := pnstest.Start(t, h)
	return pnstest.Connect(t, browser.New, credential(), env), env.Clock.(*clock.Fake)
}

// batch is a message to the browser of RFC 8291 at each of the endpoints.
func batch(endpoints ...string) *pns.Batch {
	b := &pns.Batch{Message: &pns.Message{Kind: hub.Native, Body: []byte("hello"), ContentType: "application/json"}}
	for _, e := range endpoints {
		b.Targets = append(b.Targets, pns.Target{Handle: e, Browser: uaKeys})
	}
	return b
}

// open decrypts a body as the browser of RFC 8291 does.
func open(t testing.TB, body []byte) string {
	t.Helper()
	if len(body) < 86 || !bytes.Equal(body[16:21], []byte{0, 0, 16, 0, 65}) {
		t.Fatalf("a body of %d bytes, header %x", len(body), body[:min(len(body), 21)])
	}
	key, err := ecdh.P256().NewPrivateKey(unb64(t, uaPrivate))
	if err != nil {
		t.Fatal(err)
	}
	sender, err := ecdh.P256().NewPublicKey(body[21:86])
	if err != nil {
		t.Fatal(err)
	}
	shared, err := key.ECDH(sender)
	if err != nil {
		t.Fatal(err)
	}
	derive := func(secret, salt []byte, info string, n int) []byte {
		out, err := hkdf.Key(sha256.New, secret, salt, info, n)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	input := derive(shared, unb64(t, uaAuth), "WebPush: info\x00"+string(key.PublicKey().Bytes())+string(body[21:86]), 32)
	block, err := aes.NewCipher(derive(input, body[:16], "Content-Encoding: aes128gcm\x00", 16))
	if err != nil {
		t.Fatal(err)
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := gcm.Open(nil, derive(input, body[:16], "Content-Encoding: nonce\x00", 12), body[86:], nil)
	if err != nil {
		t.Fatal(err)
	}
	text, ok := strings.CutSuffix(string(plain), "\x02")
	if !ok {
		t.Fatalf("plaintext %q does not end as the last record does", plain)
	}
	return text
}

func TestSend(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var bodies [][]byte
	c, _ := reach(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || r.Method != http.MethodPost || r.ProtoMajor != 2 || r.URL.RequestURI() != "/wpush/v2/g%2bA?x=1" {
			t.Errorf("%s %s over %s: %v", r.Method, r.URL.RequestURI(), r.Proto, err)
		}
		for name, want := range map[string]string{
			"TTL": "60", "Urgency": "high", "Topic": "news", "Content-Encoding": "aes128gcm", "Content-Type": "application/octet-stream",
		} {
			if got := r.Header.Get(name); got != want {
				t.Errorf("%s: %q, want %q", name, got, want)
			}
		}
		verifyVapid(t, r.Header.Get("Authorization"))
		mu.Lock()
		bodies = append(bodies, body)
		mu.Unlock()
		w.Header().Set("Location", "https://updates.push.services.mozilla.com/m/1")
		w.WriteHeader(http.StatusCreated)
	}))
	const endpoint = "https://updates.push.services.mozilla.com/wpush/v2/g%2bA?x=1"
	b := batch(endpoint, endpoint)
	b.Message.Headers = headers("Topic", "news", "Ttl", "60", "Urgency", "high")
	want := pns.Result{Class: pns.OK, Outcome: hub.Success, Correlation: "https://updates.push.services.mozilla.com/m/1"}
	if diff := cmp.Diff([]pns.Result{want, want}, pnstest.Send(t, c, b)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if len(bodies) != 2 {
		t.Fatalf("%d requests", len(bodies))
	}
	for _, body := range bodies {
		if got := open(t, body); got != "hello" {
			t.Errorf("plaintext %q", got)
		}
	}
	if bytes.Equal(bodies[0][:16], bodies[1][:16]) || bytes.Equal(bodies[0][21:86], bodies[1][21:86]) {
		t.Error("two messages have one salt or one key")
	}
}

func TestTheLargestMessageIsOneOf4096Bytes(t *testing.T) {
	t.Parallel()
	c, _ := reach(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || len(body) != 4096 || len(open(t, body)) != 3993 {
			t.Errorf("%d bytes: %v", len(body), err)
		}
		w.WriteHeader(http.StatusCreated)
	}))
	b := batch("https://push.example/1")
	b.Message.Body = bytes.Repeat([]byte("x"), 3993)
	if r := pnstest.Send(t, c, b)[0]; r.Class != pns.OK {
		t.Errorf("%+v", r)
	}
	b.Message.Body = append(b.Message.Body, 'x')
	if r := pnstest.Send(t, c, b)[0]; r.Class != pns.Body || r.Outcome != hub.InvalidNotificationSize {
		t.Errorf("one byte more: %+v", r)
	}
}

func TestKeysThatAreNoneKeepTheHandle(t *testing.T) {
	t.Parallel()
	c, _ := reach(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a request") }))
	b := at("1", "2")
	b.Targets[0].Browser = nil
	b.Targets[1].Browser = &hub.BrowserKeys{P256DH: "BAAA", Auth: uaAuth}
	for i, r := range pnstest.Send(t, c, b) {
		if r.Class != pns.Body || r.Outcome != hub.BadChannel || r.Service || r.Reason == "" {
			t.Errorf("target %d: %+v", i, r)
		}
	}
}

// TestRequestsUnderWayAreBounded: 16 for each connection that Env allows, over
// all hosts.
func TestRequestsUnderWayAreBounded(t *testing.T) {
	t.Parallel()
	const conns, hosts, each = 2, 4, 20
	var mu sync.Mutex
	var now, most int
	full := make(chan struct{})
	env := pnstest.Start(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		mu.Lock()
		now++
		if most = max(most, now); most == 16*conns {
			select {
			case <-full:
			default:
				close(full)
			}
		}
		mu.Unlock()
		<-full
		mu.Lock()
		now--
		mu.Unlock()
		w.WriteHeader(http.StatusCreated)
	}))
	env.Conns = conns
	c := pnstest.Connect(t, browser.New, credential(), env)
	var all []string
	for i := range hosts * each {
		all = append(all, fmt.Sprintf("https://h%d.example/%d", i%hosts, i))
	}
	for i, r := range pnstest.Send(t, c, batch(all...)) {
		if r.Class != pns.OK {
			t.Errorf("target %d: %+v", i, r)
		}
	}
	if most != 16*conns {
		t.Errorf("%d requests at once, want %d", most, 16*conns)
	}
}

func TestTheEndOfTheContext(t *testing.T) {
	t.Parallel()
	arrived, release := make(chan struct{}), make(chan struct{})
	c, _ := reach(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		close(arrived)
		<-release
	}))
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-arrived
		cancel()
	}()
	results := make([]pns.Result, 1)
	c.Send(ctx, at("1"), results)
	close(release)
	if r := results[0]; r.Class != pns.Unknown || r.Outcome != hub.PnsUnreachable {
		t.Errorf("written, not answered: %+v", r)
	}
	c.Send(ctx, at("1"), results)
	if r := results[0]; r.Class != pns.Unsent || r.Service {
		t.Errorf("not written: %+v", r)
	}
}
