package pnssim

import (
	"math"
	"net/http"
	"strconv"

	"github.com/google/uuid"
	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// answer writes an answer, and lets the limit of streams follow it.
func (c *apnsConn) answer(st *apnsStream, a apnsAnswer) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended || c.streams[st.id] != st {
		return
	}
	if n, changed := c.limits.follow(a); changed {
		c.send(c.framer.WriteSettings(http2.Setting{ID: http2.SettingMaxConcurrentStreams, Val: uint32(n)}))
	}
	if len(c.limits.pending) > maxPending {
		c.violated(http2.ErrCodeSettingsTimeout, "")
		return
	}
	whole := a.reason == "" && a.text == "" && a.broken == ""
	c.writeHead(st.id, a, whole)
	switch {
	case a.broken != "":
		c.send(c.framer.WriteRSTStream(st.id, http2.ErrCodeInternal))
		c.close(st)
	case whole:
		c.done(st)
	default:
		st.rest = a.body()
		c.flow.blocked = append(c.flow.blocked, st)
		c.unblock()
	}
}

func (c *apnsConn) writeHead(id uint32, a apnsAnswer, whole bool) {
	c.head.Reset()
	field := func(name, value string) { c.enc.WriteField(hpack.HeaderField{Name: name, Value: value}) } //nolint:errcheck // into memory
	field(":status", strconv.Itoa(a.status))
	field("apns-id", a.id)
	if c.sandbox {
		field("apns-unique-id", uuid.NewString())
	}
	c.send(c.framer.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: c.head.Bytes(), EndStream: whole, EndHeaders: true}))
}

func (a *apnsAnswer) body() []byte {
	if a.text != "" {
		return []byte(a.text)
	}
	body := `{"reason":"` + a.reason + `"`
	if a.status == http.StatusGone {
		body += `,"timestamp":` + strconv.FormatInt(a.since.UnixMilli(), 10)
	}
	return []byte(body + "}")
}

// done closes a stream that is answered. The client need not say the rest of a
// body that was answered early (RFC 9113, 8.1).
func (c *apnsConn) done(st *apnsStream) {
	if !st.whole {
		c.send(c.framer.WriteRSTStream(st.id, http2.ErrCodeNo))
	}
	c.close(st)
}

// unblock sends the bodies of answers that the client has room for.
func (c *apnsConn) unblock() {
	waiting := c.flow.blocked
	c.flow.blocked = nil
	for i, st := range waiting {
		n := int64(len(st.rest))
		if n > c.flow.conn {
			c.flow.blocked = append(c.flow.blocked, waiting[i:]...)
			return
		}
		if n > c.flow.stream+st.credit {
			c.flow.blocked = append(c.flow.blocked, st)
			continue
		}
		c.flow.conn -= n
		c.send(c.framer.WriteData(st.id, true, st.rest))
		c.done(st)
	}
}

// The windows of flow control, in bytes. Ours are wide: a stream's holds more
// than any body that is read, so it is never widened.
const (
	initialWindow = 65_535
	streamWindow  = 1 << 20
	connWindow    = 16 << 20
)

// flow is what each side may still send.
type flow struct {
	conn    int64         // what the client takes on the connection
	stream  int64         // and at first on each stream
	owed    uint32        // what we have read and not yet allowed again
	blocked []*apnsStream // answers that wait for the client
}

// received notes bytes of DATA, padding too, and returns how many to allow anew.
func (f *flow) received(n uint32) uint32 {
	f.owed += n
	if f.owed < connWindow/2 {
		return 0
	}
	n, f.owed = f.owed, 0
	return n
}

func (c *apnsConn) windowUpdate(f *http2.WindowUpdateFrame) {
	st := c.streams[f.StreamID]
	switch {
	case f.StreamID == 0:
		c.flow.conn += int64(f.Increment)
	case st != nil:
		st.credit += int64(f.Increment)
	}
	if c.flow.conn > math.MaxInt32 || st != nil && c.flow.stream+st.credit > math.MaxInt32 {
		c.violated(http2.ErrCodeFlowControl, "")
		return
	}
	c.unblock()
}

// maxPending bounds the limits that a client has not acknowledged.
const maxPending = 1000

// limits is how many streams a client may have: one, until it has shown a valid
// token, and again after each mistake until it is right.
type limits struct {
	full    int
	force   int   // what the client has acknowledged
	pending []int // what was sent since
	proved  bool
}

// acknowledged puts the oldest limit that was sent into force.
func (l *limits) acknowledged() {
	if len(l.pending) > 0 {
		l.force, l.pending = l.pending[0], l.pending[1:]
	}
}

// most is the highest limit that the client may be keeping to.
func (l *limits) most() int {
	n := l.force
	for _, p := range l.pending {
		n = max(n, p)
	}
	return n
}

// follow returns the limit after an answer: errors slow the client down, except
// that a device is gone. What the service itself failed at changes nothing.
func (l *limits) follow(a apnsAnswer) (n int, changed bool) {
	n = l.now()
	switch {
	case a.status/100 == 4 && a.status != http.StatusGone:
		n = 1
	case a.status == http.StatusOK || !l.proved:
		n = l.full
	}
	l.proved = l.proved || a.valid
	return n, l.move(n)
}

// now is the limit that the client was told last.
func (l *limits) now() int {
	if len(l.pending) > 0 {
		return l.pending[len(l.pending)-1]
	}
	return l.force
}

// move notes a limit that the client is to be told; false if it knows.
func (l *limits) move(n int) bool {
	if n == l.now() {
		return false
	}
	l.pending = append(l.pending, n)
	return true
}

// setStreams changes the full limit. A client that has less now, for a mistake
// or because it has shown no token yet, has it from its next good answer on.
func (c *apnsConn) setStreams(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	at := c.limits.now() == c.limits.full
	c.limits.full = n
	if at && c.limits.proved && !c.ended && !c.gone && c.limits.move(n) {
		c.send(c.framer.WriteSettings(http2.Setting{ID: http2.SettingMaxConcurrentStreams, Val: uint32(n)}))
	}
}
