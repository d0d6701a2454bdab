package baidu

import (
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pns"
)

const (
	// maxBody is Baidu's limit for what a device gets, in bytes.
	maxBody = 4096
	// maxLife is how long Baidu keeps a message at most.
	maxLife = 7 * 24 * time.Hour
)

// The values of X-Baidu-Message-Type: what the app gets, and what the device
// shows.
const (
	messageType      = "0"
	notificationType = "1"
)

// The values of device_type. Baidu asks for it where an app has devices of
// both sorts.
const (
	android = "3"
	ios     = "4"
)

// form is a request's fields before they are encoded.
type form map[string]string

// prepare makes the fields that all devices have in common. What Baidu would
// refuse for everybody is refused here, with the result that every device gets.
func (c *config) prepare(m *pns.Message, now time.Time) (form, *pns.Result) {
	kind := messageType
	for _, h := range m.Headers {
		if strings.EqualFold(h.Name, "X-Baidu-Message-Type") && strings.TrimSpace(h.Value) != "" {
			kind = strings.TrimSpace(h.Value)
		}
	}
	if kind != messageType && kind != notificationType {
		return nil, pns.Refused(hub.InvalidNotificationFormat, fmt.Sprintf("X-Baidu-Message-Type is %.20q: 0 is a message for the app, 1 a notification", kind))
	}
	shape, no := shapeOf(m.Body, kind)
	if no != nil {
		return nil, no
	}
	f := form{"device_type": shape}
	life := ""
	if !m.Expiry.IsZero() {
		left := min(m.Expiry.Sub(now), maxLife)
		life = strconv.FormatInt(max(int64(left/time.Second), 1), 10)
	}
	if c.older {
		f["method"], f["push_type"] = "push_msg", "1" // to one device
		f["message_type"], f["messages"] = kind, string(m.Body)
		f.add("message_expires", life)
	} else {
		f["msg_type"], f["msg"] = kind, string(m.Body)
		f.add("msg_expires", life)
	}
	return f, nil
}

func (f form) add(name, value string) {
	if value != "" {
		f[name] = value
	}
}

// shapeOf checks a body and returns the sort of device that it is for.
func shapeOf(body []byte, kind string) (deviceType string, no *pns.Result) {
	switch {
	case len(body) > maxBody:
		return "", pns.Refused(hub.InvalidNotificationSize, fmt.Sprintf("the body has %d bytes, Baidu takes %d", len(body), maxBody))
	case len(body) == 0:
		return "", pns.Refused(hub.InvalidNotificationFormat, "the body is empty")
	case !utf8.Valid(body):
		return "", pns.Refused(hub.InvalidNotificationFormat, "the body is not UTF-8")
	}
	var parts struct {
		APS         json.RawMessage `json:"aps"`
		Description string          `json:"description"`
	}
	err := json.Unmarshal(body, &parts)
	switch {
	case err == nil && len(parts.APS) > 0:
		return ios, nil
	case kind == notificationType && err != nil:
		return "", pns.Refused(hub.InvalidNotificationFormat, "the body of a notification is not a JSON object with a description as text")
	case kind == notificationType && parts.Description == "":
		return "", pns.Refused(hub.InvalidNotificationFormat, "a notification has neither a description (Android) nor aps (iOS)")
	}
	return android, nil
}

// request is the encoded form for one device, signed at this moment. ok is
// false for a handle that is not userId-channelId.
func (c *config) request(common form, t *pns.Target, now time.Time) (body []byte, ok bool) {
	user, channel, ok := strings.Cut(t.Handle, "-")
	if !ok || user == "" || channel == "" {
		return nil, false
	}
	f := maps.Clone(common)
	f["channel_id"] = channel
	if c.older {
		f["user_id"] = user
		// A message replaces one of the same key that waits for the device: a
		// repeat then leaves one copy, and other notifications stay.
		f["msg_keys"] = t.MessageID
	}
	return c.signed(c.url, f, now), true
}

// signed completes a form that is posted to an address, and encodes it.
func (c *config) signed(address string, f form, now time.Time) []byte {
	f["apikey"], f["timestamp"] = c.key, strconv.FormatInt(now.Unix(), 10)
	f["sign"] = sign(http.MethodPost, address, f, c.secret)
	values := make(url.Values, len(f))
	for name, value := range f {
		values.Set(name, value)
	}
	return []byte(values.Encode())
}

// sign is Baidu's signature: the MD5 sum of the encoded method, URL, fields in
// the order of their names, and secret, with nothing between them
// (https://push.baidu.com/doc/restapi/sdk_developer).
func sign(method, target string, f form, secret string) string {
	var b strings.Builder
	b.WriteString(method)
	b.WriteString(target)
	for _, name := range slices.Sorted(maps.Keys(f)) {
		b.WriteString(name)
		b.WriteByte('=')
		b.WriteString(f[name])
	}
	b.WriteString(secret)
	sum := md5.Sum([]byte(phpEscape(b.String())))
	return hex.EncodeToString(sum[:])
}

// phpEscape is PHP's urlencode, by which Baidu checks: as Go's, but for the
// tilde.
func phpEscape(s string) string {
	return strings.ReplaceAll(url.QueryEscape(s), "~", "%7E")
}
