package notificationhubs

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/fanfare-hub/fanfare/internal/wire"
)

// Notification is what is sent: a format, a body and headers. The constructors
// make one for each platform; what is wrong with a payload is the error of the
// send. It may be sent any number of times, also concurrently.
type Notification struct {
	format      string
	contentType string
	body        []byte
	header      http.Header
	err         error // of the constructor, told by the send
}

// SetHeader sets a further header, which the hub passes to the push service:
// apns-…, X-WNS-…, and the like. It returns n. Headers are to be set before the
// first send.
func (n *Notification) SetHeader(name, value string) *Notification {
	n.header.Set(name, value)
	return n
}

// check says what is wrong with a notification, also with one that no
// constructor made.
func (n *Notification) check() error {
	switch {
	case n == nil || n.format == "":
		return errors.New("notificationhubs: the notification is missing: make it with one of the constructors")
	case n.err != nil:
		return n.err
	case len(bytes.TrimSpace(n.body)) == 0:
		return errors.New("notificationhubs: the payload is empty")
	}
	return nil
}

// The content types of bodies.
const (
	jsonType = "application/json;charset=utf-8"
	xmlType  = "application/xml"
	rawType  = "application/octet-stream"
)

func newNotification(format, contentType string, body []byte) *Notification {
	return &Notification{format: format, contentType: contentType, body: body, header: http.Header{}}
}

// newJSON makes the body from a payload, which is to be a JSON object.
func newJSON(format string, payload any) *Notification {
	n := newText(format, payload)
	if n.err == nil && (!bytes.HasPrefix(bytes.TrimLeft(n.body, " \t\r\n"), []byte("{")) || !json.Valid(n.body)) {
		n.err = errors.New("notificationhubs: the payload is not a JSON object")
	}
	return n
}

// newText makes the body from a payload: text as it is, all else as JSON.
func newText(format string, payload any) *Notification {
	n := newNotification(format, jsonType, nil)
	switch payload := payload.(type) {
	case string:
		n.body = []byte(payload)
	case []byte:
		n.body = bytes.Clone(payload)
	case json.RawMessage:
		n.body = bytes.Clone(payload)
	default:
		var b bytes.Buffer
		enc := json.NewEncoder(&b)
		enc.SetEscapeHTML(false) // \u003c counts six times against a push service's limit
		if err := enc.Encode(payload); err != nil {
			n.err = fmt.Errorf("notificationhubs: the payload: %w", err)
		}
		n.body = bytes.TrimRight(b.Bytes(), "\n")
	}
	return n
}

// AppleOptions are what APNs takes beside the payload.
type AppleOptions struct {
	Expiry     time.Time // when the push is worthless; zero: APNs's own
	Priority   int       // 10 at once, 5 to save power, 1 never to wake; 0: APNs's own
	PushType   string    // alert, background, voip, …; "": derived from the payload
	CollapseID string    // pushes with the same one replace each other; at most 64 bytes
	Topic      string    // begins with the hub's bundle id; "": derived
}

// NewAppleNotification makes a notification for APNs from a payload: JSON text,
// or a value to be encoded.
func NewAppleNotification(payload any, o *AppleOptions) *Notification {
	n := newJSON("apple", payload)
	if o == nil {
		return n
	}
	if !o.Expiry.IsZero() {
		// W3C date and time, as Azure's documentation asks for.
		n.header.Set(wire.HeaderApnsExpiry, o.Expiry.UTC().Format("2006-01-02T15:04:05Z"))
	}
	if o.Priority != 0 {
		n.header.Set("apns-priority", strconv.Itoa(o.Priority))
	}
	return n.setGiven(Header{"apns-push-type", o.PushType}, Header{"apns-collapse-id", o.CollapseID}, Header{"apns-topic", o.Topic})
}

// setGiven sets those headers that have a value.
func (n *Notification) setGiven(all ...Header) *Notification {
	for _, h := range all {
		if h.Value != "" {
			n.header.Set(h.Name, h.Value)
		}
	}
	return n
}

// setSeconds sets a header to a time in whole seconds, rounded up; 0 is not
// given.
func (n *Notification) setSeconds(name string, d time.Duration) {
	switch {
	case d < 0:
		n.err = fmt.Errorf("notificationhubs: the TTL %v is less than nothing", d)
	case d > 0:
		n.header.Set(name, strconv.FormatInt(int64((d-1)/time.Second)+1, 10))
	}
}

// NewFCMV1Notification makes a notification for Firebase's HTTP v1 API:
// {"message": {…}} without a target.
func NewFCMV1Notification(payload any) *Notification { return newJSON("fcmv1", payload) }

// NewFCMNotification makes a notification with a legacy Firebase payload. It
// goes out under Azure's name for that, gcm.
func NewFCMNotification(payload any) *Notification { return newJSON("gcm", payload) }

// NewADMNotification makes a notification for Amazon Device Messaging:
// {"data": {…}}.
func NewADMNotification(payload any) *Notification { return newJSON("adm", payload) }

// The message types of Baidu.
const (
	BaiduMessage = "0" // for the app, which shows it or does not
	BaiduAlert   = "1" // shown by the device
)

// BaiduOptions are what Baidu takes beside the payload.
type BaiduOptions struct {
	MessageType string // BaiduMessage or BaiduAlert; "": the hub's own, a message
}

// NewBaiduNotification makes a notification for Baidu Cloud Push, of at most
// 4,096 bytes.
func NewBaiduNotification(payload any, o *BaiduOptions) *Notification {
	n := newJSON("baidu", payload)
	if o == nil {
		return n
	}
	return n.setGiven(Header{"X-Baidu-Message-Type", o.MessageType})
}

// BrowserOptions are what Web Push takes beside the payload: RFC 8030, section
// 5. Azure does not document what becomes of them there.
type BrowserOptions struct {
	TTL     time.Duration // how long it is kept for a browser that is off, in whole seconds; 0: the hub's own, a day
	Urgency string        // very-low, low, normal, high; "": normal
	Topic   string        // a later one with the same replaces it while it waits; at most 32 letters, digits, - and _
}

// NewBrowserNotification makes a notification for Web Push, of at most 3,993
// bytes. The page's own service worker reads the payload: it may be any text,
// and what is not text is encoded as JSON.
func NewBrowserNotification(payload any, o *BrowserOptions) *Notification {
	n := newText("browser", payload)
	if o == nil {
		return n
	}
	n.setSeconds("TTL", o.TTL)
	return n.setGiven(Header{"Urgency", o.Urgency}, Header{"Topic", o.Topic})
}

// NewXiaomiNotification makes a notification for Mi Push.
func NewXiaomiNotification(payload any) *Notification { return newJSON("xiaomi", payload) }

// NewTemplateNotification makes a notification that fills the templates which
// devices have registered with properties.
func NewTemplateNotification(properties map[string]string) *Notification {
	if properties == nil {
		properties = map[string]string{}
	}
	return newJSON("template", properties)
}
