package pnssim

import (
	"encoding/hex"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"
)

// verdict is what was found out about a provider token.
type verdict struct {
	reason string // "" is good
	team   string
	issued time.Time
}

// maxVerified bounds the provider tokens that are remembered.
const maxVerified = 1000

// push answers one request, and gives an accepted one to its device.
func (s *Sim) push(c *apnsConn, r *apnsRequest) apnsAnswer {
	s.asked(APNs)
	a := apnsAnswer{id: r.one("apns-id")}
	if a.id == "" {
		a.id = uuid.NewString()
	}
	refuse := func(status int, reason string) apnsAnswer {
		a.status, a.reason = status, reason
		return a
	}
	if r.method != http.MethodPost {
		return refuse(http.StatusMethodNotAllowed, "MethodNotAllowed")
	}
	handle, ok := strings.CutPrefix(r.path, "/3/device/")
	if !ok {
		return refuse(http.StatusNotFound, "BadPath")
	}
	for name, values := range r.header {
		if len(values) > 1 && (strings.HasPrefix(name, "apns-") || name == "authorization") {
			return refuse(http.StatusBadRequest, "DuplicateHeaders")
		}
	}
	if status, reason := s.checkToken(c, r); reason != "" {
		return refuse(status, reason)
	}
	a.valid = true
	if status, reason := checkHeaders(r); reason != "" {
		return refuse(status, reason)
	}
	if reason := s.checkDevice(c, handle); reason != "" {
		return refuse(http.StatusBadRequest, reason)
	}
	return s.apnsFate(c, r, handle, a)
}

func (r *apnsRequest) one(name string) string {
	if v := r.header[name]; len(v) > 0 {
		return v[0]
	}
	return ""
}

// apnsFate is what becomes of a push that is in order.
func (s *Sim) apnsFate(c *apnsConn, r *apnsRequest, handle string, a apnsAnswer) apnsAnswer {
	a.status = http.StatusOK
	switch f := s.fate(APNs, handle); f.Kind {
	case "gone":
		a.status, a.reason, a.since = http.StatusGone, "Unregistered", f.Since
		if a.since.IsZero() {
			a.since = s.cfg.Clock.Now()
		}
	case "malformed":
		a.status, a.reason = http.StatusBadRequest, "BadDeviceToken"
	case "foreign":
		a.status, a.reason = http.StatusBadRequest, "DeviceTokenNotForTopic"
	case "throttled":
		a.status, a.reason = http.StatusTooManyRequests, "TooManyRequests"
	case "unavailable":
		a.status, a.reason = http.StatusServiceUnavailable, "ServiceUnavailable"
	case "error":
		a.status, a.reason = http.StatusInternalServerError, "InternalServerError"
	case "refused":
		a.status, a.reason = http.StatusBadRequest, "BadCollapseId"
	case "hang":
		a.hang = true
	case "reset":
		a.reset = true
	default:
		env := "production"
		if c.sandbox {
			env = "sandbox"
		}
		h := http.Header{}
		for name, v := range r.header {
			h[http.CanonicalHeaderKey(name)] = v
		}
		h.Del("Authorization")
		s.deliver(Received{Service: APNs, Handle: handle, Header: h, Body: r.body, ID: a.id, Environment: env})
	}
	return a
}

// checkDevice knows each device in one environment: production, unless its
// token asks for the other.
func (s *Sim) checkDevice(c *apnsConn, handle string) string {
	if handle == "" {
		return "MissingDeviceToken"
	}
	if b, err := hex.DecodeString(handle); err != nil || len(b) < 2 {
		return "BadDeviceToken"
	}
	if (ParseFate(APNs, handle).Kind == "sandbox") != c.sandbox {
		return "BadDeviceToken"
	}
	return ""
}

// The rules for provider tokens: an hour old at most, changed on a connection
// once in 20 minutes, one team for each connection.
const (
	maxTokenAge  = time.Hour
	maxTokenSkew = 5 * time.Minute
	minTokenLife = 20 * time.Minute
)

