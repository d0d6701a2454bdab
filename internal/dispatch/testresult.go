package dispatch

import "github.com/fanfare-hub/fanfare/internal/hub"

// TestResult is what one device of a test send came to.
type TestResult struct {
	Platform       hub.Platform
	Kind           hub.Kind
	Handle         string
	RegistrationID string // "" for a direct send
	Outcome        hub.Outcome
}
