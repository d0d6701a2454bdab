package pnssim

import (
	"io"
	"mime"
	"net/http"
	"strings"

	"github.com/google/uuid"
)

func (s *Sim) fcmHandler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case hostOf(r) == oauthHost:
			s.googleToken(w, r)
			return
		case isWebPush(r):
			s.webPush(w, r)
			return
		}
		s.fcmSend(w, r)
	})
}

// maxRequest bounds a body at FCM and WNS, far beyond their own limits.
const maxRequest = 64 << 10

func (s *Sim) fcmSend(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost || !strings.HasSuffix(r.URL.Path, "/messages:send") {
		fcmAnswer{status: http.StatusNotFound, rpc: "NOT_FOUND", message: "The requested URL was not found."}.write(w)
		return
	}
	s.count(FCM, func(n *counts) { n.pushes++ })
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
	if err != nil {
		fcmAnswer{status: http.StatusRequestEntityTooLarge, html: true, message: "Request Entity Too Large"}.write(w)
		return
	}
	if a, ok := s.checkFCM(r); !ok {
		a.write(w)
		return
	}
	m, fault := parseFCM(body)
	if fault != nil {
		fault.write(w)
		return
	}
	s.fcmFate(w, r, m, body)
}

// checkFCM checks all of a request but its body.
func (s *Sim) checkFCM(r *http.Request) (a fcmAnswer, ok bool) {
	contentType, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch {
	case !s.granted(r, FCM):
		return fcmAnswer{
			status: http.StatusUnauthorized, rpc: "UNAUTHENTICATED",
			message: "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential.",
		}, false
	case r.URL.Path != "/v1/projects/"+project+"/messages:send" || s.grantee(r) == reader:
		return fcmAnswer{
			status: http.StatusForbidden, rpc: "PERMISSION_DENIED",
			message: "Permission 'cloudmessaging.messages.create' denied on the project (or it may not exist).",
		}, false
	case contentType != "application/json":
		return fcmAnswer{status: http.StatusBadRequest, rpc: invalid, message: "Invalid JSON payload received. The Content-Type is not application/json."}, false
	case !s.spend(FCM):
		a := fcmRefusals["throttled"]
		a.message = "Quota exceeded for quota metric 'Send requests' and limit 'Send requests per minute'."
		return a, false
	}
	return fcmAnswer{}, true
}

// fcmAnswer is an answer that is no success.
type fcmAnswer struct {
	status     int
	rpc, code  string // google.rpc.Code, FcmError.errorCode
	message    string
	field      string // what of the message is wrong
	retryAfter string
	html       bool // a front end's page, not the service's JSON
}

const invalid = "INVALID_ARGUMENT"

// fcmRefusals are the answers to fates.
var fcmRefusals = map[string]fcmAnswer{
	"gone":    {status: 404, rpc: "NOT_FOUND", code: "UNREGISTERED", message: "Requested entity was not found."},
	"expired": {status: 404, rpc: "NOT_FOUND", code: "UNREGISTERED", message: "Requested entity was not found."},
	"malformed": {
		status: 400, rpc: invalid, code: invalid, field: "message.token",
		message: "The registration token is not a valid FCM registration token",
	},
	"foreign":     {status: 403, rpc: "PERMISSION_DENIED", code: "SENDER_ID_MISMATCH", message: "SenderId mismatch"},
	"throttled":   {status: 429, rpc: "RESOURCE_EXHAUSTED", code: "QUOTA_EXCEEDED", message: "Quota exceeded for quota metric.", retryAfter: "60"},
	"unavailable": {status: 503, rpc: "UNAVAILABLE", code: "UNAVAILABLE", message: "The service is currently unavailable."},
	"error":       {status: 500, rpc: "INTERNAL", code: "INTERNAL", message: "Internal error encountered."},
	"refused": {
		status: 400, rpc: invalid, field: "message.data[0].value",
		message: "Invalid value at 'message.data[0].value' (TYPE_STRING), 1",
	},
	"gateway": {status: 502, html: true, message: "Bad Gateway"},
}

// write writes an error as the v1 API does.
func (a fcmAnswer) write(w http.ResponseWriter) {
	if a.retryAfter != "" {
		w.Header().Set("Retry-After", a.retryAfter)
	}
	if a.html {
		writeHTML(w, a.status, a.message)
		return
	}
	var details []any
	if a.code != "" {
		details = append(details, map[string]string{"@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", "errorCode": a.code})
	}
	if a.field != "" {
		details = append(details, map[string]any{
			"@type":           "type.googleapis.com/google.rpc.BadRequest",
			"fieldViolations": []any{map[string]string{"field": a.field, "description": a.message}},
		})
	}
	body := map[string]any{"code": a.status, "message": a.message, "status": a.rpc}
	if details != nil {
		body["details"] = details
	}
	writeJSON(w, a.status, map[string]any{"error": body})
}

// fcmFate is what becomes of a push that is in order.
func (s *Sim) fcmFate(w http.ResponseWriter, r *http.Request, m *fcmMessage, body []byte) {
	name := "projects/" + project + "/messages/"
	if m.dry {
		writeJSON(w, http.StatusOK, map[string]string{"name": name + "fake_message_id"})
		return
	}
	name += uuid.NewString()
	if m.token == "" { // no device has subscribed to anything
		writeJSON(w, http.StatusOK, map[string]string{"name": name})
		return
	}
	f := s.fate(FCM, m.token)
	if s.dictated(w, r, FCM, f) {
		return
	}
	refusal, refused := fcmRefusals[f.Kind]
	broken := f.Kind == "hang" || f.Kind == "reset"
	if !refused && !broken {
		s.deliver(Received{Service: FCM, Handle: m.token, Header: r.Header.Clone(), Body: body, ID: name, Conn: connOf(r)})
	}
	if !s.pause(r.Context(), FCM, f.Delay) {
		panic(http.ErrAbortHandler)
	}
	switch {
	case broken:
		breakOff(w, r, f.Kind)
	case refused:
		if f.RetryAfter != "" {
			refusal.retryAfter = f.RetryAfter
		}
		refusal.write(w)
	default:
		writeJSON(w, http.StatusOK, map[string]string{"name": name})
	}
}
