package pnssim

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
)

// maxWNS is the limit of a payload, in bytes.
const maxWNS = 5000

func (s *Sim) wnsHandler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if h := hostOf(r); h == liveHost || h == entraHost {
			s.microsoftToken(w, r)
			return
		}
		if isWebPush(r) {
			s.webPush(w, r)
			return
		}
		s.wnsSend(w, r)
	})
}

// wnsSend takes a push to a channel, whose URI is the request's own.
func (s *Sim) wnsSend(w http.ResponseWriter, r *http.Request) {
	s.count(WNS, func(n *counts) { n.pushes++ })
	id := strings.ToUpper(strings.ReplaceAll(uuid.NewString(), "-", ""))[:16]
	cv := r.Header.Get("MS-CV")
	if cv == "" {
		cv = id + ".0"
	}
	w.Header().Set("X-WNS-Msg-ID", id)
	w.Header().Set("X-WNS-Debug-Trace", "SIM01")
	w.Header().Set("MS-CV", cv)
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
	if err != nil {
		wnsAnswer{status: http.StatusRequestEntityTooLarge, why: "The payload has more than 5000 bytes"}.write(w)
		return
	}
	if a, ok := s.checkChannel(r); !ok {
		a.write(w)
		return
	}
	if status, why := checkWNS(r, body); status != 0 {
		wnsAnswer{status: status, why: why}.write(w)
		return
	}
	s.wnsFate(w, r, body, id)
}

// checkChannel checks who sends, and where to.
func (s *Sim) checkChannel(r *http.Request) (a wnsAnswer, ok bool) {
	switch {
	case r.Method != http.MethodPost:
		return wnsAnswer{status: http.StatusMethodNotAllowed, why: "POST is expected"}, false
	case !s.granted(r, WNS):
		return wnsAnswer{status: http.StatusUnauthorized, why: "The token is missing or has expired"}, false
	case r.URL.Query().Get("token") == "":
		return wnsAnswer{status: http.StatusNotFound, why: "The channel URI is not valid"}, false
	case !s.spend(WNS):
		return wnsAnswer{status: http.StatusNotAcceptable, why: "The throttle limit is exceeded", retryAfter: "60"}, false
	}
	return wnsAnswer{}, true
}

// checkWNS checks what the service says of headers and payload.
func checkWNS(r *http.Request, body []byte) (status int, why string) {
	kind := r.Header.Get("X-WNS-Type")
	raw := kind == "wns/raw"
	contentType, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	bad := http.StatusBadRequest
	switch {
	case r.ContentLength < 0 || len(r.TransferEncoding) > 0:
		return http.StatusLengthRequired, "Content-Length is missing"
	case kind != "wns/toast" && kind != "wns/tile" && kind != "wns/badge" && !raw:
		return bad, "X-WNS-Type is missing or unknown"
	case raw && contentType != "application/octet-stream", !raw && contentType != "text/xml":
		return bad, "Content-Type does not fit X-WNS-Type"
	case len(body) > maxWNS:
		return http.StatusRequestEntityTooLarge, "The payload has more than 5000 bytes"
	case !raw && rootOf(body) != strings.TrimPrefix(kind, "wns/"):
		return bad, "The payload is not XML of the type that X-WNS-Type names"
	}
	if why := checkWNSOptions(r.Header, kind); why != "" {
		return bad, why
	}
	return 0, ""
}

// checkWNSOptions says what is wrong with the headers that a push need not have.
func checkWNSOptions(h http.Header, kind string) (why string) {
	policy := h.Get("X-WNS-Cache-Policy")
	switch {
	case h.Get("X-WNS-SuppressPopup") != "":
		return "X-WNS-SuppressPopup is for phones only"
	case !label.MatchString(h.Get("X-WNS-Tag")) || !label.MatchString(h.Get("X-WNS-Group")):
		return "X-WNS-Tag or X-WNS-Group is not of at most 16 letters and digits"
	case policy != "" && kind == "wns/toast":
		return "X-WNS-Cache-Policy is not for toasts"
	case !slices.Contains([]string{"", "cache", "no-cache"}, policy):
		return "X-WNS-Cache-Policy is neither cache nor no-cache"
	case !slices.Contains([]string{"", "1", "2", "3", "4"}, h.Get("X-WNS-PRIORITY")):
		return "X-WNS-PRIORITY is not from 1 (high) to 4 (very low)"
	case !slices.Contains([]string{"", "true", "false"}, h.Get("X-WNS-RequestForStatus")):
		return "X-WNS-RequestForStatus is neither true nor false"
	}
	if _, ok := wnsTTL(h); !ok {
		return "X-WNS-TTL is not a number of seconds"
	}
	return ""
}

// maxWNSLife is how long a push is kept for a device, as long as its channel
// lives.
const maxWNSLife = 30 * 24 * time.Hour

