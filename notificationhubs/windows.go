package notificationhubs

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// The headers that name the kind of a Windows notification.
const (
	headerWNSType    = "X-WNS-Type"
	headerMPNSTarget = "X-WindowsPhone-Target"
	headerMPNSClass  = "X-NotificationClass"
)

// WindowsOptions are what WNS takes beside the payload, in headers that
// Microsoft documents under "Push notification service request and response
// headers".
type WindowsOptions struct {
	TTL         time.Duration // how long it is of use, in whole seconds; 0: WNS's own
	Tag         string        // a later one with the same Tag (and Group) replaces it; at most 16 letters and digits
	Group       string        // as Tag
	Priority    int           // 1 high, 2 medium, 3 low, 4 very low; 0: WNS's own
	CachePolicy string        // cache or no-cache, of tiles, badges and raw ones; "": WNS's own
}

// apply sets the headers of a notification.
func (o *WindowsOptions) apply(n *Notification) *Notification {
	if o == nil {
		return n
	}
	n.setSeconds("X-WNS-TTL", o.TTL)
	if o.Priority != 0 {
		n.header.Set("X-WNS-PRIORITY", strconv.Itoa(o.Priority))
	}
	return n.setGiven(Header{"X-WNS-Tag", o.Tag}, Header{"X-WNS-Group", o.Group}, Header{"X-WNS-Cache-Policy", o.CachePolicy})
}

// NewWindowsNotification makes a toast, tile or badge for WNS from its XML, of
// at most 5,000 bytes; the root element says which.
func NewWindowsNotification(payload string, o *WindowsOptions) *Notification {
	n := o.apply(newNotification("windows", xmlType, []byte(payload)))
	kind := wnsType(payload)
	if kind == "" {
		n.err = fmt.Errorf("notificationhubs: the payload's root element is %q, none of toast, tile, badge; for other bytes use NewWindowsRawNotification", element(payload, 1))
		return n
	}
	return n.SetHeader(headerWNSType, kind)
}

// NewWindowsRawNotification makes a raw notification for WNS from any bytes, at
// most 5,000.
func NewWindowsRawNotification(payload []byte, o *WindowsOptions) *Notification {
	return o.apply(newNotification("windows", rawType, bytes.Clone(payload))).SetHeader(headerWNSType, "wns/raw")
}

// NewMPNSNotification makes a toast or tile for Windows Phone from its XML, a
// wp:Notification that holds a wp:Toast or wp:Tile.
func NewMPNSNotification(payload string) *Notification {
	n := newNotification("windowsphone", xmlType, []byte(payload))
	switch element(payload, 2) {
	case "Toast":
		return n.SetHeader(headerMPNSTarget, "toast").SetHeader(headerMPNSClass, "2")
	case "Tile":
		return n.SetHeader(headerMPNSTarget, "tile").SetHeader(headerMPNSClass, "1")
	}
	n.err = errors.New("notificationhubs: the payload holds neither a wp:Toast nor a wp:Tile; for other bytes use NewMPNSRawNotification")
	return n
}

// NewMPNSRawNotification makes a raw notification for Windows Phone from any
// bytes, to be delivered at once; SetHeader with X-NotificationClass asks for a
// delay.
func NewMPNSRawNotification(payload []byte) *Notification {
	return newNotification("windowsphone", rawType, bytes.Clone(payload)).SetHeader(headerMPNSClass, "3")
}

// templateHeaders returns the headers which a template of a platform needs and
// its XML tells, as the .NET SDK derives them.
func templateHeaders(p Platform, body string) []Header {
	switch {
	case p == WNS && wnsType(body) != "":
		return []Header{{headerWNSType, wnsType(body)}}
	case p == MPNS && element(body, 2) == "Toast":
		return []Header{{headerMPNSTarget, "toast"}, {headerMPNSClass, "2"}}
	case p == MPNS && element(body, 2) == "Tile":
		return []Header{{headerMPNSTarget, "token"}, {headerMPNSClass, "1"}} // MPNS's own word for a tile
	}
	return nil
}

// wnsType returns the X-WNS-Type that a payload's root element asks for; "" is
// none.
func wnsType(payload string) string {
	switch root := element(payload, 1); root {
	case "toast", "tile", "badge":
		return "wns/" + root
	}
	return ""
}

// element returns the name of the nth element to begin in an XML text, without
// its prefix; "" is none.
func element(text string, n int) string {
	dec := xml.NewDecoder(strings.NewReader(text))
	// Payloads declare utf-16 because their toolkits do; they are sent as UTF-8.
	dec.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	for {
		tok, err := dec.RawToken()
		if err != nil {
			return ""
		}
		if el, ok := tok.(xml.StartElement); ok {
			if n--; n == 0 {
				return el.Name.Local
			}
		}
	}
}
