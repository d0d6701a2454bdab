package h2_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/net/http2"

	"github.com/fanfare-hub/fanfare/internal/pns/h2"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// server is a TLS server that speaks HTTP/2, and counts its connections.
type server struct {
	*httptest.Server
	conns atomic.Int64
}

func newServer(t *testing.T, streams int, h http.HandlerFunc) *server {
	t.Helper()
	s := &server{Server: httptest.NewUnstartedServer(h)}
	s.EnableHTTP2 = true
	s.Config.HTTP2 = &http.HTTP2Config{MaxConcurrentStreams: streams}
	s.Config.ErrorLog = nil
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			s.conns.Add(1)
		}
	}
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

func newSender(t *testing.T, s *httptest.Server, cfg h2.Config) *h2.Sender {
	t.Helper()
	cfg.Origin = s.URL
	cfg.Roots = s.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	sender, err := h2.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(sender.Close)
	return sender
}

func batch(n int) ([]h2.Request, []h2.Response) {
	reqs := make([]h2.Request, n)
	for i := range reqs {
		reqs[i] = h2.Request{
			Path: fmt.Sprintf("/3/device/%d", i), Body: fmt.Append(nil, "body ", i),
			Fields: []h2.Field{{Name: "apns-id", Value: fmt.Sprint("id ", i)}},
		}
	}
	return reqs, make([]h2.Response, n)
}

func TestDo(t *testing.T) {
	t.Parallel()
	var most, now atomic.Int64
	s := newServer(t, 20, func(w http.ResponseWriter, r *http.Request) {
		most.Store(max(most.Load(), now.Add(1)))
		defer now.Add(-1)
		body, err := io.ReadAll(r.Body)
		if err != nil || r.ProtoMajor != 2 || r.Method != http.MethodPost || r.Header.Get("User-Agent") != "" || r.Header.Get("Accept-Encoding") != "" {
			t.Errorf("%s %s %v, %v", r.Method, r.Proto, r.Header, err)
		}
		w.Header().Set("apns-id", r.Header.Get("apns-id"))
		w.WriteHeader(http.StatusTeapot)
		fmt.Fprintf(w, "%s %s", r.URL.Path, body)
	})
	sender := newSender(t, s.Server, h2.Config{MaxConns: 3})
	reqs, resps := batch(500)
	sender.Do(t.Context(), reqs, h2.Mode{}, resps)
	for i, r := range resps {
		want := fmt.Sprintf("/3/device/%d body %d", i, i)
		if r.Err != nil || r.Status != http.StatusTeapot || string(r.Body) != want || r.Header.Get("apns-id") != fmt.Sprint("id ", i) {
			t.Fatalf("response %d: %+v", i, r)
		}
	}
	if c := s.conns.Load(); c > 3 {
		t.Errorf("%d connections, at most 3 are allowed", c)
	}
}

// A cold connection carries one request until one was answered with 2xx, and
// callers that wait for it do not dial.
func TestWarmUp(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	var seen atomic.Int64
	first := make(chan struct{}, 100)
	s := newServer(t, 100, func(w http.ResponseWriter, r *http.Request) {
		if seen.Add(1) == 1 {
			first <- struct{}{}
			<-release
		}
	})
	sender := newSender(t, s.Server, h2.Config{MaxConns: 4, WarmUp: true})
	var wg sync.WaitGroup
	for range 5 {
		wg.Go(func() {
			reqs, resps := batch(10)
			sender.Do(t.Context(), reqs, h2.Mode{}, resps)
			for i, r := range resps {
				if r.Status != http.StatusOK {
					t.Errorf("response %d: %+v", i, r)
				}
			}
		})
	}
	<-first
	if n := seen.Load(); n != 1 {
		t.Errorf("%d requests before the first was answered", n)
	}
	close(release)
	wg.Wait()
	if c := s.conns.Load(); c > 4 {
		t.Errorf("%d connections", c)
	}
}

func TestNewConn(t *testing.T) {
	t.Parallel()
	s := newServer(t, 100, func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, r.RemoteAddr) })
	sender := newSender(t, s.Server, h2.Config{MaxConns: 1})
	addr := func(m h2.Mode) string {
		t.Helper()
		reqs, resps := batch(1)
		sender.Do(t.Context(), reqs, m, resps)
		if resps[0].Err != nil {
			t.Fatal(resps[0].Err)
		}
		return string(resps[0].Body)
	}
	a, b, c := addr(h2.Mode{}), addr(h2.Mode{}), addr(h2.Mode{NewConn: true})
	if a != b || a == c {
		t.Errorf("connections %s, %s, and with NewConn %s", a, b, c)
	}
}

