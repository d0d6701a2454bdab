package gcm

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// reader reads the members of one object and keeps the first mistake.
type reader struct {
	in  object
	err error
}

func (r *reader) keep(err error) {
	if r.err == nil {
		r.err = err
	}
}

// value is a member's JSON; null and missing are the same.
func (r *reader) value(name string) (json.RawMessage, bool) {
	raw := bytes.TrimSpace(r.in[name])
	return raw, len(raw) > 0 && !bytes.Equal(raw, []byte("null"))
}

// object reads a member that is an object; nil if there is none.
func (r *reader) object(name string) *reader {
	raw, ok := r.value(name)
	if !ok {
		return nil
	}
	inner := &reader{}
	if json.Unmarshal(raw, &inner.in) != nil {
		r.keep(fmt.Errorf("%s: not an object", name))
		return nil
	}
	return inner
}

// text reads a string, a number or a boolean as text; with nested, objects and
// arrays too, as compact JSON.
func (r *reader) text(name string, nested bool) (string, bool) {
	raw, ok := r.value(name)
	if !ok {
		return "", false
	}
	switch raw[0] {
	case '"':
		var s string
		if err := json.Unmarshal(raw, &s); err != nil {
			r.keep(fmt.Errorf("%s: not a string", clip(name)))
			return "", false
		}
		return s, true
	case '{', '[':
		if !nested {
			r.keep(fmt.Errorf("%s: not a string or number", clip(name)))
			return "", false
		}
		var b bytes.Buffer
		if err := json.Compact(&b, raw); err != nil {
			r.keep(fmt.Errorf("%s: not JSON", clip(name)))
			return "", false
		}
		return b.String(), true
	}
	return string(raw), true
}

// flag reads a boolean; 1 and the text "true" are seen too.
func (r *reader) flag(name string) bool {
	text, ok := r.text(name, false)
	if !ok {
		return false
	}
	on, err := strconv.ParseBool(strings.ToLower(text))
	if err != nil {
		r.keep(fmt.Errorf("%s: not true or false", name))
	}
	return on
}

// list reads an array of strings. Legacy senders often wrote the array's JSON
// into a string.
func (r *reader) list(name string) []string {
	raw, ok := r.value(name)
	if !ok {
		return nil
	}
	var inner string
	if json.Unmarshal(raw, &inner) == nil {
		raw = []byte(inner)
	}
	var items []json.RawMessage
	if json.Unmarshal(raw, &items) != nil {
		r.keep(fmt.Errorf("%s: not an array of strings", name))
		return nil
	}
	out := make([]string, 0, len(items))
	for i, item := range items {
		at := strconv.Itoa(i)
		one := reader{in: object{at: item}}
		text, _ := one.text(at, false)
		if one.err != nil {
			r.keep(fmt.Errorf("%s: not an array of strings", name))
			return nil
		}
		out = append(out, text)
	}
	return out
}

// clip shortens a name that a sender chose.
func clip(name string) string {
	const most = 60
	if len(name) <= most {
		return name
	}
	return strings.ToValidUTF8(name[:most], "") + "…"
}
