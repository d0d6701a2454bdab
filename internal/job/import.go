package job

import (
	"bytes"
	"context"

	"github.com/fanfare-hub/fanfare/internal/blob"
	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/hubwire"
	"github.com/fanfare-hub/fanfare/internal/store"
)

// The bounds of one commit of an import.
const (
	batchLines = 64
	batchRows  = 200     // that its registrations and tags may write
	batchBytes = 1 << 20 // of the file
)

// importLines applies some lines, and keeps what is to be said of them, in one
// commit with the offset after them. At the end of the file it closes the job's
// files.
func (r *run) importLines(ctx context.Context) (done bool, err error) {
	if r.lines == nil {
		r.lines = r.openLines()
	}
	batch, next, err := r.batch(ctx)
	if err != nil {
		return false, err
	}
	if next.Line == r.state.Line {
		return true, r.closeFiles(ctx, r.state)
	}
	if err := r.apply(ctx, batch, next); err != nil {
		return false, err
	}
	for _, f := range []hub.JobFile{hub.JobOutput, hub.JobFailures} {
		if w := r.state.Files[f]; w.Rows >= maxStaged || w.Bytes >= r.cfg.BlockSize {
			if err := r.flush(ctx, f); err != nil {
				return false, err
			}
		}
	}
	return false, nil
}

// openLines is the file, from where the job stands.
func (r *run) openLines() *lines {
	l := &lines{
		read: func(ctx context.Context, offset int64, etag string) (blob.Part, error) {
			return r.blobs.Read(ctx, r.job.ImportFile, offset, r.cfg.PartSize, etag)
		},
		number: r.state.Line, offset: r.state.Offset, size: -1, etag: r.state.ETag,
	}
	if r.state.Line > 0 {
		l.size = r.state.Size
	}
	return l
}

// batch reads and understands the next lines, and returns where the job stands
// after them. Blank lines count, and nothing is said of them.
func (r *run) batch(ctx context.Context) (batch []item, next state, err error) {
	next = r.state
	for n, rows := 0, 0; n < batchLines && rows < batchRows && next.Offset-r.state.Offset < batchBytes; n++ {
		l, ok, err := r.lines.next(ctx)
		if err != nil {
			return nil, next, err
		}
		if !ok {
			break
		}
		next.Offset, next.Line = l.end, l.number
		if len(bytes.TrimSpace(l.text)) > 0 || l.tooLong {
			i := understand(r.job.Type, &l)
			rows += 2 + 2*len(i.registration.Tags)
			batch = append(batch, i)
		}
	}
	next.Size, next.ETag = r.lines.size, r.lines.etag
	return batch, next, nil
}

// apply writes a batch, and stages what became of each line.
func (r *run) apply(ctx context.Context, batch []item, next state) error {
	now := r.cfg.Clock.Now()
	var said [2]bytes.Buffer // by hub.JobFile
	for i := range batch {
		batch[i].registration.UpdatedAt = now
		batch[i].registration.ExpiresAt = hubwire.ExpiresAt(&r.hub, now)
	}
	return r.commit(ctx, &next, func(tx store.Tx) error {
		for i := range batch {
			if err := batch[i].apply(tx, r.job.HubID, r.job.Type, now); err != nil {
				return err
			}
			batch[i].report(&said)
		}
		for f := range said {
			text := said[f].Bytes()
			if len(text) == 0 {
				continue
			}
			if err := tx.StageJob(r.job.HubID, r.job.ID, hub.JobFile(f), text); err != nil {
				return err
			}
			next.Files[f].Rows++
			next.Files[f].Bytes += len(text)
		}
		return nil
	})
}
