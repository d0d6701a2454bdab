package h2_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fanfare-hub/fanfare/internal/pns/h2"
)

// start begins a batch in the background.
func start(t *testing.T, s *h2.Sender, reqs []h2.Request) <-chan []h2.Response {
	t.Helper()
	done := make(chan []h2.Response, 1)
	go func() { done <- do(t.Context(), s, reqs) }()
	return done
}

// No more is in flight than there are streams, and connections are added while
// all of them are busy.
func TestGrowth(t *testing.T) {
	t.Parallel()
	tests := []struct{ streams, conns, requests, inFlight, dials int }{
		{streams: 20, conns: 3, requests: 500, inFlight: 60, dials: 3},
		{streams: 20, conns: 3, requests: 15, inFlight: 15, dials: 1},
		{streams: 1, conns: 2, requests: 10, inFlight: 2, dials: 2},
		{streams: 5000, conns: 1, requests: 1200, inFlight: 1000, dials: 1}, // our own bound
	}
	for _, tt := range tests {
		t.Run(fmt.Sprintf("%d of %d streams", tt.requests, tt.streams), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				release := make(chan struct{})
				var open atomic.Int64
				var warm [10]atomic.Bool
				p := serve(t, tt.streams, func(_ http.ResponseWriter, r *http.Request) {
					if !warm[connOf(r)].Swap(true) {
						return
					}
					open.Add(1)
					<-release
				})
				s := connect(t, p, h2.Config{MaxConns: tt.conns})
				done := start(t, s, batch(tt.requests+tt.dials))
				synctest.Wait()
				if n := int(open.Load()); n != tt.inFlight || len(p.dialled()) != tt.dials {
					t.Errorf("%d requests are in flight on %d connections, want %d on %d", n, len(p.dialled()), tt.inFlight, tt.dials)
				}
				close(release)
				for i, r := range <-done {
					if r.Status != http.StatusOK {
						t.Fatalf("response %d: %+v", i, r)
					}
				}
			})
		})
	}
}

// A cold connection carries one request until an answer shows that our token was
// taken, if only to say that a device is gone; those who wait do not dial.
func TestWarmUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var open atomic.Int64
		answers := make(chan int)
		p := serve(t, 100, func(w http.ResponseWriter, _ *http.Request) {
			open.Add(1)
			defer open.Add(-1)
			w.WriteHeader(<-answers)
		})
		s := connect(t, p, h2.Config{MaxConns: 4, WarmUp: true})
		done := start(t, s, batch(20))
		for _, status := range []int{403, 503, 410} {
			synctest.Wait()
			if n := open.Load(); n != 1 || len(p.dialled()) != 1 {
				t.Fatalf("before the token is taken %d requests are in flight on %d connections", n, len(p.dialled()))
			}
			answers <- status
		}
		synctest.Wait()
		if n := open.Load(); n != 17 {
			t.Errorf("after a 410 %d requests are in flight, want the other 17", n)
		}
		for range 17 {
			answers <- 200
		}
		<-done
	})
}

// A first request that hangs holds up the others for a second.
func TestAHungFirstRequest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		var last time.Duration
		var left atomic.Int64
		left.Store(99)
		p := serve(t, 100, func(_ http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/3/device/0" {
				<-r.Context().Done()
				return
			}
			if left.Add(-1) == 0 {
				last = time.Since(begun)
			}
		})
		s := connect(t, p, h2.Config{MaxConns: 2, WarmUp: true})
		resps := do(t.Context(), s, batch(100))
		if last != time.Second {
			t.Errorf("the other requests were through after %v, want 1 s", last)
		}
		for i, r := range resps[1:] {
			if r.Status != http.StatusOK {
				t.Fatalf("response %d: %+v", i+1, r)
			}
		}
		if !errors.Is(resps[0].Err, context.DeadlineExceeded) || !resps[0].Written || time.Since(begun) != 30*time.Second {
			t.Errorf("after %v: %+v", time.Since(begun), resps[0])
		}
	})
}

// A peer that takes requests and answers none costs one time-out, not one for
// each request.
func TestAPeerThatNeverAnswers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		p := script(t, func(p *peer) { p.limit(100); <-p.gone })
		s := connect(t, p, h2.Config{MaxConns: 2})
		written := 0
		for _, r := range do(t.Context(), s, batch(100)) {
			if !errors.Is(r.Err, context.DeadlineExceeded) {
				t.Fatalf("%+v", r)
			}
			if r.Written {
				written++
			}
		}
		if d := time.Since(begun); written != 2 || d != 31*time.Second {
			t.Errorf("%d requests were written within %v; want 2, the second a second after the first", written, d)
		}
	})
}

// A dial that fails, fails the whole batch.
func TestUnreachable(t *testing.T) {
	t.Parallel()
	var dials atomic.Int64
	refused := errors.New("connection refused")
	s := connect(t, nil, h2.Config{MaxConns: 4, Dial: func(context.Context, string, string) (net.Conn, error) { dials.Add(1); return nil, refused }})
	for n := range int64(3) {
		for i, r := range do(t.Context(), s, batch(100)) {
			if !errors.Is(r.Err, refused) || r.Written || errors.Is(r.Err, h2.ErrUnprocessed) {
				t.Fatalf("response %d: %+v", i, r)
			}
		}
		if got := dials.Load(); got != n+1 {
			t.Errorf("%d dials for %d batches", got, n+1)
		}
	}
}

