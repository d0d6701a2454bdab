package doctor

import (
	"fmt"
	"time"
)

const day = 24 * time.Hour

// What ends with a certificate.
const (
	Sending = "nothing is sent"
	Serving = "clients cannot connect"
)

// Expiry says, with growing urgency, that a certificate expires within 30, 7 or
// 1 days, or has expired. The text is empty with OK.
func Expiry(now, notAfter time.Time, consequence string) (Severity, string) {
	left := notAfter.Sub(now)
	date := notAfter.UTC().Format(time.DateOnly)
	switch {
	case left < 0:
		return Failed, fmt.Sprintf("the certificate expired on %s: %s until there is a new one", date, consequence)
	case left <= day:
		return Urgent, fmt.Sprintf("the certificate expires on %s, within a day: %s after that", date, consequence)
	case left <= 7*day:
		return Warning, fmt.Sprintf("the certificate expires on %s, within 7 days: it is time for a new one", date)
	case left <= 30*day:
		return Notice, fmt.Sprintf("the certificate expires on %s, within 30 days: make a new one", date)
	}
	return OK, ""
}
