package hub

import (
	"fmt"
	"strings"
	"time"
)

// expiryForms are the dates that Azure's SDKs and documentation write. A date
// without a zone is UTC.
var expiryForms = []string{
	time.RFC3339Nano, "2006-01-02T15:04Z07:00", "2006-01-02T15:04:05.999999999Z0700", "2006-01-02T15:04Z0700",
	"2006-01-02T15:04:05.999999999", "2006-01-02T15:04", "01/02/2006 15:04:05", "01/02/2006 15:04:05 -07:00", "2006-01-02",
}

// ParseExpiry reads the expiry of an APNs template once it is rendered: a date,
// or 0 for a single attempt (once). Blank text is none.
func ParseExpiry(text string) (at time.Time, once bool, err error) {
	text = strings.TrimSpace(text)
	switch text {
	case "":
		return time.Time{}, false, nil
	case "0":
		return time.Time{}, true, nil
	}
	for _, form := range expiryForms {
		if at, err := time.Parse(form, text); err == nil {
			return at.UTC(), false, nil
		}
	}
	return time.Time{}, false, fmt.Errorf("the expiry %.100q is neither a date nor 0", text)
}
