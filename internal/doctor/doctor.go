// Package doctor examines hubs: whether push services take their credentials,
// and how long their certificates last. Nothing is sent to a device.
package doctor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/fanfare-hub/fanfare/internal/clock"
	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pns"
)

// Limits of what is asked, in real time.
const (
	// atOnce is how many services are asked at once, for all hubs together.
	atOnce = 4
	// probeTime is how long one service is waited for.
	probeTime = 15 * time.Second
	// hubTime is how long one hub is examined, waits for the others included:
	// less than a client waits for an answer.
	hubTime = 50 * time.Second
)

// ErrBusy says that the hub is being examined already.
var ErrBusy = errors.New("doctor: the hub is being examined already")

// Try asks a credential's service about it, without sending to a device. It
// returns soon after ctx ends.
type Try func(ctx context.Context, cred hub.Credential) pns.Diagnosis

// Doctor examines hubs. It is safe for concurrent use.
type Doctor struct {
	clock clock.Clock
	try   Try
	slots chan struct{}

	mu   sync.Mutex
	busy map[string]bool // hubs, by their names in lower case
}

// New returns a Doctor that tells the time by c.
func New(c clock.Clock, try Try) *Doctor {
	return &Doctor{clock: c, try: try, slots: make(chan struct{}, atOnce), busy: map[string]bool{}}
}

// Examine tries every credential of a hub, several at once, and reports in the
// order of creds. Of several calls for one hub at a time all but the first get
// ErrBusy; when ctx ends the error is its.
func (d *Doctor) Examine(ctx context.Context, name string, creds []hub.Credential) (Report, error) {
	if !d.begin(name) {
		return Report{}, ErrBusy
	}
	defer d.end(name)
	r := Report{Hub: name, At: d.clock.Now().UTC(), Findings: []Finding{}}
	if len(creds) == 0 {
		r.Add(Finding{About: AboutHub, Severity: Warning, Text: "the hub has no credential: nothing can be sent until it gets one"})
	}
	for i, diagnosis := range d.tryAll(ctx, creds) {
		p, other := creds[i].Platform, diagnosis.Instead
		if other != 0 && !slices.ContainsFunc(creds, func(c hub.Credential) bool { return c.Platform == other }) {
			r.Add(Finding{About: p.String(), Severity: Warning, Text: fmt.Sprintf(
				"%s, and the hub has none: nothing can be sent to %s until it gets one", diagnosis.Sentence, p)})
			continue
		}
		r.Add(findings(r.At, p, diagnosis)...)
	}
	return r, ctx.Err()
}

func (d *Doctor) begin(name string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	name = strings.ToLower(name)
	if d.busy[name] {
		return false
	}
	d.busy[name] = true
	return true
}

func (d *Doctor) end(name string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.busy, strings.ToLower(name))
}

func (d *Doctor) tryAll(ctx context.Context, creds []hub.Credential) []pns.Diagnosis {
	ctx, cancel := context.WithTimeout(ctx, hubTime)
	defer cancel()
	all := make([]pns.Diagnosis, len(creds))
	var wg sync.WaitGroup
	for i := range creds {
		wg.Go(func() { all[i] = d.tryOne(ctx, creds[i]) })
	}
	wg.Wait()
	return all
}

func (d *Doctor) tryOne(ctx context.Context, cred hub.Credential) pns.Diagnosis {
	select {
	case d.slots <- struct{}{}:
		defer func() { <-d.slots }()
	case <-ctx.Done():
	}
	if ctx.Err() != nil { // also where a place came free at the last moment
		return pns.Diagnosis{Sentence: "it was not checked, since others took all the time: try again later"}
	}
	ctx, cancel := context.WithTimeout(ctx, probeTime)
	defer cancel()
	return d.try(ctx, cred)
}
