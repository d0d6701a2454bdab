package pnssim_test

import (
	"bytes"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/fanfare-hub/fanfare/internal/pnssim"
)

func TestStreamLimit(t *testing.T) {
	t.Parallel()
	f := setup(t)
	c := f.dialAPNs()
	c.until("the first settings", func() bool { return len(c.limits) == 1 })
	right := c.bearer
	for _, s := range []struct {
		name, device, bearer string
		status               int
		limits               string
	}{
		{"a foreign token", token, f.appleToken("key", f.sim.ForeignAPNsCredential()["Token"]), 403, "[1]"},
		{"a valid one, a device that is gone", fate("fate-gone."), right, 410, "[1 1000]"},
		{"accepted", token, right, 200, "[1 1000]"},
		{"an error", fate("fate-malformed."), right, 400, "[1 1000 1]"},
		{"gone", fate("fate-gone."), right, 410, "[1 1000 1]"},
		{"the service fails", fate("fate-error."), right, 500, "[1 1000 1]"},
		{"accepted again", token, right, 200, "[1 1000 1 1000]"},
		{"the service fails again", fate("fate-unavailable."), right, 503, "[1 1000 1 1000]"},
	} {
		c.bearer = s.bearer
		if status := c.answer(c.push(s.device)); status != s.status || fmt.Sprint(c.limits) != s.limits {
			t.Errorf("%s: %d, limits %v; want %d, %s", s.name, status, c.limits, s.status, s.limits)
		}
	}
}

// The limit is changed by hand: at once where the client has all of it.
func TestSetStreams(t *testing.T) {
	t.Parallel()
	f := setupWith(t, pnssim.Config{APNsStreams: 9})
	full, mistaken, fresh := f.dialAPNs(), f.dialAPNs(), f.dialAPNs()
	full.answer(full.push(token))
	mistaken.answer(mistaken.push(token))
	mistaken.answer(mistaken.push("xyz"))
	fresh.until("the first settings", func() bool { return len(fresh.limits) == 1 })
	if err := f.sim.SetStreams(pnssim.APNs, 2); err != nil {
		t.Fatal(err)
	}
	full.until("the limit was lowered", func() bool { return fmt.Sprint(full.limits) == "[1 9 2]" })
	mistaken.ping() // and no settings
	for name, c := range map[string]*client{"after a mistake": mistaken, "without a token": fresh} {
		before := fmt.Sprint(c.limits)
		c.answer(c.push(token))
		if got, want := fmt.Sprint(c.limits), strings.TrimSuffix(before, "]")+" 2]"; got != want {
			t.Errorf("%s: limits %s, want %s", name, got, want)
		}
	}
	late := f.dialAPNs()
	late.answer(late.push(token))
	if got := fmt.Sprint(late.limits); got != "[1 2]" {
		t.Errorf("a later connection: limits %s", got)
	}
	f.sim.ResetService(pnssim.APNs)
	full.until("the limit was raised", func() bool { return fmt.Sprint(full.limits) == "[1 9 2 9]" })
	for _, n := range []int{0, -1, 10} {
		if err := f.sim.SetStreams(pnssim.APNs, n); err == nil || !strings.Contains(err.Error(), "from 1 to 9") {
			t.Errorf("%d: %v", n, err)
		}
	}
	if got := f.sim.State(pnssim.APNs); got.Streams != 9 || got.Open != 4 {
		t.Errorf("%+v", got)
	}
}

const tooMany = `{"reason":"Maximum active streams violated for this endpoint"}`

func TestTooManyStreams(t *testing.T) {
	t.Parallel()
	f := setupWith(t, pnssim.Config{APNsStreams: 3})
	release := f.sim.Hold(pnssim.APNs)
	c := f.dialAPNs()
	c.push(token)
	c.push(token)
	if last, code, text := c.end(); last != 1 || code != http2.ErrCodeProtocol || text != tooMany {
		t.Errorf("a second stream before the first answer: %d %v %s", last, code, text)
	}
	release()
	c = f.dialAPNs()
	c.answer(c.push(token))
	release = f.sim.Hold(pnssim.APNs)
	defer release()
	for range 3 {
		c.push(token)
	}
	c.ping() // and no GOAWAY
	c.push(token)
	if last, code, text := c.end(); last != 7 || code != http2.ErrCodeProtocol || text != tooMany {
		t.Errorf("a fourth stream: %d %v %s", last, code, text)
	}
}

