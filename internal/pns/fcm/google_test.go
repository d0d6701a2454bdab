package fcm_test

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fanfare-hub/fanfare/internal/clock"
)

// google is Google's far side: the token endpoint, which looks at assertions,
// and messages:send, which answers as the test says.
type google struct {
	t     *testing.T
	clock clock.Clock
	send  http.HandlerFunc // nil: accepts

	mu     sync.Mutex
	tokens int      // given out: T1, T2, …
	got    []string // bodies of messages:send
}

func (g *google) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch strings.TrimSuffix(r.Host, ":443") + r.URL.Path {
	case "oauth2.googleapis.com/token":
		g.token(w, r)
	case "fcm.googleapis.com/v1/projects/demo-project/messages:send":
		g.message(w, r)
	default:
		g.t.Errorf("a request to %s%s", r.Host, r.URL.Path)
		http.NotFound(w, r)
	}
}

func (g *google) token(w http.ResponseWriter, r *http.Request) {
	if err := checkAssertion(r.PostFormValue("grant_type"), r.PostFormValue("assertion"), g.clock.Now()); err != nil {
		g.t.Errorf("assertion: %v", err)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.tokens++
	fmt.Fprintf(w, `{"access_token":"T%d","expires_in":3599,"token_type":"Bearer"}`, g.tokens)
}

func (g *google) message(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil || r.ProtoMajor != 2 || r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/json" {
		g.t.Errorf("%s over %s with %q: %v", r.Method, r.Proto, r.Header.Get("Content-Type"), err)
	}
	g.mu.Lock()
	g.got = append(g.got, string(body))
	g.mu.Unlock()
	if g.send != nil {
		r.Body = io.NopCloser(strings.NewReader(string(body)))
		g.send(w, r)
		return
	}
	io.WriteString(w, `{"name":"projects/demo-project/messages/1"}`)
}

func (g *google) counts() (tokens, sends int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.tokens, len(g.got)
}

// bodies are what messages:send got, in alphabetical order.
func (g *google) bodies() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Sorted(slices.Values(g.got))
}

// checkAssertion looks at a JWT as "OAuth 2.0 for server to server
// applications" says.
func checkAssertion(grant, jwt string, now time.Time) error {
	if grant != "urn:ietf:params:oauth:grant-type:jwt-bearer" {
		return fmt.Errorf("the grant type is %q", grant)
	}
	parts := strings.Split(jwt, ".")
	if len(parts) != 3 {
		return errors.New("not three parts")
	}
	var raw [3][]byte
	for i, p := range parts {
		var err error
		if raw[i], err = base64.RawURLEncoding.DecodeString(p); err != nil {
			return err
		}
	}
	if string(raw[0]) != `{"alg":"RS256","typ":"JWT"}` {
		return fmt.Errorf("the header is %s", raw[0])
	}
	digest := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	if err := rsa.VerifyPKCS1v15(&serviceKey().PublicKey, crypto.SHA256, digest[:], raw[2]); err != nil {
		return err
	}
	var claims map[string]any
	if err := json.Unmarshal(raw[1], &claims); err != nil {
		return err
	}
	issued, _ := claims["iat"].(float64)
	expires, _ := claims["exp"].(float64)
	at := float64(now.Unix())
	if issued > at || issued < at-60 || expires <= at || expires-issued > time.Hour.Seconds() {
		return fmt.Errorf("issued %v, expires %v", issued, expires)
	}
	for name, want := range map[string]string{
		"iss":   "push@demo-project.iam.gserviceaccount.com",
		"aud":   "https://oauth2.googleapis.com/token",
		"scope": "https://www.googleapis.com/auth/firebase.messaging",
	} {
		if claims[name] != want {
			return fmt.Errorf("%s is %v", name, claims[name])
		}
	}
	return nil
}
