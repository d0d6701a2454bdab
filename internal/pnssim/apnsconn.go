package pnssim

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// apnsConn is one connection to APNs. net/http's server cannot change the limit
// of streams while it runs, nor give a reason in a GOAWAY.
//
// Its goroutines: one reads frames; each request has one that answers it; one
// writes what the others have put into out, many answers at a time.
type apnsConn struct {
	sim     *Sim
	tls     *tls.Conn
	id      int64
	sandbox bool
	shown   *shownCertificate // nil: the client has a token
	framer  *http2.Framer
	ctx     context.Context
	cancel  context.CancelFunc
	slots   chan struct{} // one for each request that is being answered
	dirty   chan struct{} // there is something to write
	wg      sync.WaitGroup

	mu      sync.Mutex // guards what follows, and the framer's writing side
	out     outbox
	head    bytes.Buffer
	enc     *hpack.Encoder
	streams map[uint32]*apnsStream
	last    uint32 // the highest stream that was taken
	leave   int    // streams to take before going away; 0: no such plan
	gone    bool   // GOAWAY was said
	ended   bool   // nothing is written any more
	flow    flow
	limits  limits
	token   tokenState
}

// apnsStream is a request, and its answer while that cannot be sent.
type apnsStream struct {
	id           uint32
	ctx          context.Context
	cancel       context.CancelFunc
	method, path string
	header       http.Header // names in lower case
	body         []byte
	large        bool     // there was more of it
	whole        bool     // the client has said all
	app          *apnsApp // what it may push to
	credit       int64    // what the client takes beyond an initial window
	rest         []byte   // of the answer
}

func (st *apnsStream) one(name string) string {
	if v := st.header[name]; len(v) > 0 {
		return v[0]
	}
	return ""
}

// The bounds of a connection.
const (
	maxAPNsBody   = 8 << 10 // read a little beyond Apple's limits, so that it can be called too large
	maxAPNsHeader = 16 << 10
	maxFrame      = 16 << 10 // what a client may send unless it is told otherwise
	maxUnsent     = 1 << 20  // of answers that the client does not read
	linger        = time.Second
)

func (s *Sim) newAPNsConn(t *tls.Conn, id int64, host string) *apnsConn {
	c := &apnsConn{
		sim: s, tls: t, id: id, sandbox: strings.Contains(host, "sandbox") || strings.Contains(host, "development"),
		slots: make(chan struct{}, 2*s.cfg.APNsStreams), dirty: make(chan struct{}, 1), streams: map[uint32]*apnsStream{},
		flow: flow{conn: initialWindow, stream: initialWindow}, limits: limits{force: 1, full: s.streams(APNs)},
	}
	c.shown = readShown(t.ConnectionState().PeerCertificates)
	c.ctx, c.cancel = context.WithCancel(s.ctx)
	c.framer = http2.NewFramer(&c.out, bufio.NewReader(t))
	c.framer.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	c.framer.MaxHeaderListSize = maxAPNsHeader
	c.framer.SetMaxReadFrameSize(maxFrame)
	c.enc = hpack.NewEncoder(&c.head)
	return c
}

// serveAPNs serves a connection until it ends.
func (s *Sim) serveAPNs(t *tls.Conn, m *member, host string) {
	c := s.newAPNsConn(t, m.id, host)
	c.wg.Go(c.write)
	if c.preface() {
		c.greet()
		s.mu.Lock()
		m.apns = c
		s.mu.Unlock()
		c.setStreams(s.streams(APNs)) // it may have changed while nobody could tell this connection
		c.read()
	}
	c.mu.Lock()
	c.finish()
	c.mu.Unlock()
	c.cancel()
	t.Close() //nolint:errcheck // it is given up
	c.wg.Wait()
}

// preface reads what every HTTP/2 client says first.
func (c *apnsConn) preface() bool {
	c.tls.SetReadDeadline(time.Now().Add(handshakeTime)) //nolint:errcheck // reading fails then
	text := make([]byte, len(http2.ClientPreface))
	_, err := io.ReadFull(c.tls, text)
	c.tls.SetReadDeadline(time.Time{}) //nolint:errcheck // reading fails then
	return err == nil && string(text) == http2.ClientPreface
}

