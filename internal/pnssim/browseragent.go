package pnssim

import (
	"crypto/ecdh"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"strings"
	"time"
)

// Subscription is what a browser gives to an app that may push to it: its
// endpoint, and the keys that messages are encrypted with, in base64url.
type Subscription struct {
	Endpoint, P256DH, Auth string
}

// agent is a browser with a subscription, which can read what is pushed to it.
type agent struct {
	key   *ecdh.PrivateKey
	auth  []byte
	bound string // the VAPID key that may push to it, in base64url
}

// agents are the browsers. Sim's lock guards it.
type agents struct {
	subscribed map[string]*agent // by endpoint
	salts      map[[16]byte]bool
	senders    map[[65]byte]bool
	waiting    map[device][]waiting
}

// waiting is a message for a device that is offline.
type waiting struct {
	Received
	topic string
	until time.Time
}

// The bounds of what is remembered.
const (
	maxAgents  = 100_000
	maxNoted   = 100_000 // salts and keys
	maxOffline = 1000    // devices with messages that wait
	maxWaiting = 100     // messages that wait for one device
)

func newAgents() agents {
	a := agents{subscribed: map[string]*agent{}}
	a.forget()
	return a
}

// forget is Reset's part. Subscriptions stay, as accounts do.
func (a *agents) forget() {
	a.salts, a.senders, a.waiting = map[[16]byte]bool{}, map[[65]byte]bool{}, map[device][]waiting{}
}

// Subscribe makes a browser at a push service, with an endpoint as the service
// at that host gives, for the key of BrowserCredential.
func (s *Sim) Subscribe(host string) (Subscription, error) {
	id := make([]byte, 16)
	rand.Read(id) //nolint:errcheck // never fails
	path := "/push/"
	switch {
	case host == "fcm.googleapis.com":
		path = "/fcm/send/"
	case host == appleWebHost:
		path = "/"
	case strings.HasSuffix(host, ".push.services.mozilla.com"):
		path = "/wpush/v2/"
	case strings.HasSuffix(host, ".notify.windows.com"):
		path = "/w/?token="
	}
	return s.SubscribeAt("https://"+host+path+hex.EncodeToString(id), "")
}

// SubscribeAt makes a browser with a known endpoint, whose text may ask for a
// fate, for a VAPID public key; "" is that of BrowserCredential. A browser that
// was there before is replaced.
func (s *Sim) SubscribeAt(endpoint, applicationServerKey string) (Subscription, error) {
	if applicationServerKey == "" {
		applicationServerKey = vapidPublic(s.accounts.vapid)
	}
	key, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		return Subscription{}, err
	}
	auth := make([]byte, 16)
	rand.Read(auth) //nolint:errcheck // never fails
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.agents.subscribed) >= maxAgents {
		return Subscription{}, errors.New("pnssim: too many browsers")
	}
	s.agents.subscribed[channelForm(endpoint)] = &agent{key: key, auth: auth, bound: strings.TrimRight(applicationServerKey, "=")}
	b64 := base64.RawURLEncoding.EncodeToString
	return Subscription{Endpoint: endpoint, P256DH: b64(key.PublicKey().Bytes()), Auth: b64(auth)}, nil
}

// boundKey is the VAPID key that may push to an endpoint.
func (s *Sim) boundKey(endpoint string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a := s.agents.subscribed[endpoint]; a != nil {
		return a.bound
	}
	return vapidPublic(s.accounts.vapid)
}

// note remembers a record's salt and key, and reports whether both are new. The
// agent is nil where nobody has subscribed.
func (s *Sim) note(endpoint string, rec *record) (a *agent, fresh bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	fresh = !s.agents.salts[rec.salt] && !s.agents.senders[rec.sender]
	if len(s.agents.salts) >= maxNoted {
		clear(s.agents.salts)
		clear(s.agents.senders)
	}
	s.agents.salts[rec.salt], s.agents.senders[rec.sender] = true, true
	return s.agents.subscribed[endpoint], fresh
}

// store keeps a push for a device that is offline: as long as its TTL, and until
// another of its topic comes (RFC 8030 §5.2, §5.4).
func (s *Sim) store(r Received, topic string, ttl time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k, now := key(r.Service, r.Handle), s.cfg.Clock.Now()
	var kept []waiting
	for _, w := range s.agents.waiting[k] {
		if now.Before(w.until) && (topic == "" || w.topic != topic) {
			kept = append(kept, w)
		}
	}
	if ttl > 0 && (len(kept) > 0 || len(s.agents.waiting) < maxOffline) {
		kept = append(kept, waiting{r, topic, now.Add(ttl)})
	}
	s.agents.waiting[k] = kept[max(0, len(kept)-maxWaiting):]
	if len(kept) == 0 {
		delete(s.agents.waiting, k)
	}
}

// comeOnline gives a device that is not offline any more what waits for it.
func (s *Sim) comeOnline(svc Service, handle string) {
	s.mu.Lock()
	k, now := key(svc, handle), s.cfg.Clock.Now()
	all := s.agents.waiting[k]
	if kind := s.fateOf(k).Kind; kind == "offline" || kind == "kept" {
		all = nil
	} else {
		delete(s.agents.waiting, k)
	}
	s.mu.Unlock()
	for _, w := range all {
		if now.Before(w.until) {
			s.deliver(w.Received)
		}
	}
}
