package wire

import (
	"io"
	"strconv"
)

// AppendNotificationDetails writes a notification's telemetry in the order of
// the .NET SDK's data contract. Empty members and platforms without a count are
// left out: the JavaScript SDK throws on an empty collection.
func AppendNotificationDetails(b []byte, d *NotificationDetails) []byte {
	b = append(b, "<NotificationDetails"+connect+">"...)
	b = appendElement(b, "NotificationId", d.NotificationID)
	b = appendOptional(b, "Location", d.Location)
	b = appendOptional(b, "State", d.State)
	b = appendTime(b, "EnqueueTime", d.EnqueueTime)
	b = appendTime(b, "StartTime", d.StartTime)
	b = appendTime(b, "EndTime", d.EndTime)
	b = appendOptional(b, "NotificationBody", d.NotificationBody)
	b = appendOptional(b, "Tags", d.Tags)
	b = appendOptional(b, "TargetPlatforms", d.TargetPlatforms)
	for _, p := range platforms() {
		if p.platform == fcmv1 { // the youngest member of the contract
			b = appendOptional(b, "PnsErrorDetailsUri", d.PnsErrorDetailsURI)
		}
		for _, of := range d.OutcomeCounts {
			if of.Platform == p.platform && len(of.Counts) > 0 {
				b = appendCounts(b, p.counts, of.Counts)
			}
		}
	}
	return append(b, "</NotificationDetails>"...)
}

func appendCounts(b []byte, name string, counts []OutcomeCount) []byte {
	b = appendOpen(b, name)
	for _, c := range counts {
		b = append(b, "<Outcome>"...)
		b = appendElement(b, "Name", c.Name)
		b = appendElement(b, "Count", strconv.FormatInt(c.Count, 10))
		b = append(b, "</Outcome>"...)
	}
	return appendClose(b, name)
}

// DecodeNotificationDetails reads a notification's telemetry. A document that
// cannot be read is a *DecodeError; other errors are those of r.
func DecodeNotificationDetails(r io.Reader) (NotificationDetails, error) {
	m, err := readMembers(r, "NotificationDetails")
	if err != nil {
		return NotificationDetails{}, err
	}
	d := NotificationDetails{
		NotificationID:     m.text("NotificationId"),
		Location:           m.text("Location"),
		State:              m.text("State"),
		EnqueueTime:        m.time("EnqueueTime"),
		StartTime:          m.time("StartTime"),
		EndTime:            m.time("EndTime"),
		NotificationBody:   m.raw("NotificationBody"),
		Tags:               m.text("Tags"),
		TargetPlatforms:    m.text("TargetPlatforms"),
		PnsErrorDetailsURI: m.text("PnsErrorDetailsUri"),
	}
	for _, p := range platforms() {
		counts := m.counts(p.counts)
		if p.platform == gcm { // under its other name, which the .NET SDK prefers
			if fcm := m.counts("FcmOutcomeCounts"); len(fcm) > 0 {
				counts = fcm
			}
		}
		if len(counts) > 0 {
			d.OutcomeCounts = append(d.OutcomeCounts, OutcomeCounts{p.platform, counts})
		}
	}
	if m.err != nil {
		return NotificationDetails{}, m.err
	}
	return d, nil
}

func (m *members) counts(name string) []OutcomeCount {
	var out []OutcomeCount
	m.each(name, "Outcome", func(o *members) {
		out = append(out, OutcomeCount{o.text("Name"), o.number("Count")})
	})
	return out
}

// readMembers reads a document whose root has a given name.
func readMembers(r io.Reader, name string) (*members, error) {
	root, err := readXML(r)
	if err != nil {
		return nil, err
	}
	if root.name != name {
		return nil, unreadable("%s is expected, not the element %.80s.", name, root.name)
	}
	return &members{of: root}, nil
}
