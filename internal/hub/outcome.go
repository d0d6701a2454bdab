package hub

// Outcome is what became of one device in one send: Azure's closed list. The
// numbers are those of Azure's feedback records, and are stored.
type Outcome uint8

// The outcomes, as in Azure's PnsError enumeration and its pages on telemetry.
const (
	Success                     Outcome = 0
	InvalidCredentials          Outcome = 1
	PnsUnreachable              Outcome = 2
	PnsInterfaceError           Outcome = 3
	BadChannel                  Outcome = 4
	ExpiredChannel              Outcome = 5
	PnsServerError              Outcome = 6
	PnsUnavailable              Outcome = 7
	Throttled                   Outcome = 8
	TokenProviderInterfaceError Outcome = 9
	TokenProviderUnreachable    Outcome = 10
	InvalidToken                Outcome = 11
	WrongToken                  Outcome = 12
	InvalidNotificationFormat   Outcome = 13
	InvalidNotificationSize     Outcome = 14
	ChannelThrottled            Outcome = 15
	ChannelDisconnected         Outcome = 16
	Dropped                     Outcome = 17
	WrongChannel                Outcome = 18
	RefreshToken                Outcome = 19
	Abandoned                   Outcome = 96
	NoTargets                   Outcome = 97
	Skipped                     Outcome = 98
	UnknownError                Outcome = 99
)

var outcomeNames = map[Outcome]string{
	Success: "Success", InvalidCredentials: "InvalidCredentials", PnsUnreachable: "PnsUnreachable",
	PnsInterfaceError: "PnsInterfaceError", BadChannel: "BadChannel", ExpiredChannel: "ExpiredChannel",
	PnsServerError: "PnsServerError", PnsUnavailable: "PnsUnavailable", Throttled: "Throttled",
	TokenProviderInterfaceError: "TokenProviderInterfaceError", TokenProviderUnreachable: "TokenProviderUnreachable",
	InvalidToken: "InvalidToken", WrongToken: "WrongToken", InvalidNotificationFormat: "InvalidNotificationFormat",
	InvalidNotificationSize: "InvalidNotificationSize", ChannelThrottled: "ChannelThrottled",
	ChannelDisconnected: "ChannelDisconnected", Dropped: "Dropped", WrongChannel: "WrongChannel",
	RefreshToken: "RefreshToken", Abandoned: "AbandonedNotificationMessages", NoTargets: "NoTargets",
	Skipped: "Skipped", UnknownError: "UnknownError",
}

// String returns the name that telemetry shows.
func (o Outcome) String() string {
	if s, ok := outcomeNames[o]; ok {
		return s
	}
	return "UnknownError"
}

// Count is how many devices of a platform ended in an outcome.
type Count struct {
	Platform Platform
	Outcome  Outcome
	N        int64
}
