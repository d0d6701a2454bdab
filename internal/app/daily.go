package app

import (
	"context"
	"sync"
	"time"

	"github.com/fanfare-hub/fanfare/internal/clock"
)

// daily does something at once, and then each day by a clock.
type daily struct {
	cancel context.CancelFunc
	done   sync.WaitGroup
}

const day = 24 * time.Hour

func startDaily(c clock.Clock, do func()) *daily {
	ctx, cancel := context.WithCancel(context.Background())
	d := &daily{cancel: cancel}
	next := c.NewTimer(day)
	do()
	d.done.Go(func() {
		for {
			select {
			case <-ctx.Done():
				next.Stop()
				return
			case <-next.C:
				next = c.NewTimer(day)
				do()
			}
		}
	})
	return d
}

// stop ends it, and waits for what it does.
func (d *daily) stop() {
	d.cancel()
	d.done.Wait()
}
