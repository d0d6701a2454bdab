package pnssim_test

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"strconv"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/fanfare-hub/fanfare/internal/pnssim"
)

// client speaks HTTP/2 to APNs frame by frame, and keeps what it is told.
type client struct {
	*testing.T
	conn   *tls.Conn
	framer *http2.Framer
	head   bytes.Buffer
	enc    *hpack.Encoder
	next   uint32 // stream
	bearer string
	topic  string
	quiet  bool // settings are not acknowledged

	limits []uint32 // MAX_CONCURRENT_STREAMS, as they came
	heads  map[uint32]map[string]string
	bodies map[uint32]string
	ended  map[uint32]bool
	resets map[uint32]http2.ErrCode
	away   *http2.GoAwayFrame
	reason string // of away
}

// dialAPNs connects, and says settings.
func (f *fixture) dialAPNs(settings ...http2.Setting) *client {
	f.Helper()
	return f.dialHTTP2("api.push.apple.com", settings...)
}

func (f *fixture) goAway(svc pnssim.Service, after int) {
	f.Helper()
	if err := f.sim.GoAway(svc, after); err != nil {
		f.Fatal(err)
	}
}

func (f *fixture) dialHTTP2(host string, settings ...http2.Setting) *client {
	f.Helper()
	cfg := f.clientTLS()
	cfg.ServerName, cfg.NextProtos = host, []string{"h2"}
	conn, err := tls.Dial("tcp", f.sim.Addr(), cfg)
	if err != nil {
		f.Fatal(err)
	}
	c := &client{
		T: f.T, conn: conn, framer: http2.NewFramer(conn, conn), next: 1, bearer: f.appleToken(), topic: f.sim.APNsCredential()["AppName"],
		heads: map[uint32]map[string]string{}, bodies: map[uint32]string{}, ended: map[uint32]bool{}, resets: map[uint32]http2.ErrCode{},
	}
	f.Cleanup(func() { conn.Close() })
	c.enc = hpack.NewEncoder(&c.head)
	c.framer.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	c.do(conn.SetDeadline(time.Now().Add(20 * time.Second))) // a test that hangs shall fail
	_, err = io.WriteString(conn, http2.ClientPreface)
	c.do(err)
	c.do(c.framer.WriteSettings(settings...))
	return c
}

func (c *client) do(err error) {
	c.Helper()
	if err != nil {
		c.Fatal(err)
	}
}

// begin sends the head of a push to a device, and returns its stream.
func (c *client) begin(device string, extra ...string) uint32 {
	c.Helper()
	id := c.next
	c.next += 2
	c.head.Reset()
	fields := append([]string{
		":method", "POST", ":path", "/3/device/" + device, ":scheme", "https", ":authority", "api.push.apple.com",
		"authorization", c.bearer, "apns-topic", c.topic,
	}, extra...)
	for i := 0; i < len(fields); i += 2 {
		c.do(c.enc.WriteField(hpack.HeaderField{Name: fields[i], Value: fields[i+1]}))
	}
	c.do(c.framer.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: c.head.Bytes(), EndHeaders: true}))
	return id
}

func (c *client) push(device string) uint32 {
	c.Helper()
	id := c.begin(device)
	c.do(c.framer.WriteData(id, true, []byte(alert)))
	return id
}

// read takes one frame; false is the connection's end.
func (c *client) read() bool {
	c.Helper()
	f, err := c.framer.ReadFrame()
	if errors.Is(err, io.EOF) {
		return false
	}
	c.do(err)
	switch f := f.(type) {
	case *http2.SettingsFrame:
		if f.IsAck() {
			break
		}
		if v, ok := f.Value(http2.SettingMaxConcurrentStreams); ok {
			c.limits = append(c.limits, v)
		}
		if !c.quiet {
			c.do(c.framer.WriteSettingsAck())
		}
	case *http2.MetaHeadersFrame:
		c.heads[f.StreamID] = map[string]string{}
		for _, h := range f.Fields {
			c.heads[f.StreamID][h.Name] = h.Value
		}
		c.ended[f.StreamID] = f.StreamEnded()
	case *http2.DataFrame:
		c.bodies[f.StreamID] += string(f.Data())
		c.ended[f.StreamID] = f.StreamEnded()
	case *http2.RSTStreamFrame:
		c.resets[f.StreamID] = f.ErrCode
	case *http2.GoAwayFrame:
		c.away, c.reason = f, string(f.DebugData())
	}
	return true
}

// until reads frames until something holds.
func (c *client) until(what string, holds func() bool) {
	c.Helper()
	for !holds() {
		if !c.read() {
			c.Fatalf("the connection ended before %s", what)
		}
	}
}

// answer waits for the answer on a stream, and returns its status.
func (c *client) answer(id uint32) int {
	c.Helper()
	c.until(fmt.Sprintf("stream %d was answered", id), func() bool { return c.ended[id] })
	n, err := strconv.Atoi(c.heads[id][":status"])
	c.do(err)
	return n
}

// end reads until the connection ends, and returns the GOAWAY.
func (c *client) end() (last uint32, code http2.ErrCode, reason string) {
	c.Helper()
	for c.read() {
	}
	if c.away == nil {
		c.Fatal("the connection ended without a GOAWAY")
	}
	return c.away.LastStreamID, c.away.ErrCode, c.reason
}

// ping fails if anything comes before its answer.
func (c *client) ping() {
	c.Helper()
	c.do(c.framer.WritePing(false, [8]byte{}))
	f, err := c.framer.ReadFrame()
	c.do(err)
	if p, ok := f.(*http2.PingFrame); !ok || !p.IsAck() {
		c.Fatalf("%v came before the ping's answer", f)
	}
}
