package api

import (
	"fmt"
	"net/http"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/fanfare-hub/fanfare/internal/wire"
)

// ServeHTTP answers a request: it finds the route, lets the caller in, runs the
// handler, and writes what comes back. Handlers write nothing themselves, so an
// error, or a panic, always finds the answer unwritten.
func (s *server) ServeHTTP(w http.ResponseWriter, hr *http.Request) {
	e := &event{method: hr.Method, started: s.clock.Now(), trackingID: trackingID(hr)}
	a := s.answer(w, hr, e)
	s.write(w, hr, a, e.trackingID)
	cut := a.rest != nil && !s.writeRest(w, hr, a.rest)
	e.write(hr.Context(), s.log, a.status, s.clock.Now())
	linger(w, hr)
	if cut {
		panic(http.ErrAbortHandler) // so that the caller sees that there was more
	}
}

// pieceTimeout is how long a caller may take to read a piece of a long answer.
const pieceTimeout = time.Minute

// writeRest writes an answer that is not held in memory whole, and reports
// whether it did to the end.
func (s *server) writeRest(w http.ResponseWriter, hr *http.Request, rest func(put func([]byte) error) error) bool {
	c := http.NewResponseController(w)
	err := rest(func(piece []byte) error {
		c.SetWriteDeadline(time.Now().Add(pieceTimeout)) //nolint:errcheck // then the server's holds
		_, err := w.Write(piece)
		return err
	})
	if err != nil && hr.Context().Err() == nil {
		s.log.WarnContext(hr.Context(), "an answer was cut off", "error", err)
	}
	return err == nil
}

// answer turns every error into an answer.
func (s *server) answer(w http.ResponseWriter, hr *http.Request, e *event) (a answer) {
	defer func() {
		if v := recover(); v != nil {
			e.err = fmt.Errorf("panic: %v\n%s", v, debug.Stack())
			a = errorAnswer(errInternal, e.trackingID, s.clock.Now())
		}
	}()
	a, err := s.handle(w, hr, e)
	if err != nil {
		e.err = err
		a = errorAnswer(problemOf(err), e.trackingID, s.clock.Now())
	}
	return a
}

func (s *server) handle(w http.ResponseWriter, hr *http.Request, e *event) (answer, error) {
	p, err := parsePath(hr.URL.EscapedPath())
	if err != nil {
		return answer{}, err
	}
	found, err := s.match(hr.Method, p.segments)
	if err != nil {
		return answer{}, err
	}
	e.route = found.pattern
	h, rule, err := s.admit(hr, found, p.segments, s.tokens.Now())
	if err != nil {
		return answer{}, err
	}
	e.hub = h.Name
	r := &request{
		Request: hr, w: w, path: p, query: parseQuery(hr.URL.RawQuery), route: found,
		hub: h, rule: rule, now: e.started.Truncate(time.Microsecond), // as the store keeps times
	}
	if err := r.require(found.right); err != nil {
		return answer{}, err
	}
	if h.Disabled && found.serves() {
		return answer{}, errHubDisabled
	}
	return found.handle(r)
}

// maxAge is the recorded Strict-Transport-Security of Azure: 30 days.
const maxAge = 30 * 24 * time.Hour

// write sends an answer with the headers that every answer has. A caller that
// has gone is nobody's error.
func (s *server) write(w http.ResponseWriter, hr *http.Request, a answer, trackingID string) {
	h := w.Header()
	for name, values := range a.header {
		h[name] = values
	}
	h.Set("Server", "Fanfare")
	h.Set(wire.HeaderTrackingID, trackingID)
	h.Set(wire.HeaderCorrelationID, trackingID)
	if hr.TLS != nil && !s.plainToo { // RFC 6797 §7.2: never over plain HTTP
		h.Set("Strict-Transport-Security", fmt.Sprintf("max-age=%d", int(maxAge.Seconds())))
	}
	if a.rest == nil && a.status != http.StatusNoContent {
		h.Set("Content-Length", strconv.Itoa(len(a.body)))
	}
	w.WriteHeader(a.status)
	w.Write(a.body) //nolint:errcheck // see above
}

// maxTrackingID bounds what is echoed; clients send UUIDs.
const maxTrackingID = 128

// trackingID is the caller's own id for the request, or a new one. Clients and
// the log know the request by it.
func trackingID(hr *http.Request) string {
	if id := hr.Header.Get(wire.HeaderTrackingID); id != "" && len(id) <= maxTrackingID && visibleASCII(id) {
		return id
	}
	return uuid.NewString()
}