func (s *Sim) checkToken(c *apnsConn, r *apnsRequest) (status int, reason string) {
	token, ok := strings.CutPrefix(r.one("authorization"), "bearer ")
	if !ok || token == "" {
		return http.StatusForbidden, "MissingProviderToken"
	}
	v := s.verify(token)
	now := s.cfg.Clock.Now()
	switch {
	case v.reason != "":
		return http.StatusForbidden, v.reason
	case now.Sub(v.issued) > maxTokenAge:
		return http.StatusForbidden, "ExpiredProviderToken"
	case v.issued.Sub(now) > maxTokenSkew:
		return http.StatusForbidden, "InvalidProviderToken"
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.state.team != "" && c.state.team != v.team:
		return http.StatusForbidden, "InvalidProviderToken"
	case c.state.token != "" && c.state.token != token && now.Sub(c.state.changed) < minTokenLife:
		return http.StatusTooManyRequests, "TooManyProviderTokenUpdates"
	case c.state.token != token:
		c.state = apnsState{token, now, v.team}
	}
	return 0, ""
}

// verify checks a token's signature, once for each token.
func (s *Sim) verify(token string) verdict {
	s.mu.Lock()
	v, known := s.verified[token]
	s.mu.Unlock()
	if known {
		return v
	}
	var claims jwt.RegisteredClaims
	parsed, err := jwt.ParseWithClaims(token, &claims, func(t *jwt.Token) (any, error) {
		if t.Header["kid"] != appleKeyID {
			return nil, jwt.ErrTokenUnverifiable
		}
		return &s.keys.apple.PublicKey, nil
	}, jwt.WithValidMethods([]string{"ES256"}), jwt.WithoutClaimsValidation())
	if err != nil || !parsed.Valid || claims.Issuer != appleTeam || claims.IssuedAt == nil {
		v = verdict{reason: "InvalidProviderToken"}
	} else {
		v = verdict{team: claims.Issuer, issued: claims.IssuedAt.Time}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.verified) == maxVerified {
		clear(s.verified)
	}
	s.verified[token] = v
	return v
}

// pushTypes are Apple's, with what each adds to the topic.
var pushTypes = map[string]string{
	"alert": "", "background": "", "voip": ".voip", "complication": ".complication", "fileprovider": ".pushkit.fileprovider",
	"location": ".location-query", "liveactivity": ".push-type.liveactivity", "pushtotalk": ".voip-ptt",
	"widgets": ".push-type.widgets", "controls": ".push-type.controls",
}

// checkHeaders checks everything but the token and the device.
func checkHeaders(r *apnsRequest) (status int, reason string) {
	pushType, topic, priority := r.one("apns-push-type"), r.one("apns-topic"), r.one("apns-priority")
	suffix, known := pushTypes[pushType]
	limit := 4096
	if pushType == "voip" {
		limit = 5120
	}
	bad := http.StatusBadRequest
	switch {
	case topic == "":
		return bad, "MissingTopic"
	case topic != appleBundle && !strings.HasPrefix(topic, appleBundle+"."):
		return bad, "TopicDisallowed"
	case pushType != "" && !known:
		return bad, "InvalidPushType"
	case pushType != "" && topic != appleBundle+suffix:
		return bad, "BadTopic"
	case priority != "" && !slices.Contains([]string{"1", "5", "10"}, priority):
		return bad, "BadPriority"
	case pushType == "background" && priority != "5":
		return bad, "BadPriority"
	case !isUnix(r.one("apns-expiration")):
		return bad, "BadExpirationDate"
	case len(r.one("apns-collapse-id")) > 64:
		return bad, "BadCollapseId"
	case !isCanonicalUUID(r.one("apns-id")):
		return bad, "BadMessageId"
	case r.large || len(r.body) > limit:
		return http.StatusRequestEntityTooLarge, "PayloadTooLarge"
	case len(r.body) == 0 || !isObject(r.body):
		return bad, "PayloadEmpty"
	}
	return 0, ""
}

func isUnix(s string) bool {
	_, err := strconv.ParseInt(s, 10, 64)
	return s == "" || err == nil
}

func isCanonicalUUID(s string) bool {
	id, err := uuid.Parse(s)
	return s == "" || err == nil && id.String() == s
}

func isObject(b []byte) bool {
	var v map[string]any
	return json.Unmarshal(b, &v) == nil && v != nil
}
