package pnssim

import (
	"context"
	"net/http"
	"slices"

	"golang.org/x/net/http2"
)

// frame takes a frame, and returns a request that it completes. The caller
// holds mu.
func (c *apnsConn) frame(f http2.Frame) *apnsStream {
	switch f := f.(type) {
	case *http2.SettingsFrame:
		c.settings(f)
	case *http2.PingFrame:
		if !f.IsAck() {
			c.send(c.framer.WritePing(true, f.Data))
		}
	case *http2.WindowUpdateFrame:
		c.windowUpdate(f)
	case *http2.MetaHeadersFrame:
		return c.headers(f)
	case *http2.DataFrame:
		return c.data(f)
	case *http2.RSTStreamFrame:
		if st := c.streams[f.StreamID]; st != nil {
			c.close(st)
		} else if f.StreamID > c.last && !c.gone {
			c.violated(http2.ErrCodeProtocol, "")
		}
	case *http2.PushPromiseFrame:
		c.violated(http2.ErrCodeProtocol, "")
	}
	return nil
}

func (c *apnsConn) settings(f *http2.SettingsFrame) {
	if f.IsAck() {
		c.limits.acknowledged()
		return
	}
	for i := range f.NumSettings() {
		switch v := f.Setting(i); {
		case v.Valid() != nil:
			c.violated(http2.ErrCodeProtocol, "")
			return
		case v.ID == http2.SettingInitialWindowSize:
			c.flow.stream = int64(v.Val)
		case v.ID == http2.SettingHeaderTableSize:
			c.enc.SetMaxDynamicTableSize(min(v.Val, 4096))
		}
	}
	c.send(c.framer.WriteSettingsAck())
	c.unblock()
}

// headers begins a request.
func (c *apnsConn) headers(f *http2.MetaHeadersFrame) *apnsStream {
	if st := c.streams[f.StreamID]; st != nil { // trailers
		if !f.StreamEnded() || st.whole {
			c.violated(http2.ErrCodeProtocol, "")
			return nil
		}
		return c.complete(st, nil)
	}
	switch {
	case c.gone: // not looked at: the client knows, or will
		return nil
	case f.StreamID <= c.last || f.StreamID%2 == 0:
		c.violated(http2.ErrCodeProtocol, "")
		return nil
	case len(c.streams) >= c.limits.most():
		c.violated(http2.ErrCodeProtocol, "Maximum active streams violated for this endpoint")
		return nil
	}
	c.last = f.StreamID
	if f.Truncated {
		c.send(c.framer.WriteRSTStream(f.StreamID, http2.ErrCodeEnhanceYourCalm))
		return nil
	}
	st := c.open(f)
	if c.leave > 0 {
		if c.leave--; c.leave == 0 {
			c.sayGoodbye()
		}
	}
	if st.whole {
		return st
	}
	return nil
}

func (c *apnsConn) open(f *http2.MetaHeadersFrame) *apnsStream {
	st := &apnsStream{id: f.StreamID, header: http.Header{}, whole: f.StreamEnded()}
	st.ctx, st.cancel = context.WithCancel(c.ctx)
	for _, h := range f.Fields {
		switch h.Name {
		case ":method":
			st.method = h.Value
		case ":path":
			st.path = h.Value
		case ":scheme", ":authority":
		default:
			st.header[h.Name] = append(st.header[h.Name], h.Value)
		}
	}
	c.streams[st.id] = st
	return st
}

// close ends a stream, however that came.
func (c *apnsConn) close(st *apnsStream) {
	delete(c.streams, st.id)
	st.cancel()
	c.flow.blocked = slices.DeleteFunc(c.flow.blocked, func(o *apnsStream) bool { return o == st })
	if c.gone && len(c.streams) == 0 {
		c.finish()
	}
}

// data takes a part of a body.
func (c *apnsConn) data(f *http2.DataFrame) *apnsStream {
	if n := c.flow.received(f.Length); n > 0 {
		c.send(c.framer.WriteWindowUpdate(0, n))
	}
	st := c.streams[f.StreamID]
	switch {
	case st == nil && f.StreamID > c.last && !c.gone, st != nil && st.whole:
		c.violated(http2.ErrCodeStreamClosed, "")
		return nil
	case st == nil: // of a stream that is closed
		return nil
	case f.StreamEnded():
		return c.complete(st, f.Data())
	case !st.large && len(st.body)+len(f.Data()) > maxAPNsBody:
		st.large = true
		return st // judged at once, whatever follows
	case !st.large:
		st.body = append(st.body, f.Data()...)
	}
	return nil
}

// complete notes that the client has said all, and returns the request unless
// it is judged already.
func (c *apnsConn) complete(st *apnsStream, rest []byte) *apnsStream {
	st.whole = true
	if st.large {
		return nil
	}
	if st.large = len(st.body)+len(rest) > maxAPNsBody; !st.large {
		st.body = append(st.body, rest...)
	}
	return st
}

// takeLeave makes the connection go away after so many more requests.
func (c *apnsConn) takeLeave(after int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended || c.gone {
		return
	}
	if c.leave = after; after <= 0 {
		c.sayGoodbye()
	}
}

// sayGoodbye is a graceful GOAWAY: what was taken is answered.
func (c *apnsConn) sayGoodbye() {
	c.gone = true
	c.send(c.framer.WriteGoAway(c.last, http2.ErrCodeNo, []byte(`{"reason":"Shutdown"}`)))
	if len(c.streams) == 0 {
		c.finish()
	}
}

// violated ends the connection, with Apple's reason if there is one. What it
// has taken stays without an answer.
func (c *apnsConn) violated(code http2.ErrCode, reason string) {
	var debug []byte
	if reason != "" {
		debug = []byte(`{"reason":"` + reason + `"}`)
	}
	c.send(c.framer.WriteGoAway(c.last, code, debug))
	c.finish()
}
