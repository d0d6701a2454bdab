package api

import (
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/wire"
)

// The keys of the browser of a direct send.
const (
	headerP256DH = "P256DH"
	headerAuth   = "Auth"
)

// passed are the beginnings, in lower case, of the headers that go on to a push
// service as they came.
func passed(p hub.Platform) []string {
	switch p {
	case hub.APNs:
		return []string{"apns-", "x-apns-"}
	case hub.WNS:
		return []string{"x-wns-"}
	case hub.MPNS:
		return []string{"x-windowsphone-", "x-notificationclass", "x-messageid"}
	case hub.Baidu:
		return []string{"x-baidu-"}
	case hub.Browser:
		return []string{"ttl", "urgency", "topic"} // RFC 8030 §5
	}
	return nil
}

// passedHeaders returns the sender's headers for a platform's push service, by
// name. A value that no push service could read is dropped and not refused: a
// Go client in use sends U+FFFD as X-Apns-Expiration.
func passedHeaders(h http.Header, p hub.Platform) []hub.Header {
	var out []hub.Header
	for name, values := range h {
		lower := strings.ToLower(name)
		goesOn := slices.ContainsFunc(passed(p), func(beginning string) bool { return strings.HasPrefix(lower, beginning) })
		if value := strings.TrimSpace(values[0]); goesOn && visibleASCII(value) {
			if strings.HasPrefix(lower, "apns-") {
				name = lower // as Apple documents them
			}
			out = append(out, hub.Header{Name: name, Value: value})
		}
	}
	slices.SortFunc(out, func(a, b hub.Header) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// expiry reads the notification's expiry in every form that clients write. The
// second name is that of Azure's sample comments.
func expiry(h http.Header) (time.Time, error) {
	for _, name := range []string{wire.HeaderApnsExpiry, wire.HeaderApnsExpiryAlias} {
		text := strings.TrimSpace(h.Get(name))
		if text == "" {
			continue
		}
		at, err := wire.ParseTime(text)
		if err != nil {
			return time.Time{}, badRequest("The HTTP header %q has an invalid value: %.100q. A date such as 2030-01-02T03:04:05Z is expected.", name, text)
		}
		return at, nil
	}
	return time.Time{}, nil
}

// visibleASCII reports whether s has only what a header may safely carry.
func visibleASCII(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' })
}

// printable reports whether s can be shown in XML, JSON and headers.
func printable(s string) bool {
	return s != "" && utf8.ValidString(s) && !strings.ContainsFunc(s, unicode.IsControl)
}
