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
	for _, h := range []Header{{"apns-push-type", o.PushType}, {"apns-collapse-id", o.CollapseID}, {"apns-topic", o.Topic}} {
		if h.Value != "" {
			n.header.Set(h.Name, h.Value)
		}
	}
	return n
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

// NewBaiduNotification makes a notification for Baidu Cloud Push. messageType is
// 1 for a notification and 0 for a message to the app; negative for neither.
func NewBaiduNotification(payload any, messageType int) *Notification {
	n := newJSON("baidu", payload)
	if messageType >= 0 {
		n.header.Set("X-Baidu-Message-Type", strconv.Itoa(messageType))
	}
	return n
}

// NewBrowserNotification makes a notification for Web Push. The page's own
// service worker reads the payload: it may be any text, and what is not text is
// encoded as JSON.
func NewBrowserNotification(payload any) *Notification { return newText("browser", payload) }

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
