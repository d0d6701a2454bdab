package pnssim

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"

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
		s.wnsSend(w, r)
	})
}

// wnsSend takes a push to a channel, whose URI is the request's own.
func (s *Sim) wnsSend(w http.ResponseWriter, r *http.Request) {
	s.asked(WNS)
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 64<<10))
	if err != nil {
		return
	}
	id := strings.ToUpper(strings.ReplaceAll(uuid.NewString(), "-", ""))[:16]
	w.Header().Set("X-WNS-Msg-ID", id)
	w.Header().Set("X-WNS-Debug-Trace", "SIM01")
	if cv := r.Header.Get("MS-CV"); cv != "" {
		w.Header().Set("MS-CV", cv)
	}
	switch {
	case r.Method != http.MethodPost:
		wnsError(w, http.StatusMethodNotAllowed, "POST is expected")
		return
	case !s.granted(r, WNS):
		wnsError(w, http.StatusUnauthorized, "The token is missing or has expired")
		return
	case r.URL.Query().Get("token") == "":
		wnsError(w, http.StatusNotFound, "The channel URI is not valid")
		return
	}
	if status, why := checkWNS(r, body); status != 0 {
		wnsError(w, status, why)
		return
	}
	s.wnsFate(w, r, body, id)
}

// checkWNS checks what the service says of headers and payload.
func checkWNS(r *http.Request, body []byte) (status int, why string) {
	kind := strings.ToLower(r.Header.Get("X-WNS-Type"))
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
	case r.Header.Get("X-WNS-SuppressPopup") != "":
		return bad, "X-WNS-SuppressPopup is for phones only"
	case len(r.Header.Get("X-WNS-Tag")) > 16 || len(r.Header.Get("X-WNS-Group")) > 16:
		return bad, "X-WNS-Tag or X-WNS-Group has more than 16 characters"
	case len(body) > maxWNS:
		return http.StatusRequestEntityTooLarge, "The payload has more than 5000 bytes"
	case !raw && rootOf(body) != strings.TrimPrefix(kind, "wns/"):
		return bad, "The payload is not XML of the type that X-WNS-Type names"
	}
	if ttl := r.Header.Get("X-WNS-TTL"); ttl != "" {
		if _, err := strconv.ParseUint(ttl, 10, 32); err != nil {
			return bad, "X-WNS-TTL is not a number of seconds"
		}
	}
	return 0, ""
}

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

func (s *Sim) wnsFate(w http.ResponseWriter, r *http.Request, body []byte, id string) {
	handle := "https://" + r.Host + r.URL.RequestURI()
	f := s.fate(WNS, handle)
	live := false
	switch f.Kind {
	case "gone", "malformed", "foreign", "throttled", "unavailable", "error", "refused", "hang", "reset":
	default:
		live = true
		h := r.Header.Clone()
		h.Del("Authorization")
		s.deliver(Received{Service: WNS, Handle: handle, Header: h, Body: body, ID: id})
	}
	if !s.pause(r.Context(), WNS) {
		panic(http.ErrAbortHandler)
	}
	asked := strings.EqualFold(r.Header.Get("X-WNS-RequestForStatus"), "true")
	if asked {
		w.Header().Set("X-WNS-DeviceConnectionStatus", "connected")
	}
	switch f.Kind {
	case "gone":
		wnsError(w, http.StatusGone, "The channel has expired")
	case "malformed":
		wnsError(w, http.StatusNotFound, "The channel URI is not valid")
	case "foreign":
		wnsError(w, http.StatusForbidden, "The channel belongs to another app")
	case "throttled":
		w.Header().Set("X-WNS-Status", "channelthrottled")
	case "unavailable":
		w.Header().Set("Retry-After", "30")
		wnsError(w, http.StatusServiceUnavailable, "The server is busy")
	case "error":
		wnsError(w, http.StatusInternalServerError, "An internal failure")
	case "refused":
		w.Header().Set("X-WNS-Status", "dropped")
	case "hang", "reset":
		hangUp(w, r, s, f.Kind == "hang")
	}
	if live {
		w.Header().Set("X-WNS-Status", "received")
	}
}

func wnsError(w http.ResponseWriter, status int, why string) {
	w.Header().Set("X-WNS-Error-Description", why)
	w.WriteHeader(status)
}
