package wire

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"time"
)

// Feedback is a PnsFeedback: what a push service said of a handle.
type Feedback struct {
	Time           time.Time
	Error          string // the name of an outcome
	Platform       string // apns, …
	Handle         string
	RegistrationID string
	InstallationID string
	NotificationID string
	NewHandle      string // of one that was replaced
}

// AppendFeedback writes a record on a line of its own, in the order of the .NET
// SDK's data contract. The declaration is Azure's: the text is UTF-8 all the
// same, and is read by the line.
func AppendFeedback(b []byte, f *Feedback) []byte {
	b = append(b, `<?xml version="1.0" encoding="utf-16"?><PnsFeedback xmlns:i="`+nsXSI+`" xmlns="`+nsConnect+`">`...)
	b = appendElement(b, "FeedbackTime", formatTime(f.Time))
	b = appendElement(b, "NotificationSystemError", f.Error)
	b = appendElement(b, "Platform", AppPlatformName(f.Platform, false))
	b = appendElement(b, "PnsHandle", f.Handle)
	b = appendOptional(b, "RegistrationId", f.RegistrationID)
	b = appendOptional(b, "InstallationId", f.InstallationID)
	b = appendOptional(b, "NotificationId", f.NotificationID)
	b = appendOptional(b, "NewPnsHandle", f.NewHandle)
	return append(b, "</PnsFeedback>\n"...)
}

// maxRecord bounds one record that is read, in bytes.
const maxRecord = 64 << 10

// FeedbackReader reads records one after the other, each on a line or not.
type FeedbackReader struct{ r *bufio.Reader }

// NewFeedbackReader returns a reader of the records in r.
func NewFeedbackReader(r io.Reader) *FeedbackReader { return &FeedbackReader{bufio.NewReader(r)} }

// Next returns the next record, or io.EOF after the last. A record that cannot
// be read is a *DecodeError, and Next may be called for the one after it; other
// errors are those of the reader, and of records that are too long.
func (f *FeedbackReader) Next() (Feedback, error) {
	text, err := f.record()
	if err != nil {
		return Feedback{}, err
	}
	m, err := readMembers(bytes.NewReader(text), "PnsFeedback")
	if err != nil {
		return Feedback{}, err
	}
	out := Feedback{
		Time: m.time("FeedbackTime"), Error: m.text("NotificationSystemError"), Platform: m.text("Platform"),
		Handle: m.text("PnsHandle"), RegistrationID: m.text("RegistrationId"), InstallationID: m.text("InstallationId"),
		NotificationID: m.text("NotificationId"), NewHandle: m.text("NewPnsHandle"),
	}
	if p := PlatformOfFormat(out.Platform); p != "" {
		out.Platform = p
	}
	return out, m.err
}

// errRecord says that what follows cannot be told apart into records.
var errRecord = errors.New("a record of feedback has no end, or more than 64 KiB")

// record reads up to and including the end of the next record.
func (f *FeedbackReader) record() ([]byte, error) {
	var text []byte
	for {
		part, err := f.r.ReadSlice('>')
		if text = append(text, part...); len(text) > maxRecord {
			return nil, errRecord
		}
		switch {
		case err == nil && bytes.HasSuffix(part, []byte("</PnsFeedback>")):
			return text, nil
		case err == nil, errors.Is(err, bufio.ErrBufferFull):
		case errors.Is(err, io.EOF) && len(bytes.Trim(text, " \t\r\n\ufeff\x00")) == 0:
			return nil, io.EOF
		case errors.Is(err, io.EOF):
			return nil, errRecord
		default:
			return nil, err
		}
	}
}
