package wire

import (
	"io"
	"strconv"
	"strings"
	"time"
)

// AppendNotificationDetails writes a notification's telemetry in the order of
// the .NET SDK's data contract. Platforms without a count are left out: the
// JavaScript SDK stumbles over an empty collection.
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
	for _, p := range platforms {
		if p.platform == "fcmv1" {
			b = appendOptional(b, "PnsErrorDetailsUri", d.PnsErrorDetailsURI)
		}
		b = appendCounts(b, p, d.OutcomeCounts)
	}
	return append(b, "</NotificationDetails>"...)
}

func appendTime(b []byte, name string, t time.Time) []byte {
	if t.IsZero() {
		return b
	}
	return appendElement(b, name, formatTime(t))
}

func appendCounts(b []byte, p platformNames, all []OutcomeCounts) []byte {
	for _, c := range all {
		if c.Platform != p.platform || len(c.Counts) == 0 {
			continue
		}
		b = append(b, "<"+p.counts+">"...)
		for _, o := range c.Counts {
			b = append(b, "<Outcome>"...)
			b = appendElement(b, "Name", o.Name)
			b = appendElement(b, "Count", strconv.FormatInt(o.Count, 10))
			b = append(b, "</Outcome>"...)
		}
		b = append(b, "</"+p.counts+">"...)
	}
	return b
}

// DecodeNotificationDetails reads a notification's telemetry.
func DecodeNotificationDetails(r io.Reader) (NotificationDetails, error) {
	n, err := readXML(r)
	if err != nil {
		return NotificationDetails{}, err
	}
	if n.name != "NotificationDetails" {
		return NotificationDetails{}, unreadable("NotificationDetails was expected, and <%.40s> came", n.name)
	}
	d := NotificationDetails{
		NotificationID: n.find("NotificationId"), Location: n.find("Location"), State: n.find("State"),
		NotificationBody: n.find("NotificationBody"), Tags: n.find("Tags"), TargetPlatforms: n.find("TargetPlatforms"),
		PnsErrorDetailsURI: n.find("PnsErrorDetailsUri"),
	}
	for name, t := range map[string]*time.Time{"EnqueueTime": &d.EnqueueTime, "StartTime": &d.StartTime, "EndTime": &d.EndTime} {
		s := n.find(name)
		if s == "" {
			continue
		}
		if *t, err = ParseTime(s); err != nil {
			return d, unreadable("%s: %s", name, err)
		}
	}
	return d, decodeCounts(&d, n)
}

func decodeCounts(d *NotificationDetails, n *node) error {
	for _, p := range platforms {
		c := n.child(p.counts)
		if c == nil {
			continue
		}
		counts := OutcomeCounts{Platform: p.platform}
		for _, o := range c.children {
			count, err := strconv.ParseInt(strings.TrimSpace(o.find("Count")), 10, 64)
			if err != nil {
				return unreadable("%s: the count of %.40q is not a number", p.counts, o.find("Name"))
			}
			counts.Counts = append(counts.Counts, OutcomeCount{o.find("Name"), count})
		}
		d.OutcomeCounts = append(d.OutcomeCounts, counts)
	}
	return nil
}

// AppendNotificationOutcome writes the answer to a test send.
func AppendNotificationOutcome(b []byte, o *NotificationOutcome) []byte {
	b = append(b, "<NotificationOutcome"+connect+">"...)
	b = appendElement(b, "Success", strconv.FormatInt(o.Success, 10))
	b = appendElement(b, "Failure", strconv.FormatInt(o.Failure, 10))
	if o.Results == nil {
		return append(b, `<Results i:nil="true"/></NotificationOutcome>`...)
	}
	b = append(b, "<Results>"...)
	for _, r := range o.Results {
		b = append(b, "<RegistrationResult>"...)
		b = appendElement(b, "ApplicationPlatform", r.ApplicationPlatform)
		b = appendElement(b, "PnsHandle", r.PnsHandle)
		b = appendElement(b, "RegistrationId", r.RegistrationID)
		b = appendElement(b, "Outcome", r.Outcome)
		b = append(b, "</RegistrationResult>"...)
	}
	return append(b, "</Results></NotificationOutcome>"...)
}

// DecodeNotificationOutcome reads the answer to a test send.
func DecodeNotificationOutcome(r io.Reader) (NotificationOutcome, error) {
	n, err := readXML(r)
	if err != nil {
		return NotificationOutcome{}, err
	}
	if n.name != "NotificationOutcome" {
		return NotificationOutcome{}, unreadable("NotificationOutcome was expected, and <%.40s> came", n.name)
	}
	var o NotificationOutcome
	for name, v := range map[string]*int64{"Success": &o.Success, "Failure": &o.Failure} {
		if *v, err = strconv.ParseInt(strings.TrimSpace(n.find(name)), 10, 64); err != nil {
			return o, unreadable("%s is not a number", name)
		}
	}
	results := n.child("Results")
	if results == nil || results.attr("nil") == "true" {
		return o, nil
	}
	o.Results = []RegistrationResult{}
	for _, c := range results.children {
		o.Results = append(o.Results, RegistrationResult{
			c.find("ApplicationPlatform"), c.find("PnsHandle"), c.find("RegistrationId"), c.find("Outcome"),
		})
	}
	return o, nil
}

// outcomeTexts are the sentences that test sends are answered with.
var outcomeTexts = map[string]string{
	"Success":                   "The Notification was successfully sent to the Push Notification System",
	"BadChannel":                "The Push Notification System handle for the registration is invalid",
	"ExpiredChannel":            "The Push Notification System handle for the registration is invalid",
	"WrongChannel":              "The Token obtained from the Token Provider is wrong",
	"WrongToken":                "The Token obtained from the Token Provider is wrong",
	"InvalidToken":              "The Token obtained from the Token Provider is invalid",
	"InvalidNotificationFormat": "The Notification payload is invalid",
}

// OutcomeText returns the sentence for an outcome's name; where none is known,
// the name itself.
func OutcomeText(name string) string {
	if s, ok := outcomeTexts[name]; ok {
		return s
	}
	return name
}
