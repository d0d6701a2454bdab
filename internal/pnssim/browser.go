package pnssim

import (
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// appleWebHost is Apple's for Web Push. The rest of its domain is APNs'.
const appleWebHost = "web.push.apple.com"

// anyHost is the domain of Web Push: an endpoint can be anywhere.
func anyHost(host string) bool { return host != "" }

// speaks returns the protocols of a host. Hosts under http1. stand for push
// services that have not learned HTTP/2.
func (t *trait) speaks(host string) []string {
	if t.service == Browser && strings.HasPrefix(strings.ToLower(host), "http1.") {
		return []string{"http/1.1"}
	}
	return t.protocols
}

// isWebPush tells a Web Push request from the others to the hosts of Google and
// Microsoft, which have both.
func isWebPush(r *http.Request) bool {
	p := r.URL.Path
	return strings.HasPrefix(p, "/fcm/send/") || strings.HasPrefix(p, "/wp/") ||
		strings.HasPrefix(p, "/w/") && r.Header.Get("X-WNS-Type") == ""
}

func (s *Sim) browserHandler() http.Handler { return http.HandlerFunc(s.webPush) }

// webPush takes a push to a subscription, whose endpoint is the request's own.
func (s *Sim) webPush(w http.ResponseWriter, r *http.Request) {
	if s.down(Browser) { // by a host that it shares
		panic(http.ErrAbortHandler)
	}
	s.count(Browser, func(n *counts) { n.pushes++ })
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
	if err != nil {
		browserTooLarge.write(w, r)
		return
	}
	p := &webPush{endpoint: channelForm("https://" + hostOf(r) + r.URL.RequestURI()), body: body}
	a := s.checkEndpoint(r, p)
	if a == nil {
		a = checkWebPush(r, p)
	}
	if a == nil {
		a = s.checkRecord(r, p)
	}
	if a != nil {
		a.write(w, r)
		return
	}
	s.browserFate(w, r, p)
}

// webPush is one push as far as it is read.
type webPush struct {
	endpoint string
	body     []byte // decrypted, if we have the keys
	readable bool   // body is the plaintext
	ttl      time.Duration
	topic    string
}

var browserTooLarge = browserAnswer{status: http.StatusRequestEntityTooLarge, errno: 104, why: "This message is intended for a constrained device or has more than 4096 bytes"}

func badPush(errno int, why string) *browserAnswer {
	return &browserAnswer{status: http.StatusBadRequest, errno: errno, why: why}
}

// checkEndpoint checks where to, and who sends.
func (s *Sim) checkEndpoint(r *http.Request, p *webPush) *browserAnswer {
	switch {
	case r.Method != http.MethodPost:
		return &browserAnswer{status: http.StatusMethodNotAllowed, why: "POST is expected"}
	case r.URL.RequestURI() == "/":
		return &browserAnswer{status: http.StatusNotFound, errno: 102, why: "Invalid endpoint"}
	}
	if status, why := s.checkVapid(r, p.endpoint); status != 0 {
		return &browserAnswer{status: status, errno: 109, why: why}
	}
	if !s.spend(Browser) {
		return &browserAnswer{status: http.StatusTooManyRequests, why: "Too many requests", retryAfter: "60"}
	}
	return nil
}

// maxWebPush is how large a message every push service must take (RFC 8030
// §7.2), in bytes, and how large ours may be.
const maxWebPush = 4096

// maxWebTTL is how long a message is kept at most: what is asked for beyond is
// cut, and the answer says so (RFC 8030 §5.2).
const maxWebTTL = 30 * 24 * time.Hour

var (
	ttlForm     = regexp.MustCompile(`^[0-9]{1,10}$`)
	topicForm   = regexp.MustCompile(`^[A-Za-z0-9_-]{1,32}$`)
	urgencyForm = regexp.MustCompile(`^(very-low|low|normal|high)$`)
)

// checkWebPush checks the headers of RFC 8030 and the size.
func checkWebPush(r *http.Request, p *webPush) *browserAnswer {
	h := r.Header
	ttl, topic, urgency := h.Values("TTL"), h.Values("Topic"), h.Values("Urgency")
	switch {
	case len(ttl) == 0:
		return badPush(111, "Missing TTL header")
	case len(ttl) > 1 || !ttlForm.MatchString(ttl[0]):
		return badPush(112, "Invalid TTL header value")
	case len(topic) > 1 || len(topic) == 1 && !topicForm.MatchString(topic[0]):
		return badPush(113, "Invalid Topic header value")
	case len(urgency) > 1 || len(urgency) == 1 && !urgencyForm.MatchString(urgency[0]):
		return badPush(110, "Invalid Urgency header value")
	case len(p.body) > maxWebPush:
		return &browserTooLarge
	}
	seconds, err := strconv.ParseInt(ttl[0], 10, 64)
	if err != nil {
		return badPush(112, "Invalid TTL header value")
	}
	p.ttl = time.Duration(min(seconds, int64(maxWebTTL/time.Second))) * time.Second
	if len(topic) == 1 {
		p.topic = topic[0]
	}
	return nil
}
