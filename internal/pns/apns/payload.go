package apns

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pns"
	"github.com/fanfare-hub/fanfare/internal/pns/h2"
)

// Apple's limits for a payload, in bytes.
const (
	maxPayload     = 4096
	maxVoIPPayload = 5120
)

// topicSuffixes are what a push type adds to the bundle id.
var topicSuffixes = map[string]string{
	"voip": ".voip", "complication": ".complication", "fileprovider": ".pushkit.fileprovider",
	"location": ".location-query", "liveactivity": ".push-type.liveactivity", "pushtotalk": ".voip-ptt",
	"widgets": ".push-type.widgets", "controls": ".push-type.controls",
}

// aliases are the names that Azure's clients give to Apple's headers.
var aliases = map[string]string{
	"x-apns-priority": "apns-priority", "x-apns-expiration": "apns-expiration", "x-apns-push-type": "apns-push-type",
	"x-apns-topic": "apns-topic", "x-apns-collapse-id": "apns-collapse-id",
}

// headers returns what all devices of a message have in common. A message that
// APNs would refuse for every device is refused here.
func headers(m *pns.Message, bundleID string) (map[string]string, *pns.Result) {
	if !hub.IsJSONObject(m.Body) {
		return nil, &pns.Result{Class: pns.Body, Outcome: hub.InvalidNotificationFormat, Reason: "the payload is not a JSON object"}
	}
	h := given(m.Headers)
	if h["apns-push-type"] == "" {
		if silent(m.Body) {
			h["apns-push-type"] = "background"
		} else {
			h["apns-push-type"] = "alert"
		}
	}
	if h["apns-priority"] == "" {
		h["apns-priority"] = "10"
		if h["apns-push-type"] == "background" {
			h["apns-priority"] = "5" // Apple refuses any other
		}
	}
	if _, there := h["apns-expiration"]; !there && !m.Expiry.IsZero() {
		h["apns-expiration"] = strconv.FormatInt(m.Expiry.Unix(), 10)
	}
	if !strings.HasPrefix(h["apns-topic"], bundleID) {
		h["apns-topic"] = bundleID + topicSuffixes[h["apns-push-type"]]
	}
	limit := maxPayload
	if h["apns-push-type"] == "voip" {
		limit = maxVoIPPayload
	}
	if len(m.Body) > limit {
		return nil, &pns.Result{
			Class: pns.Body, Outcome: hub.InvalidNotificationSize,
			Reason: "the payload has " + strconv.Itoa(len(m.Body)) + " bytes; APNs takes " + strconv.Itoa(limit),
		}
	}
	return h, nil
}

// given picks Apple's headers from a message's. An expiration that is no number
// is left out: one client writes garbage there.
func given(all []hub.Header) map[string]string {
	h := map[string]string{}
	for _, x := range all {
		name := strings.ToLower(x.Name)
		if alias, ok := aliases[name]; ok {
			name = alias
		}
		if !strings.HasPrefix(name, "apns-") || name == "apns-id" || x.Value == "" {
			continue
		}
		if _, err := strconv.ParseInt(x.Value, 10, 64); err != nil && name == "apns-expiration" {
			continue
		}
		h[name] = x.Value
	}
	return h
}

// silent reports whether a payload only wakes the app.
func silent(body []byte) bool {
	var p struct {
		APS map[string]json.RawMessage `json:"aps"`
	}
	if json.Unmarshal(body, &p) != nil || string(p.APS["content-available"]) != "1" {
		return false
	}
	for _, loud := range []string{"alert", "badge", "sound"} {
		if _, there := p.APS[loud]; there {
			return false
		}
	}
	return true
}

// request is one device's.
func request(common map[string]string, token string, body []byte, t *pns.Target) h2.Request {
	fields := make([]h2.Field, 0, len(common)+2)
	fields = append(fields, h2.Field{Name: "authorization", Value: "bearer " + token, Sensitive: true}, h2.Field{Name: "apns-id", Value: t.MessageID})
	for name, value := range common {
		fields = append(fields, h2.Field{Name: name, Value: value})
	}
	return h2.Request{Path: "/3/device/" + strings.ToLower(t.Handle), Fields: fields, Body: body}
}
