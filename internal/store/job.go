package store

import (
	"time"

	"github.com/fanfare-hub/fanfare/internal/hub"
)

// Jobs reads imports and exports.
type Jobs interface {
	// Job finds a job by id, or ErrNotFound.
	Job(hubID int64, id string) (hub.Job, error)
	// ListJobs returns up to limit jobs, the newest first.
	ListJobs(hubID int64, limit int) ([]hub.Job, error)
	// UnfinishedJobs counts the jobs of a hub whose status is not final.
	UnfinishedJobs(hubID int64) (int, error)
	// Staged returns what is staged for a file of a job, in the order staged,
	// and what UnstageJob needs to remove just that.
	Staged(hubID int64, id string, f hub.JobFile) (content []byte, last int64, err error)
}

// JobWriter changes jobs.
type JobWriter interface {
	InsertJob(j *hub.Job) error
	// UpdateJob writes Status, Progress, Failure, the paths and UpdatedAt. With a
	// final status the job has ended, and nothing stays staged.
	UpdateJob(j *hub.Job) error
	// StageJob keeps text for a file of a job until it is in a block of storage:
	// a row, so that it is in the commit of the lines that it tells of.
	StageJob(hubID int64, id string, f hub.JobFile, content []byte) error
	// UnstageJob removes what Staged has returned.
	UnstageJob(hubID int64, id string, f hub.JobFile, last int64) error
	// SweepJobs removes up to limit jobs that ended before the time given.
	SweepJobs(endedBefore time.Time, limit int) (int, error)
}
