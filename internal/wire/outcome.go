package wire

import (
	"io"
	"strconv"
)

// AppendNotificationOutcome writes the answer to a test send. Nil results are
// written as Azure writes none, i:nil.
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

// DecodeNotificationOutcome reads the answer to a test send. A document that
// cannot be read is a *DecodeError; other errors are those of r.
func DecodeNotificationOutcome(r io.Reader) (NotificationOutcome, error) {
	m, err := readMembers(r, "NotificationOutcome")
	if err != nil {
		return NotificationOutcome{}, err
	}
	o := NotificationOutcome{Success: m.number("Success"), Failure: m.number("Failure")}
	results := []RegistrationResult{}
	found := m.each("Results", "RegistrationResult", func(r *members) {
		results = append(results, RegistrationResult{
			ApplicationPlatform: r.text("ApplicationPlatform"),
			PnsHandle:           r.text("PnsHandle"),
			RegistrationID:      r.text("RegistrationId"),
			Outcome:             r.text("Outcome"),
		})
	})
	if m.err != nil {
		return NotificationOutcome{}, m.err
	}
	if found {
		o.Results = results
	}
	return o, nil
}

// OutcomeText returns the sentence with which Azure answers a test send for an
// outcome's name; where no sentence of Azure's is known, the name itself.
func OutcomeText(name string) string {
	switch name {
	case "Success":
		return "The Notification was successfully sent to the Push Notification System"
	case "BadChannel", "ExpiredChannel":
		return "The Push Notification System handle for the registration is invalid"
	case "WrongToken", "WrongChannel":
		return "The Token obtained from the Token Provider is wrong"
	case "InvalidToken":
		return "The Token obtained from the Token Provider is invalid"
	case "InvalidNotificationFormat":
		return "The Notification payload is invalid"
	}
	return name
}
