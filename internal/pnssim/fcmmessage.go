package pnssim

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// fcmMessage is what matters of a message.
type fcmMessage struct {
	token string // "" is a topic or a condition
	dry   bool
}

// What the shortest token is that is looked at, in bytes, and which characters
// none has.
const (
	minFCMToken   = 8
	notInFCMToken = " /?&"
)

// Google's limits: bytes of data and notification, seconds of life.
const (
	maxFCM    = 4096
	maxTopic  = 2048 // to a topic or a condition
	maxFCMTTL = 2_419_200
)

// What a topic's name has, and a condition: up to five topics.
var (
	topicName = regexp.MustCompile(`^[-\w.~%]{1,900}$`)
	condition = regexp.MustCompile(`^[ ()!]*'[-\w.~%]+' in topics[ ()]*((&&|\|\|)[ ()!]*'[-\w.~%]+' in topics[ ()]*){0,4}$`)
)

// parseFCM checks a message as strictly as the service does.
func parseFCM(body []byte) (*fcmMessage, *fcmAnswer) {
	d := &fcmDecoder{dec: json.NewDecoder(bytes.NewReader(body))}
	d.dec.UseNumber()
	if err := d.whole(); err != nil {
		var fault *fcmFault
		errors.As(err, &fault)
		return nil, &fcmAnswer{status: http.StatusBadRequest, rpc: invalid, message: fault.message, field: fault.field}
	}
	if fault := d.judge(); fault != nil {
		return nil, &fcmAnswer{status: http.StatusBadRequest, rpc: invalid, code: invalid, message: fault.message, field: fault.field}
	}
	return &d.message, nil
}

// fcmFault is what is wrong with a message, in the service's words.
type fcmFault struct{ message, field string }

func (f *fcmFault) Error() string { return f.message }

// judge checks what a message says, after its form.
func (d *fcmDecoder) judge() *fcmFault {
	token := d.message.token
	switch {
	case d.targets == 0:
		return &fcmFault{"Recipient of the message is not set.", "message"}
	case d.reserved != "":
		return &fcmFault{"Invalid data payload key: " + d.reserved, "message.data"}
	case d.size > maxFCM, d.size > maxTopic && token == "":
		return &fcmFault{"Android message is too big", ""}
	case token != "" && (len(token) < minFCMToken || strings.ContainsAny(token, notInFCMToken)):
		return &fcmFault{"The registration token is not a valid FCM registration token", "message.token"}
	}
	return nil
}

// fcmDecoder reads a message and keeps what is judged later.
type fcmDecoder struct {
	dec      *json.Decoder
	message  fcmMessage
	targets  int
	size     int
	reserved string // a key of data that the service keeps for itself
}

func (d *fcmDecoder) whole() error {
	if err := d.value("", fcmRequest); err != nil {
		return err
	}
	if _, err := d.dec.Token(); !errors.Is(err, io.EOF) {
		return syntax("Unexpected token after the end of the message.")
	}
	return nil
}

func syntax(why string) error { return &fcmFault{"Invalid JSON payload received. " + why, ""} }

func unfit(path, kind string, got any) error {
	return &fcmFault{fmt.Sprintf("Invalid value at '%s' (%s), %v", path, kind, got), path}
}

// value reads one value of a shape; null is as if it were absent.
func (d *fcmDecoder) value(path string, s *shape) error {
	if s.kind == free {
		var raw json.RawMessage
		if err := d.dec.Decode(&raw); err != nil {
			return syntax(err.Error())
		}
		return nil
	}
	tok, err := d.dec.Token()
	if err != nil {
		return syntax(err.Error())
	}
	if tok == nil {
		return nil
	}
	switch v := tok.(type) {
	case json.Delim:
		switch {
		case v == '{' && s.kind == object:
			return d.object(path, s)
		case v == '{' && s.kind == textMap:
			return d.textMap(path)
		case v == '[' && s.kind == texts:
			return d.list(path)
		}
	case string:
		return d.text(path, s, v)
	case bool:
		if s.kind == flag {
			d.message.dry = d.message.dry || v && path == "validate_only"
			return nil
		}
	case json.Number:
		if s.kind == number {
			return nil
		}
	}
	return unfit(path, s.kind.String(), tok)
}

