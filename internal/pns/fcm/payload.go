package fcm

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pns"
)

// MaxPayload is Google's limit for the keys and values of data and
// notification together, in bytes.
const MaxPayload = 4096

// payload is a message ready for any number of devices: a device's body is
// prefix, its token as a JSON string, suffix.
type payload struct {
	suffix []byte
	// large: the whole message is over the limit, so that a 400 without
	// details is probably about its size.
	large bool
}

const prefix = `{"message":{"token":`

// body is the request for one device.
func (p *payload) body(token string) []byte {
	b := make([]byte, 0, len(prefix)+len(token)+2+len(p.suffix))
	b = append(b, prefix...)
	b = appendString(b, token)
	return append(b, p.suffix...)
}

// prepare reads {"message":{…}} once for all devices. Whatever addresses
// somebody (token, topic, condition) is dropped: the hub decides who gets it.
// What the limits do not allow is refused here, with the result that every
// device gets.
func prepare(m *pns.Message, now time.Time) (*payload, *pns.Result) {
	var top map[string]json.RawMessage
	if err := json.Unmarshal(m.Body, &top); err != nil || top == nil {
		return nil, pns.Refused(hub.InvalidNotificationFormat, "the body is not a JSON object")
	}
	var message map[string]json.RawMessage
	if err := json.Unmarshal(top["message"], &message); err != nil || message == nil {
		return nil, pns.Refused(hub.InvalidNotificationFormat, "the body has no message object: FCM v1 takes {\"message\":{…}}")
	}
	for _, target := range []string{"token", "topic", "condition"} {
		delete(message, target)
	}
	delete(top, "message")
	if size := PayloadSize(message); size > MaxPayload {
		return nil, pns.Refused(hub.InvalidNotificationSize, fmt.Sprintf("data and notification have %d bytes, FCM takes %d", size, MaxPayload))
	}
	if !m.Expiry.IsZero() {
		expire(message, m.Expiry, now)
	}
	inner, err := members(message)
	if err != nil {
		return nil, pns.Refused(hub.InvalidNotificationFormat, err.Error())
	}
	outer, err := members(top)
	if err != nil {
		return nil, pns.Refused(hub.InvalidNotificationFormat, err.Error())
	}
	p := &payload{large: len(inner) > MaxPayload}
	p.suffix = append(p.suffix, inner...)
	p.suffix = append(p.suffix, '}')
	p.suffix = append(p.suffix, outer...)
	p.suffix = append(p.suffix, '}')
	return p, nil
}

// members writes an object's members, sorted by name, each after a comma. < >
// and & stay as they are: escaping them would change the size.
func members(object map[string]json.RawMessage) ([]byte, error) {
	if len(object) == 0 {
		return nil, nil
	}
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false)
	if err := e.Encode(object); err != nil {
		return nil, fmt.Errorf("encoding the message: %w", err)
	}
	b := bytes.TrimSpace(text.Bytes())
	b[0] = ','
	return b[:len(b)-1], nil
}

// appendString appends s as a JSON string. No handle can end the string early;
// bytes that are not UTF-8 become U+FFFD.
func appendString(b []byte, s string) []byte {
	b = append(b, '"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b = append(b, '\\', byte(r))
		case r < ' ':
			b = fmt.Appendf(b, `\u%04x`, r)
		default:
			b = utf8.AppendRune(b, r)
		}
	}
	return append(b, '"')
}

// PayloadSize counts the bytes that Google limits: the keys and values, at any
// depth, of a message's data and notification.
func PayloadSize(message map[string]json.RawMessage) int {
	size := 0
	for _, name := range []string{"data", "notification"} {
		d := json.NewDecoder(bytes.NewReader(message[name]))
		d.UseNumber()
		var v any
		if d.Decode(&v) == nil {
			size += sizeOf(v)
		}
	}
	return size
}

// sizeOf recurses as deep as encoding/json lets a document be.
func sizeOf(v any) int {
	size := 0
	switch v := v.(type) {
	case string:
		size = len(v)
	case json.Number:
		size = len(v)
	case bool:
		size = len("true")
	case []any:
		for _, e := range v {
			size += sizeOf(e)
		}
	case map[string]any:
		for k, e := range v {
			size += len(k) + sizeOf(e)
		}
	}
	return size
}
