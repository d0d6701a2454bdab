package mpns

import (
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pns"
)

// MPNS's limits, in bytes.
const (
	maxBody    = 3 << 10
	maxHeaders = 1 << 10
)

const (
	headerTarget = "X-WindowsPhone-Target"
	headerClass  = "X-NotificationClass"
	headerID     = "X-MessageID"
)

// The values of X-WindowsPhone-Target; a raw notification has none.
const (
	toast = "toast"
	tile  = "token"
	raw   = ""
)

// payload is a message ready for any number of devices.
type payload struct {
	header http.Header
	body   []byte
}

// prepare makes the headers and the body once for all devices. What MPNS would
// refuse for everybody is refused here, with the result that every device
// gets.
func prepare(m *pns.Message) (*payload, *pns.Result) {
	header := http.Header{}
	for _, h := range m.Headers {
		if !mpnsHeader.MatchString(h.Name) {
			continue
		}
		if !pns.ValidHeaderValue(h.Value) {
			return nil, pns.Refused(hub.InvalidNotificationFormat, fmt.Sprintf("the header %s has a control character in its value", h.Name))
		}
		header.Set(h.Name, strings.TrimSpace(h.Value))
	}
	target, class, err := kindOf(header.Get(headerTarget), header.Get(headerClass), m.Body)
	if err != nil {
		return nil, pns.Refused(hub.InvalidNotificationFormat, err.Error())
	}
	p := &payload{header: header, body: m.Body}
	header.Set("Content-Type", "text/xml")
	header.Set(headerClass, class)
	header.Del(headerTarget)
	if target != raw {
		header.Set(headerTarget, target)
		p.body = pns.UTF8Declared(m.Body)
	}
	// Azure counts what is too large for MPNS among the wrong formats.
	if len(p.body) > maxBody {
		return nil, pns.Refused(hub.InvalidNotificationFormat, fmt.Sprintf("the body has %d bytes, MPNS takes %d", len(p.body), maxBody))
	}
	if n := size(header); n > maxHeaders {
		return nil, pns.Refused(hub.InvalidNotificationFormat, fmt.Sprintf("the headers have %d bytes, MPNS takes %d", n, maxHeaders))
	}
	return p, nil
}

// mpnsHeader has only characters that a header name can have (RFC 9110 §5.1).
var mpnsHeader = regexp.MustCompile(`(?i)^(X-WindowsPhone-[A-Z0-9_-]{1,100}|X-NotificationClass|X-MessageID)$`)

// kindOf completes what the sender says of the kind of notification: by the
// other header, or else by the body's root.
func kindOf(target, class string, body []byte) (string, string, error) {
	target = strings.ToLower(target)
	if target == "tile" {
		target = tile // the word of Azure's SDKs
	}
	switch {
	case target == raw && class == "":
		target, class = hub.RootMPNS(body)
		if class == "" {
			class = "3"
		}
	case class == "" && target == toast:
		class = "2"
	case class == "" && target == tile:
		class = "1"
	case class == "":
		return "", "", fmt.Errorf("%s is %.20q, neither toast nor token", headerTarget, target)
	}
	means, ok := targetOf(class)
	switch {
	case !ok:
		return "", "", fmt.Errorf("%s is %.20q, not a number from 1 to 31 that MPNS knows", headerClass, class)
	case target != raw && target != means:
		return "", "", fmt.Errorf("%s %s does not belong to %s %.20q", headerClass, class, headerTarget, target)
	}
	return means, class, nil
}

// targetOf returns what a class stands for: at once, within 450 or within 900
// seconds.
func targetOf(class string) (target string, ok bool) {
	n, err := strconv.Atoi(class)
	switch {
	case err != nil:
		return "", false
	case n == 1 || n == 11 || n == 21:
		return tile, true
	case n == 2 || n == 12 || n == 22:
		return toast, true
	}
	return raw, 3 <= n && n <= 10 || 13 <= n && n <= 20 || 23 <= n && n <= 31
}

// size is how much the headers take on the wire, with a message id (RFC 9562)
// if they do not have one yet.
func size(h http.Header) int {
	n := 0
	for name, values := range h {
		n += len(name) + len(": \r\n") + len(values[0])
	}
	if h.Get(headerID) == "" {
		n += len(headerID) + len(": \r\n") + len("00000000-0000-0000-0000-000000000000")
	}
	return n
}
