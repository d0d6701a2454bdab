package h2

import (
	"context"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// Sender sends batches. It is safe for concurrent use.
type Sender struct {
	cfg       Config
	transport *http.Transport
	host      string
	ctx       context.Context // ends with Close
	cancel    context.CancelFunc
	calls     sync.WaitGroup // of Do
	work      sync.WaitGroup // dials, and connections that are being closed

	mu       sync.Mutex
	closed   bool
	conns    []*conn // in the order of dialling
	serial   int     // of the youngest connection
	dialing  bool
	pace     pace
	growFrom time.Time // no growth before: the last dial failed
	failures int       // dials that failed, and connections that answered nothing
	failure  error     // the last of them

	waiters atomic.Int64 // callers that look for a stream
	newsMu  sync.Mutex
	changed chan struct{} // closed when a stream may be free, or a dial has ended
}

// call is what one Do remembers.
type call struct {
	oldest   int // connections up to this serial are not used
	failures int // of the Sender, when it last saw a connection that works
}

// Do makes one attempt at every request and fills resps, which is as long as
// reqs. No more requests are in flight than there are free streams. Requests
// that have no answer when ctx ends fail with its error; after Close all fail
// with ErrClosed.
func (s *Sender) Do(ctx context.Context, reqs []Request, mode Mode, resps []Response) {
	k, ok := s.begin(mode)
	if !ok {
		fail(resps[:len(reqs)], ErrClosed)
		return
	}
	defer s.calls.Done()
	var wg sync.WaitGroup
	defer wg.Wait()
	for i := range reqs {
		req, err := s.request(&reqs[i])
		if err != nil {
			resps[i] = Response{Err: err}
			continue
		}
		c, err := s.acquire(ctx, &k)
		if err != nil {
			// What one could not do the others cannot either: no dial for each.
			fail(resps[i:len(reqs)], err)
			return
		}
		wg.Go(func() { resps[i] = s.roundTrip(ctx, c, req) })
	}
}

func (s *Sender) begin(mode Mode) (call, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return call{}, false
	}
	s.calls.Add(1)
	k := call{failures: s.failures}
	if mode.NewConn {
		k.oldest = s.serial
	}
	return k, true
}

func fail(resps []Response, err error) {
	for i := range resps {
		resps[i] = Response{Err: err}
	}
}

// Close gives up every connection, and returns when nothing is left of them;
// what is in flight fails.
func (s *Sender) Close() {
	s.mu.Lock()
	s.closed = true
	conns := s.conns
	s.conns = nil
	s.mu.Unlock()
	s.cancel()
	for _, c := range conns {
		c.cc.Close() //nolint:errcheck // it is given up anyway
	}
	s.calls.Wait()
	s.work.Wait()
}
