package wire

import (
	"encoding/json"
	"io"
	"strings"
)

// DecodeEntry reads a registration from the Atom entry of a request or an
// answer, or from a bare description: the concrete element, or
// RegistrationDescription with an i:type. Prefixes and the order of members do
// not count, unknown members are ignored. A document that cannot be read is a
// *DecodeError; other errors are those of r.
func DecodeEntry(r io.Reader) (Registration, error) {
	root, err := readXML(r)
	if err != nil {
		return Registration{}, err
	}
	return decodeEntry(root)
}

// DecodeFeed reads the registrations of a list, in the list's order. Errors are
// those of DecodeEntry.
func DecodeFeed(r io.Reader) ([]Registration, error) {
	root, err := readXML(r)
	if err != nil {
		return nil, err
	}
	if root.name != "feed" {
		return nil, unreadable("A feed is expected, not the element %.80s.", root.name)
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
	if root.name != "entry" {
		return decodeDescription(root)
	}
	entry := members{of: root}
	content := entry.child("content")
	if entry.err != nil {
		return Registration{}, entry.err
	}
	if content == nil || len(content.children) != 1 {
		return Registration{}, unreadable("The entry has no content element with one registration description.")
	}
	return decodeDescription(content.children[0])
}

func decodeDescription(n *node) (Registration, error) {
	name := n.name
	if name == "RegistrationDescription" {
		name = n.xsi("type")
		if _, local, ok := strings.Cut(name, ":"); ok {
			name = local
		}
	}
	var reg Registration
	var ok bool
	if reg.Platform, reg.Template, ok = parseDescriptionName(strings.TrimSpace(name)); !ok {
		return Registration{}, unreadable("The element %.80s is not a registration description of a known type.", n.name)
	}
	m := members{of: n}
	m.common(&reg)
	m.handle(&reg)
	if reg.Template {
		m.template(&reg)
	}
	if m.err != nil {
		return Registration{}, m.err
	}
	return reg, nil
}

// parseDescriptionName takes AppleTemplateRegistrationDescription apart. Fcm is
// the .NET SDK's own name for what it writes as Gcm.
func parseDescriptionName(name string) (platform string, template, ok bool) {
	kind, ok := strings.CutSuffix(name, "RegistrationDescription")
	if !ok {
		return "", false, false
	}
	kind, template = strings.CutSuffix(kind, "Template")
	if kind == "Fcm" {
		return gcm, template, true
	}
	for _, p := range platforms() {
		if p.element == kind {
			return p.platform, template, true
		}
	}
	return "", false, false
}

func (m *members) common(r *Registration) {
	r.ETag = m.text("ETag")
	r.ExpirationTime = m.time("ExpirationTime")
	r.RegistrationID = m.text("RegistrationId")
	for tag := range strings.SplitSeq(m.raw("Tags"), ",") {
		if tag = strings.TrimSpace(tag); tag != "" {
			r.Tags = append(r.Tags, tag)
		}
	}
	if s := m.text("PushVariables"); s != "" {
		var variables map[string]*string
		if json.Unmarshal([]byte(s), &variables) != nil {
			m.fail("PushVariables is not a JSON object of strings.")
		}
		r.PushVariables = present(variables)
	}
}

func (m *members) handle(r *Registration) {
	switch r.Platform {
	case apns:
		r.Handle = m.text("DeviceToken")
	case wns, mpns:
		r.Handle = m.text("ChannelUri")
		r.SecondaryTileName = m.text("SecondaryTileName")
	case baidu:
		r.Handle = m.baidu()
	case browser:
		r.Handle, r.P256DH, r.Auth = m.text("Endpoint"), m.text("P256DH"), m.text("Auth")
	case gcm:
		if r.Handle = m.text("GcmRegistrationId"); r.Handle == "" {
			r.Handle = m.text("FcmRegistrationId")
		}
	default:
		r.Handle = m.text(namesOf(r.Platform).element + "RegistrationId")
	}
}

// baidu joins the two halves of a Baidu handle. The first hyphen is where they
// are taken apart again, so there is none in the first.
func (m *members) baidu() string {
	user, channel := m.text("BaiduUserId"), m.text("BaiduChannelId")
	switch {
	case user == "" && channel == "":
		return ""
	case user == "" || channel == "" || strings.Contains(user, "-"):
		m.fail("The Baidu handle is not valid: BaiduUserId, without a hyphen, and BaiduChannelId are expected.")
	}
	return user + "-" + channel
}

func (m *members) template(r *Registration) {
	r.BodyTemplate = m.raw("BodyTemplate")
	r.TemplateName = m.text("TemplateName")
	switch r.Platform {
	case apns:
		r.Expiry = m.text("Expiry")
		r.Priority = m.text("Priority")
		r.Headers = m.headers("Apns")
	case wns:
		r.Headers = m.headers("Wns")
	case mpns:
		r.Headers = m.headers("Mpns")
	case baidu:
		r.MessageType = m.text("MessageType")
	}
}

func (m *members) headers(service string) []Header {
	var out []Header
	m.each(service+"Headers", service+"Header", func(h *members) {
		out = append(out, Header{h.text("Header"), h.text("Value")})
	})
	return out
}
