package sqlite

import (
	"fmt"
	"time"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/store"
)

const jobColumns = "SELECT id, type, status, progress, sealed, failure, output_path, failed_path, created_at, updated_at FROM job "

// sealedJob is what of a job is a secret.
type sealedJob struct {
	OutputContainer string
	ImportFile      string
	InputProperties map[string]string
}

func jobAAD(hubID int64, id string) string { return fmt.Sprintf("job %s of hub %d", id, hubID) }

func (r *reader) Job(hubID int64, id string) (hub.Job, error) {
	j, err := r.scanJob(hubID, r.row(jobColumns+"WHERE hub_id = ? AND id = ?", hubID, id))
	return j, notFound(err)
}

func (r *reader) scanJob(hubID int64, row scanner) (hub.Job, error) {
	j := hub.Job{HubID: hubID}
	var b []byte
	err := row.Scan(&j.ID, &j.Type, &j.Status, &j.Progress, &b, &j.Failure, &j.OutputPath, &j.FailedPath,
		micros{&j.CreatedAt}, micros{&j.UpdatedAt})
	if err != nil {
		return j, err
	}
	var s sealedJob
	if err := r.openJSON(b, jobAAD(hubID, j.ID), &s); err != nil {
		return j, err
	}
	j.OutputContainer, j.ImportFile, j.InputProperties = s.OutputContainer, s.ImportFile, s.InputProperties
	return j, nil
}

func (r *reader) ListJobs(hubID int64, limit int) ([]hub.Job, error) {
	var out []hub.Job
	err := r.each(func(row scanner) error {
		j, err := r.scanJob(hubID, row)
		out = append(out, j)
		return err
	}, jobColumns+"WHERE hub_id = ? ORDER BY id LIMIT ?", hubID, limit)
	return out, err
}

func (r *reader) UnfinishedJobs(hubID int64) (n int, err error) {
	err = r.row("SELECT count(*) FROM job WHERE hub_id = ? AND ended_at IS NULL", hubID).Scan(&n)
	return n, err
}

func (r *reader) Staged(hubID int64, id string, f hub.JobFile) (content []byte, last int64, err error) {
	err = r.each(func(row scanner) error {
		var b []byte
		err := row.Scan(&last, &b)
		content = append(content, b...)
		return err
	}, "SELECT id, content FROM job_staged WHERE hub_id = ? AND job = ? AND file = ? ORDER BY id", hubID, id, f)
	return content, last, err
}

func (t *tx) InsertJob(j *hub.Job) error {
	b, err := t.sealJSON(sealedJob{j.OutputContainer, j.ImportFile, j.InputProperties}, jobAAD(j.HubID, j.ID))
	if err != nil {
		return err
	}
	_, err = t.exec("INSERT INTO job (hub_id, id, type, status, progress, sealed, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
		j.HubID, j.ID, j.Type, j.Status, j.Progress, b, at(j.CreatedAt), at(j.UpdatedAt))
	return err
}

func (t *tx) UpdateJob(j *hub.Job) error {
	var ended time.Time
	if j.Status.Final() {
		ended = j.UpdatedAt
		if _, err := t.exec("DELETE FROM job_staged WHERE hub_id = ? AND job = ?", j.HubID, j.ID); err != nil {
			return err
		}
	}
	n, err := t.changed(`UPDATE job SET status = ?, progress = ?, failure = ?, output_path = ?, failed_path = ?, updated_at = ?, ended_at = ?
		WHERE hub_id = ? AND id = ?`, j.Status, j.Progress, j.Failure, j.OutputPath, j.FailedPath, at(j.UpdatedAt), at(ended), j.HubID, j.ID)
	if err == nil && n == 0 {
		return store.ErrNotFound
	}
	return err
}

func (t *tx) StageJob(hubID int64, id string, f hub.JobFile, content []byte) error {
	_, err := t.exec("INSERT INTO job_staged (hub_id, job, file, content) VALUES (?, ?, ?, ?)", hubID, id, f, blob(content))
	return err
}

func (t *tx) UnstageJob(hubID int64, id string, f hub.JobFile, last int64) error {
	_, err := t.exec("DELETE FROM job_staged WHERE hub_id = ? AND job = ? AND file = ? AND id <= ?", hubID, id, f, last)
	return err
}

func (t *tx) SweepJobs(endedBefore time.Time, limit int) (int, error) {
	n, err := t.changed("DELETE FROM job WHERE (hub_id, id) IN (SELECT hub_id, id FROM job WHERE ended_at < ? LIMIT ?)", at(endedBefore), limit)
	return int(n), err
}
