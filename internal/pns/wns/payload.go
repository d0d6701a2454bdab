package wns

import (
	"fmt"
	"mime"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pns"
)

// maxBody is WNS's limit for the body, in bytes.
const maxBody = 5000

const rawType = "wns/raw"

// payload is a message ready for any number of devices.
type payload struct {
	header http.Header // without Authorization
	body   []byte
}

// prepare makes the headers and the body once for all devices. What WNS would
// refuse for everybody is refused here, with the result that every device
// gets.
func prepare(m *pns.Message, now time.Time) (*payload, *pns.Result) {
	header := http.Header{}
	for _, h := range m.Headers {
		if !forwarded(h.Name) {
			continue
		}
		if !pns.ValidHeaderValue(h.Value) {
			return nil, pns.Refused(hub.InvalidNotificationFormat, fmt.Sprintf("the header %s has a control character in its value", h.Name))
		}
		header.Set(h.Name, strings.TrimSpace(h.Value))
	}
	kind := kindOf(m, header.Get("X-WNS-Type"))
	if kind == "" {
		return nil, pns.Refused(hub.InvalidNotificationFormat, "no X-WNS-Type is given, and the body's root element is none of toast, tile and badge")
	}
	p := &payload{header: header, body: m.Body}
	contentType := "application/octet-stream"
	if kind != rawType {
		contentType = "text/xml"
		p.body = pns.UTF8Declared(m.Body)
	}
	if len(p.body) > maxBody {
		return nil, pns.Refused(hub.InvalidNotificationSize, fmt.Sprintf("the body has %d bytes, WNS takes %d", len(p.body), maxBody))
	}
	header.Set("Content-Type", contentType)
	header.Set("X-WNS-Type", kind)
	// Without it, an answer does not tell a device that is off from one that
	// does not want the notification.
	header.Set("X-WNS-RequestForStatus", "true")
	if !m.Expiry.IsZero() && header.Get("X-WNS-TTL") == "" {
		left := max(int64(m.Expiry.Sub(now)/time.Second), 1)
		header.Set("X-WNS-TTL", strconv.FormatInt(left, 10))
	}
	return p, nil
}

// forwarded reports whether a header of the send is one of WNS's.
func forwarded(name string) bool { return wnsHeader.MatchString(name) }

// wnsHeader has only characters that a header name can have (RFC 9110 §5.1).
var wnsHeader = regexp.MustCompile(`(?i)^X-WNS-[A-Z0-9_-]{1,100}$`)

// kindOf is the notification's X-WNS-Type: as given, or by the root element.
// A body that is declared to be bytes is a raw notification.
func kindOf(m *pns.Message, given string) string {
	if given != "" {
		return strings.ToLower(given)
	}
	if kind := hub.RootWNSType(m.Body); kind != "" {
		return kind
	}
	if media, _, err := mime.ParseMediaType(m.ContentType); err == nil && media == "application/octet-stream" {
		return rawType
	}
	return ""
}
