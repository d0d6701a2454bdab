package wire

import (
	"strconv"
	"strings"
)

// ParseETag reads an If-Match header in every form that a published client
// sends: * and "*", which match any, and "5", W/"5" and 5. ETags are numbers
// from 0. Anything else is a *DecodeError with Azure's sentence.
func ParseETag(ifMatch string) (any bool, value int64, err error) {
	s := strings.TrimPrefix(strings.TrimSpace(ifMatch), "W/")
	if len(s) >= 2 && s[0] == '"' && s[len(s)-1] == '"' {
		s = s[1 : len(s)-1]
	}
	if s == "*" {
		return true, 0, nil
	}
	n, err := strconv.ParseUint(s, 10, 63)
	if err != nil {
		return false, 0, unreadable(`The ETag header is either missing or invalid. It should be "*", or a quoted ETag.`)
	}
	return false, int64(n), nil
}
