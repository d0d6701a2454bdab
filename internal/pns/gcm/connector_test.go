package gcm_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pns"
	"github.com/fanfare-hub/fanfare/internal/pns/gcm"
	"github.com/fanfare-hub/fanfare/internal/pns/pnstest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// key is a service account's, made once: it takes a while.
var key = sync.OnceValue(func() string {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return base64.StdEncoding.EncodeToString(x509.MarshalPKCS1PrivateKey(key))
})

func credential() hub.Credential {
	return hub.Credential{Platform: hub.FCMV1, Version: 1, Properties: map[string]string{
		"ProjectId": "demo-project", "ClientEmail": "push@example.com", "PrivateKey": key(),
	}}
}

// google accepts everything and keeps the bodies of messages:send.
type google struct {
	mu  sync.Mutex
	got []string
}

func (g *google) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/token" {
		io.WriteString(w, `{"access_token":"T","expires_in":3599}`)
		return
	}
	body, _ := io.ReadAll(r.Body)
	g.mu.Lock()
	g.got = append(g.got, string(body))
	g.mu.Unlock()
	io.WriteString(w, `{"name":"n"}`)
}

func send(t *testing.T, g *google, body string) pns.Result {
	t.Helper()
	c, err := gcm.New(credential(), pnstest.Start(t, g))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	message := &pns.Message{Body: []byte(body)}
	var results [1]pns.Result
	c.Send(t.Context(), &pns.Batch{Message: message, Targets: []pns.Target{{Handle: "dev-1"}}}, results[:])
	if string(message.Body) != body {
		t.Error("the caller's message was changed")
	}
	return results[0]
}

func TestALegacyPayloadGoesOutAsV1(t *testing.T) {
	t.Parallel()
	g := &google{}
	if r := send(t, g, `{"data":{"score":3},"to":"somebody else","time_to_live":60}`); r.Class != pns.OK || r.Correlation != "n" {
		t.Errorf("result %+v", r)
	}
	want := []string{`{"message":{"token":"dev-1","android":{"ttl":"60s"},"data":{"score":"3"}}}`}
	if diff := cmp.Diff(want, g.got); diff != "" {
		t.Errorf("bodies (-want +got):\n%s", diff)
	}
}

func TestWhatCannotBeTranslatedIsNotSent(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]hub.Outcome{
		`{"data":{"from":"x"}}`:                              hub.InvalidNotificationFormat,
		`{"data":{"k":"` + strings.Repeat("x", 5000) + `"}}`: hub.InvalidNotificationSize,
	} {
		g := &google{}
		if r := send(t, g, body); r.Class != pns.Body || r.Outcome != want || r.Reason == "" {
			t.Errorf("result %+v, want %v", r, want)
		}
		if len(g.got) != 0 {
			t.Errorf("%d messages were sent", len(g.got))
		}
	}
}

// A legacy server key opens nothing: it is kept, and delivers nothing.
func TestTheCredentialIsFCMsV1(t *testing.T) {
	t.Parallel()
	legacy := hub.Credential{Platform: hub.GCM, Properties: map[string]string{"GoogleApiKey": "AIza-hunter2"}}
	_, err := gcm.New(legacy, pns.Env{})
	if err == nil || !strings.Contains(err.Error(), "ProjectId is missing") || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("error %v", err)
	}
	for _, c := range []struct{ key, endpoint, want string }{
		{"k", "", ""},
		{"k", "https://android.googleapis.com/gcm/send", ""},
		{" ", "", "GcmCredential: GoogleApiKey is missing"},
		{"k", "android.googleapis.com", "GcmCredential: GcmEndpoint is not an absolute URI"},
	} {
		err := gcm.Check(hub.Credential{Platform: hub.GCM, Properties: map[string]string{"GoogleApiKey": c.key, "GcmEndpoint": c.endpoint}})
		if got := fmt.Sprint(err); got != c.want && (err != nil || c.want != "") {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

// The credential is FCM v1's, and so is the way to try it: a message that is
// not to be sent.
func TestProbe(t *testing.T) {
	t.Parallel()
	g := &google{}
	c, err := gcm.New(credential(), pnstest.Start(t, g))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if d := c.(pns.Prober).Probe(t.Context()); !d.OK || !strings.Contains(d.Sentence, "push@example.com") {
		t.Errorf("%+v", d)
	}
	if want := []string{`{"validate_only":true,"message":{"token":"fanfare-credential-check"}}`}; !cmp.Equal(g.got, want) {
		t.Errorf("FCM got %q, want %q", g.got, want)
	}
}
