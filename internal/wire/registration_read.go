package wire

import (
	"encoding/json"
	"io"
	"strings"
)

// DecodeEntry reads a registration from the Atom entry of a request or an
// answer, or from a bare description. The element is the concrete one or
// RegistrationDescription with an i:type; members come in any order, unknown
// ones are ignored. Bad XML is a *DecodeError.
func DecodeEntry(r io.Reader) (Registration, error) {
	root, err := readXML(r)
	if err != nil {
		return Registration{}, err
	}
	return decodeEntry(root)
}

// DecodeFeed reads the registrations of a list.
func DecodeFeed(r io.Reader) ([]Registration, error) {
	root, err := readXML(r)
	if err != nil {
		return nil, err
	}
	if root.name != "feed" {
		return nil, unreadable("a feed was expected, and <%s> came", root.name)
	}
	var out []Registration
	for _, c := range root.children {
		if c.name != "entry" {
			continue
		}
		reg, err := decodeEntry(c)
		if err != nil {
			return nil, err
		}
		out = append(out, reg)
	}
	return out, nil
}

func decodeEntry(root *node) (Registration, error) {
	n := root
	if n.name == "entry" {
		content := n.child("content")
		if content == nil || len(content.children) != 1 {
			return Registration{}, unreadable("the entry has no content with one registration description")
		}
		n = content.children[0]
	}
	name := n.name
	if name == "RegistrationDescription" {
		name = n.attr("type")
		if _, local, ok := strings.Cut(name, ":"); ok {
			name = local
		}
	}
	reg := Registration{}
	if !setKind(&reg, name) {
		return reg, unreadable("%.80q is not a registration description", name)
	}
	return reg, decodeMembers(&reg, n)
}

// setKind sets platform and template from an element's name.
func setKind(r *Registration, name string) bool {
	kind, ok := strings.CutSuffix(name, "RegistrationDescription")
	if !ok {
		return false
	}
	kind, r.Template = strings.CutSuffix(kind, "Template")
	if kind == "Fcm" { // the .NET SDK's own name, which it writes as Gcm
		kind = "Gcm"
	}
	for _, p := range platforms {
		if p.element == kind {
			r.Platform = p.platform
			return true
		}
	}
	return false
}

func decodeMembers(r *Registration, n *node) error {
	r.ETag = strings.TrimSpace(n.find("ETag"))
	r.RegistrationID = strings.TrimSpace(n.find("RegistrationId"))
	r.Tags = splitTags(n.find("Tags"))
	if s := strings.TrimSpace(n.find("ExpirationTime")); s != "" {
		t, err := ParseTime(s)
		if err != nil {
			return unreadable("ExpirationTime: %s", err)
		}
		r.ExpirationTime = t
	}
	if s := strings.TrimSpace(n.find("PushVariables")); s != "" {
		if err := json.Unmarshal([]byte(s), &r.PushVariables); err != nil {
			return unreadable("PushVariables is not a JSON object of texts")
		}
	}
	decodeHandle(r, n)
	if r.Template {
		decodeTemplate(r, n)
	}
	return nil
}

// splitTags reads tags separated by commas, with or without blanks.
func splitTags(s string) []string {
	var out []string
	for _, t := range strings.Split(s, ",") {
		if t = strings.TrimSpace(t); t != "" {
			out = append(out, t)
		}
	}
	return out
}

func decodeHandle(r *Registration, n *node) {
	text := func(name string) string { return strings.TrimSpace(n.find(name)) }
	switch r.Platform {
	case "apns":
		r.Handle = text("DeviceToken")
	case "wns", "mpns":
		r.Handle = text("ChannelUri")
		r.SecondaryTileName = text("SecondaryTileName")
	case "baidu":
		if user, channel := text("BaiduUserId"), text("BaiduChannelId"); user != "" || channel != "" {
			r.Handle = user + "-" + channel
		}
	case "browser":
		r.Handle, r.P256DH, r.Auth = text("Endpoint"), text("P256DH"), text("Auth")
	case "gcm":
		if r.Handle = text("GcmRegistrationId"); r.Handle == "" {
			r.Handle = text("FcmRegistrationId")
		}
	default:
		r.Handle = text(namesOf(r.Platform).element + "RegistrationId")
	}
}

func decodeTemplate(r *Registration, n *node) {
	r.BodyTemplate = n.find("BodyTemplate")
	r.TemplateName = n.find("TemplateName")
	r.Expiry = strings.TrimSpace(n.find("Expiry"))
	r.Priority = strings.TrimSpace(n.find("Priority"))
	r.MessageType = strings.TrimSpace(n.find("MessageType"))
	for _, service := range []string{"Apns", "Wns", "Mpns"} {
		headers := n.child(service + "Headers")
		if headers == nil {
			continue
		}
		for _, h := range headers.children {
			r.Headers = append(r.Headers, Header{strings.TrimSpace(h.find("Header")), strings.TrimSpace(h.find("Value"))})
		}
	}
}
