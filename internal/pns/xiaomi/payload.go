package xiaomi

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pns"
)

// Xiaomi's limits. A title and a description must be shorter than theirs, in
// characters, all extra together than its own, in bytes.
const (
	maxPayload     = 4096
	maxTitle       = 50
	maxDescription = 128
	maxExtra       = 2048
)

// prepare makes the form that all devices have in common. What Xiaomi would
// refuse for everybody is refused here, with the result that every device gets.
func (c *config) prepare(m *pns.Message, now time.Time) (string, *pns.Result) {
	members := map[string]json.RawMessage{}
	if err := json.Unmarshal(m.Body, &members); err != nil || members == nil {
		return "", refused("the body is not a JSON object")
	}
	f, err := fieldsOf(members)
	if err != nil {
		return "", refused(err.Error())
	}
	if no := c.check(f); no != nil {
		return "", no
	}
	if !m.Expiry.IsZero() && !f.Has("time_to_live") {
		f.Set("time_to_live", strconv.FormatInt(max(m.Expiry.Sub(now).Milliseconds(), 1), 10))
	}
	if f.Has("payload") {
		f.Set("payload", url.QueryEscape(f.Get("payload"))) // once more than the other fields
	}
	return f.Encode(), nil
}

func refused(why string) *pns.Result { return pns.Refused(hub.InvalidNotificationFormat, why) }

func tooLarge(why string, args ...any) *pns.Result {
	return pns.Refused(hub.InvalidNotificationSize, fmt.Sprintf(why, args...))
}

// reader makes the text of a form's field from a member's value.
type reader func(json.RawMessage) (string, error)

// readers are the members that a body may have. extra and its like come apart.
var readers = map[string]reader{
	"title": text, "description": text, "restricted_package_name": text,
	"payload":      anything,
	"pass_through": between(0, 1), "notify_type": between(-1, 7), "notify_id": between(-1<<31, 1<<31-1),
	"time_to_live": between(1, 1<<53), "time_to_send": between(0, 1<<53),
}

// fieldsOf translates the members of a body. null is absent.
func fieldsOf(members map[string]json.RawMessage) (url.Values, error) {
	f := url.Values{}
	for _, name := range slices.Sorted(maps.Keys(members)) {
		value := members[name]
		if string(value) == "null" {
			continue
		}
		read, known := readers[name]
		switch flat := strings.HasPrefix(name, "extra.") && name != "extra."; {
		case name == "extra":
			if err := addExtra(f, value); err != nil {
				return nil, err
			}
			continue
		case flat:
			read = scalar
		case !known:
			return nil, fmt.Errorf("%.60q is no member that a message can have", name)
		}
		s, err := read(value)
		if err != nil {
			return nil, fmt.Errorf("%.60s %w", name, err)
		}
		f.Set(name, s)
	}
	return f, nil
}

func addExtra(f url.Values, value json.RawMessage) error {
	members := map[string]json.RawMessage{}
	if json.Unmarshal(value, &members) != nil {
		return errors.New("extra is not an object")
	}
	for name, value := range members {
		if name == "" {
			return errors.New("extra has a member without a name")
		}
		if string(value) == "null" {
			continue
		}
		s, err := scalar(value)
		if err != nil {
			return fmt.Errorf("extra.%.60s %w", name, err)
		}
		f.Set("extra."+name, s)
	}
	return nil
}

func text(value json.RawMessage) (string, error) {
	var s string
	if json.Unmarshal(value, &s) != nil {
		return "", errors.New("is not a text")
	}
	return s, nil
}

// anything takes a text as it is, and other JSON as JSON.
func anything(value json.RawMessage) (string, error) {
	if s, err := text(value); err == nil {
		return s, nil
	}
	var b bytes.Buffer
	err := json.Compact(&b, value)
	return b.String(), err
}

func scalar(value json.RawMessage) (string, error) {
	if value[0] == '{' || value[0] == '[' {
		return "", errors.New("is neither a text nor a number nor a boolean")
	}
	return anything(value)
}

// between reads a whole number, also as a text.
func between(low, high int64) reader {
	return func(value json.RawMessage) (string, error) {
		s, err := scalar(value)
		n, notNumber := strconv.ParseInt(s, 10, 64)
		if err != nil || notNumber != nil || n < low || n > high {
			return "", fmt.Errorf("is not a whole number from %d to %d", low, high)
		}
		return strconv.FormatInt(n, 10), nil
	}
}

// check holds what members mean together, and completes a notification.
func (c *config) check(f url.Values) *pns.Result {
	if c.onePackage && strings.Contains(f.Get("restricted_package_name"), ",") {
		return refused("restricted_package_name has several packages, and version 2 of the interface takes one")
	}
	if n := len(f.Get("payload")); n > maxPayload {
		return tooLarge("the payload has %d bytes, Xiaomi takes %d", n, maxPayload)
	}
	extra := 0
	for name := range f {
		if key, ok := strings.CutPrefix(name, "extra."); ok {
			extra += len(key) + len(f.Get(name))
		}
	}
	if extra >= maxExtra {
		return tooLarge("extra has %d bytes, Xiaomi takes less than %d", extra, maxExtra)
	}
	if f.Get("pass_through") == "1" {
		return nil
	}
	return complete(f)
}

// complete checks what a notification shows, and gives it a description.
func complete(f url.Values) *pns.Result {
	if strings.TrimSpace(f.Get("title")) == "" {
		return refused("a notification has no title; pass_through is 1 in a message for the app alone")
	}
	if strings.TrimSpace(f.Get("description")) == "" {
		f.Set("description", f.Get("title"))
	}
	for name, limit := range map[string]int{"title": maxTitle, "description": maxDescription} {
		if n := utf8.RuneCountInString(f.Get(name)); n >= limit {
			return tooLarge("the %s has %d characters, Xiaomi takes less than %d", name, n, limit)
		}
	}
	return nil
}
