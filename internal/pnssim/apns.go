package pnssim

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
)

// apnsAnswer is what APNs says to one request.
type apnsAnswer struct {
	status int
	reason string
	text   string    // the whole body, in place of the reason
	since  time.Time // with 410
	id     string
	valid  bool          // the token or certificate was taken
	delay  time.Duration // beyond the service's latency
	broken string        // hang or reset: there is no whole answer
}

// push answers one request, and gives an accepted one to its device.
func (s *Sim) push(c *apnsConn, st *apnsStream) apnsAnswer {
	s.count(APNs, func(n *counts) { n.pushes++ })
	a := apnsAnswer{id: st.one("apns-id")}
	if !isCanonicalUUID(a.id) {
		a.id = uuid.NewString()
	}
	handle, status, reason := s.checkRequest(c, st)
	a.valid = status == 0
	if a.valid {
		status, reason = checkPush(st)
	}
	if status == 0 {
		reason = s.checkDevice(c, handle)
	}
	if reason != "" {
		a.status, a.reason = max(status, http.StatusBadRequest), reason
		return a
	}
	s.apnsFate(c, st, handle, &a)
	return a
}

// checkRequest checks all that does not depend on what is pushed.
func (s *Sim) checkRequest(c *apnsConn, st *apnsStream) (handle string, status int, reason string) {
	if st.method != http.MethodPost {
		return "", http.StatusMethodNotAllowed, "MethodNotAllowed"
	}
	handle, ok := strings.CutPrefix(st.path, "/3/device/")
	if !ok {
		return "", http.StatusNotFound, "BadPath"
	}
	for name, values := range st.header {
		if len(values) > 1 && (strings.HasPrefix(name, "apns-") || name == "authorization") {
			return "", http.StatusBadRequest, "DuplicateHeaders"
		}
	}
	st.app, status, reason = s.checkProvider(c, st)
	return handle, status, reason
}

// pushTypes are Apple's, with what each adds to the topic. The type mdm has the
// topic of a certificate, and so none of ours.
var pushTypes = map[string]string{
	"alert": "", "background": "", "voip": ".voip", "complication": ".complication", "fileprovider": ".pushkit.fileprovider",
	"location": ".location-query", "liveactivity": ".push-type.liveactivity", "pushtotalk": ".voip-ptt",
	"widgets": ".push-type.widgets", "controls": ".push-type.controls",
}

// checkPush checks the headers that say how to push, and the payload.
func checkPush(st *apnsStream) (status int, reason string) {
	pushType, topic, priority := st.one("apns-push-type"), st.app.topic(st.one("apns-topic")), st.one("apns-priority")
	suffix, known := pushTypes[pushType]
	limit := 4096
	if pushType == "voip" {
		limit = 5120
	}
	bad := http.StatusBadRequest
	switch {
	case topic == "":
		return bad, "MissingTopic"
	case !st.app.has(topic):
		return bad, "TopicDisallowed"
	case pushType != "" && !known:
		return bad, "InvalidPushType"
	case pushType != "" && topic != st.app.bundle+suffix:
		return bad, "BadTopic"
	case priority != "" && !slices.Contains([]string{"1", "5", "10"}, priority):
		return bad, "BadPriority"
	case pushType == "background" && priority != "5":
		return bad, "BadPriority"
	case !isSeconds(st.one("apns-expiration")):
		return bad, "BadExpirationDate"
	case len(st.one("apns-collapse-id")) > 64:
		return bad, "BadCollapseId"
	case st.one("apns-id") != "" && !isCanonicalUUID(st.one("apns-id")):
		return bad, "BadMessageId"
	case st.large || len(st.body) > limit:
		return http.StatusRequestEntityTooLarge, "PayloadTooLarge"
	case !isObject(st.body):
		return bad, "PayloadEmpty"
	}
	return 0, ""
}

func isSeconds(s string) bool {
	_, err := strconv.ParseUint(s, 10, 63)
	return s == "" || err == nil
}

func isCanonicalUUID(s string) bool {
	id, err := uuid.Parse(s)
	return err == nil && id.String() == s
}

func isObject(b []byte) bool {
	return json.Valid(b) && bytes.TrimLeft(b, " \t\r\n")[0] == '{'
}

// maxToken bounds a device token, in bytes. Apple's have 32 today.
const maxToken = 100

// checkDevice knows each device in one environment: production, unless its
// token asks for the other.
func (s *Sim) checkDevice(c *apnsConn, handle string) (reason string) {
	if handle == "" {
		return "MissingDeviceToken"
	}
	b, err := hex.DecodeString(handle)
	if err != nil || len(b) < 2 || len(b) > maxToken || nobody(b) || s.inSandbox(handle) != c.sandbox {
		return "BadDeviceToken"
	}
	return ""
}

// nobody reports whether a device token is the one of Apple's length that no
// device gets: zeros.
func nobody(token []byte) bool { return len(token) == 32 && len(bytes.Trim(token, "\x00")) == 0 }

// apnsRefusals are the answers to fates.
var apnsRefusals = map[string]struct {
	status int
	reason string
}{
	"gone":        {http.StatusGone, "Unregistered"},
	"expired":     {http.StatusGone, "ExpiredToken"},
	"malformed":   {http.StatusBadRequest, "BadDeviceToken"},
	"foreign":     {http.StatusBadRequest, "DeviceTokenNotForTopic"},
	"throttled":   {http.StatusTooManyRequests, "TooManyRequests"},
	"unavailable": {http.StatusServiceUnavailable, "ServiceUnavailable"},
	"shutdown":    {http.StatusServiceUnavailable, "Shutdown"},
	"error":       {http.StatusInternalServerError, "InternalServerError"},
	"refused":     {http.StatusBadRequest, "PayloadEmpty"},
}

// apnsFate is what becomes of a push that is in order.
func (s *Sim) apnsFate(c *apnsConn, st *apnsStream, handle string, a *apnsAnswer) {
	f := s.fate(APNs, handle)
	if f.Answer != nil {
		a.status, a.text, a.delay = f.Answer.Status, f.Answer.Body, f.Delay
		return
	}
	if refusal, ok := apnsRefusals[f.Kind]; ok {
		a.status, a.reason = refusal.status, refusal.reason
		if a.since = f.Since; a.since.IsZero() {
			a.since = s.cfg.Clock.Now()
		}
		return
	}
	a.status = http.StatusOK
	if f.Kind == "hang" || f.Kind == "reset" {
		a.broken = f.Kind
		return
	}
	a.delay = f.Delay
	env := "production"
	if c.sandbox {
		env = "sandbox"
	}
	h := http.Header{}
	for name, v := range st.header {
		h[http.CanonicalHeaderKey(name)] = v
	}
	s.deliver(Received{
		Service: APNs, Handle: handle, Header: h, Body: st.body, ID: a.id, Environment: env, Conn: c.id, Stream: int64(st.id),
	})
}
