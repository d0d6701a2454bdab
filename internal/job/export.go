package job

import (
	"context"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/hubwire"
	"github.com/fanfare-hub/fanfare/internal/store"
	"github.com/fanfare-hub/fanfare/internal/wire"
)

// exportPage is how many registrations are read at once. Each may hold a
// template of a MiB.
const exportPage = 32

// export writes a block of registrations, in order of their numbers. It goes on
// to the end of the list as it is then: a registration that changes its platform
// meanwhile has a new number and may stand in the file twice, but is never
// missing.
func (r *run) export(ctx context.Context) (done bool, err error) {
	next := r.state
	var text []byte
	var end bool
	err = r.cfg.Store.View(ctx, func(rd store.Reader) (err error) {
		if next.After == 0 {
			if next.Total, err = rd.CountRegistrations(r.job.HubID); err != nil {
				return err
			}
		}
		text, end, err = r.read(rd, &next)
		return err
	})
	if err != nil {
		return false, err
	}
	if len(text) > 0 {
		if err := r.putBlock(ctx, &next, hub.JobOutput, text); err != nil {
			return false, err
		}
	}
	if end {
		return true, r.closeFiles(ctx, next)
	}
	return false, r.commit(ctx, &next, func(store.Tx) error { return nil })
}

// read returns the lines of the next block; end: there are no more.
func (r *run) read(rd store.Reader, next *state) (text []byte, end bool, err error) {
	now := r.cfg.Clock.Now()
	for {
		page, err := rd.ListRegistrations(r.job.HubID, store.RegistrationFilter{}, next.After, exportPage, now)
		if err != nil {
			return nil, false, err
		}
		for i := range page {
			w := hubwire.ToWire(&page[i])
			text = wire.AppendDescriptionLine(text, &w)
			next.After = page[i].Number
			next.Done++
			if len(text) >= r.cfg.BlockSize {
				return text, false, nil
			}
		}
		if len(page) < exportPage {
			return text, true, nil
		}
	}
}
