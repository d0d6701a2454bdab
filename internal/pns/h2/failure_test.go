package h2_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/net/http2"

	"github.com/fanfare-hub/fanfare/internal/pns/h2"
)

// want says what a response without an answer must be.
func want(t *testing.T, name string, r h2.Response, written bool) {
	t.Helper()
	if r.Err == nil || r.Written != written || errors.Is(r.Err, h2.ErrUnprocessed) == written {
		t.Errorf("%s: %+v; written must be %v, and what was not is unprocessed", name, r, written)
	}
}

// A GOAWAY leaves the streams above its last one unprocessed; one below without
// an answer may have arrived (RFC 9113 §6.8).
func TestGoAway(t *testing.T) {
	t.Parallel()
	for name, code := range map[string]http2.ErrCode{"in good order": http2.ErrCodeNo, "for an error": http2.ErrCodeEnhanceYourCalm} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p := script(t, func(p *peer) {
					p.limit(10)
					if p.n > 1 {
						p.answerAll()
						return
					}
					id, _ := p.next()
					p.answer(id, "200")
					for range 3 {
						p.next()
					}
					p.goAway(3, code, `{"reason":"Shutdown"}`)
				})
				s := connect(t, p, h2.Config{MaxConns: 1})
				if r := do(t.Context(), s, batch(1))[0]; r.Status != http.StatusOK {
					t.Fatalf("the first response: %+v", r)
				}
				written := 0
				for _, r := range do(t.Context(), s, batch(3)) {
					if r.Written {
						written++
						if !strings.Contains(r.Err.Error(), "Shutdown") {
							t.Errorf("the peer's reason is lost: %v", r.Err)
						}
					}
					want(t, "GOAWAY", r, r.Written)
				}
				if written != 1 {
					t.Errorf("%d requests may have arrived, want the one on stream 3", written)
				}
				if r := do(t.Context(), s, batch(1))[0]; r.Status != http.StatusOK {
					t.Errorf("on the next connection: %+v", r)
				}
			})
		})
	}
}

// The first stream of a connection is refused by a GOAWAY, too: 0 is the last.
func TestGoAwayAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := script(t, func(p *peer) {
			p.limit(10)
			p.next()
			p.goAway(0, http2.ErrCodeEnhanceYourCalm, "")
		})
		s := connect(t, p, h2.Config{MaxConns: 4})
		resps := do(t.Context(), s, batch(50))
		want(t, "the first", resps[0], false)
		for _, r := range resps[1:] {
			if r.Err == nil || r.Written {
				t.Fatalf("%+v", r)
			}
		}
		if n := len(p.dialled()); n != 1 {
			t.Errorf("%d connections for one batch to a peer that wants none", n)
		}
	})
}

// A connection that got a GOAWAY is replaced at once, though the peer keeps it
// open, idle or with a stream that hangs.
func TestGoAwayThatLingers(t *testing.T) {
	t.Parallel()
	for name, hangs := range map[string]bool{"idle": false, "busy": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				leave := make(chan struct{})
				p := script(t, func(p *peer) {
					p.limit(10)
					if p.n > 1 {
						p.answerAll()
						return
					}
					id, _ := p.next()
					p.answer(id, "200")
					if hangs {
						id, _ = p.next()
						p.next()
					}
					<-leave
					p.goAway(id, http2.ErrCodeNo, "")
					<-p.gone
				})
				s := connect(t, p, h2.Config{MaxConns: 1})
				if r := do(t.Context(), s, batch(1))[0]; r.Status != http.StatusOK {
					t.Fatalf("the first response: %+v", r)
				}
				var hung <-chan []h2.Response
				if hangs {
					hung = start(t, s, batch(2))
				}
				synctest.Wait()
				close(leave)
				synctest.Wait()
				begun := time.Now()
				if r := do(t.Context(), s, batch(1))[0]; r.Status != http.StatusOK || time.Since(begun) != 0 {
					t.Errorf("the next response, after %v: %+v", time.Since(begun), r)
				}
				if hangs {
					r := <-hung
					if r[1].Written { // whichever came first
						r[0], r[1] = r[1], r[0]
					}
					want(t, "the stream that hangs", r[0], true)
					want(t, "the stream above", r[1], false)
				}
			})
		})
	}
}

// A stream that ends without an answer: refused is safe to repeat, all else is
// not.
func TestResets(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		end     func(p *peer, id uint32)
		written bool
	}{
		{"refused", func(p *peer, id uint32) { p.reset(id, http2.ErrCodeRefusedStream) }, false},
		{"an error", func(p *peer, id uint32) { p.reset(id, http2.ErrCodeInternal) }, true},
		{"a protocol error", func(p *peer, id uint32) { p.reset(id, http2.ErrCodeProtocol) }, true},
		{"cut off", func(p *peer, id uint32) { p.head(id, "500", false); p.reset(id, http2.ErrCodeInternal) }, true},
		// The peer's text must not be taken for the client's.
		{"a lie", func(p *peer, id uint32) {
			p.goAway(id, http2.ErrCodeNo, "REFUSED_STREAM http2: Transport received")
			p.conn.Close()
		}, true},
		{"closed", func(p *peer, _ uint32) { p.conn.Close() }, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p := script(t, func(p *peer) {
					p.limit(10)
					id, _ := p.next()
					p.answer(id, "200")
					if id, ok := p.next(); ok {
						synctest.Wait()
						tt.end(p, id)
					}
					<-p.gone
				})
				s := connect(t, p, h2.Config{MaxConns: 1})
				resps := do(t.Context(), s, batch(2))
				if resps[0].Status != http.StatusOK {
					t.Fatalf("the first response: %+v", resps[0])
				}
				want(t, tt.name, resps[1], tt.written)
			})
		})
	}
}