// A connection that works goes on while another cannot be had, and nobody dials
// for each request.
func TestGrowthThatFails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := serve(t, 1, func(http.ResponseWriter, *http.Request) { <-time.After(100 * time.Millisecond) })
		dials := 0
		s := connect(t, p, h2.Config{MaxConns: 4, Dial: func(ctx context.Context, network, addr string) (net.Conn, error) {
			if dials++; dials > 1 {
				return nil, errors.New("connection refused")
			}
			return p.Dial(ctx, network, addr)
		}})
		for i, r := range do(t.Context(), s, batch(51)) { // five seconds' worth
			if r.Status != http.StatusOK {
				t.Fatalf("response %d: %+v", i, r)
			}
		}
		if dials < 3 || dials > 7 {
			t.Errorf("%d dials; want one a second", dials)
		}
	})
}

// The peer's limit is followed as it changes; APNs lowers it to one for senders
// that send nonsense.
func TestALimitThatIsLowered(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := script(t, func(p *peer) {
			p.limit(10)
			id, _ := p.next()
			p.answer(id, "200")
			var open []uint32
			for range 10 {
				id, _ := p.next()
				open = append(open, id)
			}
			p.limit(1)
			<-p.acks
			<-p.acks
			for _, id := range open {
				p.answer(id, "200")
			}
			for {
				id, ok := p.next()
				if !ok {
					return
				}
				synctest.Wait()
				if n := len(p.requests); n != 0 {
					t.Errorf("%d requests too many are in flight", n)
				}
				p.answer(id, "200")
			}
		})
		s := connect(t, p, h2.Config{MaxConns: 1})
		for i, r := range do(t.Context(), s, batch(30)) {
			if r.Status != http.StatusOK {
				t.Fatalf("response %d: %+v", i, r)
			}
		}
	})
}

func TestNewConn(t *testing.T) {
	t.Parallel()
	for _, conns := range []int{1, 3} {
		t.Run(fmt.Sprint(conns), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p := serve(t, 100, func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, connOf(r)) })
				s := connect(t, p, h2.Config{MaxConns: conns})
				on := func(m h2.Mode) string {
					t.Helper()
					resps := make([]h2.Response, 1)
					s.Do(t.Context(), batch(1), m, resps)
					if resps[0].Err != nil {
						t.Fatal(resps[0].Err)
					}
					return string(resps[0].Body)
				}
				refused := h2.Mode{NewConn: true}
				// Afterwards the youngest is used: the peer did not refuse it.
				for i, got := range []string{on(h2.Mode{}), on(h2.Mode{}), on(refused), on(h2.Mode{}), on(refused), on(refused), on(h2.Mode{})} {
					if want := []string{"1", "1", "2", "2", "3", "4", "4"}[i]; got != want {
						t.Errorf("request %d came on connection %s, want %s", i, got, want)
					}
				}
				synctest.Wait()
				if n := p.open.Load(); n > int64(conns) {
					t.Errorf("%d connections are open, at most %d are allowed", n, conns)
				}
			})
		})
	}
}

// After growth failed, a connection that is closed in good order is replaced.
func TestFailedGrowthIsForgotten(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := script(t, func(p *peer) {
			p.limit(1)
			if p.n > 1 {
				p.answerAll()
				return
			}
			for range 5 {
				id, _ := p.next()
				p.answer(id, "200")
			}
		})
		dials := 0
		s := connect(t, p, h2.Config{MaxConns: 2, Dial: func(ctx context.Context, network, addr string) (net.Conn, error) {
			if dials++; dials == 2 {
				return nil, errors.New("connection refused")
			}
			return p.Dial(ctx, network, addr)
		}})
		answered := 0
		for _, r := range do(t.Context(), s, batch(20)) {
			if r.Status == http.StatusOK {
				answered++
			}
		}
		if answered < 19 { // one may be on its way when the connection is closed
			t.Errorf("%d of 20 requests were answered", answered)
		}
	})
}

// A peer that closes each connection after one answer is not dialled for each
// request as fast as it closes.
func TestPace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		p := script(t, func(p *peer) {
			p.limit(1)
			id, _ := p.next()
			p.answer(id, "200")
		})
		s := connect(t, p, h2.Config{MaxConns: 1})
		do(t.Context(), s, batch(60))
		dials := p.dialled()
		const burst = 9
		if len(dials) <= burst {
			t.Fatalf("%d connections: this test shows nothing", len(dials))
		}
		for i, at := range dials {
			if earliest := begun.Add(time.Duration(i-burst+1) * time.Second); at.Before(earliest) {
				t.Fatalf("connection %d was dialled after %v", i+1, at.Sub(begun))
			}
		}
	})
}
