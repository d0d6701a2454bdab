package wire

import (
	"io"
	"strings"
	"time"
)

// DecodeHubEntry reads a hub from the Atom entry of a request or an answer, or
// from a bare NotificationHubDescription. Prefixes and the order of members do
// not count, unknown members are ignored. found is false for a feed: with one
// Azure answers for a hub that does not exist. A document that cannot be read
// is a *DecodeError; other errors are those of r.
func DecodeHubEntry(r io.Reader) (e HubEntry, found bool, err error) {
	root, err := readXML(r)
	if err != nil || root.name == "feed" {
		return HubEntry{}, false, err
	}
	e, err = decodeHubEntry(root)
	if err == nil && e.Hub == nil {
		err = unreadable("The entry has no content element with one NotificationHubDescription.")
	}
	return e, err == nil, err
}

// DecodeHubFeed reads a list of hubs, in the list's order: full entries, or
// those of the list of services, which only name them. Errors are those of
// DecodeHubEntry.
func DecodeHubFeed(r io.Reader) ([]HubEntry, error) {
	root, err := readXML(r)
	if err != nil {
		return nil, err
	}
	if root.name != "feed" {
		return nil, unreadable("A feed is expected, not the element %.80s.", root.name)
	}
	var out []HubEntry
	for _, c := range root.children {
		if c.name != "entry" {
			continue
		}
		e, err := decodeHubEntry(c)
		if err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	return out, nil
}

func decodeHubEntry(root *node) (HubEntry, error) {
	if root.name != "entry" {
		hub, err := decodeHub(root)
		return HubEntry{Hub: hub}, err
	}
	m := members{of: root}
	e := HubEntry{Name: m.text("title"), Published: m.time("published"), Updated: m.time("updated")}
	if id := m.child("id"); id != nil {
		e.URL = strings.TrimSpace(string(id.text))
	}
	if author := m.child("author"); author != nil {
		e.Namespace = (&members{of: author}).text("name")
	}
	content := m.child("content")
	if m.err != nil || content == nil || len(content.children) == 0 {
		return e, m.err
	}
	var err error
	e.Hub, err = decodeHub(content.children[0])
	return e, err
}

func decodeHub(n *node) (*HubDescription, error) {
	if n.name != "NotificationHubDescription" {
		return nil, unreadable("A NotificationHubDescription is expected, not the element %.80s.", n.name)
	}
	m := members{of: n}
	h := &HubDescription{
		RegistrationTTL:             m.duration("RegistrationTtl"),
		UserMetadata:                m.raw("UserMetadata"),
		Disabled:                    m.flag("Status"),
		DailyOperations:             m.count("DailyOperations"),
		DailyMaxActiveDevices:       m.count("DailyMaxActiveDevices"),
		DailyMaxActiveRegistrations: m.count("DailyMaxActiveRegistrations"),
		DailyAPICalls:               m.count("DailyApiCalls"),
	}
	m.each("AuthorizationRules", "AuthorizationRule", func(r *members) { h.Rules = append(h.Rules, r.rule()) })
	for _, p := range platforms() {
		if c := m.child(credentialElement(p.platform)); c != nil {
			of := members{of: c}
			// Without properties it is none, but for MPNS: its channels may do
			// without a certificate.
			if properties := of.properties(); len(properties) > 0 || p.platform == mpns {
				h.Credentials = append(h.Credentials, PNSCredential{Platform: p.platform, Properties: properties})
			}
			if m.err == nil {
				m.err = of.err
			}
		}
	}
	return h, m.err
}

func (m *members) rule() AuthorizationRule {
	r := AuthorizationRule{
		KeyName: m.text("KeyName"), CreatedTime: m.time("CreatedTime"), ModifiedTime: m.time("ModifiedTime"),
		PrimaryKey: m.text("PrimaryKey"), SecondaryKey: m.text("SecondaryKey"),
	}
	m.each("Rights", "AccessRights", func(right *members) {
		r.Rights = append(r.Rights, strings.TrimSpace(string(right.of.text)))
	})
	return r
}

// properties reads names and values; those without a value are left out.
func (m *members) properties() map[string]string {
	out := map[string]string{}
	m.each("Properties", "Property", func(p *members) {
		name, value := p.text("Name"), p.text("Value")
		switch {
		case name == "":
			p.fail("%s holds a Property without a Name.", m.of.name)
		case out[name] != "":
			p.fail("%s holds the Property %.40q more than once.", m.of.name, name)
		case value != "":
			out[name] = value
		}
	})
	return out
}

func (m *members) duration(name string) time.Duration {
	s := m.text(name)
	if s == "" {
		return 0
	}
	d, err := parseDuration(s)
	if err != nil {
		m.fail("%s: %s.", name, err)
	}
	return d
}

// flag reads an xsd:boolean; absent is false.
func (m *members) flag(name string) bool {
	switch s := m.text(name); s {
	case "true", "1":
		return true
	case "", "false", "0":
	default:
		m.fail("%s is neither true nor false: %.40q.", name, s)
	}
	return false
}

// count reads a number that may be absent.
func (m *members) count(name string) *int64 {
	if m.child(name) == nil {
		return nil
	}
	n := m.number(name)
	return &n
}
