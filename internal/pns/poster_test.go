package pns_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fanfare-hub/fanfare/internal/egress"
	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pns"
	"github.com/fanfare-hub/fanfare/internal/pns/pnstest"
)

// poster returns a Poster whose every host is served by h.
func poster(t *testing.T, conns int, h http.HandlerFunc) *pns.Poster {
	t.Helper()
	env := pnstest.Start(t, h)
	env.Conns = conns
	p := pns.NewPoster(env, 30*time.Second)
	t.Cleanup(p.Renew)
	return p
}

func TestPosterBoundsRequestsOverHosts(t *testing.T) {
	t.Parallel()
	var now, most atomic.Int32
	both := make(chan struct{})
	var once sync.Once
	p := poster(t, 2, func(http.ResponseWriter, *http.Request) {
		n := now.Add(1)
		defer now.Add(-1)
		for old := most.Load(); n > old && !most.CompareAndSwap(old, n); old = most.Load() {
		}
		if n == 2 {
			once.Do(func() { close(both) })
		}
		<-both
	})
	hosts := []string{"a", "b", "c", "d", "e", "f", "g", "h"}
	p.Each(len(hosts), func(i int) {
		if a, lost := p.Post(t.Context(), "https://"+hosts[i]+".example/", nil, nil); lost != nil || a.Status != http.StatusOK {
			t.Errorf("host %s: %v, %v", hosts[i], a, lost)
		}
	})
	if got := most.Load(); got != 2 {
		t.Errorf("%d requests were under way at once, of 2 that may be", got)
	}
}

func TestPosterWaitsNoLongerThanItsCaller(t *testing.T) {
	t.Parallel()
	busy, release := make(chan struct{}), make(chan struct{})
	p := poster(t, 1, func(http.ResponseWriter, *http.Request) {
		close(busy)
		<-release
	})
	var first sync.WaitGroup
	first.Go(func() { p.Post(t.Context(), "https://a.example/", nil, nil) })
	<-busy
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, lost := p.Post(ctx, "https://b.example/", nil, nil)
	close(release)
	first.Wait()
	if lost == nil || lost.Class != pns.Unsent || lost.Outcome != hub.PnsUnreachable || !lost.Service {
		t.Errorf("a request that never got its turn: %+v", lost)
	}
}

func TestPosterKeepsABoundedAnswer(t *testing.T) {
	t.Parallel()
	p := poster(t, 1, func(w http.ResponseWriter, r *http.Request) {
		sent, _ := io.ReadAll(r.Body)
		if r.ContentLength != 4 || string(sent) != "body" || r.Header.Get("X-One") != "1" {
			w.WriteHeader(http.StatusBadRequest)
		}
		io.WriteString(w, strings.Repeat("x", 100_000)) //nolint:errcheck // the client is gone
	})
	a, lost := p.Post(t.Context(), "https://a.example/", http.Header{"X-One": {"1"}}, []byte("body"))
	if lost != nil || a.Status != http.StatusOK || len(a.Body) != 8<<10 {
		t.Errorf("answer %+v, lost %v: want 200 with 8 KiB", a.Status, lost)
	}
}

func TestPosterWithoutAnAnswer(t *testing.T) {
	t.Parallel()
	p := poster(t, 1, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	_, lost := p.Post(t.Context(), "https://a.example/secret-channel", nil, []byte("body"))
	if lost == nil || lost.Class != pns.Unknown || lost.Service || strings.Contains(lost.Reason, "secret-channel") {
		t.Errorf("a request that was written: %+v; the reason must not hold the URL", lost)
	}
	_, lost = p.Post(t.Context(), "https://a.example/\x00", nil, nil)
	if lost == nil || lost.Class != pns.Body || lost.Outcome != hub.BadChannel {
		t.Errorf("a URL that is none: %+v", lost)
	}
}

func TestPosterLeavesASilentServiceAlone(t *testing.T) {
	t.Parallel()
	p := poster(t, 3, nil)
	var made atomic.Int32
	lost := func(int) pns.Result {
		made.Add(1)
		return pns.Result{Class: pns.Unknown, Outcome: hub.PnsUnreachable}
	}
	results := make([]pns.Result, 100)
	p.Send(results, lost)
	if n := made.Load(); n < 6 || n > 6+2 { // two rounds, and what had begun by then
		t.Errorf("%d requests were made without an answer, want two for each of three connections", n)
	}
	if last := results[99]; last.Class != pns.Unsent || !last.Service {
		t.Errorf("the last device: %+v", last)
	}

	made.Store(0)
	p.Send(results, func(i int) pns.Result {
		if i%3 == 0 {
			made.Add(1)
			return pns.Result{Class: pns.OK}
		}
		return lost(i)
	})
	if n := made.Load(); n != 100 {
		t.Errorf("%d requests were made of a service that answers some, want all 100", n)
	}
}

func TestPosterTellsARefusedAddressFromAServiceThatIsDown(t *testing.T) {
	t.Parallel()
	p := pns.NewPoster(pns.Env{Dial: egress.Guard(&net.Dialer{})}, 30*time.Second)
	t.Cleanup(p.Renew)
	_, lost := p.Post(t.Context(), "https://127.0.0.1/secret-channel", nil, nil)
	if lost == nil || lost.Class != pns.Body || lost.Outcome != hub.BadChannel || lost.Service {
		t.Errorf("%+v", lost)
	}
	if lost.Reason != "connecting: 127.0.0.1 is not an address on the public internet" {
		t.Errorf("reason %q", lost.Reason)
	}
}

func TestPosterKeepsWhatItIsTold(t *testing.T) {
	t.Parallel()
	const size = 40 << 10
	for _, c := range []struct {
		keep int64
		want int
	}{{0, 8 << 10}, {size, size}, {2 * size, size}} {
		p := poster(t, 1, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, strings.Repeat("x", size)) })
		if c.keep > 0 {
			p.Keep(c.keep)
		}
		if a, lost := p.Post(t.Context(), "https://a.example/", nil, nil); lost != nil || len(a.Body) != c.want {
			t.Errorf("Keep(%d): %d bytes, %v; want %d", c.keep, len(a.Body), lost, c.want)
		}
	}
}
