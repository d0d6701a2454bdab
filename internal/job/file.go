package job

import (
	"context"
	"fmt"

	"github.com/fanfare-hub/fanfare/internal/blob"
	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/store"
)

// path is where a file of the job lies in the output container.
func (r *run) path(f hub.JobFile) string { return "/" + r.hub.Name + "/" + r.job.ID + "/" + f.Name() }

func (r *run) url(f hub.JobFile) (string, error) { return blob.In(r.job.OutputContainer, r.path(f)) }

// putBlock stores a block of a file, and notes it in next.
func (r *run) putBlock(ctx context.Context, next *state, f hub.JobFile, data []byte) error {
	w := next.Files[f]
	if w.count() == blob.MaxBlocks {
		return &broken{fmt.Sprintf("%s would have more than %d blocks, which is all that the storage takes", f.Name(), blob.MaxBlocks)}
	}
	url, err := r.url(f)
	if err != nil {
		return &broken{err.Error()}
	}
	if err := r.blobs.PutBlock(ctx, url, w.nextID(r.task.Attempt), data); err != nil {
		return err
	}
	next.Files[f] = w.with(r.task.Attempt)
	return nil
}

// maxStaged is how many rows are staged at most before they make a block, so
// that they go in one commit.
const maxStaged = 200

// flush puts what is staged for a file into a block. Until the commit it stays
// staged, and would be put again.
func (r *run) flush(ctx context.Context, f hub.JobFile) error {
	if r.state.Files[f].Rows == 0 {
		return nil
	}
	var content []byte
	var last int64
	err := r.cfg.Store.View(ctx, func(rd store.Reader) (err error) {
		content, last, err = rd.Staged(r.job.HubID, r.job.ID, f)
		return err
	})
	if err != nil {
		return err
	}
	next := r.state
	if err := r.putBlock(ctx, &next, f, content); err != nil {
		return err
	}
	return r.commit(ctx, &next, func(tx store.Tx) error { return tx.UnstageJob(r.job.HubID, r.job.ID, f, last) })
}

// closeFiles makes the job's files of their blocks, and ends the job. A list of
// blocks that was put before is put again to no effect.
func (r *run) closeFiles(ctx context.Context, s state) error {
	files := []hub.JobFile{hub.JobOutput}
	if r.job.Type.Import() {
		files = append(files, hub.JobFailures)
	}
	for _, f := range files {
		if r.job.Type.Import() {
			if err := r.flush(ctx, f); err != nil {
				return err
			}
			s = r.state
		}
		url, err := r.url(f)
		if err != nil {
			return &broken{err.Error()}
		}
		if err := r.blobs.PutBlockList(ctx, url, s.Files[f].ids()); err != nil {
			return err
		}
	}
	r.job.OutputPath = r.path(hub.JobOutput)
	if r.job.Type.Import() {
		r.job.FailedPath = r.path(hub.JobFailures)
	}
	if s.Failure != "" {
		return r.finish(ctx, hub.JobFailed, s.Failure)
	}
	return r.finish(ctx, hub.JobCompleted, "")
}
