package pnssim

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
)

// MPNS's limits, in bytes.
const (
	maxMPNS        = 3 << 10
	maxMPNSHeaders = 1 << 10
)

// phoneHosts are the ends of the names of MPNS's hosts.
const phoneHosts = ".notify.live.net"

func (s *Sim) mpnsHandler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(hostOf(r), phoneHosts) {
			http.NotFound(w, r) // came without TLS, for a service that has no such connections
			return
		}
		s.mpnsSend(w, r)
	})
}

// mpnsSend takes a push to a channel, whose URI is the request's own.
func (s *Sim) mpnsSend(w http.ResponseWriter, r *http.Request) {
	s.count(MPNS, func(n *counts) { n.pushes++ })
	id := r.Header.Get("X-MessageID")
	if id == "" {
		id = uuid.NewString()
	}
	w.Header().Set("X-MessageID", id)
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
	if err != nil {
		mpnsAnswer{status: http.StatusRequestEntityTooLarge}.write(w)
		return
	}
	if status := s.checkMPNS(r, body); status != 0 {
		mpnsAnswer{status: status}.write(w)
		return
	}
	if !s.spend(MPNS) {
		mpnsRefusals["throttled"].write(w)
		return
	}
	s.mpnsFate(w, r, body, id)
}

// checkMPNS returns the status with which MPNS refuses a push, or 0.
func (s *Sim) checkMPNS(r *http.Request, body []byte) int {
	switch {
	case r.Method != http.MethodPost:
		return http.StatusMethodNotAllowed
	case strings.Trim(r.URL.Path, "/") == "":
		return http.StatusBadRequest
	}
	if status := s.checkCertificate(r); status != 0 {
		return status
	}
	return checkPhone(r, body)
}

// checkPhone returns the status with which MPNS refuses headers or payload, or
// 0.
func checkPhone(r *http.Request, body []byte) int {
	kind, _, ok := mpnsClass(r.Header.Get("X-NotificationClass"))
	contentType, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	switch {
	case len(body) > maxMPNS:
		return http.StatusRequestEntityTooLarge
	case headerBytes(r.Header) > maxMPNSHeaders, contentType != "text/xml":
		return http.StatusBadRequest
	case !ok || r.Header.Get("X-WindowsPhone-Target") != kind.target:
		return http.StatusBadRequest
	case kind.element != "" && !kind.holds(body):
		return http.StatusBadRequest
	}
	return 0
}

// mpnsKind is a sort of notification: its X-WindowsPhone-Target, and the element
// that its document holds.
type mpnsKind struct{ target, element string }

// holds reports whether a document is a Notification of this kind, in its name
// space, and well formed.
func (k mpnsKind) holds(body []byte) bool {
	dec := xml.NewDecoder(bytes.NewReader(body))
	var names []xml.Name
	for {
		tok, err := dec.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return false
		}
		if el, ok := tok.(xml.StartElement); ok && len(names) < 2 {
			names = append(names, el.Name)
		}
	}
	const space = "WPNotification"
	return len(names) == 2 && names[0] == xml.Name{Space: space, Local: "Notification"} && names[1] == xml.Name{Space: space, Local: k.element}
}

// mpnsClass reads an X-NotificationClass: the kind, and how long the
// notification may wait for others.
func mpnsClass(class string) (kind mpnsKind, batching time.Duration, ok bool) {
	n, err := strconv.Atoi(class)
	if err != nil || n < 1 || n > 31 {
		return mpnsKind{}, 0, false
	}
	tens := min((n-1)/10, 2) // 1 to 10, 11 to 20, 21 to 31
	batching = []time.Duration{0, 450 * time.Second, 900 * time.Second}[tens]
	switch n - 10*tens {
	case 1:
		return mpnsKind{target: "token", element: "Tile"}, batching, true
	case 2:
		return mpnsKind{target: "toast", element: "Toast"}, batching, true
	}
	return mpnsKind{}, batching, true
}

// headerBytes is what a sender's headers take on the wire.
func headerBytes(h http.Header) int {
	n := 0
	for name, values := range h {
		if strings.HasPrefix(name, "X-") {
			n += len(name) + len(": \r\n") + len(values[0])
		}
	}
	return n
}

// mpnsAnswer is an answer's status and its three headers; "" is N/A.
type mpnsAnswer struct {
	status                             int
	notification, subscription, device string
	retryAfter                         string
	html                               bool
}

// mpnsRefusals are the answers to fates.
var mpnsRefusals = map[string]mpnsAnswer{
	"gone":        {status: http.StatusNotFound, notification: "Dropped", subscription: "Expired", device: "Disconnected"},
	"expired":     {status: http.StatusNotFound, notification: "Dropped", subscription: "Expired", device: "Disconnected"},
	"malformed":   {status: http.StatusBadRequest},
	"refused":     {status: http.StatusBadRequest},
	"foreign":     {status: http.StatusUnauthorized},
	"throttled":   {status: http.StatusNotAcceptable, notification: "Dropped", subscription: "Active", device: "Connected"},
	"full":        {status: http.StatusOK, notification: "QueueFull", subscription: "Active", device: "Disconnected"},
	"dropped":     {status: http.StatusOK, notification: "Suppressed", subscription: "Active", device: "Connected"},
	"offline":     {status: http.StatusPreconditionFailed, notification: "Dropped", subscription: "Active", device: "InActive"},
	"unavailable": {status: http.StatusServiceUnavailable},
	"error":       {status: http.StatusInternalServerError},
	"gateway":     {status: http.StatusBadGateway, html: true},
}

func (a mpnsAnswer) write(w http.ResponseWriter) {
	h := w.Header()
	for name, value := range map[string]string{
		"X-NotificationStatus": a.notification, "X-SubscriptionStatus": a.subscription, "X-DeviceConnectionStatus": a.device,
	} {
		if value == "" {
			value = "N/A"
		}
		h.Set(name, value)
	}
	if a.retryAfter != "" {
		h.Set("Retry-After", a.retryAfter)
	}
	if a.html {
		writeHTML(w, a.status, http.StatusText(a.status))
		return
	}
	w.WriteHeader(a.status)
}

// mpnsFate is what becomes of a push that is in order.
func (s *Sim) mpnsFate(w http.ResponseWriter, r *http.Request, body []byte, id string) {
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	handle := scheme + "://" + hostOf(r) + r.URL.RequestURI()
	f := s.fate(MPNS, handle)
	if s.dictated(w, r, MPNS, f) {
		return
	}
	a, refused := mpnsRefusals[f.Kind]
	if f.Kind == "answer" {
		a, refused = mpnsAnswer{status: f.answerStatus()}, true
	}
	broken := f.Kind == "hang" || f.Kind == "reset"
	if !refused && !broken {
		a = mpnsAnswer{status: http.StatusOK, notification: "Received", subscription: "Active", device: "Connected"}
		_, batching, _ := mpnsClass(r.Header.Get("X-NotificationClass"))
		s.deliver(Received{Service: MPNS, Handle: handle, Header: r.Header.Clone(), Body: body, ID: id, Conn: connOf(r), Batching: batching})
	}
	if !s.pause(r.Context(), MPNS, f.Delay) {
		panic(http.ErrAbortHandler)
	}
	if broken {
		breakOff(w, r, f.Kind)
	}
	a.retryAfter = f.RetryAfter
	a.write(w)
}
