package h2

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync"
	"sync/atomic"
)

// Sender sends batches. It is safe for concurrent use.
type Sender struct {
	cfg       Config
	transport *http.Transport
	host      string
	ctx       context.Context // ends with Close
	cancel    context.CancelFunc
	dials     sync.WaitGroup

	mu      sync.Mutex
	conns   []*conn
	dialing bool
	failed  int   // dials that failed so far
	dialErr error // of the last one
	serial  int   // of the last connection

	waiters atomic.Int64 // callers that look for a stream
	newsMu  sync.Mutex
	changed chan struct{} // closed when a stream may be free, or a dial has ended
}

// Do makes one attempt at every request and fills resps, which is as long as
// reqs. No more requests are in flight than there are free streams. Requests
// that have no answer when ctx ends fail with its error.
func (s *Sender) Do(ctx context.Context, reqs []Request, mode Mode, resps []Response) {
	oldest := 0
	if mode.NewConn {
		oldest = s.retire()
	}
	var wg sync.WaitGroup
	for i := range reqs {
		c, err := s.acquire(ctx, oldest)
		if err != nil {
			// What one could not do the others cannot either: no dial for each.
			for ; i < len(reqs); i++ {
				resps[i] = Response{Err: err}
			}
			break
		}
		wg.Go(func() { resps[i] = s.roundTrip(ctx, c, &reqs[i]) })
	}
	wg.Wait()
}

// roundTrip sends a request on a connection that has a stream reserved for it.
func (s *Sender) roundTrip(ctx context.Context, c *conn, r *Request) Response {
	ctx, cancel := context.WithTimeout(ctx, s.cfg.RequestTimeout)
	defer cancel()
	var written atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteHeaders: func() { written.Store(true) }})
	req, err := s.request(ctx, r)
	if err != nil {
		c.cc.Release()
		s.done(c, 0)
		return Response{Err: err}
	}
	resp, err := c.cc.RoundTrip(req)
	if err != nil {
		s.done(c, 0)
		return Response{Err: err, Written: written.Load() && !unprocessed(err)}
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxBody))
	resp.Body.Close()
	s.done(c, resp.StatusCode)
	if err != nil {
		return Response{Err: err, Written: true}
	}
	return Response{Status: resp.StatusCode, Header: resp.Header, Body: body}
}

func (s *Sender) request(ctx context.Context, r *Request) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "https://"+s.host+r.Path, bytes.NewReader(r.Body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("User-Agent", "") // no header at all
	for _, f := range r.Fields {
		req.Header.Set(f.Name, f.Value)
	}
	return req, nil
}

// unprocessed reports whether the peer said that it did not look at the
// request: its stream was above a GOAWAY's last one, or refused (RFC 9113 §6.8,
// §8.7). The stock client's errors for these have no type that can be asked.
func unprocessed(err error) bool {
	text := err.Error()
	return strings.Contains(text, "http2: Transport received") || strings.Contains(text, "REFUSED_STREAM")
}

// Close gives up every connection; what is in flight fails. Do must not be
// called after.
func (s *Sender) Close() {
	s.cancel()
	s.dials.Wait()
	s.mu.Lock()
	conns := s.conns
	s.conns = nil
	s.signal()
	s.mu.Unlock()
	for _, c := range conns {
		c.cc.Close() //nolint:errcheck // it is given up anyway
	}
	s.transport.CloseIdleConnections()
}
