// Package job exports a hub's registrations to blob storage and imports them
// from there. A job is a task: it works in steps, each of which ends in a
// commit of what was done and where to go on, so that whoever takes the task
// over does nothing twice.
package job

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"github.com/fanfare-hub/fanfare/internal/blob"
	"github.com/fanfare-hub/fanfare/internal/clock"
	"github.com/fanfare-hub/fanfare/internal/egress"
	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/store"
	"github.com/fanfare-hub/fanfare/internal/task"
)

// Kind is the kind of a job's task; Jobs.Run handles it.
const Kind task.Kind = "job"

// lane is no push service: jobs take no workers from the sends of their hub.
const lane = 255

// maxUnfinished bounds the jobs of one hub that wait or run.
const maxUnfinished = 100

// ErrTooMany says that a hub has as many unfinished jobs as it may have.
var ErrTooMany = errors.New("job: too many unfinished jobs")

// Config is what jobs need. A zero number is the default named with it.
type Config struct {
	Store   store.Store
	Clock   clock.Clock
	Storage egress.Storage // where files may be
	Log     *slog.Logger
	Wake    func() // called when a task has fallen due

	Lease     time.Duration // of a task; 30 s
	GiveUp    time.Duration // of trying again while nothing gets done; 10 min
	BlockSize int           // bytes of output that make a block; 1 MiB
	PartSize  int           // bytes of an import file that are read at once; 1 MiB
}

// Jobs takes jobs, and works on them.
type Jobs struct {
	cfg   Config
	blobs *blob.Client
}

// New returns Jobs. Close it after its last task.
func New(cfg Config) *Jobs {
	if cfg.Lease == 0 {
		cfg.Lease = 30 * time.Second
	}
	if cfg.GiveUp == 0 {
		cfg.GiveUp = 10 * time.Minute
	}
	if cfg.BlockSize == 0 {
		cfg.BlockSize = 1 << 20
	}
	if cfg.PartSize == 0 {
		cfg.PartSize = 1 << 20
	}
	return &Jobs{cfg: cfg, blobs: blob.New(cfg.Storage)}
}

// Close gives up the connections to the storage.
func (j *Jobs) Close() { j.blobs.Close() }

// Submit stores a job and its task in one transaction, and sets ID, Status and
// the times. A job that is wrong is *hub.Invalid; ErrTooMany and
// store.ErrBusy mean that the caller may come back. Whether the storage can be
// reached is for the job to find out.
func (j *Jobs) Submit(ctx context.Context, job *hub.Job) error {
	if err := j.check(job); err != nil {
		return err
	}
	now := j.cfg.Clock.Now()
	job.ID, job.Status, job.CreatedAt, job.UpdatedAt = newID(now), hub.JobStarted, now, now
	t := task.Task{Kind: Kind, HubID: job.HubID, Platform: lane, DueAt: now, Payload: pack(state{Job: job.ID})}
	err := j.cfg.Store.Update(ctx, store.Accept, func(tx store.Tx) error {
		n, err := tx.UnfinishedJobs(job.HubID)
		if err != nil {
			return err
		}
		if n >= maxUnfinished {
			return ErrTooMany
		}
		if err := tx.InsertJob(job); err != nil {
			return err
		}
		return tx.InsertTask(&t)
	})
	if err == nil {
		j.cfg.Wake()
	}
	return err
}

func (j *Jobs) check(job *hub.Job) error {
	if err := job.Validate(); err != nil {
		return err
	}
	if err := j.cfg.Storage.Check(job.OutputContainer); err != nil {
		return &hub.Invalid{Msg: fmt.Sprintf("OutputContainerUri is not valid: %s.", err)}
	}
	if !job.Type.Import() {
		return nil
	}
	if err := j.cfg.Storage.Check(job.ImportFile); err != nil {
		return &hub.Invalid{Msg: fmt.Sprintf("ImportFileUri is not valid: %s.", err)}
	}
	return nil
}

// newID returns an id of Azure's form, which a newer one compares below: the
// ticks that are left of .NET's calendar, and a UUID.
func newID(now time.Time) string {
	const lastTick, ticksBefore1970 = 3155378975999999999, 621355968000000000
	return fmt.Sprintf("%019d%s", lastTick-ticksBefore1970-now.UnixNano()/100, uuid.NewString())
}
