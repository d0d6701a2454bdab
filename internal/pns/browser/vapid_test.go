package browser_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"math/big"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fanfare-hub/fanfare/internal/pns/browser"
	"github.com/fanfare-hub/fanfare/internal/pns/pnstest"
)

type claims struct {
	Aud string `json:"aud"`
	Exp int64  `json:"exp"`
	Sub string `json:"sub"`
}

// verifyVapid takes the credentials of RFC 8292 §3 apart and checks the
// signature with the key that comes with it.
func verifyVapid(t testing.TB, authorization string) (claims, string) {
	t.Helper()
	rest, ok := strings.CutPrefix(authorization, "vapid t=")
	token, key, two := strings.Cut(rest, ", k=")
	parts := strings.Split(token, ".")
	if !ok || !two || len(parts) != 3 {
		t.Fatalf("authorization %q", authorization)
	}
	if head := string(unb64(t, parts[0])); head != `{"typ":"JWT","alg":"ES256"}` {
		t.Errorf("header %s", head)
	}
	public, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), unb64(t, key))
	if err != nil {
		t.Fatal(err)
	}
	sum, sig := sha256.Sum256([]byte(parts[0]+"."+parts[1])), unb64(t, parts[2])
	if len(sig) != 64 || !ecdsa.Verify(public, sum[:], new(big.Int).SetBytes(sig[:32]), new(big.Int).SetBytes(sig[32:])) {
		t.Errorf("the signature of %q is not good", authorization)
	}
	var c claims
	if err := json.Unmarshal(unb64(t, parts[1]), &c); err != nil {
		t.Fatal(err)
	}
	return c, key
}

// TestRFC8292Example: §2.4 gives a token with its key, of which the private part
// is not published: our claims are those bytes, and the verifier that our own
// tokens are held against takes the example's.
func TestRFC8292Example(t *testing.T) {
	t.Parallel()
	const (
		signed    = "eyJ0eXAiOiJKV1QiLCJhbGciOiJFUzI1NiJ9.eyJhdWQiOiJodHRwczovL3B1c2guZXhhbXBsZS5uZXQiLCJleHAiOjE0NTM1MjM3NjgsInN1YiI6Im1haWx0bzpwdXNoQGV4YW1wbGUuY29tIn0"
		signature = "i3CYb7t4xfxCDquptFOepC9GAu_HLGkMlMuCGSK2rpiUfnK9ojFwDXb1JrErtmysazNjjvW2L9OkSSHzvoD1oA"
		key       = "BA1Hxzyi1RUM1b5wjxsn7nGxAszw2u61m164i3MrAIxHF6YK5h4SDYic-dRuU_RCPCfA5aq9ojSwk5Y2EmClBPs"
	)
	want := claims{Aud: "https://push.example.net", Exp: 1453523768, Sub: "mailto:push@example.com"}
	got, _ := verifyVapid(t, "vapid t="+signed+"."+signature+", k="+key)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("claims (-want +got):\n%s", diff)
	}
	ours, err := browser.SigningInput(want.Aud, want.Sub, time.Unix(want.Exp, 0))
	if err != nil || ours != signed {
		t.Errorf("signing input %s, %v; want %s", ours, err, signed)
	}
}

// notes is a far side that accepts everything and keeps the tokens it saw.
type notes struct {
	mu     sync.Mutex
	tokens []string
	status int
}

func (n *notes) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.tokens = append(n.tokens, r.Header.Get("Authorization"))
	w.WriteHeader(n.status)
}

func (n *notes) distinct() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	set := map[string]bool{}
	for _, t := range n.tokens {
		set[t] = true
	}
	return len(set)
}

func TestOneTokenForEachOrigin(t *testing.T) {
	t.Parallel()
	far := &notes{status: http.StatusCreated}
	c, clk := reach(t, far)
	b := batch("https://a.example/1", "https://A.Example:443/2", "https://a.example:8443/3", "https://b.example/4")
	pnstest.Send(t, c, b)
	audiences := map[string]int{}
	for _, token := range far.tokens {
		got, key := verifyVapid(t, token)
		audiences[got.Aud]++
		if key != vapidPublic || got.Sub != subject || got.Exp != clk.Now().Add(12*time.Hour).Unix() {
			t.Errorf("claims %+v, key %s", got, key)
		}
	}
	want := map[string]int{"https://a.example": 2, "https://a.example:8443": 1, "https://b.example": 1}
	if diff := cmp.Diff(want, audiences); diff != "" {
		t.Errorf("audiences (-want +got):\n%s", diff)
	}
	clk.Advance(11*time.Hour - time.Second)
	pnstest.Send(t, c, b)
	if n := far.distinct(); n != 3 {
		t.Errorf("%d tokens before the margin, want 3", n)
	}
	clk.Advance(time.Second)
	pnstest.Send(t, c, b)
	if n := far.distinct(); n != 6 {
		t.Errorf("%d tokens after it, want 6", n)
	}
}

func TestARefusedTokenIsReplacedOnce(t *testing.T) {
	t.Parallel()
	far := &notes{status: http.StatusForbidden}
	c, clk := reach(t, far)
	b := batch("https://a.example/1", "https://a.example/2")
	again := *b
	again.FreshToken = true
	pnstest.Send(t, c, b)
	pnstest.Send(t, c, &again)
	if n := far.distinct(); n != 1 {
		t.Errorf("%d tokens, though the first is not a minute old", n)
	}
	clk.Advance(time.Minute)
	pnstest.Send(t, c, &again)
	if n := far.distinct(); n != 2 {
		t.Errorf("%d tokens for any number of refusals, want 2", n)
	}
}

func TestTokensAreBounded(t *testing.T) {
	t.Parallel()
	c, _ := reach(t, http.NotFoundHandler())
	for i := range browser.MaxOrigins {
		if n := browser.Authorize(t, c, fmt.Sprint("https://push.example:", i)); n != i+1 {
			t.Fatalf("%d tokens are kept after %d origins", n, i+1)
		}
	}
	if n := browser.Authorize(t, c, "https://push.example:0"); n != browser.MaxOrigins {
		t.Errorf("%d tokens are kept after a known origin", n)
	}
	if n := browser.Authorize(t, c, "https://push.example:5000"); n != 1 {
		t.Errorf("%d tokens are kept after one origin more than may be", n)
	}
}
