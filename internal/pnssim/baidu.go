package pnssim

import (
	"crypto/md5"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"sort"
	"strings"
)

// Baidu Cloud Push.
const Baidu Service = "baidu"

// The app that Baidu knows.
const (
	baiduKey    = "SimulatedBaiduApiKey0001"
	baiduSecret = "simulated*secret~of'baidu" // with what encodings differ in
)

// BaiduCredential is an app that Baidu knows, through today's interface.
func (s *Sim) BaiduCredential() map[string]string {
	return map[string]string{"BaiduApiKey": baiduKey, "BaiduSecretKey": baiduSecret}
}

// ForeignBaiduCredential is an app with a secret that Baidu does not know.
func (s *Sim) ForeignBaiduCredential() map[string]string {
	return map[string]string{"BaiduApiKey": baiduKey, "BaiduSecretKey": "another secret"}
}

// baiduForm is a handle of which the channel alone counts: today's interface
// does not learn the user.
func baiduForm(handle string) string {
	_, channel, _ := strings.Cut(handle, "-")
	return "-" + channel
}

const (
	maxBaidu    = 4096             // a message, in bytes
	baiduSpan   = 10 * 60          // how long a signature is good, in seconds
	baiduLife   = 7 * 24 * 60 * 60 // msg_expires at most, in seconds
	baiduMethod = "/rest/3.0/push/single_device"
	baiduTags   = "/rest/3.0/app/query_tags"
)

var baiduChannel = regexp.MustCompile(`^/rest/2\.0/channel/[^/]+$`)

func (s *Sim) baiduHandler() http.Handler { return http.HandlerFunc(s.baiduSend) }

// baiduPush is a request that is in order.
type baiduPush struct {
	handle  string
	message string
	fields  url.Values
	tags    bool // no push: the app's tags are asked for
}

func (s *Sim) baiduSend(w http.ResponseWriter, r *http.Request) {
	a := baiduAnswer{request: randomNumber(), message: randomNumber(), at: s.cfg.Clock.Now().Unix()}
	p, code, why := s.checkBaidu(w, r)
	a.tags = p.tags
	if !p.tags {
		s.count(Baidu, func(n *counts) { n.pushes++ })
	}
	if code != 0 || p.tags {
		a.code, a.why = code, why
		a.write(w)
		return
	}
	s.baiduFate(w, r, p, a)
}

// checkBaidu checks a request as far as it says nothing of the device.
func (s *Sim) checkBaidu(w http.ResponseWriter, r *http.Request) (p baiduPush, code int, why string) {
	older := baiduChannel.MatchString(r.URL.Path)
	p.tags = r.URL.Path == baiduTags
	switch {
	case r.Method != http.MethodPost:
		return p, 30601, "Request Method Not Allowed"
	case !older && r.URL.Path != baiduMethod && !p.tags:
		return p, 30601, "No Such Interface"
	case !older && !baiduAgent.MatchString(r.UserAgent()):
		return p, 30602, "Request Params Not Valid, User-Agent is no SDK's"
	}
	f, wrong := readForm(w, r, maxRequest)
	if wrong != "" {
		return p, 30602, "Request Params Not Valid, " + wrong
	}
	p.tags = p.tags || older && f.Get("method") == "fetch_tag"
	if code, why := s.checkBaiduSign(r, f); code != 0 {
		return p, code, why
	}
	if !p.tags {
		p, wrong = readBaidu(f, older)
	}
	switch {
	case p.tags && (!wholeNumber(f, "start", 0, 1<<31) || !wholeNumber(f, "limit", 1, 100)):
		return p, 30602, "Request Params Not Valid, start or limit"
	case wrong != "":
		return p, 30602, "Request Params Not Valid, " + wrong
	case !s.spend(Baidu):
		return p, 30699, "Requests Are Too Frequent"
	}
	return p, 0, ""
}

var baiduAgent = regexp.MustCompile(`^BCCS_SDK/3\.0 ?\(.+\)`)

// checkBaiduSign checks who asks, and when.
func (s *Sim) checkBaiduSign(r *http.Request, f url.Values) (code int, why string) {
	now := s.cfg.Clock.Now().Unix()
	at, ok := parseInt(f.Get("timestamp"))
	until := at + baiduSpan
	if f.Has("expires") {
		var good bool
		until, good = parseInt(f.Get("expires"))
		ok = ok && good
	}
	switch {
	case !ok:
		return 30602, "Request Params Not Valid, timestamp"
	case f.Get("apikey") != baiduKey || f.Get("sign") != baiduSign(r, f):
		return 30603, "Authentication Failed"
	case now > until || now < at-baiduSpan:
		return 30606, "Request Time Expired"
	}
	return 0, ""
}

// baiduSign is what the signature of a request must be.
func baiduSign(r *http.Request, f url.Values) string {
	var pairs []string
	for name := range f {
		if name != "sign" {
			pairs = append(pairs, name+"="+f.Get(name))
		}
	}
	sort.Slice(pairs, func(i, j int) bool {
		a, _, _ := strings.Cut(pairs[i], "=")
		b, _, _ := strings.Cut(pairs[j], "=")
		return a < b
	})
	text := r.Method + "https://" + r.Host + r.URL.Path + strings.Join(pairs, "") + baiduSecret
	// PHP's urlencode, byte by byte.
	var escaped []byte
	for _, b := range []byte(text) {
		switch {
		case b == ' ':
			escaped = append(escaped, '+')
		case b >= 'a' && b <= 'z', b >= 'A' && b <= 'Z', b >= '0' && b <= '9', b == '-', b == '_', b == '.':
			escaped = append(escaped, b)
		default:
			escaped = fmt.Appendf(escaped, "%%%02X", b)
		}
	}
	return fmt.Sprintf("%x", md5.Sum(escaped))
}

// readBaidu checks the fields of a push to one device.
func readBaidu(f url.Values, older bool) (p baiduPush, wrong string) {
	message, kind, life, user := "msg", "msg_type", "msg_expires", ""
	if older {
		message, kind, life, user = "messages", "message_type", "message_expires", f.Get("user_id")
	}
	p = baiduPush{handle: user + "-" + f.Get("channel_id"), message: f.Get(message), fields: f}
	switch {
	case f.Get("channel_id") == "":
		return p, "channel_id"
	case older && (f.Get("method") != "push_msg" || f.Get("push_type") != "1"):
		return p, "method or push_type"
	case older && (user == "" || f.Get("msg_keys") == ""):
		return p, "user_id or msg_keys"
	case p.message == "" || len(p.message) > maxBaidu:
		return p, message
	case !wholeNumber(f, kind, 0, 1):
		return p, kind
	case !wholeNumber(f, "device_type", 3, 4):
		return p, "device_type"
	case !wholeNumber(f, life, 1, baiduLife):
		return p, life
	case f.Get(kind) == "1" && !baiduNotification(p.message):
		return p, message + " is no notification"
	}
	return p, ""
}

// baiduNotification reports whether a device could show a message.
func baiduNotification(message string) bool {
	var n struct {
		Description string         `json:"description"`
		APS         map[string]any `json:"aps"`
	}
	return json.Unmarshal([]byte(message), &n) == nil && (n.Description != "" || n.APS != nil)
}
