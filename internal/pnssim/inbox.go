package pnssim

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"
)

// Received is one push that a device got.
type Received struct {
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

// device is a handle at a service.
type device struct {
	service Service
	handle  string
}

// key is the form in which handles are compared.
func key(svc Service, handle string) device {
	if form := forms[svc]; form != nil {
		handle = form(handle)
	}
	return device{svc, handle}
}

// maxKept bounds the pushes that are kept for all devices together.
const maxKept = 100_000

// inbox is what devices got. Sim's lock guards it.
type inbox struct {
	byDevice map[device][]kept
	order    []arrival // the oldest first
	serial   int64
	count    map[Service]int
	news     chan struct{} // closed when something has come
}

// kept is a push with its place in the order of all.
type kept struct {
	Received
	serial int64
}

type arrival struct {
	device device
	serial int64
}

func (b *inbox) init() {
	b.byDevice, b.count, b.order = map[device][]kept{}, map[Service]int{}, nil
	if b.news == nil {
		b.news = make(chan struct{})
	}
}

// add keeps a push, and drops the oldest ones over the bounds.
func (b *inbox) add(r Received, history int) {
	k := key(r.Service, r.Handle)
	b.serial++
	got := append(b.byDevice[k], kept{r, b.serial})
	b.byDevice[k] = got[max(0, len(got)-history):]
	b.count[r.Service]++
	b.order = append(b.order, arrival{k, b.serial})
	if len(b.order) > maxKept {
		b.forget(b.order[0])
		b.order = b.order[1:]
	}
	close(b.news)
	b.news = make(chan struct{})
}

// forget drops a push, unless its device has dropped it already.
func (b *inbox) forget(a arrival) {
	got := b.byDevice[a.device]
	switch {
	case len(got) == 0 || got[0].serial != a.serial:
	case len(got) == 1:
		delete(b.byDevice, a.device)
	default:
		b.byDevice[a.device] = got[1:]
	}
}

// deliver gives a push to its device.
func (s *Sim) deliver(r Received) {
	r.At = s.cfg.Clock.Now()
	r.Header.Del("Authorization")
	s.mu.Lock()
	defer s.mu.Unlock()
	s.inbox.add(r, s.cfg.History)
	if s.cfg.OnReceive != nil {
		s.cfg.OnReceive(r)
	}
}

// Received returns what a device got, the oldest first.
func (s *Sim) Received(svc Service, handle string) []Received {
	s.mu.Lock()
	defer s.mu.Unlock()
	return received(s.inbox.byDevice[key(svc, handle)])
}

func received(got []kept) []Received {
	out := make([]Received, len(got))
	for i := range got {
		out[i] = got[i].Received
	}
	return out
}

// Everything returns what all devices got, the oldest first.
func (s *Sim) Everything() []Received {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []kept
	for _, got := range s.inbox.byDevice {
		all = append(all, got...)
	}
	slices.SortFunc(all, func(a, b kept) int { return cmp.Compare(a.serial, b.serial) })
	return received(all)
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