// The limit is lowered while a request is in flight: another one is too many.
func TestTooManyStreamsWhenLowered(t *testing.T) {
	t.Parallel()
	f := setupWith(t, pnssim.Config{APNsStreams: 3})
	c := f.dialAPNs()
	c.answer(c.push(token))
	c.push(fate("fate-hang."))
	if status := c.answer(c.push("xyz")); status != 400 {
		t.Fatal(status)
	}
	c.push(token)
	if _, _, text := c.end(); text != tooMany {
		t.Error(text)
	}
}

// Streams that the client gives up make room.
func TestStreamsGivenUp(t *testing.T) {
	t.Parallel()
	f := setupWith(t, pnssim.Config{APNsStreams: 2})
	c := f.dialAPNs()
	c.answer(c.push(token))
	for range 20 {
		id := c.push(fate("fate-hang."))
		c.do(c.framer.WriteRSTStream(id, http2.ErrCodeCancel))
	}
	id := c.begin(token) // given up before its body has come
	c.do(c.framer.WriteRSTStream(id, http2.ErrCodeCancel))
	c.do(c.framer.WriteData(id, true, []byte(alert)))
	one, two := c.push(token), c.push(token)
	if a, b := c.answer(one), c.answer(two); a != 200 || b != 200 {
		t.Errorf("%d %d", a, b)
	}
}

func TestGoAway(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.goAway(pnssim.APNs, 0) // there is nobody
	c := f.dialAPNs()
	c.answer(c.push(token))
	release := f.sim.Hold(pnssim.APNs)
	defer release()
	first := c.push("aa" + token)
	if _, err := f.sim.Wait(t.Context(), pnssim.APNs, "aa"+token, 1); err != nil {
		t.Fatal(err)
	}
	f.goAway(pnssim.APNs, 1)
	second, third := c.push("bb"+token), c.push("cc"+token)
	c.until("the GOAWAY", func() bool { return c.away != nil })
	if c.away.LastStreamID != second || c.away.ErrCode != http2.ErrCodeNo || c.reason != `{"reason":"Shutdown"}` {
		t.Errorf("%v %s, want the last to be %d", c.away, c.reason, second)
	}
	release()
	if a, b := c.answer(first), c.answer(second); a != 200 || b != 200 {
		t.Errorf("%d %d", a, b)
	}
	if c.end(); c.ended[third] {
		t.Error("a stream beyond the last was answered")
	}
	if got := f.sim.All(pnssim.APNs); len(got) != 3 || got["cc"+token] != 0 {
		t.Errorf("the devices got %v", got)
	}
	// An idle connection goes at once.
	c = f.dialAPNs()
	id := c.push(token)
	c.answer(id)
	f.goAway(pnssim.APNs, 0)
	if last, code, _ := c.end(); last != id || code != http2.ErrCodeNo {
		t.Errorf("%d %v", last, code)
	}
}

// An answer's body waits until the client has room for it.
func TestFlowControl(t *testing.T) {
	t.Parallel()
	f := setup(t)
	const want = `{"reason":"BadDeviceToken"}`
	c := f.dialAPNs(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 0})
	id := c.push("xyz")
	blocked := func() {
		t.Helper()
		c.until("the head of the answer", func() bool { return c.heads[id] != nil })
		c.ping()
	}
	blocked()
	c.do(c.framer.WriteWindowUpdate(id, uint32(len(want)-1)))
	c.ping()
	c.do(c.framer.WriteWindowUpdate(id, 1))
	if c.answer(id); c.bodies[id] != want {
		t.Errorf("%q", c.bodies[id])
	}
	// New settings count for streams that there are.
	id = c.push("xyz")
	blocked()
	c.do(c.framer.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 100}))
	if c.answer(id); c.bodies[id] != want {
		t.Errorf("%q", c.bodies[id])
	}
	// The connection's window holds some 2,400 of these bodies.
	for range 65_535/len(want) - 2 {
		if status := c.answer(c.push("xyz")); status != 400 {
			t.Fatal(status)
		}
	}
	id = c.push("xyz")
	blocked()
	c.do(c.framer.WriteWindowUpdate(0, 1000))
	if c.answer(id); c.bodies[id] != want {
		t.Errorf("%q", c.bodies[id])
	}
}

// A body that is too large is refused before its end.
func TestEarlyRefusal(t *testing.T) {
	t.Parallel()
	f := setup(t)
	c := f.dialAPNs()
	c.answer(c.push(token))
	id := c.begin(token)
	c.do(c.framer.WriteData(id, false, bytes.Repeat([]byte("x"), 9000)))
	if status := c.answer(id); status != 413 || c.bodies[id] != `{"reason":"PayloadTooLarge"}` {
		t.Errorf("%d %s", status, c.bodies[id])
	}
	c.until("the rest was declined", func() bool {
		code, reset := c.resets[id]
		return reset && code == http2.ErrCodeNo
	})
	c.do(c.framer.WriteData(id, true, bytes.Repeat([]byte("x"), 9000)))
	if status := c.answer(c.push(token)); status != 200 {
		t.Errorf("the next one: %d", status)
	}
}

