package pnssim

import (
	"bytes"
	"crypto/md5"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"
)

// maxADM is the limit of a message's payload, in bytes.
const maxADM = 6 << 10

// The versions of Amazon's types that a request names.
const (
	admMessageType = "com.amazon.device.messaging.ADMMessage@1.0"
	admResultType  = "com.amazon.device.messaging.ADMSendResult@1.0"
)

// admMessage is what ADM reads of a body. Members that it does not know are
// passed over.
type admMessage struct {
	Data             map[string]*string
	Notification     json.RawMessage
	ConsolidationKey *string
	ExpiresAfter     *int64
	MD5              *string
}

// checkADM says why ADM refuses a request, or nil.
func checkADM(r *http.Request, body []byte) *admAnswer {
	bad := func(reason string) *admAnswer { return &admAnswer{status: http.StatusBadRequest, reason: reason} }
	h := r.Header
	if h.Get("Content-Type") != "application/json" || h.Get("Accept") != "application/json" ||
		h.Get("X-Amzn-Type-Version") != admMessageType || h.Get("X-Amzn-Accept-Type") != admResultType {
		return bad("InvalidType")
	}
	var members map[string]json.RawMessage
	if json.Unmarshal(body, &members) != nil {
		return bad("InvalidData")
	}
	var m admMessage
	for _, part := range []struct {
		name, reason string
		into         any
	}{
		{"data", "InvalidData", &m.Data}, {"notification", "InvalidData", &m.Notification},
		{"consolidationKey", "InvalidConsolidationKey", &m.ConsolidationKey},
		{"expiresAfter", "InvalidExpiration", &m.ExpiresAfter}, {"md5", "InvalidChecksum", &m.MD5},
	} {
		if raw, given := members[part.name]; given && json.Unmarshal(raw, part.into) != nil {
			return bad(part.reason)
		}
	}
	if compactSize(members["data"])+compactSize(members["notification"]) > maxADM {
		return &admTooLarge
	}
	if reason := m.wrong(); reason != "" {
		return bad(reason)
	}
	return nil
}

// wrong returns ADM's reason for refusing a message, or "".
func (m *admMessage) wrong() string {
	switch {
	case slices.Contains(slices.Collect(maps.Values(m.Data)), nil):
		return "InvalidData" // null is no text
	case len(m.Data) == 0 && m.Notification == nil && m.ConsolidationKey == nil:
		return "InvalidData"
	case m.ConsolidationKey != nil && (utf8.RuneCountInString(*m.ConsolidationKey) > 64 || *m.ConsolidationKey == ""):
		return "InvalidConsolidationKey"
	case m.ExpiresAfter != nil && (*m.ExpiresAfter < 1 || *m.ExpiresAfter > 31*24*3600):
		return "InvalidExpiration"
	case m.MD5 != nil && *m.MD5 != m.checksum():
		return "InvalidChecksum"
	}
	return ""
}

// checksum is the MD5 of the data's pairs in the order of their keys, key:value
// with commas between, in base64.
func (m *admMessage) checksum() string {
	var pairs []string
	for _, k := range slices.Sorted(maps.Keys(m.Data)) {
		pairs = append(pairs, k+":"+*m.Data[k])
	}
	sum := md5.Sum([]byte(strings.Join(pairs, ",")))
	return base64.StdEncoding.EncodeToString(sum[:])
}

func compactSize(raw json.RawMessage) int {
	var b bytes.Buffer
	if json.Compact(&b, raw) != nil {
		return 0
	}
	return b.Len()
}
