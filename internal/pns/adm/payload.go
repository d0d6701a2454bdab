package adm

import (
	"bytes"
	"crypto/md5"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pns"
)

const (
	// maxPayload is ADM's limit for data and notification, in bytes.
	maxPayload = 6 << 10
	// maxKey is ADM's limit for a consolidationKey, in characters.
	maxKey = 64
	// maxLife is ADM's limit for expiresAfter: 31 days, in seconds.
	maxLife = 31 * 24 * 60 * 60
)

// message is a sender's message as far as ADM's rules go. What is not given is
// nil.
type message struct {
	data         map[string]string
	key          *string
	expiresAfter *int64
	size         int // of data and notification, in bytes
	visible      bool
	checksum     bool
}

// prepare completes the sender's JSON once for all devices: the checksum of the
// data, and how long the message lives. What the sender gave stays, to the
// byte. What ADM would refuse for everybody is refused here, with the result
// that every device gets.
func prepare(m *pns.Message, now time.Time) ([]byte, *pns.Result) {
	body := bytes.TrimSpace(m.Body)
	read, err := parse(body)
	if err == nil {
		err = read.check()
	}
	if err != nil {
		return nil, pns.Refused(hub.InvalidNotificationFormat, err.Error())
	}
	if read.size > maxPayload {
		return nil, pns.Refused(hub.InvalidNotificationSize, fmt.Sprintf("data and notification have %d bytes, ADM takes %d", read.size, maxPayload))
	}
	var more []byte
	if len(read.data) > 0 && !read.checksum {
		more = fmt.Appendf(more, `,"md5":"%s"`, checksum(read.data))
	}
	if !m.Expiry.IsZero() && read.expiresAfter == nil {
		left := min(max(int64(m.Expiry.Sub(now)/time.Second), 1), maxLife)
		more = strconv.AppendInt(append(more, `,"expiresAfter":`...), left, 10)
	}
	return slices.Concat(body[:len(body)-1], more, []byte("}")), nil // the object is not empty
}

func parse(body []byte) (*message, error) {
	var members map[string]json.RawMessage
	if !utf8.Valid(body) || !hub.IsJSONObject(body) || json.Unmarshal(body, &members) != nil {
		return nil, errors.New("the body is not a JSON object in UTF-8")
	}
	m := &message{size: compactSize(members["data"]) + compactSize(members["notification"])}
	_, m.visible = members["notification"]
	_, m.checksum = members["md5"]
	var err error
	if m.data, err = texts(members["data"]); err != nil {
		return nil, err
	}
	if raw, given := members["consolidationKey"]; given && (json.Unmarshal(raw, &m.key) != nil || m.key == nil) {
		return nil, errors.New("consolidationKey is not a text")
	}
	if raw, given := members["expiresAfter"]; given && (json.Unmarshal(raw, &m.expiresAfter) != nil || m.expiresAfter == nil) {
		return nil, errors.New("expiresAfter is not a whole number of seconds")
	}
	return m, nil
}

// texts reads data: ADM hands an app texts, and takes nothing else.
func texts(raw json.RawMessage) (map[string]string, error) {
	var values map[string]*string
	if raw != nil && json.Unmarshal(raw, &values) != nil {
		return nil, errors.New("data is not an object of texts")
	}
	out := map[string]string{}
	for k, v := range values {
		if v == nil {
			return nil, fmt.Errorf("data holds null for %.40q, a text is expected", k)
		}
		out[k] = *v
	}
	return out, nil
}

func (m *message) check() error {
	switch {
	case len(m.data) == 0 && m.key == nil && !m.visible:
		return errors.New("there is neither data nor a notification, which only a message with a consolidationKey can be without")
	case m.key != nil && (*m.key == "" || utf8.RuneCountInString(*m.key) > maxKey):
		return fmt.Errorf("consolidationKey is not of 1 to %d characters", maxKey)
	case m.expiresAfter != nil && (*m.expiresAfter < 1 || *m.expiresAfter > maxLife):
		return fmt.Errorf("expiresAfter is not between 1 and %d seconds", maxLife)
	}
	return nil
}

// checksum is what ADM calls md5: of the pairs key:value in the order of their
// keys, with commas between. The app can check with it what it got.
func checksum(data map[string]string) string {
	var b strings.Builder
	for i, k := range slices.Sorted(maps.Keys(data)) {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(k)
		b.WriteByte(':')
		b.WriteString(data[k])
	}
	sum := md5.Sum([]byte(b.String()))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// compactSize is the length of a JSON value without blanks.
func compactSize(raw json.RawMessage) int {
	var b bytes.Buffer
	if raw == nil || json.Compact(&b, raw) != nil {
		return 0
	}
	return b.Len()
}