func TestPaddingAndTrailers(t *testing.T) {
	t.Parallel()
	f := setup(t)
	c := f.dialAPNs()
	id := c.begin(token)
	c.do(c.framer.WriteDataPadded(id, false, []byte(alert), make([]byte, 100)))
	c.head.Reset()
	c.do(c.enc.WriteField(hpack.HeaderField{Name: "x", Value: "y"}))
	c.do(c.framer.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: c.head.Bytes(), EndHeaders: true, EndStream: true}))
	if status := c.answer(id); status != 200 {
		t.Errorf("%d %s", status, c.bodies[id])
	}
}

func TestResetFate(t *testing.T) {
	t.Parallel()
	f := setup(t)
	c := f.dialAPNs()
	c.answer(c.push(token))
	id := c.push(fate("fate-reset."))
	c.until("the reset", func() bool { return len(c.resets) == 1 })
	if c.heads[id] == nil || c.ended[id] || c.resets[id] != http2.ErrCodeInternal {
		t.Errorf("head %v, whole %v, %v", c.heads[id], c.ended[id], c.resets)
	}
	if status := c.answer(c.push(fate("fate-reset."))); status != 200 {
		t.Errorf("the second time: %d", status)
	}
}

func TestProtocolErrors(t *testing.T) {
	t.Parallel()
	frame := func(kind http2.FrameType, flags byte, stream uint32, payload string) []byte {
		b := binary.BigEndian.AppendUint32(nil, uint32(len(payload))<<8|uint32(kind))
		b = append(b, flags)
		return append(binary.BigEndian.AppendUint32(b, stream), payload...)
	}
	// :method GET, :scheme https, :path / of the static table (RFC 7541, A).
	const get = "\x82\x87\x84"
	const endStream, endHeaders = 1, 4
	for name, c := range map[string]struct {
		bytes []byte
		code  http2.ErrCode
	}{
		"an even stream":              {frame(http2.FrameHeaders, endHeaders|endStream, 2, get), http2.ErrCodeProtocol},
		"a stream that goes back":     {append(frame(http2.FrameHeaders, endHeaders|endStream, 5, get), frame(http2.FrameHeaders, endHeaders|endStream, 3, get)...), http2.ErrCodeProtocol},
		"data of no stream":           {frame(http2.FrameData, 0, 1, "x"), http2.ErrCodeStreamClosed},
		"data on the connection":      {frame(http2.FrameData, 0, 0, "x"), http2.ErrCodeProtocol},
		"a reset of no stream":        {frame(http2.FrameRSTStream, 0, 1, "\x00\x00\x00\x08"), http2.ErrCodeProtocol},
		"a frame that is too large":   {frame(http2.FrameData, 0, 1, strings.Repeat("x", 16_385)), http2.ErrCodeFrameSize},
		"a push promise":              {frame(http2.FramePushPromise, endHeaders, 1, "\x00\x00\x00\x02"+get), http2.ErrCodeProtocol},
		"a huge window":               {frame(http2.FrameSettings, 0, 0, "\x00\x04\xff\xff\xff\xff"), http2.ErrCodeFlowControl},
		"a window that overflows":     {frame(http2.FrameWindowUpdate, 0, 0, "\x7f\xff\xff\xff"), http2.ErrCodeFlowControl},
		"a window of nothing":         {frame(http2.FrameWindowUpdate, 0, 0, "\x00\x00\x00\x00"), http2.ErrCodeProtocol},
		"headers that do not decode":  {frame(http2.FrameHeaders, endHeaders|endStream, 1, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"), http2.ErrCodeCompression},
		"a continuation of nothing":   {frame(http2.FrameContinuation, endHeaders, 1, get), http2.ErrCodeProtocol},
		"headers that are never done": {append(frame(http2.FrameHeaders, 0, 1, get), frame(http2.FramePing, 0, 0, "12345678")...), http2.ErrCodeProtocol},
		"a bad ping":                  {frame(http2.FramePing, 0, 0, "1"), http2.ErrCodeFrameSize},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := setup(t)
			cl := f.dialAPNs()
			_, err := cl.conn.Write(c.bytes)
			cl.do(err)
			if _, code, _ := cl.end(); code != c.code {
				t.Errorf("GOAWAY %v, want %v", code, c.code)
			}
		})
	}
}