// wnsTTL is how long a push is good for.
func wnsTTL(h http.Header) (ttl time.Duration, ok bool) {
	text := h.Get("X-WNS-TTL")
	if text == "" {
		return maxWNSLife, true
	}
	n, err := strconv.ParseUint(text, 10, 32)
	return min(time.Duration(n)*time.Second, maxWNSLife), err == nil
}

// storedWNS reports whether a push is stored for a device that is off: the last
// tile and badge are if nothing is said, raw ones if it is asked for, toasts never.
func storedWNS(h http.Header) bool {
	policy := h.Get("X-WNS-Cache-Policy")
	switch h.Get("X-WNS-Type") {
	case "wns/tile", "wns/badge":
		return policy != "no-cache"
	case "wns/raw":
		return policy == "cache"
	}
	return false
}

var label = regexp.MustCompile(`^[A-Za-z0-9]{0,16}$`)

// rootOf returns the root element's name of a well-formed document.
func rootOf(body []byte) string {
	dec := xml.NewDecoder(bytes.NewReader(body))
	dec.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	root := ""
	for {
		tok, err := dec.Token()
		if errors.Is(err, io.EOF) {
			return root
		}
		if err != nil {
			return ""
		}
		if el, ok := tok.(xml.StartElement); ok && root == "" {
			root = el.Name.Local
		}
	}
}

// wnsAnswer is an answer that is not 200 and received.
type wnsAnswer struct {
	status     int
	why        string // X-WNS-Error-Description
	says       string // X-WNS-Status, with 200
	retryAfter string
	html       bool
}

// wnsRefusals are the answers to fates.
var wnsRefusals = map[string]wnsAnswer{
	"gone":        {status: http.StatusGone, why: "The channel has expired"},
	"expired":     {status: http.StatusGone, why: "The channel has expired"},
	"malformed":   {status: http.StatusNotFound, why: "The channel URI is not valid"},
	"foreign":     {status: http.StatusForbidden, why: "The channel belongs to another app"},
	"blocked":     {status: http.StatusGone, why: "Domain Blocked"},
	"throttled":   {status: http.StatusOK, says: "channelthrottled"},
	"unavailable": {status: http.StatusServiceUnavailable, why: "The server is busy", retryAfter: "30"},
	"error":       {status: http.StatusInternalServerError, why: "An internal failure"},
	"refused":     {status: http.StatusBadRequest, why: "The payload is not one that the client takes"},
	"dropped":     {status: http.StatusOK, says: "dropped"},
	"offline":     {status: http.StatusOK, says: "dropped"},
	"gateway":     {status: http.StatusBadGateway, html: true, why: "Bad Gateway"},
}

func (a wnsAnswer) write(w http.ResponseWriter) {
	h := w.Header()
	set := func(name, value string) {
		if value != "" {
			h.Set(name, value)
		}
	}
	set("X-WNS-Status", a.says)
	set("X-WNS-Error-Description", a.why)
	if a.says == "channelthrottled" {
		set("X-WNS-CONTINUE-AFTER", a.retryAfter)
	} else {
		set("Retry-After", a.retryAfter)
	}
	if a.html {
		writeHTML(w, a.status, a.why)
		return
	}
	w.WriteHeader(a.status)
}

// wnsFate is what becomes of a push that is in order.
func (s *Sim) wnsFate(w http.ResponseWriter, r *http.Request, body []byte, id string) {
	handle := "https://" + hostOf(r) + r.URL.RequestURI()
	f := s.fate(WNS, handle)
	if s.dictated(w, r, WNS, f) {
		return
	}
	a, refused := wnsRefusals[f.Kind]
	broken := f.Kind == "hang" || f.Kind == "reset"
	off := f.Kind == "offline" || f.Kind == "kept"
	stored := f.Kind == "kept" || off && storedWNS(r.Header)
	if stored || !refused && !broken {
		a = wnsAnswer{status: http.StatusOK, says: "received"}
		got := Received{Service: WNS, Handle: handle, Header: r.Header.Clone(), Body: body, ID: id, Conn: connOf(r)}
		if stored {
			ttl, _ := wnsTTL(r.Header)
			s.store(got, r.Header.Get("X-WNS-Type"), ttl) // the last of each type
		} else {
			s.deliver(got)
		}
	}
	if !s.pause(r.Context(), WNS, f.Delay) {
		panic(http.ErrAbortHandler)
	}
	if broken {
		breakOff(w, r, f.Kind)
	}
	if a.says != "" && r.Header.Get("X-WNS-RequestForStatus") == "true" {
		w.Header().Set("X-WNS-DeviceConnectionStatus", map[bool]string{true: "disconnected", false: "connected"}[off])
	}
	if f.RetryAfter != "" {
		a.retryAfter = f.RetryAfter
	}
	a.write(w)
}
