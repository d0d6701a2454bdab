package hub

import "time"

// State of a notification. The names are Azure's.
type State uint8

// The states; stored.
const (
	Enqueued      State = 1
	Processing    State = 2
	Completed     State = 3
	NoTargetFound State = 4
	AllAbandoned  State = 5 // "Abandoned" on the wire
	Scheduled     State = 6
	Canceled      State = 7
)

var stateNames = [...]string{"Unknown", "Enqueued", "Processing", "Completed", "NoTargetFound", "Abandoned", "Scheduled", "Canceled"}

// String returns the wire name.
func (s State) String() string {
	if int(s) >= len(stateNames) {
		return stateNames[0]
	}
	return stateNames[s]
}

// Final reports whether the state never changes again.
func (s State) Final() bool {
	return s == Completed || s == NoTargetFound || s == AllAbandoned || s == Canceled
}

// DirectHandle addresses a device that needs no registration.
type DirectHandle struct {
	Handle  string
	Browser *BrowserKeys
	Invalid string // why nothing is sent to it: it ends as BadChannel
}

// Notification is one accepted send.
type Notification struct {
	ID          string // NH-…, sorts by time
	HubID       int64
	Kind        Kind     // Template: Body is a flat JSON object of properties
	Platform    Platform // of a native send; 0 for templates
	Body        []byte
	ContentType string
	Headers     []Header       // the push service's own, passed through
	Expiry      time.Time      // ServiceBusNotification-Apns-Expiry; zero: none
	Tags        string         // the tag expression as given; "" = everyone
	Direct      []DirectHandle // a direct send; Tags is then not used
	APIVersion  string
	State       State
	EnqueuedAt  time.Time // when it was accepted
	ScheduledAt time.Time // when a scheduled send falls due; zero: it is not one
	StartedAt   time.Time
	EndedAt     time.Time
	Test        bool // a test send: at most ten devices, chosen at random
	// Bound is the highest registration number that the send reaches, and
	// Sequence the store's when that was fixed. Zero: not yet, or not known.
	Bound, Sequence int64
	// PerhapsTwice counts devices that a takeover may have sent to again: an
	// upper bound, shown in Fanfare's own views only.
	PerhapsTwice int64
}
