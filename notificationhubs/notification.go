package notificationhubs

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/fanfare-hub/fanfare/internal/wire"
)

// Notification is what is sent: a format, a body and headers. The constructors
// make one for each platform.
type Notification struct {
	format      string
	contentType string
	body        []byte
	header      http.Header
	err         error // of the constructor, told by Send
}

// SetHeader sets a further header, which the hub passes to the push service:
// apns-…, X-WNS-…, and the like.
func (n *Notification) SetHeader(name, value string) *Notification {
	n.header.Set(name, value)
	return n
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

// newJSON makes the body from v: text is taken as JSON, all else is encoded.
func newJSON(format string, v any) *Notification {
	var body []byte
	switch v := v.(type) {
	case string:
		body = []byte(v)
	case []byte:
		body = bytes.Clone(v)
	case json.RawMessage:
		body = bytes.Clone(v)
	default:
		var err error
		if body, err = json.Marshal(v); err != nil {
			return &Notification{err: fmt.Errorf("notificationhubs: the payload: %w", err)}
		}
	}
	n := newNotification(format, jsonType, body)
	if !json.Valid(body) {
		n.err = errors.New("notificationhubs: the payload is not JSON")
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
	if o == nil || n.err != nil {
		return n
	}
	if !o.Expiry.IsZero() {
		n.header.Set(wire.HeaderApnsExpiry, o.Expiry.UTC().Format("2006-01-02T15:04:05Z"))
	}
	if o.Priority != 0 {
		n.header.Set("apns-priority", strconv.Itoa(o.Priority))
	}
	for name, value := range map[string]string{"apns-push-type": o.PushType, "apns-collapse-id": o.CollapseID, "apns-topic": o.Topic} {
		if value != "" {
			n.header.Set(name, value)
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

// NewADMNotification makes a notification for Amazon Device Messaging.
func NewADMNotification(payload any) *Notification { return newJSON("adm", payload) }

// NewBaiduNotification makes a notification for Baidu Cloud Push. messageType is
// 1 for a notification and 0 for a message to the app; negative for neither.
func NewBaiduNotification(payload any, messageType int) *Notification {
	n := newJSON("baidu", payload)
	if messageType >= 0 && n.err == nil {
		n.header.Set("X-Baidu-Message-Type", strconv.Itoa(messageType))
	}
	return n
}

// NewBrowserNotification makes a notification for Web Push.
func NewBrowserNotification(payload any) *Notification { return newJSON("browser", payload) }

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

// NewWindowsNotification makes a toast, tile or badge for WNS from its XML; the
// root element says which.
func NewWindowsNotification(payload string) *Notification {
	n := newNotification("windows", xmlType, []byte(payload))
	switch root := elementAt(payload, 1); root {
	case "toast", "tile", "badge":
		n.header.Set("X-WNS-Type", "wns/"+root)
	default:
		n.err = fmt.Errorf("notificationhubs: the root element is %q, none of toast, tile, badge; for other bytes use NewWindowsRawNotification", root)
	}
	return n
}

// NewWindowsRawNotification makes a raw notification for WNS from any bytes.
func NewWindowsRawNotification(payload []byte) *Notification {
	return newNotification("windows", rawType, bytes.Clone(payload)).SetHeader("X-WNS-Type", "wns/raw")
}

// NewMPNSNotification makes a toast or tile for Windows Phone from its XML, a
// wp:Notification that holds a wp:Toast or wp:Tile.
func NewMPNSNotification(payload string) *Notification {
	n := newNotification("windowsphone", xmlType, []byte(payload))
	switch elementAt(payload, 2) {
	case "Toast":
		n.SetHeader("X-WindowsPhone-Target", "toast").SetHeader("X-NotificationClass", "2")
	case "Tile":
		n.SetHeader("X-WindowsPhone-Target", "tile").SetHeader("X-NotificationClass", "1")
	default:
		n.err = errors.New("notificationhubs: the payload holds neither a wp:Toast nor a wp:Tile; for other bytes use NewMPNSRawNotification")
	}
	return n
}

// NewMPNSRawNotification makes a raw notification for Windows Phone.
func NewMPNSRawNotification(payload []byte) *Notification {
	return newNotification("windowsphone", rawType, bytes.Clone(payload)).SetHeader("X-NotificationClass", "3")
}

// elementAt returns the name of the first element at a depth.
func elementAt(text string, depth int) string {
	dec := xml.NewDecoder(strings.NewReader(text))
	dec.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	for {
		tok, err := dec.RawToken()
		if err != nil {
			return ""
		}
		if el, ok := tok.(xml.StartElement); ok {
			if depth--; depth == 0 {
				return el.Name.Local
			}
		}
	}
}
