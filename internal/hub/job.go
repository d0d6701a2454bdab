package hub

import (
	"slices"
	"time"
)

// JobType is what a job does with registrations.
type JobType uint8

// The types of job; stored.
const (
	ExportRegistrations JobType = iota + 1
	ImportCreateRegistrations
	ImportUpdateRegistrations
	ImportUpsertRegistrations
	ImportDeleteRegistrations
)

var jobTypes = []string{
	"", "ExportRegistrations", "ImportCreateRegistrations", "ImportUpdateRegistrations", "ImportUpsertRegistrations", "ImportDeleteRegistrations",
}

// String returns the name that Azure gives the type.
func (t JobType) String() string { return jobTypes[t] }

// Import reports whether jobs of the type read a file.
func (t JobType) Import() bool { return t > ExportRegistrations }

// ParseJobType reads the name that Azure gives a type.
func ParseJobType(name string) (JobType, bool) {
	i := slices.Index(jobTypes, name)
	return JobType(max(i, 0)), i > 0
}

// JobStatus is how far a job is.
type JobStatus uint8

// The statuses of a job; stored.
const (
	JobStarted JobStatus = iota // accepted
	JobRunning
	JobCompleted
	JobFailed
)

// String returns the name that Azure gives the status.
func (s JobStatus) String() string {
	return []string{"Started", "Running", "Completed", "Failed"}[s]
}

// Final reports whether the status never changes again.
func (s JobStatus) Final() bool { return s >= JobCompleted }

// Job is an export or an import of a hub's registrations.
type Job struct {
	HubID  int64
	ID     string // newer ones compare lower
	Type   JobType
	Status JobStatus
	// Progress is in hundredths of a percent.
	Progress int
	// The URLs carry signatures that open a storage account: secrets.
	OutputContainer string
	ImportFile      string // "" for an export
	InputProperties map[string]string
	Failure         string // why it failed, for people
	// The output files, below the container: /hub/job/Output.txt. "" until
	// there are any.
	OutputPath, FailedPath string
	CreatedAt, UpdatedAt   time.Time
}

// The bounds of what a client may hang on a job.
const (
	maxInputProperties = 32
	maxInputProperty   = 1024 // bytes of a name or a value
)

// Validate says what is wrong with a job that a client wrote, as *Invalid.
func (j *Job) Validate() error {
	switch {
	case j.Type == 0:
		return invalid("Type is missing or unknown.")
	case j.OutputContainer == "":
		return invalid("OutputContainerUri is missing.")
	case j.Type.Import() && j.ImportFile == "":
		return invalid("ImportFileUri is missing: an import needs a file.")
	case len(j.InputProperties) > maxInputProperties:
		return invalid("InputProperties has %d entries; at most %d are allowed.", len(j.InputProperties), maxInputProperties)
	}
	for name, value := range j.InputProperties {
		if len(name) > maxInputProperty || len(value) > maxInputProperty {
			return invalid("InputProperties has a name or a value with more than %d bytes.", maxInputProperty)
		}
	}
	return nil
}

// JobFile is one of the files that a job writes.
type JobFile uint8

// The files of a job; stored.
const (
	JobOutput   JobFile = iota // what was exported, or each line that succeeded
	JobFailures                // each line that failed
)

// Name returns the name that Azure gives the file.
func (f JobFile) Name() string { return []string{"Output.txt", "Failed.txt"}[f] }
