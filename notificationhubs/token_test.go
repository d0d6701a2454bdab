package notificationhubs_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fanfare-hub/fanfare/internal/wire"
	nh "github.com/fanfare-hub/fanfare/notificationhubs"
)

// tokens collects the tokens of requests, in order.
type tokens struct {
	mu  sync.Mutex
	all []string
}

func (s *tokens) answer(_ int, r *http.Request) (*http.Response, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all = append(s.all, r.Header.Get("Authorization"))
	return respond(http.StatusCreated, "")
}

func TestToken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var s tokens
		client, _ := fake(t, nh.ClientOptions{}, s.answer)
		if err := send(t.Context(), client); err != nil {
			t.Fatal(err)
		}
		token, err := wire.ParseSAS(s.all[0])
		if err != nil {
			t.Fatal(err)
		}
		if token.Resource != "https://hub.example/myhub" || token.KeyName != "Full" || !token.SignedBy(key) || !token.Expiry.Equal(time.Now().Add(time.Hour)) {
			t.Errorf("%v", token)
		}
		if strings.Contains(s.all[0], key) {
			t.Error("the token shows the key")
		}
	})
}

// A token serves until a fifth of its life is left.
func TestTokenIsKeptUntilNearExpiry(t *testing.T) {
	t.Parallel()
	for life, c := range map[time.Duration]struct{ option, kept time.Duration }{
		time.Hour:        {0, 48 * time.Minute},
		10 * time.Minute: {10 * time.Minute, 8 * time.Minute},
	} {
		synctest.Test(t, func(t *testing.T) {
			var s tokens
			client, _ := fake(t, nh.ClientOptions{TokenLife: c.option}, s.answer)
			began := time.Now()
			for _, at := range []time.Duration{0, c.kept - time.Second, c.kept, c.kept + time.Second} {
				<-time.After(time.Until(began.Add(at)))
				if err := send(t.Context(), client); err != nil {
					t.Fatal(err)
				}
			}
			if s.all[0] != s.all[1] || s.all[1] == s.all[2] || s.all[2] != s.all[3] {
				t.Errorf("life %v: %q", life, s.all)
			}
		})
	}
}

// Many callers share one token.
func TestTokenIsShared(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var s tokens
		client, _ := fake(t, nh.ClientOptions{}, s.answer)
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() {
				if err := send(t.Context(), client); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		for _, token := range s.all {
			if len(s.all) != 20 || token != s.all[0] {
				t.Fatalf("%d requests, with other tokens than one", len(s.all))
			}
		}
	})
}
