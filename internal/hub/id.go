package hub

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// NewRegistrationID returns an id of the form that Azure gives: two numbers of
// 63 bits and a small one.
func NewRegistrationID() string {
	var b [17]byte
	rand.Read(b[:])
	number := func(b []byte) string { return strconv.FormatUint(binary.BigEndian.Uint64(b)>>1, 10) }
	return number(b[:8]) + "-" + number(b[8:16]) + "-" + strconv.Itoa(1+int(b[16])%3)
}

// NewNotificationID returns an id of Azure's current form, which sorts by time:
// NH-, the time to the millisecond, 32 hex digits, two digits.
func NewNotificationID(now time.Time) string {
	var b [17]byte
	rand.Read(b[:])
	at := strings.Replace(now.UTC().Format("20060102150405.000"), ".", "", 1)
	return fmt.Sprintf("NH-%s-%x-%02d", at, b[:16], b[16]%100)
}
