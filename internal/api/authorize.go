package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/fanfare-hub/fanfare/internal/auth"
	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/store"
)

// require refuses a caller whose rule lacks a right.
func (r *request) require(right hub.Rights) error { return auth.Require(r.rule, right) }

// admit finds the hub that a route is about, and the rule that signed the
// request's token. Where there need be none, only the namespace's rules count
// for a hub that does not exist.
func (s *server) admit(hr *http.Request, found route, segments []string, now time.Time) (hub.Hub, hub.Rule, error) {
	below := found.below(segments)
	target := auth.Target{Host: hr.Host, Segments: below}
	verify := func(hubRules, namespace []hub.Rule) (hub.Rule, error) {
		return auth.Verify(hr.Header.Get("Authorization"), target, hubRules, namespace, now)
	}
	if found.ofNamespace() {
		rule, err := s.verifyNamespace(hr.Context(), verify)
		return hub.Hub{}, rule, err
	}
	h, namespace, err := s.rules(hr.Context(), below[0])
	unknown := errors.Is(err, store.ErrNotFound)
	if err != nil && !unknown {
		return hub.Hub{}, hub.Rule{}, err
	}
	if unknown && found.mayCreate() {
		rule, err := s.verifyNamespace(hr.Context(), verify)
		return hub.Hub{}, rule, err
	}
	rule, err := verify(h.Rules, namespace)
	if err == nil && unknown {
		err = errNoService
	}
	return h, rule, err
}

// verifyNamespace verifies a token with the namespace's rules alone.
func (s *server) verifyNamespace(ctx context.Context, verify func(hubRules, namespace []hub.Rule) (hub.Rule, error)) (hub.Rule, error) {
	var rules []hub.Rule
	err := s.store.View(ctx, func(r store.Reader) (err error) {
		rules, err = r.NamespaceRules()
		return err
	})
	if err != nil {
		return hub.Rule{}, err
	}
	return verify(nil, rules)
}

// rules reads a hub with its rules and the namespace's. Of a hub that does not
// exist it returns store.ErrNotFound and, as the namespace's, the rules of
// every hub: whoever holds any key of ours is told that a name is wrong, and
// whoever holds none cannot find out which names exist.
func (s *server) rules(ctx context.Context, name string) (h hub.Hub, namespace []hub.Rule, err error) {
	err = s.store.View(ctx, func(r store.Reader) error {
		var missing error
		if h, missing = r.Hub(name); missing != nil && !errors.Is(missing, store.ErrNotFound) {
			return missing
		}
		if namespace, err = r.NamespaceRules(); err != nil || missing == nil {
			return err
		}
		all, err := r.ListHubs()
		if err != nil {
			return err
		}
		for _, other := range all {
			namespace = append(namespace, other.Rules...)
		}
		return missing
	})
	return h, namespace, err
}