func (d *fcmDecoder) object(path string, s *shape) error {
	for d.dec.More() {
		tok, err := d.dec.Token()
		if err != nil {
			return syntax(err.Error())
		}
		name := snake(tok.(string)) // the decoder gives no other keys
		member := s.members[name]
		if member == nil {
			at := ""
			if path != "" {
				at = " at '" + path + "'"
			}
			return &fcmFault{fmt.Sprintf("Invalid JSON payload received. Unknown name %q%s: Cannot find field.", tok, at), path}
		}
		if err := d.value(strings.TrimPrefix(path+"."+name, "."), member); err != nil {
			return err
		}
	}
	return d.end()
}

// textMap reads texts by name. Those of data count against the limit.
func (d *fcmDecoder) textMap(path string) error {
	for i := 0; d.dec.More(); i++ {
		key, err := d.dec.Token()
		if err != nil {
			return syntax(err.Error())
		}
		value, err := d.dec.Token()
		if err != nil {
			return syntax(err.Error())
		}
		text, ok := value.(string)
		if !ok {
			return unfit(path+"["+strconv.Itoa(i)+"].value", "TYPE_STRING", value)
		}
		if name := key.(string); path == "message.data" || path == "message.android.data" {
			d.size += len(name) + len(text)
			if name == "from" || name == "message_type" || strings.HasPrefix(name, "google") || strings.HasPrefix(name, "gcm") {
				d.reserved = name
			}
		}
	}
	return d.end()
}

func (d *fcmDecoder) list(path string) error {
	for i := 0; d.dec.More(); i++ {
		v, err := d.dec.Token()
		if err != nil {
			return syntax(err.Error())
		}
		if _, ok := v.(string); !ok {
			return unfit(path+"["+strconv.Itoa(i)+"]", "TYPE_STRING", v)
		}
	}
	return d.end()
}

func (d *fcmDecoder) end() error {
	if _, err := d.dec.Token(); err != nil {
		return syntax(err.Error())
	}
	return nil
}

var fcmTTL = regexp.MustCompile(`^(\d{1,9})(\.\d{1,9})?s$`)

// text takes a text, or a value that is written as one.
func (d *fcmDecoder) text(path string, s *shape, v string) error {
	switch s.kind {
	case text:
		return d.plain(path, v)
	case duration:
		m := fcmTTL.FindStringSubmatch(v)
		if m == nil {
			return unfit(path, "type.googleapis.com/google.protobuf.Duration", v)
		}
		if n, err := strconv.Atoi(m[1]); err != nil || n > maxFCMTTL {
			return unfit(path, "type.googleapis.com/google.protobuf.Duration", v)
		}
		return nil
	case choice:
		if slices.Contains(s.choices, strings.ToUpper(v)) {
			return nil
		}
	}
	return unfit(path, s.kind.String(), v)
}

func (d *fcmDecoder) plain(path, v string) error {
	switch path {
	case "message.token", "message.topic", "message.condition":
		if d.targets++; d.targets > 1 {
			name := strings.TrimPrefix(path, "message.")
			return &fcmFault{fmt.Sprintf("Invalid value at 'message' (oneof), oneof field 'target' is already set. Cannot set '%s'", name), "message"}
		}
		switch {
		case path == "message.token":
			d.message.token = v
		case path == "message.topic" && !topicName.MatchString(v):
			return &fcmFault{"Malformed topic name", path}
		case path == "message.condition" && (!condition.MatchString(v) || strings.Count(v, "(") != strings.Count(v, ")")):
			return &fcmFault{"Invalid condition expression provided.", path}
		}
	case "message.notification.title", "message.notification.body", "message.notification.image":
		d.size += len(v)
	}
	return nil
}

// snake is the name of a member whichever way it is written: both collapse_key
// and collapseKey are read.
func snake(name string) string {
	var b strings.Builder
	for _, c := range name {
		if c >= 'A' && c <= 'Z' {
			b.WriteByte('_')
			c += 'a' - 'A'
		}
		b.WriteRune(c)
	}
	return b.String()
}
