package pnssim

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/google/uuid"
)

// amazonHost gives out tokens and takes pushes.
const amazonHost = "api.amazon.com"

// amazonLife is the life of a token of Login with Amazon.
const amazonLife = time.Hour

func (s *Sim) admHandler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Amzn-RequestId", uuid.NewString())
		if r.URL.Path == "/auth/O2/token" {
			s.amazonToken(w, r)
			return
		}
		id, ok := registrationOf(r)
		if !ok {
			http.NotFound(w, r)
			return
		}
		s.admSend(w, r, id)
	})
}

// registrationOf returns the registration id of a request for a push.
func registrationOf(r *http.Request) (id string, ok bool) {
	rest, found := strings.CutPrefix(r.URL.EscapedPath(), "/messaging/registrations/")
	escaped, end := strings.CutSuffix(rest, "/messages")
	id, err := url.PathUnescape(escaped)
	return id, found && end && err == nil && id != "" && !strings.Contains(escaped, "/")
}

// amazonToken is the token endpoint of Login with Amazon.
func (s *Sim) amazonToken(w http.ResponseWriter, r *http.Request) {
	s.count(ADM, func(n *counts) { n.tokens++ })
	if s.dictatedToken(w, ADM) {
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, 16<<10)
	if err := r.ParseForm(); err != nil || r.Method != http.MethodPost {
		oauthError(w, http.StatusBadRequest, "invalid_request", "A form is expected.")
		return
	}
	f := r.PostForm
	switch {
	case f.Get("grant_type") != "client_credentials":
		oauthError(w, http.StatusBadRequest, "unsupported_grant_type", "client_credentials is expected.")
	case f.Get("client_id") != admClient || f.Get("client_secret") != admSecret:
		oauthError(w, http.StatusUnauthorized, "invalid_client", "Client authentication failed")
	case f.Get("scope") != "messaging:push":
		oauthError(w, http.StatusBadRequest, "invalid_scope", "The app is not enabled for this scope.")
	default:
		writeJSON(w, http.StatusOK, map[string]any{
			"access_token": s.grant(ADM, amazonLife), "expires_in": int(amazonLife.Seconds()), "scope": "messaging:push", "token_type": "bearer",
		})
	}
}

// admAnswer is a refusal: a status and the reason in its body.
type admAnswer struct {
	status     int
	reason     string
	retryAfter string
	html       bool
}

// admSend takes a push to a registration.
func (s *Sim) admSend(w http.ResponseWriter, r *http.Request, id string) {
	s.count(ADM, func(n *counts) { n.pushes++ })
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
	if err != nil {
		admTooLarge.write(w)
		return
	}
	switch {
	case r.Method != http.MethodPost:
		admAnswer{status: http.StatusMethodNotAllowed}.write(w)
	case !s.granted(r, ADM):
		admAnswer{status: http.StatusUnauthorized, reason: "AccessTokenExpired"}.write(w)
	case !s.spend(ADM):
		admRefusals["throttled"].write(w)
	default:
		if no := checkADM(r, body); no != nil {
			no.write(w)
			return
		}
		s.admFate(w, r, body, id)
	}
}

// admRefusals are the answers to fates. A registration of another app is not
// told from one that never was.
var admRefusals = map[string]admAnswer{
	"gone":        {status: http.StatusBadRequest, reason: "Unregistered"},
	"expired":     {status: http.StatusBadRequest, reason: "Unregistered"},
	"malformed":   {status: http.StatusBadRequest, reason: "InvalidRegistrationId"},
	"foreign":     {status: http.StatusBadRequest, reason: "InvalidRegistrationId"},
	"refused":     {status: http.StatusBadRequest, reason: "InvalidData"},
	"throttled":   {status: http.StatusTooManyRequests, reason: "MaxRateExceeded", retryAfter: "60"},
	"unavailable": {status: http.StatusServiceUnavailable, reason: "ServiceUnavailable", retryAfter: "30"},
	"error":       {status: http.StatusInternalServerError, reason: "InternalServerError"},
	"gateway":     {status: http.StatusBadGateway, html: true},
}

var admTooLarge = admAnswer{status: http.StatusRequestEntityTooLarge, reason: "MessageTooLarge"}

// admReasons are the reasons that the word answer comes with.
var admReasons = map[int]string{
	http.StatusBadRequest: "InvalidData", http.StatusUnauthorized: "AccessTokenExpired",
	http.StatusRequestEntityTooLarge: "MessageTooLarge", http.StatusTooManyRequests: "MaxRateExceeded",
}

func (a admAnswer) write(w http.ResponseWriter) {
	if a.retryAfter != "" {
		w.Header().Set("Retry-After", a.retryAfter)
	}
	if a.html {
		writeHTML(w, a.status, http.StatusText(a.status))
		return
	}
	answer := map[string]string{}
	if a.reason != "" {
		answer["reason"] = a.reason
	}
	writeJSON(w, a.status, answer)
}

// admFate is what becomes of a push that is in order.
func (s *Sim) admFate(w http.ResponseWriter, r *http.Request, body []byte, id string) {
	f := s.fate(ADM, id)
	if s.dictated(w, r, ADM, f) {
		return
	}
	a, refused := admRefusals[f.Kind]
	if f.Kind == "answer" {
		a, refused = admAnswer{status: f.answerStatus(), reason: admReasons[f.answerStatus()]}, true
	}
	broken := f.Kind == "hang" || f.Kind == "reset"
	if !refused && !broken {
		s.deliver(Received{Service: ADM, Handle: id, Header: r.Header.Clone(), Body: body, ID: w.Header().Get("X-Amzn-RequestId"), Conn: connOf(r)})
	}
	if !s.pause(r.Context(), ADM, f.Delay) {
		panic(http.ErrAbortHandler)
	}
	if broken {
		breakOff(w, r, f.Kind)
	}
	if refused {
		if f.RetryAfter != "" {
			a.retryAfter = f.RetryAfter
		}
		a.write(w)
		return
	}
	if f.Kind == "replaced" {
		id = replacement(id)
	}
	writeJSON(w, http.StatusOK, map[string]string{"registrationID": id})
}

// replacement is the handle that takes another's place: without the word that
// asks for it.
func replacement(handle string) string {
	if changed := strings.Replace(handle, "fate-replaced", "replaced", 1); changed != handle {
		return changed
	}
	return handle + ".replaced"
}
