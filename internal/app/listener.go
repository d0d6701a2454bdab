package app

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/fanfare-hub/fanfare/internal/pnssim/simapi"
)

// newServer serves HTTP/1.1 and 2, with TLS where there is a certificate.
func (a *App) newServer(h http.Handler) (*http.Server, error) {
	s := &http.Server{
		Handler: h, ReadHeaderTimeout: readHeaderTimeout, ReadTimeout: readTimeout,
		WriteTimeout: writeTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeaderBytes,
		ErrorLog: slog.NewLogLogger(a.opts.Log.Handler(), slog.LevelDebug), Protocols: new(http.Protocols),
	}
	s.Protocols.SetHTTP1(true)
	s.Protocols.SetHTTP2(true)
	s.Protocols.SetUnencryptedHTTP2(true)
	s.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"}}
	switch {
	case a.opts.Certificate != nil:
		s.TLSConfig.Certificates = []tls.Certificate{*a.opts.Certificate}
	case a.cfg.CertFile != "":
		a.certs = &certFiles{cert: a.cfg.CertFile, key: a.cfg.KeyFile, log: a.opts.Log}
		if _, err := a.certs.get(nil); err != nil {
			return nil, err
		}
		s.TLSConfig.GetCertificate = a.certs.get
	default:
		s.TLSConfig = nil
	}
	return s, nil
}

// withSimulators puts the simulators' paths, if there are any, before the API's.
func withSimulators(simulators, api http.Handler) http.Handler {
	if simulators == nil {
		return api
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if simapi.Serves(r.URL.Path) {
			simulators.ServeHTTP(w, r)
			return
		}
		api.ServeHTTP(w, r)
	})
}

// wrap puts TLS on a listener, or looks at each connection's first byte.
func (a *App) wrap(l net.Listener) net.Listener {
	switch {
	case a.server.TLSConfig == nil:
		return l
	case a.opts.PlainToo:
		return newTwoFaced(l, a.server.TLSConfig)
	}
	return tls.NewListener(l, a.server.TLSConfig)
}

// certFiles serves a certificate from files, and reads them again when they
// have changed.
type certFiles struct {
	cert, key string
	log       *slog.Logger

	mu   sync.Mutex
	at   time.Time // the certificate file's time when it was read
	told time.Time // the same, of the last one that could not be used
	last *tls.Certificate
}

// get is a tls.Config's GetCertificate. A new pair that cannot be read leaves
// the old one in use, and is named in the log once.
func (f *certFiles) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	info, err := os.Stat(f.cert)
	if err == nil && f.last != nil && info.ModTime().Equal(f.at) {
		return f.last, nil
	}
	if err == nil {
		var pair tls.Certificate
		if pair, err = tls.LoadX509KeyPair(f.cert, f.key); err == nil {
			f.at, f.last = info.ModTime(), &pair
			return f.last, nil
		}
	}
	err = fmt.Errorf("the certificate of %s and %s: %w", f.cert, f.key, err)
	if f.last == nil {
		return nil, err
	}
	if info != nil && !info.ModTime().Equal(f.told) {
		f.told = info.ModTime()
		f.log.Error("a new certificate cannot be used: the old one stays", "error", err)
	}
	return f.last, nil
}

// sniffTimeout is how long a connection may take to send its first byte.
const sniffTimeout = 10 * time.Second

// twoFaced takes TLS and plain connections on one port, told apart by their
// first byte. Each is looked at in a goroutine of its own, so that a silent
// one holds up nobody.
type twoFaced struct {
	net.Listener
	tls    *tls.Config
	conns  chan net.Conn
	ctx    context.Context
	cancel context.CancelCauseFunc
	wg     sync.WaitGroup
}

func newTwoFaced(l net.Listener, cfg *tls.Config) *twoFaced {
	t := &twoFaced{Listener: l, tls: cfg, conns: make(chan net.Conn)}
	t.ctx, t.cancel = context.WithCancelCause(context.Background())
	t.wg.Go(t.acceptAll)
	return t
}

func (t *twoFaced) acceptAll() {
	for {
		c, err := t.Listener.Accept()
		if err != nil {
			t.cancel(err)
			return
		}
		t.wg.Go(func() { t.look(c) })
	}
}

func (t *twoFaced) look(c net.Conn) {
	stop := context.AfterFunc(t.ctx, func() { c.SetReadDeadline(time.Unix(1, 0)) }) //nolint:errcheck // a dead connection is closed below
	defer stop()
	r := bufio.NewReader(c)
	if err := c.SetReadDeadline(time.Now().Add(sniffTimeout)); err != nil {
		c.Close()
		return
	}
	first, err := r.Peek(1)
	if err != nil || c.SetReadDeadline(time.Time{}) != nil {
		c.Close()
		return
	}
	var out net.Conn = &peeked{c, r}
	const tlsHandshake = 0x16 // RFC 8446 §5.1
	if first[0] == tlsHandshake {
		out = tls.Server(out, t.tls)
	}
	select {
	case t.conns <- out:
	case <-t.ctx.Done():
		c.Close()
	}
}

// Accept returns the next connection whose first byte has come.
func (t *twoFaced) Accept() (net.Conn, error) {
	select {
	case c := <-t.conns:
		return c, nil
	case <-t.ctx.Done():
		return nil, context.Cause(t.ctx)
	}
}

// Close ends accepting, and waits for the connections being looked at.
func (t *twoFaced) Close() error {
	err := t.Listener.Close()
	t.cancel(net.ErrClosed)
	t.wg.Wait()
	return err
}

// peeked is a connection of which a reader holds the first bytes.
type peeked struct {
	net.Conn
	r *bufio.Reader
}

func (p *peeked) Read(b []byte) (int, error) { return p.r.Read(b) }
