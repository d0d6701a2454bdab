package wire

import "time"

// OutcomeCounts are the counts of one platform in NotificationDetails.
type OutcomeCounts struct {
	Platform string // as in Registration
	Counts   []OutcomeCount
}

// OutcomeCount is one outcome's name and how many devices ended in it.
type OutcomeCount struct {
	Name  string
	Count int64
}

// NotificationDetails is the telemetry of one notification (01 §8.2).
type NotificationDetails struct {
	NotificationID     string
	Location           string
	State              string
	EnqueueTime        time.Time
	StartTime          time.Time // zero: omitted, as are the fields below when empty
	EndTime            time.Time
	NotificationBody   string
	Tags               string
	TargetPlatforms    string
	OutcomeCounts      []OutcomeCounts
	PnsErrorDetailsURI string
}

// NotificationOutcome is the answer to a test send (01 §7.5).
type NotificationOutcome struct {
	Success, Failure int64
	Results          []RegistrationResult // nil is written as i:nil="true"
}

// RegistrationResult is what one device of a test send came to.
type RegistrationResult struct {
	ApplicationPlatform, PnsHandle, RegistrationID, Outcome string
}
