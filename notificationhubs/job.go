package notificationhubs

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"net/http"
	"time"

	"github.com/fanfare-hub/fanfare/internal/wire"
)

// JobType is what a job does with the registrations of a hub.
type JobType string

// The types of job. An import does one kind of operation, for each line of a
// file; a line is a registration's XML.
const (
	ExportRegistrations       JobType = "ExportRegistrations"
	ImportCreateRegistrations JobType = "ImportCreateRegistrations"
	ImportUpdateRegistrations JobType = "ImportUpdateRegistrations"
	ImportUpsertRegistrations JobType = "ImportUpsertRegistrations"
	ImportDeleteRegistrations JobType = "ImportDeleteRegistrations"
)

// JobStatus says how far a job is.
type JobStatus string

// The statuses of jobs.
const (
	JobStarted   JobStatus = "Started" // accepted, and not begun
	JobRunning   JobStatus = "Running"
	JobCompleted JobStatus = "Completed" // also when lines of the file failed: see Job.FailedPath
	JobFailed    JobStatus = "Failed"    // Job.Failure says why
)

// JobRequest is a job to be submitted.
type JobRequest struct {
	Type JobType
	// OutputContainerURL is a container of Azure Blob Storage, or of storage
	// that speaks its protocol, with a shared access signature that allows to
	// write and read.
	OutputContainerURL string
	// ImportFileURL is the file of an import, with a signature that allows to
	// read it.
	ImportFileURL   string
	InputProperties map[string]string
}

// Job is an export or an import, and how far it is.
type Job struct {
	ID                 string
	Type               JobType
	Status             JobStatus
	Progress           float64 // in percent
	OutputContainerURL string
	ImportFileURL      string
	InputProperties    map[string]string
	Failure            string // why it failed
	// OutputPath and FailedPath are files below the output container, such as
	// /hub/id/Output.txt: what was exported, or a row for each line that
	// succeeded; and a row for each line that failed. "" until there are any.
	OutputPath string
	FailedPath string
	CreatedAt  time.Time
	UpdatedAt  time.Time
}

// Final reports whether the status never changes again.
func (j *Job) Final() bool { return j.Status == JobCompleted || j.Status == JobFailed }

// SubmitJob submits a job, and returns it with its id. The hub works on it
// later; see WaitForJob. Azure has jobs in its tier Standard only. It needs the
// right Manage.
func (c *Client) SubmitJob(ctx context.Context, r JobRequest) (*Job, error) {
	body := wire.AppendJobRequest(nil, &wire.Job{
		Type: string(r.Type), OutputContainer: r.OutputContainerURL, ImportFile: r.ImportFileURL, InputProperties: r.InputProperties,
	})
	a, err := c.do(ctx, call{
		method: http.MethodPost, path: []string{"jobs"}, body: body, want: []int{http.StatusOK, http.StatusCreated}, once: true,
		header: http.Header{"Content-Type": {"application/atom+xml;type=entry;charset=utf-8"}},
	})
	if err != nil {
		return nil, err
	}
	return jobFrom(a)
}

// Job reads a job by its id. It needs the right Manage.
func (c *Client) Job(ctx context.Context, id string) (*Job, error) {
	a, err := c.do(ctx, call{method: http.MethodGet, path: []string{"jobs", id}, want: []int{http.StatusOK}})
	if err != nil {
		return nil, err
	}
	return jobFrom(a)
}

// Jobs lists the jobs of the hub. An error ends the list. Fanfare lists the
// newest first, a thousand at most. It needs the right Manage.
func (c *Client) Jobs(ctx context.Context) iter.Seq2[Job, error] {
	return func(yield func(Job, error) bool) {
		all, err := c.jobs(ctx)
		if err != nil {
			yield(Job{}, err)
			return
		}
		for i := range all {
			if !yield(*jobOfWire(&all[i]), nil) {
				return
			}
		}
	}
}

func (c *Client) jobs(ctx context.Context) ([]wire.Job, error) {
	a, err := c.do(ctx, call{method: http.MethodGet, path: []string{"jobs"}, want: []int{http.StatusOK}})
	if err != nil {
		return nil, err
	}
	all, err := wire.DecodeJobFeed(bytes.NewReader(a.body))
	if err != nil {
		return nil, fmt.Errorf("notificationhubs: the list of jobs: %w", err)
	}
	return all, nil
}

// WaitForJob reads a job, at growing intervals of at most ten seconds, until its
// status is final: also Failed, with the reason in Failure, is no error. Give it
// a ctx that ends. progress, if it is not nil, sees every job that is read, in
// WaitForJob's own goroutine. What was read last is returned with the error. It
// needs the right Manage.
func (c *Client) WaitForJob(ctx context.Context, id string, progress func(*Job)) (*Job, error) {
	var last *Job
	for wait := minPoll; ; wait = min(wait*2, maxPoll) {
		j, err := c.Job(ctx, id)
		if err != nil {
			return last, err
		}
		if progress != nil {
			progress(j)
		}
		if last = j; j.Final() {
			return j, nil
		}
		if err := pause(ctx, wait); err != nil {
			return last, fmt.Errorf("notificationhubs: waiting for the job: %w", err)
		}
	}
}

func jobFrom(a *answer) (*Job, error) {
	w, err := wire.DecodeJobEntry(bytes.NewReader(a.body))
	if err != nil {
		return nil, fmt.Errorf("notificationhubs: the job: %w", err)
	}
	return jobOfWire(&w), nil
}

func jobOfWire(w *wire.Job) *Job {
	return &Job{
		ID: w.ID, Type: JobType(w.Type), Status: JobStatus(w.Status), Progress: w.Progress, OutputContainerURL: w.OutputContainer, ImportFileURL: w.ImportFile,
		InputProperties: w.InputProperties, Failure: w.Failure, OutputPath: w.OutputProperties[wire.JobOutputFilePath],
		FailedPath: w.OutputProperties[wire.JobFailedFilePath], CreatedAt: w.CreatedAt, UpdatedAt: w.UpdatedAt,
	}
}
