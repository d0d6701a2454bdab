package pnssim

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// apnsConn is one connection to APNs. net/http's server cannot change the limit
// of streams while it runs, nor give a reason in a GOAWAY.
type apnsConn struct {
	sim     *Sim
	sandbox bool
	framer  *http2.Framer
	ctx     context.Context
	cancel  context.CancelFunc
	wg      sync.WaitGroup

	// The reader's own.
	open   map[uint32]*apnsRequest
	last   uint32 // the highest stream seen
	resets int

	mu      sync.Mutex // guards writing, and what follows
	w       *bufio.Writer
	head    bytes.Buffer
	enc     *hpack.Encoder
	flying  int   // streams that are not answered
	limit   int   // of streams, as the client has acknowledged it
	pending []int // limits that were sent since
	state   apnsState
}

// apnsState is what a connection has learned of its client.
type apnsState struct {
	token   string // the last provider token that was taken
	changed time.Time
	team    string
}

// apnsRequest is a request that is being read.
type apnsRequest struct {
	method, path string
	header       http.Header
	body         []byte
	large        bool
}

// The bounds of a connection: a body is read a little beyond Apple's limits, so
// that it can be called too large.
const (
	maxAPNsBody  = 8 << 10
	apnsWindow   = 1 << 20
	maxAPNsReset = 10_000
)

// serveAPNs serves a connection until it ends.
func (s *Sim) serveAPNs(t *tls.Conn, host string) {
	c := &apnsConn{sim: s, sandbox: strings.Contains(host, "sandbox") || strings.Contains(host, "development"), open: map[uint32]*apnsRequest{}, limit: 1}
	c.w = bufio.NewWriter(t)
	c.framer = http2.NewFramer(c.w, bufio.NewReader(t))
	c.framer.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	c.framer.MaxHeaderListSize = 16 << 10
	c.enc = hpack.NewEncoder(&c.head)
	c.ctx, c.cancel = context.WithCancel(s.ctx)
	defer c.wg.Wait()
	defer t.Close()
	defer c.cancel()
	preface := make([]byte, len(http2.ClientPreface))
	if _, err := io.ReadFull(t, preface); err != nil || string(preface) != http2.ClientPreface {
		return
	}
	// A connection begins with one stream, until a valid token was seen.
	err := c.write(func() error {
		return c.framer.WriteSettings(
			http2.Setting{ID: http2.SettingMaxConcurrentStreams, Val: 1},
			http2.Setting{ID: http2.SettingInitialWindowSize, Val: apnsWindow})
	})
	if err == nil {
		err = c.write(func() error { return c.framer.WriteWindowUpdate(0, apnsWindow) })
	}
	c.pending = append(c.pending, 1)
	for err == nil {
		var f http2.Frame
		if f, err = c.framer.ReadFrame(); err == nil {
			err = c.frame(f)
		}
	}
}

// write writes frames and sends them at once.
func (c *apnsConn) write(fn func() error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := fn(); err != nil {
		return err
	}
	return c.w.Flush()
}

func (c *apnsConn) frame(f http2.Frame) error {
	switch f := f.(type) {
	case *http2.SettingsFrame:
		if f.IsAck() {
			c.acknowledged()
			return nil
		}
		return c.write(c.framer.WriteSettingsAck)
	case *http2.PingFrame:
		if f.IsAck() {
			return nil
		}
		return c.write(func() error { return c.framer.WritePing(true, f.Data) })
	case *http2.MetaHeadersFrame:
		return c.headers(f)
	case *http2.DataFrame:
		return c.data(f)
	case *http2.RSTStreamFrame:
		if c.resets++; c.resets > maxAPNsReset {
			return c.goAway("TooManyResets")
		}
		delete(c.open, f.StreamID)
	case *http2.GoAwayFrame:
		return io.EOF
	}
	return nil
}

// acknowledged puts the oldest limit that was sent into force.
func (c *apnsConn) acknowledged() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.pending) > 0 {
		c.limit, c.pending = c.pending[0], c.pending[1:]
	}
}

// setLimit tells the client how many streams it may have. The caller holds mu.
func (c *apnsConn) setLimit(n int) error {
	now := c.limit
	if len(c.pending) > 0 {
		now = c.pending[len(c.pending)-1]
	}
	if now == n {
		return nil
	}
	c.pending = append(c.pending, n)
	return c.framer.WriteSettings(http2.Setting{ID: http2.SettingMaxConcurrentStreams, Val: uint32(n)})
}

