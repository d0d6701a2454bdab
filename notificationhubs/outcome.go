package notificationhubs

// Outcome is what a notification came to at a device, under Azure's names. A hub
// may have others than those named here.
type Outcome string

// The outcomes. A handle is removed for OutcomeBadChannel and
// OutcomeExpiredChannel alone; the others say nothing against the device.
const (
	OutcomeSuccess Outcome = "Success" // handed to the push service

	OutcomeBadChannel          Outcome = "BadChannel"          // the handle is malformed, or nobody's
	OutcomeExpiredChannel      Outcome = "ExpiredChannel"      // the device is gone
	OutcomeWrongChannel        Outcome = "WrongChannel"        // the handle is another app's
	OutcomeChannelDisconnected Outcome = "ChannelDisconnected" // the device cannot be reached now
	OutcomeChannelThrottled    Outcome = "ChannelThrottled"    // the device gets too many
	OutcomeDropped             Outcome = "Dropped"             // by the push service, or by the hub for a suspect
	OutcomeSkipped             Outcome = "Skipped"             // the device gets it through another registration

	OutcomeInvalidCredentials        Outcome = "InvalidCredentials"        // the push service refuses the hub, or the hub has no credential
	OutcomeInvalidToken              Outcome = "InvalidToken"              // the push service refuses the hub's token
	OutcomeWrongToken                Outcome = "WrongToken"                // the handle is not of the app that the credential is for
	OutcomeInvalidNotificationFormat Outcome = "InvalidNotificationFormat" // the push service refuses the payload
	OutcomeInvalidNotificationSize   Outcome = "InvalidNotificationSize"   // the payload is too large

	OutcomeThrottled                     Outcome = "Throttled" // the app sends too much
	OutcomePnsInterfaceError             Outcome = "PnsInterfaceError"
	OutcomePnsServerError                Outcome = "PnsServerError"
	OutcomePnsUnavailable                Outcome = "PnsUnavailable"
	OutcomePnsUnreachable                Outcome = "PnsUnreachable"
	OutcomeTokenProviderInterfaceError   Outcome = "TokenProviderInterfaceError"
	OutcomeTokenProviderUnreachable      Outcome = "TokenProviderUnreachable"
	OutcomeAbandonedNotificationMessages Outcome = "AbandonedNotificationMessages" // tried for as long as the hub tries
	OutcomeNoTargets                     Outcome = "NoTargets"
	OutcomeUnknownError                  Outcome = "UnknownError"
)
