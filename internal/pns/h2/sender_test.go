package h2_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/fanfare-hub/fanfare/internal/pns/h2"
)

func TestDo(t *testing.T) {
	t.Parallel()
	p := serve(t, 20, func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || r.ProtoMajor != 2 || r.Method != http.MethodPost || r.Host != "push.example:443" {
			t.Errorf("%s %s to %s, %v", r.Method, r.Proto, r.Host, err)
		}
		for name := range r.Header {
			if name != "Apns-Id" && name != "Content-Length" {
				t.Errorf("the header %s was added", name)
			}
		}
		w.Header().Set("apns-id", r.Header.Get("apns-id"))
		w.WriteHeader(http.StatusTeapot)
		fmt.Fprintf(w, "%s %s", r.URL.Path, body)
	})
	s := connect(t, p, h2.Config{MaxConns: 3})
	for i, r := range do(t.Context(), s, batch(500)) {
		want := fmt.Sprintf("/3/device/%d body %d", i, i)
		if r.Err != nil || r.Status != http.StatusTeapot || string(r.Body) != want || r.Header.Get("apns-id") != fmt.Sprint("id ", i) {
			t.Fatalf("response %d: %+v", i, r)
		}
	}
	if n := len(p.dialled()); n > 3 {
		t.Errorf("%d connections, at most 3 are allowed", n)
	}
}

func TestConcurrentCalls(t *testing.T) {
	t.Parallel()
	p := serve(t, 10, func(http.ResponseWriter, *http.Request) {})
	s := connect(t, p, h2.Config{MaxConns: 2, WarmUp: true})
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			for i, r := range do(t.Context(), s, batch(30)) {
				if r.Status != http.StatusOK {
					t.Errorf("response %d: %+v", i, r)
				}
			}
		})
	}
	wg.Wait()
	if n := len(p.dialled()); n > 2 {
		t.Errorf("%d connections, at most 2 are allowed", n)
	}
}

// A redirect is an answer, and a long answer is cut.
func TestAnswersAreTakenAsTheyAre(t *testing.T) {
	t.Parallel()
	p := serve(t, 10, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", "https://evil.example/")
		w.WriteHeader(http.StatusFound)
		io.WriteString(w, strings.Repeat("x", 100<<10)) //nolint:errcheck // the client stops reading
	})
	s := connect(t, p, h2.Config{})
	for _, r := range do(t.Context(), s, batch(3)) {
		if r.Err != nil || r.Status != http.StatusFound || len(r.Body) != 8<<10 {
			t.Errorf("status %d, %d bytes, error %v", r.Status, len(r.Body), r.Err)
		}
	}
}

func TestARequestThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	s := connect(t, nil, h2.Config{Dial: newPipes().Dial}) // nobody accepts
	field := func(name, value string) h2.Request {
		return h2.Request{Path: "/", Fields: []h2.Field{{Name: name, Value: value}}}
	}
	secret := "00aa"
	reqs := []h2.Request{
		{Path: ""}, {Path: "@evil.example/"}, {Path: "/\x00" + secret}, {Path: "/%zz" + secret},
		field("a b", "c"), field("", "c"), field("a", "b\r\nc: "+secret), field("a", "\x00"+secret),
	}
	for i, r := range do(t.Context(), s, reqs) {
		if r.Err == nil || r.Written || errors.Is(r.Err, h2.ErrUnprocessed) || strings.Contains(r.Err.Error(), secret) {
			t.Errorf("response %d: %+v", i, r)
		}
	}
}

func TestClose(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := serve(t, 1, func(_ http.ResponseWriter, r *http.Request) {
			io.Copy(io.Discard, r.Body) //nolint:errcheck // a server sees that its client has gone once the body is read
			<-r.Context().Done()
		})
		s := connect(t, p, h2.Config{})
		var resps []h2.Response
		done := make(chan struct{})
		go func() {
			defer close(done)
			resps = do(t.Context(), s, batch(3))
		}()
		synctest.Wait()
		s.Close()
		select {
		case <-done:
		default:
			t.Error("Close came back before Do")
			<-done
		}
		if resps[0].Err == nil || !resps[0].Written || errors.Is(resps[0].Err, h2.ErrClosed) {
			t.Errorf("the request in flight: %+v", resps[0])
		}
		for _, r := range append(resps[1:], do(t.Context(), s, batch(2))...) {
			if !errors.Is(r.Err, h2.ErrClosed) || r.Written {
				t.Errorf("a request that was not sent: %+v", r)
			}
		}
		s.Close()
	})
}

func TestCloseEndsADial(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := connect(t, newPipes(), h2.Config{})
		done := make(chan []h2.Response, 1)
		go func() { done <- do(t.Context(), s, batch(1)) }()
		synctest.Wait()
		s.Close()
		if r := (<-done)[0]; r.Err == nil || r.Written {
			t.Errorf("the request: %+v", r)
		}
	})
}

// What is no HTTP/2 over TLS 1.2 is refused, with a sentence for people.
func TestWhatIsSpoken(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		server *tls.Config
		want   string
	}{
		{"no ALPN", &tls.Config{}, "no HTTP/2"},
		{"HTTP/1.1 alone", &tls.Config{NextProtos: []string{"http/1.1"}}, "no application protocol"},
		{"TLS 1.1", &tls.Config{NextProtos: []string{"h2"}, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}, "protocol version"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			cert, _ := identity()
			tt.server.Certificates = []tls.Certificate{cert}
			p := newPipes()
			done := make(chan struct{})
			go func() {
				defer close(done)
				c, err := p.Accept()
				if err != nil {
					return
				}
				tc := tls.Server(c, tt.server)
				io.Copy(io.Discard, tc) //nolint:errcheck // the client is to break off
				c.Close()
			}()
			// Whatever the given TLS settings allow.
			s := connect(t, p, h2.Config{TLS: &tls.Config{MinVersion: tls.VersionTLS10, NextProtos: []string{"http/1.1"}}})
			r := do(t.Context(), s, batch(1))[0]
			if r.Err == nil || r.Written || !strings.Contains(r.Err.Error(), tt.want) {
				t.Errorf("response %+v, want an error with %q", r, tt.want)
			}
			p.Close()
			<-done
		})
	}
}

func TestTheCertificateIsVerified(t *testing.T) {
	t.Parallel()
	cert, roots := identity()
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{cert}, NextProtos: []string{"h2"}})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		c, err := l.Accept()
		if err != nil {
			return
		}
		io.Copy(io.Discard, c) //nolint:errcheck // the client is to break off
		c.Close()
	}()
	s, err := h2.New(h2.Config{Origin: "https://other.example:443", Roots: roots, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, network, l.Addr().String())
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var bad *tls.CertificateVerificationError
	if r := do(t.Context(), s, batch(1))[0]; !errors.As(r.Err, &bad) || r.Written {
		t.Errorf("response %+v", r)
	}
	l.Close()
	<-done
}

func TestNewRefusesWhatIsNoOrigin(t *testing.T) {
	t.Parallel()
	for _, o := range []string{"", "http://a:1", "https://a", "https://a:1/x", "https://u:p@a:1", "https://:1", "https://a:1?q", "%"} {
		if _, err := h2.New(h2.Config{Origin: o}); err == nil || !strings.Contains(err.Error(), "not an origin") {
			t.Errorf("New(%q): %v", o, err)
		}
	}
}

func TestAnEmptyBatch(t *testing.T) {
	t.Parallel()
	s := connect(t, newPipes(), h2.Config{})
	s.Do(context.Background(), nil, h2.Mode{NewConn: true}, nil)
}
