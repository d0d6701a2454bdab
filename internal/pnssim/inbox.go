package pnssim

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"
)

// Received is one push that a device got.
type Received struct {
	Number      int64 // its place among all pushes that devices got, from 1; Reset does not begin anew
	Service     Service
	Handle      string
	At          time.Time
	Header      http.Header // without the authorization
	Body        []byte
	ID          string        // apns-id, message name, X-WNS-Msg-ID, X-MessageID, x-amzn-RequestId
	Batching    time.Duration // MPNS: how long the class lets it wait for others; it is not waited
	Environment string        // APNs: production or sandbox
	Conn        int64         // the connection that it came by; 1 is the first of the Sim
	Stream      int64         // APNs: the HTTP/2 stream
}

// maxKept bounds the pushes that are kept for all devices together.
const maxKept = 100_000

// inbox is what devices got. Sim's lock guards it.
type inbox struct {
	byDevice map[device][]Received // the oldest first
	order    []arrival             // the oldest first
	last     int64                 // the number of the newest
	count    map[Service]int
	news     chan struct{} // closed when something has come
}

type arrival struct {
	device device
	number int64
}

func newInbox() inbox {
	return inbox{byDevice: map[device][]Received{}, count: map[Service]int{}, news: make(chan struct{})}
}

// add keeps a push under the next number, and drops the oldest ones over the
// bounds.
func (b *inbox) add(r Received, history int) Received {
	k := key(r.Service, r.Handle)
	b.last++
	r.Number = b.last
	got := append(b.byDevice[k], r)
	b.byDevice[k] = got[max(0, len(got)-history):]
	b.count[r.Service]++
	b.order = append(b.order, arrival{k, r.Number})
	if len(b.order) > maxKept {
		b.drop(b.order[0])
		b.order = b.order[1:]
	}
	close(b.news)
	b.news = make(chan struct{})
	return r
}

// drop drops a push, unless its device has dropped it already.
func (b *inbox) drop(a arrival) {
	got := b.byDevice[a.device]
	switch {
	case len(got) == 0 || got[0].Number != a.number:
	case len(got) == 1:
		delete(b.byDevice, a.device)
	default:
		b.byDevice[a.device] = got[1:]
	}
}

// forget drops all of a service.
func (b *inbox) forget(svc Service) {
	maps.DeleteFunc(b.byDevice, func(k device, _ []Received) bool { return k.service == svc })
	b.order = slices.DeleteFunc(b.order, func(a arrival) bool { return a.device.service == svc })
	delete(b.count, svc)
}

// deliver gives a push to its device.
func (s *Sim) deliver(r Received) {
	r.At = s.cfg.Clock.Now()
	r.Header.Del("Authorization")
	s.mu.Lock()
	defer s.mu.Unlock()
	r = s.inbox.add(r, s.cfg.History)
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

// Everything returns what all devices got, the oldest first.
func (s *Sim) Everything() []Received {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []Received
	for _, got := range s.inbox.byDevice {
		all = append(all, got...)
	}
	slices.SortFunc(all, func(a, b Received) int { return cmp.Compare(a.Number, b.Number) })
	return all
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

// Wait returns what a device got, as soon as that is n pushes.
func (s *Sim) Wait(ctx context.Context, svc Service, handle string, n int) ([]Received, error) {
	err := s.until(ctx, n, func() int { return len(s.inbox.byDevice[key(svc, handle)]) })
	return s.Received(svc, handle), err
}

// WaitCount returns as soon as the devices of a service got n pushes in all.
func (s *Sim) WaitCount(ctx context.Context, svc Service, n int) error {
	return s.until(ctx, n, func() int { return s.inbox.count[svc] })
}

// ErrClosed is what those get who wait when the Sim is closed.
var ErrClosed = errors.New("pnssim: closed")

func (s *Sim) until(ctx context.Context, n int, count func() int) error {
	for {
		s.mu.Lock()
		got, news := count(), s.inbox.news
		s.mu.Unlock()
		if got >= n {
			return nil
		}
		select {
		case <-news:
		case <-s.ctx.Done():
			return ErrClosed
		case <-ctx.Done():
			return fmt.Errorf("pnssim: %d pushes of %d have come: %w", got, n, ctx.Err())
		}
	}
}
