package api

import (
	"bytes"
	"errors"
	"net/http"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/job"
	"github.com/fanfare-hub/fanfare/internal/store"
	"github.com/fanfare-hub/fanfare/internal/wire"
)

// submitJob is POST /{hub}/jobs: an export, or an import of one kind of
// operation. Storage that cannot be reached fails the job, and not this call.
func (s *server) submitJob(r *request) (answer, error) {
	j, err := r.job()
	if err == nil {
		err = s.jobs.Submit(r.Context(), &j)
	}
	switch {
	case errors.Is(err, job.ErrTooMany):
		return answer{}, errTooManyJobs
	case err != nil:
		return answer{}, jobRefused(err)
	}
	address := r.url(j.ID)
	e := jobEntryOf(&j, address)
	return reply(http.StatusCreated, wire.AppendJobEntry(nil, &e), "Content-Type", wire.ContentTypeEntry, "Location", address), nil
}

// jobRefused puts Azure's sentence before what is wrong.
func jobRefused(err error) error {
	const azure = "The supplied notificationhub job payload is invalid. "
	if e, ok := errors.AsType[*hub.Invalid](err); ok {
		return badRequest("%s%s", azure, e.Msg)
	}
	if e, ok := errors.AsType[*wire.DecodeError](err); ok {
		return badRequest("%s%s", azure, e.Msg)
	}
	return err
}

// maxJob bounds the body of a job, in bytes: two URLs and some properties.
const maxJob = 128 << 10

func (r *request) job() (hub.Job, error) {
	body, err := r.body(maxJob)
	if err != nil {
		return hub.Job{}, err
	}
	w, err := wire.DecodeJobEntry(bytes.NewReader(body))
	if err != nil {
		return hub.Job{}, err
	}
	j := hub.Job{HubID: r.hub.ID, OutputContainer: w.OutputContainer, ImportFile: w.ImportFile, InputProperties: w.InputProperties}
	j.Type, _ = hub.ParseJobType(w.Type) // Validate refuses an unknown one
	return j, nil
}

// getJob is GET /{hub}/jobs/{id}.
func (s *server) getJob(r *request) (answer, error) {
	id, err := r.id()
	if err != nil {
		return answer{}, err
	}
	var j hub.Job
	err = s.store.View(r.Context(), func(rd store.Reader) (err error) { j, err = rd.Job(r.hub.ID, id); return err })
	if errors.Is(err, store.ErrNotFound) {
		return answer{}, errNoJob
	}
	if err != nil {
		return answer{}, err
	}
	e := jobEntryOf(&j, r.url())
	return reply(http.StatusOK, wire.AppendJobEntry(nil, &e), "Content-Type", wire.ContentTypeEntry), nil
}

// maxJobs is how many jobs are listed: no client asks for a second page.
const maxJobs = 1000

// listJobs is GET /{hub}/jobs, the newest first.
func (s *server) listJobs(r *request) (answer, error) {
	var jobs []hub.Job
	err := s.store.View(r.Context(), func(rd store.Reader) (err error) { jobs, err = rd.ListJobs(r.hub.ID, maxJobs); return err })
	if err != nil {
		return answer{}, err
	}
	entries := make([]wire.JobEntry, 0, len(jobs))
	for i := range jobs {
		entries = append(entries, jobEntryOf(&jobs[i], r.url(jobs[i].ID)))
	}
	return reply(http.StatusOK, wire.AppendJobFeed(nil, r.url(), r.now, entries), "Content-Type", wire.ContentTypeFeed), nil
}

func jobEntryOf(j *hub.Job, address string) wire.JobEntry {
	w := wire.Job{
		ID: j.ID, Progress: float64(j.Progress) / 100, Type: j.Type.String(), Status: j.Status.String(),
		OutputContainer: j.OutputContainer, ImportFile: j.ImportFile, InputProperties: j.InputProperties, Failure: j.Failure,
		CreatedAt: j.CreatedAt, UpdatedAt: j.UpdatedAt,
	}
	if j.OutputPath != "" {
		w.OutputProperties = map[string]string{wire.JobOutputFilePath: j.OutputPath}
		if j.FailedPath != "" {
			w.OutputProperties[wire.JobFailedFilePath] = j.FailedPath
		}
	}
	return wire.JobEntry{URL: address, Job: w}
}
