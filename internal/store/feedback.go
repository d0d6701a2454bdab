package store

import (
	"time"

	"github.com/fanfare-hub/fanfare/internal/hub"
)

// Feedback tells a back-end of a handle that is of no use any more. DropHandle
// and ReplaceHandle write it: a row for each registration that goes, or for
// the installation whose channel is marked or replaced.
type Feedback struct {
	ID             int64 // grows
	At             time.Time
	Outcome        hub.Outcome // what the push service made of the handle
	Platform       hub.Platform
	Handle         string
	NewHandle      string // of one that was replaced
	RegistrationID string // or
	InstallationID string
	NotificationID string // "" if an operator called the handle dead
	Number         int64  // the registration's, as in the delivery log
}

// FeedbackReader reads feedback.
type FeedbackReader interface {
	// FeedbackDays returns the days (UTC) of which a hub has feedback, in order.
	FeedbackDays(hubID int64) ([]time.Time, error)
	// ListFeedback returns up to limit rows of a day with an ID above after, in
	// order of ID.
	ListFeedback(hubID int64, day time.Time, after int64, limit int) ([]Feedback, error)
	// Faulted returns, by number, what is known of registrations that a
	// notification did not reach: from its feedback, or else as they are if
	// handle, tags, platform and kind have not changed since the sequence. Others
	// are left out.
	Faulted(hubID int64, notification string, numbers []int64, sequence int64) (map[int64]Feedback, error)
	// LogPages returns up to limit pages of a notification's delivery log with an
	// ID above after, in order of ID.
	LogPages(hubID int64, id string, after int64, limit int) ([]LogPage, error)
}

// FeedbackWriter removes feedback.
type FeedbackWriter interface {
	// SweepFeedback removes up to limit rows older than the time given.
	SweepFeedback(before time.Time, limit int) (int, error)
}