// greet sends our settings. A connection begins with one stream, until a valid
// token was seen; a certificate was seen already.
func (c *apnsConn) greet() {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := 1
	if c.shown != nil {
		n, c.limits.proved = c.limits.full, true
	}
	c.limits.pending = append(c.limits.pending, n)
	c.send(c.framer.WriteSettings(
		http2.Setting{ID: http2.SettingMaxConcurrentStreams, Val: uint32(n)},
		http2.Setting{ID: http2.SettingInitialWindowSize, Val: streamWindow},
		http2.Setting{ID: http2.SettingMaxHeaderListSize, Val: maxAPNsHeader}))
	c.send(c.framer.WriteWindowUpdate(0, connWindow-initialWindow))
}

// read takes frames until the connection ends.
func (c *apnsConn) read() {
	for {
		f, err := c.framer.ReadFrame()
		var whole *apnsStream
		c.mu.Lock()
		if !c.ended && err == nil {
			whole = c.frame(f)
		} else if !c.ended {
			err = c.misread(err)
		}
		ended := c.ended
		c.mu.Unlock()
		switch {
		case ended: // the client may finish what it was saying
			io.Copy(io.Discard, c.tls) //nolint:errcheck // it ends when the client closes, or has lingered
			return
		case err != nil:
			return
		case whole != nil:
			c.slots <- struct{}{} // those who hold one leave: their requests are answered or reset
			c.wg.Go(func() { c.respond(whole) })
		}
	}
}

// misread answers a frame that is wrong in itself. The error is the
// connection's end.
func (c *apnsConn) misread(err error) error {
	var stream http2.StreamError
	var conn http2.ConnectionError
	switch {
	case errors.As(err, &stream):
		if st := c.streams[stream.StreamID]; st != nil {
			c.close(st)
		}
		c.last = max(c.last, stream.StreamID)
		c.send(c.framer.WriteRSTStream(stream.StreamID, stream.Code))
	case errors.As(err, &conn):
		c.violated(http2.ErrCode(conn), "")
	case errors.Is(err, http2.ErrFrameTooLarge):
		c.violated(http2.ErrCodeFrameSize, "")
	default:
		return err
	}
	return nil
}

// respond answers a request. There are no more of these than slots.
func (c *apnsConn) respond(st *apnsStream) {
	defer func() { <-c.slots }()
	a := c.sim.push(c, st)
	if a.broken == "hang" {
		<-st.ctx.Done()
		return
	}
	if c.sim.pause(st.ctx, APNs, a.delay) {
		c.answer(st, a)
	}
}

// outbox is what is to be written.
type outbox struct{ buf []byte }

func (o *outbox) Write(p []byte) (int, error) {
	o.buf = append(o.buf, p...)
	return len(p), nil
}

// send wakes the writer after frames were put into out. The error is that of
// putting them there: a frame that cannot be is our mistake. The caller holds mu.
func (c *apnsConn) send(err error) {
	if err != nil || len(c.out.buf) > maxUnsent {
		c.tls.NetConn().Close() //nolint:errcheck // it is given up
		return
	}
	if c.ended {
		return
	}
	select {
	case c.dirty <- struct{}{}:
	default:
	}
}

// finish lets the writer write what there is, and nothing later. The caller
// holds mu.
func (c *apnsConn) finish() {
	if !c.ended {
		c.send(nil)
		c.ended = true
		close(c.dirty)
	}
}

// write writes until finish, and leaves the client a moment to read it all:
// closing at once would take back what is on its way.
func (c *apnsConn) write() {
	var buf []byte
	for range c.dirty {
		c.mu.Lock()
		buf, c.out.buf = c.out.buf, buf[:0]
		c.mu.Unlock()
		if _, err := c.tls.Write(buf); err != nil {
			c.tls.NetConn().Close() //nolint:errcheck // it is broken
			return
		}
	}
	c.tls.CloseWrite()                            //nolint:errcheck // it is closed soon
	c.tls.SetReadDeadline(time.Now().Add(linger)) //nolint:errcheck // reading fails then
}
