package dispatch

// Cause is why a device got a notification, or did not: one word of this list,
// for programs. The verdict beside it is for people.
type Cause string

// Causes of devices that the send did not reach for.
const (
	DeviceUnknown   Cause = "DeviceUnknown"   // no registration of it is known now
	ChannelExpired  Cause = "ChannelExpired"  // its installation's channel had expired before
	RegisteredLater Cause = "RegisteredLater" // the registration is younger than the send
	Expired         Cause = "Expired"         // the registration had expired
	OtherPlatform   Cause = "OtherPlatform"   // a native send for another platform
	OtherKind       Cause = "OtherKind"       // a template registration in a native send, or the reverse
	TagsDoNotMatch  Cause = "TagsDoNotMatch"  // a part of the tag expression is false for it
	NotAddressed    Cause = "NotAddressed"    // a direct send to another handle
	NotPicked       Cause = "NotPicked"       // a test send reaches ten at most
	ChangedSince    Cause = "ChangedSince"    // it was otherwise when the send came by
	Unaccounted     Cause = "Unaccounted"     // nothing that is known explains it
)

// Causes of scheduled sends.
const (
	NotYetDue Cause = "NotYetDue" // its time has not come
	Withdrawn Cause = "Withdrawn" // it was cancelled before its time
)

// Causes of devices that were not sent to.
const (
	Duplicate           Cause = "Duplicate"           // another registration has the handle's one copy
	SuspectHandle       Cause = "SuspectHandle"       // the handle was suspected of being dead already
	NoConnector         Cause = "NoConnector"         // Fanfare does not deliver through this service
	NoCredential        Cause = "NoCredential"        // the hub had no credential for the service
	BadCredential       Cause = "BadCredential"       // the credential could not be used at all
	TemplateFailed      Cause = "TemplateFailed"      // the template could not be rendered
	RanOut              Cause = "RanOut"              // the time for retries ended
	NotificationExpired Cause = "NotificationExpired" // the notification's own expiry passed
	GoneMeanwhile       Cause = "GoneMeanwhile"       // the registration went before the next try
	ChangedMeanwhile    Cause = "ChangedMeanwhile"    // its tags changed before the next try
)

// Causes that the push service's answer gives.
const (
	Delivered         Cause = "Delivered"         // the service accepted it
	CredentialRefused Cause = "CredentialRefused" // our credential, for this device
	HandleDead        Cause = "HandleDead"        // and believed
	HandleDisbelieved Cause = "HandleDisbelieved" // called dead while too many were
	HandleDoubted     Cause = "HandleDoubted"     // called malformed where nothing had been accepted
	OtherApp          Cause = "OtherApp"          // the handle belongs to another app
	HandleUnusable    Cause = "HandleUnusable"    // an address that is not sent to, or a handle that is none
	Unreachable       Cause = "Unreachable"       // a service that is not waited for
	Discarded         Cause = "Discarded"         // accepted, and thrown away by the service
	MessageRefused    Cause = "MessageRefused"    // its payload or headers
	MessageTooLarge   Cause = "MessageTooLarge"
	TriedOnce         Cause = "TriedOnce"     // a passing trouble, in a test send
	AnswerNotKept     Cause = "AnswerNotKept" // the outcome is known, the answer is not
)

// Causes of devices that have no outcome yet.
const (
	Queued             Cause = "Queued"   // its turn has not come
	InFlight           Cause = "InFlight" // it is being sent to
	WaitsToRetry       Cause = "WaitsToRetry"
	WaitsForService    Cause = "WaitsForService"    // the whole service fails
	WaitsForCredential Cause = "WaitsForCredential" // the service refuses our credential
)