// One failed dial fails the whole batch, which was not written.
func TestUnreachable(t *testing.T) {
	t.Parallel()
	var dials atomic.Int64
	refused := errors.New("refused")
	sender, err := h2.New(h2.Config{Origin: "https://push.example:443", MaxConns: 4,
		Dial: func(context.Context, string, string) (net.Conn, error) { dials.Add(1); return nil, refused }})
	if err != nil {
		t.Fatal(err)
	}
	defer sender.Close()
	reqs, resps := batch(100)
	sender.Do(t.Context(), reqs, h2.Mode{}, resps)
	for i, r := range resps {
		if !errors.Is(r.Err, refused) || r.Written {
			t.Fatalf("response %d: %+v", i, r)
		}
	}
	if n := dials.Load(); n != 1 {
		t.Errorf("%d dials for one batch", n)
	}
}

// What was written and not answered may have arrived; what found no stream was
// not sent.
func TestTimeouts(t *testing.T) {
	t.Parallel()
	arrived := make(chan struct{}, 10)
	s := newServer(t, 1, func(_ http.ResponseWriter, r *http.Request) {
		arrived <- struct{}{}
		<-r.Context().Done()
	})
	sender := newSender(t, s.Server, h2.Config{RequestTimeout: 50 * time.Millisecond})
	reqs, resps := batch(1)
	sender.Do(t.Context(), reqs, h2.Mode{}, resps)
	if !errors.Is(resps[0].Err, context.DeadlineExceeded) {
		t.Errorf("a request that was not answered: %+v", resps[0])
	}
	for len(arrived) > 0 {
		<-arrived
	}
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-arrived; cancel() }()
	sender = newSender(t, s.Server, h2.Config{})
	reqs, resps = batch(3)
	sender.Do(ctx, reqs, h2.Mode{}, resps)
	for i, r := range resps {
		if !errors.Is(r.Err, context.Canceled) || r.Written != (i == 0) {
			t.Errorf("response %d of a batch that was given up: %+v", i, r)
		}
	}
}

func TestHTTP1IsRefused(t *testing.T) {
	t.Parallel()
	s := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a request came") }))
	defer s.Close()
	s.Config.ErrorLog = nil
	sender := newSender(t, s, h2.Config{})
	reqs, resps := batch(1)
	sender.Do(t.Context(), reqs, h2.Mode{}, resps)
	if resps[0].Err == nil || resps[0].Written {
		t.Errorf("a server without HTTP/2: %+v", resps[0])
	}
}

// A GOAWAY leaves the streams above its last one unwritten; one below without
// an answer may have arrived.
func TestGoAway(t *testing.T) {
	t.Parallel()
	s := httptest.NewUnstartedServer(nil)
	s.TLS = &tls.Config{NextProtos: []string{"h2"}}
	s.Config.TLSNextProto = map[string]func(*http.Server, *tls.Conn, http.Handler){
		"h2": func(_ *http.Server, c *tls.Conn, _ http.Handler) { goAway(t, c) },
	}
	s.StartTLS()
	defer s.Close()
	sender := newSender(t, s, h2.Config{MaxConns: 1})
	reqs, resps := batch(4)
	sender.Do(t.Context(), reqs[:1], h2.Mode{}, resps)
	if resps[0].Status != http.StatusOK {
		t.Fatalf("the first response: %+v", resps[0])
	}
	reqs, resps = reqs[1:], resps[1:]
	sender.Do(t.Context(), reqs, h2.Mode{}, resps)
	written := 0
	for i, r := range resps {
		if r.Err == nil {
			t.Errorf("response %d: %+v", i, r)
		}
		if r.Written {
			written++
		}
	}
	if written != 1 {
		t.Errorf("%d requests may have arrived, want 1: %+v", written, resps)
	}
}

// goAway answers one request, reads three more, says that it processed the
// first of them, and closes.
func goAway(t *testing.T, c net.Conn) {
	defer c.Close()
	preface := make([]byte, len(http2.ClientPreface))
	if _, err := io.ReadFull(c, preface); err != nil {
		t.Error(err)
		return
	}
	f := http2.NewFramer(c, c)
	if err := f.WriteSettings(); err != nil {
		t.Error(err)
		return
	}
	for streams := 0; streams < 4; {
		frame, err := f.ReadFrame()
		if err != nil {
			t.Error(err)
			return
		}
		if _, ok := frame.(*http2.HeadersFrame); !ok {
			continue
		}
		if streams++; streams == 1 { // 0x88 is :status 200 (RFC 7541, appendix A)
			if err := f.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: []byte{0x88}, EndStream: true, EndHeaders: true}); err != nil {
				t.Error(err)
			}
		}
	}
	if err := f.WriteGoAway(3, http2.ErrCodeNo, []byte(`{"reason":"Shutdown"}`)); err != nil {
		t.Error(err)
	}
}

func TestNewRefusesWhatIsNoOrigin(t *testing.T) {
	t.Parallel()
	for _, o := range []string{"", "http://a:1", "https://a", "https://a:1/x", "%"} {
		if _, err := h2.New(h2.Config{Origin: o}); err == nil || !strings.Contains(err.Error(), "not an origin") {
			t.Errorf("New(%q): %v", o, err)
		}
	}
}