// What is wrong with one request leaves the connection alone.
func TestBadRequests(t *testing.T) {
	t.Parallel()
	f := setup(t)
	c := f.dialAPNs()
	c.answer(c.push(token))
	var long []string
	for i := range 20 {
		long = append(long, fmt.Sprintf("x-%d", i), strings.Repeat("0", 1000))
	}
	for name, extra := range map[string][]string{
		"a name in capitals":       {"Apns-Priority", "5"},
		"a pseudo header too late": {":path", "/"},
		"a head of 20,000 bytes":   long,
	} {
		id := c.begin(token, extra...)
		c.until(name+" was refused", func() bool { return c.resets[id] != 0 })
	}
	if status := c.answer(c.push(token)); status != 200 {
		t.Errorf("afterwards: %d", status)
	}
}

// A client that acknowledges no settings is left at last.
func TestSettingsNeverAcknowledged(t *testing.T) {
	t.Parallel()
	f := setup(t)
	c := f.dialAPNs()
	c.quiet = true
	for i := 0; c.away == nil; i++ {
		if i > 3000 {
			t.Fatal("3,000 answers changed the limit, and no settings were acknowledged")
		}
		device := token
		if i%2 == 1 {
			device = "xyz"
		}
		id := c.push(device)
		c.until("an answer or the end", func() bool { return c.ended[id] || c.away != nil })
	}
	if _, code, _ := c.end(); code != http2.ErrCodeSettingsTimeout {
		t.Errorf("GOAWAY %v", code)
	}
}

func TestNoPreface(t *testing.T) {
	t.Parallel()
	f := setup(t)
	conn, err := tls.Dial("tcp", f.sim.Addr(), &tls.Config{RootCAs: f.sim.Roots(), ServerName: "api.push.apple.com", NextProtos: []string{"h2"}})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, "GET / HTTP/1.1\r\nHost: api.push.apple.com\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	if b, err := io.ReadAll(conn); len(b) != 0 {
		t.Errorf("it answered %q, %v", b, err)
	}
}

// Many devices on one connection: each gets its push, once.
func TestManyPushes(t *testing.T) {
	t.Parallel()
	f := setup(t)
	const n, workers = 3000, 50
	bearer, topic := f.appleToken(), f.sim.APNsCredential()["AppName"]
	if status, _, text := f.post(apns+token, alert, "authorization", bearer, "apns-topic", topic); status != 200 {
		t.Fatalf("%d %s", status, text)
	}
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for i := w; i < n; i += workers {
				status, _, text, err := f.try(apns+fmt.Sprintf("%016x", i), fmt.Sprintf(`{"n":%d}`, i), "authorization", bearer, "apns-topic", topic)
				if err != nil || status != 200 {
					t.Errorf("%d: %d %s %v", i, status, text, err)
				}
			}
		})
	}
	if err := f.sim.WaitCount(t.Context(), pnssim.APNs, n+1); err != nil {
		t.Error(err)
	}
	wg.Wait()
	for i := range n {
		device := fmt.Sprintf("%016x", i)
		if got := f.sim.Received(pnssim.APNs, device); len(got) != 1 || string(got[0].Body) != fmt.Sprintf(`{"n":%d}`, i) {
			t.Fatalf("%s got %v", device, got)
		}
	}
	if n := f.sim.Connections(pnssim.APNs); n != 1 {
		t.Errorf("%d connections", n)
	}
}

// A stopped service ends the connections that there are.
func TestStopEndsConnections(t *testing.T) {
	t.Parallel()
	f := setup(t)
	c := f.dialAPNs()
	c.answer(c.push(token))
	c.push(fate("fate-hang."))
	f.sim.StopService(pnssim.APNs)
	var err error
	for err == nil {
		_, err = c.framer.ReadFrame()
	}
	var late net.Error
	if errors.As(err, &late) && late.Timeout() {
		t.Error("the connection stays open")
	}
	// Also for who does not ask the Sim for its connections.
	for host, stopped := range map[string]bool{"api.push.apple.com": true, "fcm.googleapis.com": false} {
		conn, err := tls.Dial("tcp", f.sim.Addr(), &tls.Config{RootCAs: f.sim.Roots(), ServerName: host, NextProtos: []string{"h2"}})
		if (err != nil) != stopped {
			t.Errorf("%s: %v", host, err)
		}
		if err == nil {
			conn.Close()
		}
	}
}
