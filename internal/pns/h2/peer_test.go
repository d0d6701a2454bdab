package h2_test

import (
	"bytes"
	"crypto/tls"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// peer is the far side of one connection, frame by frame: net/http's server
// cannot refuse a stream, change its mind, or fall silent.
type peer struct {
	n        int // of the connection, from 1
	conn     *tls.Conn
	framer   *http2.Framer
	requests chan uint32 // the streams of the requests that came
	acks     chan struct{}
	gone     chan struct{} // closed when the client has gone
	silent   atomic.Bool   // answers no ping

	writes chan func() error // by one goroutine: a reader that writes would wait for itself
}

// script answers as fn says: a goroutine for each connection, which is closed
// when fn returns.
func script(t *testing.T, fn func(p *peer)) *pipes {
	t.Helper()
	l := newPipes()
	var wg sync.WaitGroup
	var mu sync.Mutex
	var open []net.Conn
	wg.Go(func() {
		for n := 1; ; n++ {
			c, err := l.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			open = append(open, c)
			mu.Unlock()
			wg.Go(func() { converse(c, n, fn) })
		}
	})
	t.Cleanup(func() {
		l.Close()
		mu.Lock()
		for _, c := range open {
			c.Close()
		}
		mu.Unlock()
		wg.Wait()
	})
	return l
}

func converse(c net.Conn, n int, fn func(p *peer)) {
	cert, _ := identity()
	tc := tls.Server(c, &tls.Config{Certificates: []tls.Certificate{cert}, NextProtos: []string{"h2"}})
	defer tc.Close()
	preface := make([]byte, len(http2.ClientPreface))
	if _, err := io.ReadFull(tc, preface); err != nil {
		return
	}
	p := &peer{
		n: n, conn: tc, framer: http2.NewFramer(tc, tc), requests: make(chan uint32, 10_000), acks: make(chan struct{}, 100),
		gone: make(chan struct{}), writes: make(chan func() error, 10_000),
	}
	var wg sync.WaitGroup
	defer wg.Wait()
	wg.Go(p.read)
	wg.Go(p.write)
	fn(p)
	p.writes <- func() error { return tc.Close() } // after what was written
	<-p.gone
	close(p.writes)
}

func (p *peer) read() {
	defer close(p.gone)
	for {
		f, err := p.framer.ReadFrame()
		if err != nil {
			return
		}
		switch f := f.(type) {
		case *http2.SettingsFrame:
			if f.IsAck() {
				p.acks <- struct{}{}
			} else {
				p.writes <- p.framer.WriteSettingsAck
			}
		case *http2.PingFrame:
			if data := f.Data; !f.IsAck() && !p.silent.Load() {
				p.writes <- func() error { return p.framer.WritePing(true, data) }
			}
		case *http2.HeadersFrame:
			p.requests <- f.StreamID
		}
	}
}

func (p *peer) write() {
	for w := range p.writes {
		if w() != nil {
			p.conn.Close()
		}
	}
}

// limit sends the limit of streams; 0: no limit is named.
func (p *peer) limit(n uint32) {
	var all []http2.Setting
	if n > 0 {
		all = append(all, http2.Setting{ID: http2.SettingMaxConcurrentStreams, Val: n})
	}
	p.writes <- func() error { return p.framer.WriteSettings(all...) }
}

// next waits for a request; ok is false when the client has gone.
func (p *peer) next() (id uint32, ok bool) {
	select {
	case id = <-p.requests:
		return id, true
	case <-p.gone:
		return 0, false
	}
}

func (p *peer) head(id uint32, status string, end bool) {
	var b bytes.Buffer
	// Never indexed: each encoder is a new one.
	hpack.NewEncoder(&b).WriteField(hpack.HeaderField{Name: ":status", Value: status, Sensitive: true}) //nolint:errcheck // a buffer
	p.writes <- func() error {
		return p.framer.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: b.Bytes(), EndHeaders: true, EndStream: end})
	}
}

func (p *peer) answer(id uint32, status string) { p.head(id, status, true) }

func (p *peer) reset(id uint32, code http2.ErrCode) {
	p.writes <- func() error { return p.framer.WriteRSTStream(id, code) }
}

func (p *peer) goAway(last uint32, code http2.ErrCode, debug string) {
	p.writes <- func() error { return p.framer.WriteGoAway(last, code, []byte(debug)) }
}

// answerAll answers 200 until the client has gone.
func (p *peer) answerAll() {
	for {
		id, ok := p.next()
		if !ok {
			return
		}
		p.answer(id, "200")
	}
}
