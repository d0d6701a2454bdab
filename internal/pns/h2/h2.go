// Package h2 sends batches of requests to one origin over a bounded set of
// HTTP/2 connections that it owns. It makes one attempt at each request and
// says of each whether it may have arrived.
//
// It stands on Go's stock client, one http.ClientConn for each connection:
// http.Transport would dial for each waiting request as long as none is open,
// and again whenever the peer's limit of streams is reached, which push
// services take for an attack.
package h2

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"
)

// Config is where a Sender sends, and within which bounds.
type Config struct {
	Origin string // https://host:port
	// TLS is the client's side of TLS; nil: verified against Roots. Whatever
	// it says, TLS 1.2 or later and HTTP/2 (ALPN, RFC 9113 §3.2) are asked for.
	TLS *tls.Config
	// Dial opens a TCP connection; nil: a net.Dialer.
	Dial           func(ctx context.Context, network, addr string) (net.Conn, error)
	Roots          *x509.CertPool // nil: the system's
	MaxConns       int            // 0: one
	RequestTimeout time.Duration  // of one request, in real time; 0: 30 s
	// WarmUp keeps a connection at one request until an answer shows that our
	// token was taken (2xx, or 4xx other than 401 and 403): APNs allows no more
	// before it has seen a valid one.
	WarmUp bool
}

// Field is a header of a request. Sensitive ones are meant to be kept out of
// the header compression's table, which the stock client cannot do.
type Field struct {
	Name, Value string
	Sensitive   bool
}

// Request is one POST.
type Request struct {
	Path   string // begins with /
	Fields []Field
	Body   []byte
}

// Response is the answer to one Request, or why there is none.
type Response struct {
	Status int
	Header http.Header
	Body   []byte // at most 8 KiB
	Err    error
	// Written, with Err: the request may have arrived.
	Written bool
}

// Mode changes how a batch is sent.
type Mode struct {
	NewConn bool // do not use the connections that exist: they were refused
}

// The bounds that a Config does not set.
const (
	defaultTimeout = 30 * time.Second
	dialTimeout    = 10 * time.Second
	maxBody        = 8 << 10
	maxHeaders     = 16 << 10
	pingAfter      = 15 * time.Second // without a frame from the peer
	pingTimeout    = 5 * time.Second
	idleTimeout    = time.Hour // without a request
)

var (
	// ErrClosed says that the Sender was closed.
	ErrClosed = errors.New("h2: the sender is closed")
	// ErrUnprocessed says that there was a connection, and that the peer surely
	// did not look at the request: it may be sent again at once on another one.
	ErrUnprocessed = errors.New("h2: the peer did not process the request")
)

// New returns a Sender that has no connection yet.
func New(cfg Config) (*Sender, error) {
	u, err := url.Parse(cfg.Origin)
	if err != nil || u.Hostname() == "" || u.Port() == "" || cfg.Origin != "https://"+u.Host {
		return nil, fmt.Errorf("h2: %q is not an origin: https://host:port is expected", cfg.Origin)
	}
	if cfg.MaxConns <= 0 {
		cfg.MaxConns = 1
	}
	if cfg.RequestTimeout <= 0 {
		cfg.RequestTimeout = defaultTimeout
	}
	t := &http.Transport{
		DialContext: cfg.Dial, TLSClientConfig: clientTLS(&cfg), TLSHandshakeTimeout: dialTimeout,
		DisableCompression: true, MaxResponseHeaderBytes: maxHeaders, Protocols: new(http.Protocols),
		IdleConnTimeout: idleTimeout,
		HTTP2:           &http.HTTP2Config{SendPingTimeout: pingAfter, PingTimeout: pingTimeout},
	}
	t.Protocols.SetHTTP2(true)
	ctx, cancel := context.WithCancel(context.Background())
	return &Sender{
		cfg: cfg, transport: t, host: u.Host, ctx: ctx, cancel: cancel,
		pace: pace{burst: cfg.MaxConns + dialBurst}, changed: make(chan struct{}),
	}, nil
}

// clientTLS makes sure that a connection speaks HTTP/2: with a server that
// ignores ALPN the stock client would speak HTTP/1.1.
func clientTLS(cfg *Config) *tls.Config {
	t := &tls.Config{}
	if cfg.TLS != nil {
		t = cfg.TLS.Clone()
	}
	t.MinVersion = max(t.MinVersion, tls.VersionTLS12)
	if t.RootCAs == nil {
		t.RootCAs = cfg.Roots
	}
	verify := t.VerifyConnection
	t.VerifyConnection = func(s tls.ConnectionState) error {
		if s.NegotiatedProtocol != "h2" {
			return fmt.Errorf("the server speaks no HTTP/2: it chose the protocol %q", s.NegotiatedProtocol)
		}
		if verify != nil {
			return verify(s)
		}
		return nil
	}
	return t
}
