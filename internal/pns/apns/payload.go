package apns

import (
	"encoding/json"
	"slices"
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

// push is what all devices of a message have in common.
type push struct {
	fields []h2.Field
	body   []byte
	// chosen: the sender has named another topic of the app than its bundle id.
	chosen bool
}

// prepare reads a message. One that APNs would refuse for every device is
// refused here.
func prepare(m *pns.Message, c *config) (*push, *pns.Result) {
	if !hub.IsJSONObject(m.Body) {
		return nil, refuse(hub.InvalidNotificationFormat, "the payload is not a JSON object")
	}
	h := given(m.Headers)
	own := h["apns-topic"]
	complete(h, m, c)
	chosen := own == h["apns-topic"] && own != c.bundleID
	if topic := h["apns-topic"]; !c.allows(topic) {
		// APNs would call the credential wrong, which it is for this one alone.
		return nil, refuse(hub.InvalidNotificationFormat, "the certificate is not for the topic "+strconv.QuoteToASCII(topic)+": give one that is, or a token key, which is for all")
	}
	limit := maxPayload
	if h["apns-push-type"] == "voip" {
		limit = maxVoIPPayload
	}
	if len(m.Body) > limit {
		return nil, refuse(hub.InvalidNotificationSize, "the payload has "+strconv.Itoa(len(m.Body))+" bytes; APNs takes "+strconv.Itoa(limit))
	}
	p := &push{body: m.Body, chosen: chosen}
	for name, value := range h {
		if !onlyOf(name, letters+digits+"-_") || strings.ContainsFunc(value, control) {
			return nil, refuse(hub.InvalidNotificationFormat, "the header "+strconv.QuoteToASCII(name)+" cannot be sent: its name or value holds characters that a header may not")
		}
		p.fields = append(p.fields, h2.Field{Name: name, Value: value})
	}
	slices.SortFunc(p.fields, func(a, b h2.Field) int { return strings.Compare(a.Name, b.Name) })
	return p, nil
}

func refuse(o hub.Outcome, reason string) *pns.Result {
	return &pns.Result{Class: pns.Body, Outcome: o, Reason: reason}
}

// given picks Apple's headers from a message's, under Apple's names: Azure's
// older clients put X- before them. A name of Apple's own wins. An expiration
// that is no number is left out: one client writes garbage there.
func given(all []hub.Header) map[string]string {
	h := map[string]string{}
	for _, prefix := range []string{"x-", ""} {
		for _, x := range all {
			name, ok := strings.CutPrefix(strings.ToLower(x.Name), prefix)
			value := strings.Trim(x.Value, " \t")
			if !ok || !strings.HasPrefix(name, "apns-") || name == "apns-id" || value == "" {
				continue
			}
			if _, err := strconv.ParseInt(value, 10, 64); err != nil && name == "apns-expiration" {
				continue
			}
			h[name] = value
		}
	}
	return h
}

// complete adds the headers that APNs needs and the sender did not give.
func complete(h map[string]string, m *pns.Message, c *config) {
	kind := strings.ToLower(h["apns-push-type"])
	if kind == "" {
		kind = "alert"
		if silent(m.Body) {
			kind = "background"
		}
	}
	h["apns-push-type"] = kind
	if h["apns-priority"] == "" {
		h["apns-priority"] = "10"
		if kind == "background" {
			h["apns-priority"] = "5" // Apple refuses any other
		}
	}
	if h["apns-expiration"] == "" && !m.Expiry.IsZero() {
		h["apns-expiration"] = strconv.FormatInt(max(0, m.Expiry.Unix()), 10)
	}
	// A team's key opens all of its apps; a hub's credential is for one.
	if t := h["apns-topic"]; t != c.bundleID && !strings.HasPrefix(t, c.bundleID+".") {
		h["apns-topic"] = c.topic(kind)
	}
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

// control reports whether r would end a header's value: one that is rendered
// from a template can hold anything.
func control(r rune) bool { return r < ' ' || r == 0x7f }

// request is one device's. token is "" with a certificate, which speaks for the
// connection.
func (p *push) request(token string, t *pns.Target) h2.Request {
	fields := make([]h2.Field, 0, len(p.fields)+2)
	if token != "" {
		fields = append(fields, h2.Field{Name: "authorization", Value: "bearer " + token, Sensitive: true})
	}
	fields = append(fields, h2.Field{Name: "apns-id", Value: t.MessageID})
	return h2.Request{Path: devicePath + strings.ToLower(t.Handle), Fields: append(fields, p.fields...), Body: p.body}
}

// devicePath is before a device token.
const devicePath = "/3/device/"

// isDeviceToken reports whether a handle has the form of a device token, of
// whatever length. Another one must not get into the path.
func isDeviceToken(handle string) bool {
	return handle != "" && onlyOf(handle, digits+"abcdefABCDEF")
}
