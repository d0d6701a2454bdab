package pnssim

import (
	"context"
	"encoding/hex"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Received is one push that a device got.
type Received struct {
	Service     Service
	Handle      string
	At          time.Time
	Header      http.Header
	Body        []byte
	ID          string // apns-id, message name, X-WNS-Msg-ID
	Environment string // APNs: production or sandbox
}

// inbox is what devices got. Sim's lock guards it.
type inbox struct {
	byDevice map[device][]Received
	count    map[Service]int
	news     chan struct{} // closed when something has come
}

func (b *inbox) init() {
	b.byDevice, b.count, b.news = map[device][]Received{}, map[Service]int{}, make(chan struct{})
}

// key is the form in which handles are compared: hexadecimal tokens without
// regard to letter case.
func key(svc Service, handle string) device {
	if svc == APNs {
		handle = strings.ToLower(handle)
	}
	return device{svc, handle}
}

// deliver gives a push to its device.
func (s *Sim) deliver(r Received) {
	r.At = s.cfg.Clock.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	k := key(r.Service, r.Handle)
	got := append(s.inbox.byDevice[k], r)
	if len(got) > s.cfg.History {
		got = got[1:]
	}
	s.inbox.byDevice[k] = got
	s.inbox.count[r.Service]++
	close(s.inbox.news)
	s.inbox.news = make(chan struct{})
	if s.cfg.OnReceive != nil {
		s.cfg.OnReceive(r)
	}
}

// Received returns what a device got, the oldest first.
func (s *Sim) Received(svc Service, handle string) []Received {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.inbox.byDevice[key(svc, handle)])
}

// All returns how many pushes each device of a service got, by handle.
func (s *Sim) All(svc Service) map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := map[string]int{}
	for k, got := range s.inbox.byDevice {
		if k.service == svc {
			out[k.handle] = len(got)
		}
	}
	return out
}

// Count returns how many pushes the devices of a service got.
func (s *Sim) Count(svc Service) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.inbox.count[svc]
}

// Requests returns how many pushes a service was asked for, refused ones too.
func (s *Sim) Requests(svc Service) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.requests[svc]
}

// Wait returns what a device got, as soon as that is n pushes.
func (s *Sim) Wait(ctx context.Context, svc Service, handle string, n int) ([]Received, error) {
	err := s.until(ctx, func() bool { return len(s.inbox.byDevice[key(svc, handle)]) >= n })
	return s.Received(svc, handle), err
}

// WaitCount returns as soon as the devices of a service got n pushes in all.
func (s *Sim) WaitCount(ctx context.Context, svc Service, n int) error {
	return s.until(ctx, func() bool { return s.inbox.count[svc] >= n })
}

func (s *Sim) until(ctx context.Context, reached func() bool) error {
	for {
		s.mu.Lock()
		ok, news := reached(), s.inbox.news
		s.mu.Unlock()
		if ok {
			return nil
		}
		select {
		case <-news:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Fate is what becomes of the pushes to a device.
type Fate struct {
	Kind  string    // a word of the package's documentation; "" is live
	Times int       // throttled, unavailable, error: so often, then live
	Since time.Time // gone, at APNs: since when; zero: now
}

// SetFate gives a device a fate that its handle does not ask for. A Fate
// without a kind makes it live.
func (s *Sim) SetFate(svc Service, handle string, f Fate) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k := key(svc, handle)
	s.fates[k] = f
	delete(s.tries, k)
}

// fate returns what becomes of this push, and counts it.
func (s *Sim) fate(svc Service, handle string) Fate {
	s.mu.Lock()
	defer s.mu.Unlock()
	k := key(svc, handle)
	f, set := s.fates[k]
	if !set {
		f = ParseFate(svc, handle)
	}
	switch f.Kind {
	case "throttled", "unavailable", "error", "reset":
		if s.tries[k]++; s.tries[k] > max(f.Times, 1) {
			return Fate{}
		}
	}
	return f
}

// ParseFate reads the fate that a handle asks for.
func ParseFate(svc Service, handle string) Fate {
	text := handle
	if svc == APNs {
		b, err := hex.DecodeString(handle)
		if err != nil {
			return Fate{}
		}
		text = string(b)
	}
	_, rest, ok := strings.Cut(text, "fate-")
	if !ok {
		return Fate{}
	}
	word, _, _ := strings.Cut(rest, ".")
	kind, times, _ := strings.Cut(word, "-")
	f := Fate{Kind: kind}
	for _, d := range []byte(times) {
		if d < '0' || d > '9' || f.Times > 1000 {
			return Fate{}
		}
		f.Times = f.Times*10 + int(d-'0')
	}
	return f
}

// asked counts a request.
func (s *Sim) asked(svc Service) {
	s.mu.Lock()
	s.requests[svc]++
	s.mu.Unlock()
}
