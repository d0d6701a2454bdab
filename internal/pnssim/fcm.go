package pnssim

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"regexp"
	"strings"

	"github.com/google/uuid"
)

// maxFCM is Google's limit for data and notification, in bytes.
const maxFCM = 4096

func (s *Sim) fcmHandler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if hostOf(r) == oauthHost {
			s.googleToken(w, r)
			return
		}
		s.fcmSend(w, r)
	})
}

// fcmMessage is the message of the HTTP v1 API; an unknown member is an error.
type fcmMessage struct {
	Name         string            `json:"name"`
	Token        string            `json:"token"`
	Topic        string            `json:"topic"`
	Condition    string            `json:"condition"`
	Data         map[string]string `json:"data"`
	Notification *struct {
		Title string `json:"title"`
		Body  string `json:"body"`
		Image string `json:"image"`
	} `json:"notification"`
	Android *struct {
		CollapseKey           string            `json:"collapse_key"`
		Priority              string            `json:"priority"`
		TTL                   string            `json:"ttl"`
		RestrictedPackageName string            `json:"restricted_package_name"`
		Data                  map[string]string `json:"data"`
		Notification          json.RawMessage   `json:"notification"`
		DirectBootOK          bool              `json:"direct_boot_ok"`
		FCMOptions            json.RawMessage   `json:"fcm_options"`
	} `json:"android"`
	APNS       json.RawMessage `json:"apns"`
	Webpush    json.RawMessage `json:"webpush"`
	FCMOptions json.RawMessage `json:"fcm_options"`
}

var fcmTTL = regexp.MustCompile(`^\d+(\.\d{1,9})?s$`)

func (s *Sim) fcmSend(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost || !strings.HasSuffix(r.URL.Path, "/messages:send") {
		fcmError(w, http.StatusNotFound, "NOT_FOUND", "", "The requested URL was not found.", "")
		return
	}
	s.asked(FCM)
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 64<<10))
	if err != nil {
		return
	}
	if !s.granted(r, FCM) {
		fcmError(w, http.StatusUnauthorized, "UNAUTHENTICATED", "", "Request had invalid authentication credentials.", "")
		return
	}
	if r.URL.Path != "/v1/projects/"+project+"/messages:send" {
		fcmError(w, http.StatusForbidden, "PERMISSION_DENIED", "", "Permission denied on resource project.", "")
		return
	}
	m, dry, field, err := parseFCM(body)
	if err != nil {
		fcmError(w, http.StatusBadRequest, "INVALID_ARGUMENT", "INVALID_ARGUMENT", err.Error(), field)
		return
	}
	s.fcmFate(w, r, m, dry, body)
}

// parseFCM checks a message as strictly as the service does. field is what is
// wrong with it.
func parseFCM(body []byte) (m fcmMessage, dry bool, field string, err error) {
	var doc struct {
		ValidateOnly bool        `json:"validate_only"`
		Message      *fcmMessage `json:"message"`
	}
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&doc); err != nil {
		return m, false, "message", sentence("Invalid JSON payload received. " + err.Error())
	}
	if doc.Message == nil {
		return m, false, "message", sentence("Message is not set.")
	}
	m = *doc.Message
	targets := 0
	for _, t := range []string{m.Token, m.Topic, m.Condition} {
		if t != "" {
			targets++
		}
	}
	size := 0
	for k, v := range m.Data {
		size += len(k) + len(v)
		if k == "from" || strings.HasPrefix(k, "google") || strings.HasPrefix(k, "gcm") {
			return m, false, "message.data", sentence("Invalid data payload key: " + k)
		}
	}
	if m.Notification != nil {
		size += len(m.Notification.Title) + len(m.Notification.Body) + len(m.Notification.Image)
	}
	switch {
	case targets != 1:
		return m, false, "message", sentence("Recipient of the message is not set, or set twice.")
	case size > maxFCM:
		return m, false, "message", sentence("Android message is too big")
	case m.Android != nil && m.Android.TTL != "" && !fcmTTL.MatchString(m.Android.TTL):
		return m, false, "message.android.ttl", sentence("Invalid value at 'message.android.ttl'")
	case len(m.Token) < 8 || strings.ContainsAny(m.Token, " /?&"):
		return m, false, "message.token", sentence("The registration token is not a valid FCM registration token")
	}
	return m, doc.ValidateOnly, "", nil
}

func (s *Sim) fcmFate(w http.ResponseWriter, r *http.Request, m fcmMessage, dry bool, body []byte) {
	name := "projects/" + project + "/messages/"
	if dry {
		writeJSON(w, http.StatusOK, map[string]string{"name": name + "fake_message_id"})
		return
	}
	f := s.fate(FCM, m.Token)
	name += uuid.NewString()
	switch f.Kind {
	case "gone", "malformed", "foreign", "throttled", "unavailable", "error", "refused", "hang", "reset":
	default:
		s.deliver(Received{Service: FCM, Handle: m.Token, Header: r.Header.Clone(), Body: body, ID: name})
	}
	if !s.pause(r.Context(), FCM) {
		panic(http.ErrAbortHandler)
	}
	switch f.Kind {
	case "gone":
		fcmError(w, http.StatusNotFound, "NOT_FOUND", "UNREGISTERED", "Requested entity was not found.", "")
	case "malformed":
		fcmError(w, http.StatusBadRequest, "INVALID_ARGUMENT", "INVALID_ARGUMENT", "The registration token is not a valid FCM registration token", "message.token")
	case "foreign":
		fcmError(w, http.StatusForbidden, "PERMISSION_DENIED", "SENDER_ID_MISMATCH", "SenderId mismatch", "")
	case "throttled":
		w.Header().Set("Retry-After", "60")
		fcmError(w, http.StatusTooManyRequests, "RESOURCE_EXHAUSTED", "QUOTA_EXCEEDED", "Quota exceeded for quota metric.", "")
	case "unavailable":
		fcmError(w, http.StatusServiceUnavailable, "UNAVAILABLE", "UNAVAILABLE", "The service is currently unavailable.", "")
	case "error":
		fcmError(w, http.StatusInternalServerError, "INTERNAL", "INTERNAL", "Internal error encountered.", "")
	case "refused":
		fcmError(w, http.StatusBadRequest, "INVALID_ARGUMENT", "INVALID_ARGUMENT", "Invalid value at 'message.data[0].value' (TYPE_STRING)", "message.data[0].value")
	case "hang", "reset":
		hangUp(w, r, s, f.Kind == "hang")
	default:
		writeJSON(w, http.StatusOK, map[string]string{"name": name})
	}
}

// fcmError writes an error as the v1 API does.
func fcmError(w http.ResponseWriter, code int, status, errorCode, message, field string) {
	details := []any{}
	if errorCode != "" {
		details = append(details, map[string]string{"@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", "errorCode": errorCode})
	}
	if field != "" {
		details = append(details, map[string]any{
			"@type":           "type.googleapis.com/google.rpc.BadRequest",
			"fieldViolations": []any{map[string]string{"field": field, "description": message}},
		})
	}
	writeJSON(w, code, map[string]any{"error": map[string]any{"code": code, "message": message, "status": status, "details": details}})
}
