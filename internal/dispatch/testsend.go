package dispatch

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/store"
)

// The bounds of a test send: Azure's ten devices, chosen from a prefix of the
// audience so that its cost does not grow with the hub.
const (
	testDevices = 10
	testPrefix  = 1000
	testTimeout = 30 * time.Second
)

// TestSend delivers to at most ten devices while the caller waits, one attempt
// each and no retry, and says what came of them. It sets n.ID. The
// notification is stored with its outcomes in one commit at the end; when the
// process dies before, nothing is.
func (d *Dispatcher) TestSend(ctx context.Context, n *hub.Notification) ([]TestResult, error) {
	n.ID, n.State = hub.NewNotificationID(d.cfg.Clock.Now()), hub.Processing
	n.EnqueuedAt = d.cfg.Clock.Now()
	n.StartedAt, n.Test = n.EnqueuedAt, true
	sends, pages, err := d.testPages(ctx, n)
	defer func() {
		for _, j := range sends {
			j.close()
		}
	}()
	if err != nil {
		return nil, err
	}
	attempt, cancel := context.WithTimeout(ctx, testTimeout)
	defer cancel()
	var results []TestResult
	reports := make([]*report, len(sends))
	var services sync.WaitGroup
	for i, j := range sends { // side by side: one that hangs takes no time from the others
		services.Go(func() { reports[i] = j.attempt(attempt, pages[i]).final(pages[i]) })
	}
	services.Wait()
	for i, j := range sends {
		results = append(results, j.testResults(pages[i], reports[i])...)
	}
	return results, d.recordTest(ctx, n, sends, reports)
}

// testPages picks the devices, a page for each platform.
func (d *Dispatcher) testPages(ctx context.Context, n *hub.Notification) (sends []*send, pages []page, err error) {
	if n.Direct != nil {
		j, err := d.newSend(ctx, n, n.Platform, hub.Native, 0)
		if err != nil {
			return nil, nil, err
		}
		r := &listRun{send: j, list: listState{Entries: []entry{{Direct: 1}}}}
		p, err := r.lookUp(ctx)
		return []*send{j}, []page{p}, err
	}
	platforms := []hub.Platform{n.Platform}
	var to reach
	err = d.cfg.Store.View(ctx, func(r store.Reader) (err error) {
		if n.Kind == hub.Template {
			if platforms, err = r.PlatformsOf(n.HubID, hub.Template); err != nil {
				return err
			}
		}
		to, err = reachNow(r)
		return err
	})
	n.Bound, n.Sequence = to.bound, to.sequence
	for _, p := range platforms {
		if err != nil {
			break
		}
		var j *send
		if j, err = d.newSend(ctx, n, p, n.Kind, to.sequence); err != nil {
			break
		}
		sends = append(sends, j)
		var pg page
		err = d.cfg.Store.View(ctx, func(r store.Reader) (err error) {
			pg, err = j.readPage(r, interval{Last: to.bound}, testPrefix)
			return err
		})
		pages = append(pages, pg)
	}
	if err != nil {
		return sends, nil, fmt.Errorf("choosing the devices of a test send: %w", err)
	}
	pick(pages)
	return sends, pages, nil
}

// pick keeps ten devices, at random from the first thousand by number over all
// platforms; duplicates take no place.
func pick(pages []page) {
	type place struct {
		page   int
		device device
	}
	var all []place
	for i, p := range pages {
		for _, dv := range p.devices {
			if !dv.settled || dv.outcome != hub.Skipped {
				all = append(all, place{i, dv})
			}
		}
		pages[i].devices = nil
	}
	slices.SortFunc(all, func(a, b place) int { return int(a.device.target.Number - b.device.target.Number) })
	all = all[:min(len(all), testPrefix)]
	rand.Shuffle(len(all), func(i, k int) { all[i], all[k] = all[k], all[i] })
	for _, x := range all[:min(len(all), testDevices)] {
		pages[x.page].devices = append(pages[x.page].devices, x.device)
	}
}

// final settles every device under the answer it has: a test send tries once.
func (r *report) final(p page) *report {
	byNumber := map[int64]*device{}
	for i := range p.devices {
		byNumber[p.devices[i].target.Number] = &p.devices[i]
	}
	for _, e := range slices.Concat(r.again, r.parked) {
		r.settleAs(byNumber[e.Number], e.Last)
	}
	for i := range r.notes {
		r.notes[i].final = true
	}
	r.again, r.parked, r.failure = nil, nil, nil
	return r
}

func (j *send) testResults(p page, r *report) []TestResult {
	outcomes := map[int64]hub.Outcome{}
	for _, e := range r.log {
		outcomes[e.number] = e.outcome
	}
	var out []TestResult
	for _, dv := range p.devices {
		number := dv.target.Number
		if dv.entry.Direct > 0 {
			number = int64(dv.entry.Direct)
		}
		out = append(out, TestResult{
			Platform: j.selector.Platform, Kind: j.selector.Kind, Handle: dv.target.Handle,
			RegistrationID: dv.target.RegistrationID, Outcome: outcomes[number],
		})
	}
	return out
}

func (d *Dispatcher) recordTest(ctx context.Context, n *hub.Notification, sends []*send, reports []*report) error {
	now := d.cfg.Clock.Now()
	err := d.cfg.Store.Update(context.WithoutCancel(ctx), store.Accept, func(tx store.Tx) error {
		if err := tx.InsertNotification(n); err != nil {
			return err
		}
		for i, j := range sends {
			j.n = *n
			if err := j.write(tx, reports[i]); err != nil {
				return err
			}
		}
		return finish(tx, n.HubID, n.ID, now)
	})
	if err == nil {
		for i, j := range sends {
			j.warn(ctx, reports[i:i+1])
		}
	}
	d.runner.Poke()
	return err
}