// A peer that takes connections and closes each at once is not dialled for each
// request.
func TestAPeerThatClosesAtOnce(t *testing.T) {
	t.Parallel()
	for name, take := range map[string]bool{"a request": true, "nothing": false} {
		t.Run("after "+name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p := script(t, func(p *peer) {
					p.limit(10)
					if take {
						p.next()
					}
				})
				s := connect(t, p, h2.Config{MaxConns: 4})
				for i, r := range do(t.Context(), s, batch(100)) {
					if r.Err == nil || r.Written && i > 0 {
						t.Fatalf("response %d: %+v", i, r)
					}
				}
				if n := len(p.dialled()); n != 1 {
					t.Errorf("%d connections for one batch", n)
				}
			})
		})
	}
}

// When the caller's time ends, what is in flight may have arrived; the others
// were not sent.
func TestTheCallersEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := script(t, func(p *peer) { p.limit(1); <-p.gone })
		s := connect(t, p, h2.Config{MaxConns: 1})
		ctx, cancel := context.WithTimeout(t.Context(), 7*time.Second)
		defer cancel()
		begun := time.Now()
		for i, r := range do(ctx, s, batch(5)) {
			if !errors.Is(r.Err, context.DeadlineExceeded) || errors.Is(r.Err, h2.ErrUnprocessed) || r.Written != (i == 0) {
				t.Errorf("response %d: %+v", i, r)
			}
		}
		if d := time.Since(begun); d != 7*time.Second {
			t.Errorf("Do came back after %v", d)
		}
	})
}

// A context that has ended dials nobody.
func TestACallerThatHasEnded(t *testing.T) {
	t.Parallel()
	p := newPipes()
	s := connect(t, p, h2.Config{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, r := range do(ctx, s, batch(3)) {
		if !errors.Is(r.Err, context.Canceled) || r.Written {
			t.Errorf("%+v", r)
		}
	}
	if len(p.dialled()) != 0 {
		t.Error("it was dialled")
	}
}

// A peer that has gone without a word is found out by a ping, 15 s after its
// last frame and 5 s of waiting; the next request goes to another connection.
func TestAPeerThatFallsSilent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := script(t, func(p *peer) {
			p.limit(10)
			if p.n > 1 {
				p.answerAll()
				return
			}
			id, _ := p.next()
			p.answer(id, "200")
			p.silent.Store(true)
			<-p.gone
		})
		s := connect(t, p, h2.Config{MaxConns: 1, RequestTimeout: time.Minute})
		begun := time.Now()
		resps := do(t.Context(), s, batch(4))
		if d := time.Since(begun); d != 20*time.Second {
			t.Errorf("the connection was given up after %v, want 20 s", d)
		}
		for _, r := range resps[1:] {
			want(t, "silence", r, true)
		}
		if r := do(t.Context(), s, batch(1))[0]; r.Status != http.StatusOK {
			t.Errorf("on the next connection: %+v", r)
		}
	})
}

// stuck is a connection whose peer stops reading once it is armed.
type stuck struct {
	net.Conn
	armed   atomic.Bool
	writing chan struct{} // a write has begun
	closed  chan struct{}
	once    sync.Once
}

func (c *stuck) Write(b []byte) (int, error) {
	if !c.armed.Load() {
		return c.Conn.Write(b)
	}
	select {
	case c.writing <- struct{}{}:
	case <-c.closed:
	}
	<-c.closed
	return 0, net.ErrClosed
}

func (c *stuck) Close() error {
	c.once.Do(func() { close(c.closed) })
	return c.Conn.Close()
}

// When the caller's time ends in the middle of a write, nobody knows how much
// of the request the peer gets.
func TestAPeerThatStopsReading(t *testing.T) {
	t.Parallel()
	p := serve(t, 10, func(http.ResponseWriter, *http.Request) {})
	c := &stuck{writing: make(chan struct{}), closed: make(chan struct{})}
	s := connect(t, p, h2.Config{Dial: func(ctx context.Context, network, addr string) (net.Conn, error) {
		var err error
		c.Conn, err = p.Dial(ctx, network, addr)
		return c, err
	}})
	if r := do(t.Context(), s, batch(1))[0]; r.Status != http.StatusOK {
		t.Fatalf("the first response: %+v", r)
	}
	c.armed.Store(true)
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-c.writing; cancel() }()
	want(t, "the request that is being written", do(ctx, s, batch(1))[0], true)
}

// A caller that gives up says nothing of the connection: another one's request
// takes its turn on it.
func TestACallerThatGivesUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := script(t, func(p *peer) {
			p.limit(10)
			p.next()
			p.answerAll()
		})
		s := connect(t, p, h2.Config{MaxConns: 1})
		ctx, cancel := context.WithCancel(t.Context())
		gaveUp := make(chan []h2.Response)
		go func() { gaveUp <- do(ctx, s, batch(1)) }()
		synctest.Wait()
		other := start(t, s, batch(1))
		synctest.Wait()
		cancel()
		want(t, "the request that was given up", (<-gaveUp)[0], true)
		if r := (<-other)[0]; r.Status != http.StatusOK || len(p.dialled()) != 1 {
			t.Errorf("the other's, on %d connections: %+v", len(p.dialled()), r)
		}
	})
}