// admit takes a stream, unless there are more than any limit that may be in
// force at the client.
func (c *apnsConn) admit() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	most := c.limit
	for _, n := range c.pending {
		most = max(most, n)
	}
	c.flying++
	return c.flying <= most
}

func (c *apnsConn) headers(f *http2.MetaHeadersFrame) error {
	if f.StreamID <= c.last || f.StreamID%2 == 0 {
		return c.goAway("BadStream")
	}
	c.last = f.StreamID
	if !c.admit() {
		return c.goAway("Maximum active streams violated for this endpoint")
	}
	r := &apnsRequest{header: http.Header{}}
	for _, h := range f.Fields {
		switch h.Name {
		case ":method":
			r.method = h.Value
		case ":path":
			r.path = h.Value
		default:
			r.header[h.Name] = append(r.header[h.Name], h.Value)
		}
	}
	c.open[f.StreamID] = r
	if f.StreamEnded() {
		c.complete(f.StreamID)
	}
	return nil
}

func (c *apnsConn) data(f *http2.DataFrame) error {
	n := len(f.Data())
	if n > 0 {
		err := c.write(func() error {
			if err := c.framer.WriteWindowUpdate(0, uint32(n)); err != nil || f.StreamEnded() {
				return err
			}
			return c.framer.WriteWindowUpdate(f.StreamID, uint32(n))
		})
		if err != nil {
			return err
		}
	}
	r := c.open[f.StreamID]
	if r == nil {
		return nil // reset by the client, or a stream that never was
	}
	if len(r.body)+n > maxAPNsBody {
		r.large = true
	} else {
		r.body = append(r.body, f.Data()...)
	}
	if f.StreamEnded() {
		c.complete(f.StreamID)
	}
	return nil
}

// complete answers a request in a goroutine of its own; there are no more of
// them than streams.
func (c *apnsConn) complete(id uint32) {
	r := c.open[id]
	delete(c.open, id)
	c.wg.Go(func() {
		a := c.sim.push(c, r)
		if a.hang {
			<-c.ctx.Done()
			return
		}
		if !c.sim.pause(c.ctx, APNs) {
			return
		}
		c.answer(id, a) //nolint:errcheck // the reader sees the broken connection
	})
}

// apnsAnswer is what APNs says to one request.
type apnsAnswer struct {
	status int
	reason string
	since  time.Time // with 410
	id     string
	valid  bool // the provider token was taken
	hang   bool
	reset  bool
}

// answer writes an answer, and lets the limit of streams follow it: errors slow
// the client down, except that a device is gone.
func (c *apnsConn) answer(id uint32, a apnsAnswer) error {
	return c.write(func() error {
		c.flying--
		if a.reset {
			c.cancel()
			return c.framer.WriteRSTStream(id, http2.ErrCodeInternal)
		}
		limit := c.sim.cfg.APNsStreams
		if !a.valid || a.status/100 == 4 && a.status != http.StatusGone {
			limit = 1
		}
		if err := c.setLimit(limit); err != nil {
			return err
		}
		return c.writeAnswer(id, a)
	})
}

func (c *apnsConn) writeAnswer(id uint32, a apnsAnswer) error {
	c.head.Reset()
	field := func(name, value string) { c.enc.WriteField(hpack.HeaderField{Name: name, Value: value}) } //nolint:errcheck // into memory
	field(":status", strconv.Itoa(a.status))
	field("apns-id", a.id)
	if c.sandbox {
		field("apns-unique-id", a.id)
	}
	err := c.framer.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: c.head.Bytes(), EndStream: a.reason == "", EndHeaders: true})
	if err != nil || a.reason == "" {
		return err
	}
	body := `{"reason":"` + a.reason + `"`
	if a.status == http.StatusGone {
		body += `,"timestamp":` + strconv.FormatInt(a.since.UnixMilli(), 10)
	}
	return c.framer.WriteData(id, true, []byte(body+"}"))
}

// goAway ends the connection with a reason.
func (c *apnsConn) goAway(reason string) error {
	err := c.write(func() error {
		return c.framer.WriteGoAway(c.last, http2.ErrCodeProtocol, []byte(`{"reason":"`+reason+`"}`))
	})
	if err == nil {
		err = io.EOF
	}
	return err
}
