package hub

import (
	"strconv"
	"strings"

	"github.com/fanfare-hub/fanfare/internal/template"
)

// The bounds of a template's headers.
const (
	maxHeaders    = 50
	maxHeaderName = 120 // bytes
)

// validateHeader checks one header of a template. Its value may be an
// expression; what that becomes is the connector's to judge.
func validateHeader(p Platform, h Header) error {
	if h.Name == "" || len(h.Name) > maxHeaderName || strings.ContainsFunc(h.Name, notInHeaderName) {
		return invalid("The header %.130q is not valid: its name has letters, digits, - and _, at most %d.", h.Name, maxHeaderName)
	}
	v, err := template.CompileValue(h.Value)
	if err != nil {
		return invalid("The header %s is not valid: %s", h.Name, err)
	}
	if strings.ContainsAny(h.Value, "\r\n\x00") {
		return invalid("The header %s is not valid: its value holds line ends.", h.Name)
	}
	if p != APNs {
		return nil
	}
	if !hasPrefixFold(h.Name, "apns-") {
		return invalid("The header %s is not valid: the names of Apple headers begin with apns-.", h.Name)
	}
	if !v.Literal() {
		return nil
	}
	return validateAPNsValue(h.Name, v.Render(template.Properties{}))
}

// validateAPNsValue makes the checks of the .NET SDK: apns-priority is a byte,
// apns-expiration an integer. An empty value is as good as none.
func validateAPNsValue(name, value string) error {
	if value == "" {
		return nil
	}
	switch strings.ToLower(name) {
	case "apns-priority":
		if _, err := strconv.ParseUint(value, 10, 8); err != nil {
			return invalid("The priority %.100q is not a number from 0 to 255.", value)
		}
	case "apns-expiration":
		if _, err := strconv.ParseInt(value, 10, 64); err != nil {
			return invalid("The header apns-expiration is not a number of seconds: %.100q.", value)
		}
	}
	return nil
}

func notInHeaderName(r rune) bool {
	return r != '-' && r != '_' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
}

func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}
