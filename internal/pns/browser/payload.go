package browser

import (
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pns"
)

const (
	// defaultTTL is how long a push service keeps a message for a browser that
	// is away when nobody says. The header is mandatory, and 0 would reach only
	// browsers that are connected at this moment.
	defaultTTL = 24 * time.Hour
	// maxTTL is the longest that services keep one; some refuse more.
	maxTTL = 30 * 24 * time.Hour
)

var (
	// topicForm is RFC 8030 §5.4: 32 characters of base64url at most.
	topicForm = regexp.MustCompile(`^[A-Za-z0-9_-]{1,32}$`)
	// urgencyForm is RFC 8030 §5.3.
	urgencyForm = regexp.MustCompile(`^(very-low|low|normal|high)$`)
	secondsForm = regexp.MustCompile(`^[0-9]{1,20}$`)
)

// payload is a message before it is encrypted for each browser.
type payload struct {
	header http.Header // without Authorization
	body   []byte
}

// prepare makes the headers once for all browsers. What push services would
// refuse for everybody is refused here, with the result that every device gets.
// Of the message's headers, TTL, Urgency and Topic are read; no other goes on.
func prepare(m *pns.Message, now time.Time) (*payload, *pns.Result) {
	if len(m.Body) > maxPlaintext {
		return nil, pns.Refused(hub.InvalidNotificationSize, fmt.Sprintf("the body has %d bytes, Web Push takes %d", len(m.Body), maxPlaintext))
	}
	header := http.Header{
		"Content-Type":     {"application/octet-stream"},
		"Content-Encoding": {"aes128gcm"},
	}
	ttl := defaultTTL
	given := false
	for _, h := range m.Headers {
		value := strings.TrimSpace(h.Value)
		if value == "" { // a template's expression that came to nothing
			continue
		}
		switch strings.ToLower(h.Name) {
		case "ttl":
			if !secondsForm.MatchString(value) {
				return nil, pns.Refused(hub.InvalidNotificationFormat, "the header TTL is not a number of seconds")
			}
			ttl, given = seconds(value), true
		case "urgency":
			value = strings.ToLower(value)
			if !urgencyForm.MatchString(value) {
				return nil, pns.Refused(hub.InvalidNotificationFormat, "the header Urgency is none of very-low, low, normal and high")
			}
			header.Set("Urgency", value)
		case "topic":
			if !topicForm.MatchString(value) {
				return nil, pns.Refused(hub.InvalidNotificationFormat, "the header Topic is not 1 to 32 characters of base64url")
			}
			header.Set("Topic", value)
		}
	}
	if !m.Expiry.IsZero() {
		left := max(m.Expiry.Sub(now), 0)
		if !given || left < ttl {
			ttl = left
		}
	}
	header.Set("TTL", strconv.FormatInt(int64(min(ttl, maxTTL)/time.Second), 10))
	return &payload{header: header, body: m.Body}, nil
}

// seconds reads digits; what is beyond every limit is cut.
func seconds(digits string) time.Duration {
	n, err := strconv.ParseUint(digits, 10, 64)
	if limit := uint64(maxTTL / time.Second); err != nil || n > limit {
		n = limit
	}
	return time.Duration(n) * time.Second
}
