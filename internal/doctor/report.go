package doctor

import (
	"time"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pns"
)

// Severity says how soon something is to be done; it grows.
type Severity uint8

// The severities.
const (
	OK      Severity = iota
	Notice           // a certificate expires within 30 days
	Warning          // within 7 days; or something cannot be sent for want of a credential
	Urgent           // within a day
	Failed           // it does not work, or could not be checked
)

var words = [...]string{"ok", "notice", "warning", "urgent", "failed"}

// String is the severity in one word.
func (s Severity) String() string { return words[s] }

// MarshalText writes the word.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// What a finding is about, where it is not a platform.
const (
	AboutHub          = "hub"
	AboutListener     = "listener"
	AboutMasterKey    = "master key"
	AboutPushServices = "push services"
)

// Finding is one thing that was looked at.
type Finding struct {
	About    string    `json:"about"` // apns, fcmv1, …, or what stands above
	Severity Severity  `json:"severity"`
	Text     string    `json:"text"`              // what was found and, where it is not well, what to do; holds no secret
	NotAfter time.Time `json:"notAfter,omitzero"` // of a certificate
}

// Report is what an examination found.
type Report struct {
	Hub      string    `json:"hub,omitempty"` // "": the process
	At       time.Time `json:"at"`
	Severity Severity  `json:"severity"` // the highest
	Findings []Finding `json:"findings"`
}

// Add appends findings.
func (r *Report) Add(found ...Finding) {
	for _, f := range found {
		r.Severity = max(r.Severity, f.Severity)
		r.Findings = append(r.Findings, f)
	}
}

// findings says what a diagnosis means: a credential that is taken today may
// have a certificate that ends tomorrow.
func findings(now time.Time, p hub.Platform, d pns.Diagnosis) []Finding {
	f := Finding{About: p.String(), Text: d.Sentence, NotAfter: d.NotAfter}
	if !d.OK {
		f.Severity = Failed
	}
	if d.NotAfter.IsZero() {
		return []Finding{f}
	}
	severity, text := Expiry(now, d.NotAfter, Sending)
	if severity == OK || !d.OK && severity == Failed { // of one that has expired the diagnosis speaks
		return []Finding{f}
	}
	return []Finding{f, {About: f.About, Severity: severity, Text: text, NotAfter: d.NotAfter}}
}
