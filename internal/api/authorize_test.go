package api_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/fanfare-hub/fanfare/internal/api"
	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/store"
	"github.com/fanfare-hub/fanfare/internal/wire"
)

// watched counts what is read of rules.
type watched struct {
	store.Store
	views, rules int
}

func (w *watched) View(ctx context.Context, fn func(store.Reader) error) error {
	w.views++
	return w.Store.View(ctx, func(r store.Reader) error { return fn(watchedReader{r, w}) })
}

type watchedReader struct {
	store.Reader
	w *watched
}

func (r watchedReader) NamespaceRules() ([]hub.Rule, error) {
	return r.count(r.Reader.NamespaceRules())
}

func (r watchedReader) RulesNamed(name string, limit int) ([]hub.Rule, error) {
	return r.count(r.Reader.RulesNamed(name, limit))
}

func (r watchedReader) ListHubs() ([]hub.Hub, error) {
	all, err := r.Reader.ListHubs()
	for _, h := range all {
		r.w.rules += len(h.Rules)
	}
	return all, err
}

func (r watchedReader) count(rules []hub.Rule, err error) ([]hub.Rule, error) {
	r.w.rules += len(rules)
	return rules, err
}

// Whoever asks for a hub that does not exist makes little work, however many
// hubs there are, and none at all with a token that cannot hold.
func TestUnknownHubIsCheap(t *testing.T) {
	t.Parallel()
	var w *watched
	f := setupWith(t, func(c *api.Config) {
		w = &watched{Store: c.Store}
		c.Store = w
	})
	key := func(i int) string { return fmt.Sprintf("key of hub %d", i) }
	const hubs = 100
	f.update(func(tx store.Tx) error {
		for i := range hubs {
			h := hub.Hub{Name: fmt.Sprint("hub", i), CreatedAt: now, UpdatedAt: now, Rules: []hub.Rule{
				{Name: "Default", Rights: hub.Listen, PrimaryKey: key(i)}, {Name: "Other", Rights: hub.Send, PrimaryKey: key(i)},
			}}
			if err := tx.PutHub(&h); err != nil {
				return err
			}
		}
		return nil
	})
	const (
		noService = "No service is hosted at the specified address."
		signature = "InvalidSignature: The token has an invalid signature."
		// The namespace's rule, and one of each of 64 hubs.
		most = 1 + 64
	)
	for name, c := range map[string]struct {
		token    string
		status   int
		sentence string
		views    int
		rules    int
	}{
		"none":                 {"", 401, "MissingToken: The request has no Authorization header.", 0, 0},
		"no token":             {"Bearer x", 401, "MalformedToken: The Authorization header does not begin with SharedAccessSignature.", 0, 0},
		"expired":              {wire.SignSAS("https://"+host+"/", "Default", key(0), now.Add(-time.Hour)), 401, "ExpiredToken: The token is expired.", 0, 0},
		"of another namespace": {wire.SignSAS("https://other.example/", "Default", key(0), now.Add(time.Hour)), 401, "InvalidAudience: The authorization header contains a token with a wrong audience.", 0, 0},
		"of nobody's rule":     {f.tokenOf("Nobody", key(0)), 401, signature, 1, 1},
		"forged":               {f.tokenOf("default", "forged"), 401, signature, 1, most},
		"of another hub":       {f.tokenOf("Default", key(63)), 404, noService, 1, most},
		"of one too many":      {f.tokenOf("Default", key(64)), 401, signature, 1, most},
		"of the namespace":     {f.tokenOf("Root", namespaceKey), 404, noService, 1, 1},
	} {
		w.views, w.rules = 0, 0
		f.call("GET", "/nosuch", "", "Authorization", c.token).refused(c.status, c.sentence)
		if w.views != c.views || w.rules != c.rules {
			t.Errorf("a token %s: %d reads and %d rules, want %d and %d", name, w.views, w.rules, c.views, c.rules)
		}
	}
}
