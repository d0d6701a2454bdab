package api

import (
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
// for a hub that does not exist. Nothing is read for a token that cannot hold.
func (s *server) admit(hr *http.Request, found route, segments []string, now time.Time) (hub.Hub, hub.Rule, error) {
	if found.signed() {
		h, err := s.admitSigned(hr, found, segments, now)
		return h, hub.Rule{}, err
	}
	below := found.below(segments)
	token, err := auth.Read(hr.Header.Get("Authorization"), auth.Target{Host: hr.Host, Segments: below}, now)
	if err != nil {
		return hub.Hub{}, hub.Rule{}, err
	}
	var k keys
	err = s.store.View(hr.Context(), func(r store.Reader) (err error) {
		k, err = readKeys(r, found, below, token.KeyName())
		return err
	})
	if err != nil {
		return hub.Hub{}, hub.Rule{}, err
	}
	rule, err := token.Verify(k.hub.Rules, k.others)
	if err == nil && k.missing {
		err = errNoService
	}
	return k.hub, rule, err
}

// keys are what may open a request.
type keys struct {
	hub     hub.Hub    // with its rules; zero where there is none
	others  []hub.Rule // the namespace's, and those that rulesTried is about
	missing bool       // there is no such hub, and there should be one
}

// rulesTried bounds what a request for a hub that does not exist costs: of so
// many hubs the rule with the token's name is unsealed.
const rulesTried = 64

// readKeys reads what may open a request. Whoever holds a key of another hub is
// told that the name of this one is wrong, and whoever holds none cannot find
// out which names exist.
func readKeys(r store.Hubs, found route, below []string, keyName string) (k keys, err error) {
	if k.others, err = r.NamespaceRules(); err != nil || found.ofNamespace() {
		return k, err
	}
	k.hub, err = r.Hub(below[0])
	if !errors.Is(err, store.ErrNotFound) {
		return k, err
	}
	if found.mayCreate() {
		return k, nil
	}
	more, err := r.RulesNamed(keyName, rulesTried)
	k.others, k.missing = append(k.others, more...), true
	return k, err
}
