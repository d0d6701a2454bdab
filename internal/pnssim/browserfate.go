package pnssim

import (
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
)

// browserAnswer is a refusal, with Mozilla's numbers for it ("HTTP Endpoints
// for Push", autopush).
type browserAnswer struct {
	status     int
	errno      int
	why        string
	retryAfter string
	location   string
	html       bool
}

// browserRefusals are the answers to fates.
var browserRefusals = map[string]browserAnswer{
	"gone":        {status: http.StatusGone, errno: 106, why: "Invalid subscription"},
	"expired":     {status: http.StatusGone, errno: 103, why: "Endpoint has expired"},
	"malformed":   {status: http.StatusNotFound, errno: 102, why: "Invalid endpoint"},
	"foreign":     {status: http.StatusForbidden, errno: 109, why: "The subscription was made with another key"},
	"throttled":   {status: http.StatusTooManyRequests, why: "Too many requests", retryAfter: "60"},
	"unavailable": {status: http.StatusServiceUnavailable, errno: 201, why: "Use exponential back-off for retries", retryAfter: "30"},
	"shutdown":    {status: http.StatusServiceUnavailable, errno: 202, why: "Immediate retry is fine"},
	"error":       {status: http.StatusInternalServerError, errno: 999, why: "Unknown error"},
	"refused":     {status: http.StatusBadRequest, errno: 110, why: "Invalid crypto keys"},
	"gateway":     {status: http.StatusBadGateway, html: true, why: "Bad Gateway"},
	"redirect":    {status: http.StatusTemporaryRedirect, location: "https://10.0.0.1/latest/meta-data"},
}

// browserFate is what becomes of a push that is in order.
func (s *Sim) browserFate(w http.ResponseWriter, r *http.Request, p *webPush) {
	f := s.fate(Browser, p.endpoint)
	if s.dictated(w, r, Browser, f) {
		return
	}
	a, refused := browserRefusals[f.Kind]
	broken := f.Kind == "hang" || f.Kind == "reset"
	code := http.StatusCreated
	if f.Kind == "answer" && f.Times >= 200 && f.Times < 600 {
		code = f.Times
		refused = code >= 300
		a = browserAnswer{status: code, why: http.StatusText(code)}
	}
	location := "https://" + r.Host + "/m/" + uuid.NewString()
	if !refused && !broken {
		got := Received{Service: Browser, Handle: p.endpoint, Header: browserHeader(r, p), Body: p.body, ID: location, Conn: connOf(r)}
		if f.Kind == "offline" {
			s.store(got, p.topic, p.ttl)
		} else {
			s.deliver(got)
		}
	}
	if !s.pause(r.Context(), Browser, f.Delay) || f.Kind == "reset" {
		panic(http.ErrAbortHandler)
	}
	if f.RetryAfter != "" {
		a.retryAfter = f.RetryAfter
	}
	switch {
	case broken:
		breakOff(w, r, f.Kind)
	case refused:
		a.write(w, r)
	default:
		w.Header().Set("Location", location)
		w.Header().Set("TTL", strconv.Itoa(int(p.ttl/time.Second)))
		w.WriteHeader(code)
		talk(w, r, f.Kind)
	}
}

// browserHeader is what the browser learns. Content-Encoding stays where we
// could not decrypt: it tells that the body is as it was sent.
func browserHeader(r *http.Request, p *webPush) http.Header {
	h := r.Header.Clone()
	if p.readable {
		h.Del("Content-Encoding")
	}
	return h
}

// The bodies that no sender should wait for.
const (
	floodBytes = 16 << 20
	dripEvery  = 20 * time.Millisecond
)

// talk gives an answer a body without use: far too much of it, or a byte at a
// time for ever.
func talk(w http.ResponseWriter, r *http.Request, kind string) {
	switch kind {
	case "flood":
		io.CopyN(w, blanks{}, floodBytes) //nolint:errcheck // the client is gone
	case "drip":
		for tick := time.NewTicker(dripEvery); ; {
			w.Write([]byte(" "))                  //nolint:errcheck // the context tells
			http.NewResponseController(w).Flush() //nolint:errcheck // the context tells
			select {
			case <-tick.C:
			case <-r.Context().Done():
				tick.Stop()
				return
			}
		}
	}
}

// blanks is a reader without an end.
type blanks struct{}

func (blanks) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

// write answers in the form of the host's owner: Apple's and Mozilla's JSON,
// Google's line.
func (a *browserAnswer) write(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	if a.retryAfter != "" {
		h.Set("Retry-After", a.retryAfter)
	}
	if a.location != "" {
		h.Set("Location", a.location)
	}
	switch host := hostOf(r); {
	case a.html:
		writeHTML(w, a.status, a.why)
	case host == appleWebHost:
		writeJSON(w, a.status, map[string]string{"reason": appleWebReason(a.status)})
	case host == "fcm.googleapis.com":
		http.Error(w, a.why, a.status)
	default:
		writeJSON(w, a.status, map[string]any{"code": a.status, "errno": a.errno, "error": http.StatusText(a.status), "message": a.why})
	}
}

// appleWebReason is Apple's word ("Sending web push notifications in web apps
// and browsers").
func appleWebReason(status int) string {
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden:
		return "BadJwtToken"
	case http.StatusGone:
		return "Unregistered"
	case http.StatusRequestEntityTooLarge:
		return "PayloadTooLarge"
	}
	return strings.ReplaceAll(http.StatusText(status), " ", "")
}
