package gcm

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/fanfare-hub/fanfare/internal/pns/fcm"
)

const (
	// maxTTL is four weeks, in seconds: the longest that FCM keeps a message.
	maxTTL = 2_419_200
	// maxCollapseID is Apple's limit for apns-collapse-id, in bytes.
	maxCollapseID = 64
)

var errTooLarge = errors.New("data and notification are too large")

// object is a JSON object whose members are read later, if at all.
type object = map[string]json.RawMessage

// message is the v1 request that a legacy payload becomes. The device's token
// is put in by the FCM connector.
type message struct {
	ValidateOnly bool `json:"validate_only,omitempty"`
	Message      struct {
		Data         map[string]string `json:"data,omitempty"`
		Notification map[string]string `json:"notification,omitempty"`
		Android      android           `json:"android,omitzero"`
		APNs         apple             `json:"apns,omitzero"`
	} `json:"message"`
}

type android struct {
	CollapseKey           string               `json:"collapse_key,omitempty"`
	Priority              string               `json:"priority,omitempty"`
	TTL                   string               `json:"ttl,omitempty"`
	RestrictedPackageName string               `json:"restricted_package_name,omitempty"`
	Notification          *androidNotification `json:"notification,omitempty"`
}

type androidNotification struct {
	Icon         string   `json:"icon,omitempty"`
	Color        string   `json:"color,omitempty"`
	Sound        string   `json:"sound,omitempty"`
	Tag          string   `json:"tag,omitempty"`
	ClickAction  string   `json:"click_action,omitempty"`
	BodyLocKey   string   `json:"body_loc_key,omitempty"`
	TitleLocKey  string   `json:"title_loc_key,omitempty"`
	ChannelID    string   `json:"channel_id,omitempty"`
	BodyLocArgs  []string `json:"body_loc_args,omitempty"`
	TitleLocArgs []string `json:"title_loc_args,omitempty"`
}

type apple struct {
	Headers map[string]string `json:"headers,omitempty"`
	Payload *applePayload     `json:"payload,omitempty"`
}

type applePayload struct {
	APS aps `json:"aps"`
}

type aps struct {
	Badge            *int64 `json:"badge,omitempty"`
	ContentAvailable int    `json:"content-available,omitempty"`
	MutableContent   int    `json:"mutable-content,omitempty"`
}

// translate turns a legacy payload into an FCM v1 request without a target.
// What addressed somebody (to, registration_ids, condition) is dropped, and so
// is what v1 does not have. Errors say which member is wrong; errTooLarge is
// among their causes where data and notification are over FCM's limit.
func translate(body []byte) ([]byte, error) {
	var legacy object
	if err := json.Unmarshal(body, &legacy); err != nil || legacy == nil {
		return nil, errors.New("the body is not a JSON object")
	}
	if size := fcm.PayloadSize(legacy); size > fcm.MaxPayload {
		return nil, fmt.Errorf("%w: %d bytes, FCM takes %d", errTooLarge, size, fcm.MaxPayload)
	}
	r := reader{in: legacy}
	var m message
	m.Message.Data = r.data()
	m.ValidateOnly = r.flag("dry_run")
	r.options(&m.Message.Android)
	if n := r.object("notification"); n != nil {
		m.Message.Notification = n.shown()
		m.Message.Android.Notification = n.android()
		m.Message.APNs.Payload = r.apple(n.badge())
		r.keep(n.err)
	} else {
		m.Message.APNs.Payload = r.apple(nil)
	}
	if id := m.Message.Android.CollapseKey; id != "" && len(id) <= maxCollapseID {
		m.Message.APNs.Headers = map[string]string{"apns-collapse-id": id}
	}
	if r.err != nil {
		return nil, r.err
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false) // < > & count once against FCM's limits
	if err := e.Encode(&m); err != nil {
		return nil, fmt.Errorf("encoding the message: %w", err)
	}
	return b.Bytes(), nil
}

// reserved reports whether Google refuses a key of data.
func reserved(key string) bool {
	return key == "from" || strings.HasPrefix(key, "gcm") || strings.HasPrefix(key, "google")
}

// data makes every value a string, as v1 wants it: numbers and booleans as
// their text, objects and arrays as compact JSON; null is left out.
func (r *reader) data() map[string]string {
	in := r.object("data")
	if in == nil {
		return nil
	}
	out := map[string]string{}
	for key := range in.in {
		if reserved(key) {
			r.keep(fmt.Errorf("data: the key %q is reserved by Google", clip(key)))
			return nil
		}
		if text, ok := in.text(key, true); ok {
			out[key] = text
		}
	}
	r.keep(in.err)
	return out
}

// options reads what goes to Android as it is.
func (r *reader) options(a *android) {
	a.CollapseKey, _ = r.text("collapse_key", false)
	a.RestrictedPackageName, _ = r.text("restricted_package_name", false)
	if p, ok := r.text("priority", false); ok {
		switch strings.ToLower(p) {
		case "high", "10":
			a.Priority = "HIGH"
		case "normal", "5":
			a.Priority = "NORMAL"
		default:
			r.keep(errors.New("priority: neither high nor normal"))
		}
	}
	if ttl, ok := r.text("time_to_live", false); ok {
		n, err := strconv.ParseInt(ttl, 10, 64)
		if err != nil || n < 0 || n > maxTTL {
			r.keep(fmt.Errorf("time_to_live: not a number of seconds from 0 to %d", maxTTL))
			return
		}
		a.TTL = strconv.FormatInt(n, 10) + "s"
	}
}

// shown is the part of a notification that every platform shows.
func (r *reader) shown() map[string]string {
	out := map[string]string{}
	for _, name := range []string{"title", "body", "image"} {
		if text, ok := r.text(name, false); ok {
			out[name] = text
		}
	}
	return out
}

// android is the part of a notification that only Android has, or nil.
func (r *reader) android() *androidNotification {
	n := &androidNotification{
		BodyLocArgs:  r.list("body_loc_args"),
		TitleLocArgs: r.list("title_loc_args"),
	}
	found := n.BodyLocArgs != nil || n.TitleLocArgs != nil
	for name, to := range map[string]*string{
		"icon": &n.Icon, "color": &n.Color, "sound": &n.Sound, "tag": &n.Tag, "click_action": &n.ClickAction,
		"body_loc_key": &n.BodyLocKey, "title_loc_key": &n.TitleLocKey, "android_channel_id": &n.ChannelID,
	} {
		if text, ok := r.text(name, false); ok {
			*to, found = text, true
		}
	}
	if !found {
		return nil
	}
	return n
}

// badge is the number on an iOS app's icon; legacy payloads have it as text.
func (r *reader) badge() *int64 {
	text, ok := r.text("badge", false)
	if !ok {
		return nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		r.keep(errors.New("badge: not a whole number"))
		return nil
	}
	return &n
}

// apple is what iOS alone gets, or nil.
func (r *reader) apple(badge *int64) *applePayload {
	a := aps{Badge: badge}
	if r.flag("content_available") {
		a.ContentAvailable = 1
	}
	if r.flag("mutable_content") {
		a.MutableContent = 1
	}
	if a == (aps{}) {
		return nil
	}
	return &applePayload{a}
}
