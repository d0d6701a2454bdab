package dispatch

import (
	"math"
	"time"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/store"
	"github.com/fanfare-hub/fanfare/internal/tagexpr"
)

// end is what a stream returns when it has no more numbers.
const end = math.MaxInt64

// stream is an ordered set of registration numbers.
type stream interface {
	// seek returns the smallest number that is not below at, or end. Calls
	// never go back.
	seek(at int64) (int64, error)
}

// audience turns an expression (nil: everyone) into the numbers in (after, last].
func audience(r store.Audience, s store.Selector, expr tagexpr.Node, in interval) stream {
	scan := func() stream {
		return newPostings(func(after int64, limit int) ([]int64, error) {
			return r.Scan(s, after, in.Last, limit)
		}, in.After)
	}
	if expr == nil {
		return scan()
	}
	tag := func(name string) stream {
		return newPostings(func(after int64, limit int) ([]int64, error) {
			return r.Numbers(s, name, after, in.Last, limit)
		}, in.After)
	}
	return compile(expr, tag, scan)
}

// compile builds the merge. A negation is subtracted from what it is joined
// with; one that stands alone, from the scan of all registrations.
func compile(n tagexpr.Node, tag func(string) stream, scan func() stream) stream {
	build := func(n tagexpr.Node) stream { return compile(n, tag, scan) }
	switch n := n.(type) {
	case *tagexpr.Tag:
		return tag(n.Name)
	case *tagexpr.Or:
		return &union{build(n.X), build(n.Y)}
	case *tagexpr.Not:
		return &difference{scan(), build(n.X)}
	case *tagexpr.And:
		if not, ok := n.Y.(*tagexpr.Not); ok {
			return &difference{build(n.X), build(not.X)}
		}
		if not, ok := n.X.(*tagexpr.Not); ok {
			return &difference{build(n.Y), build(not.X)}
		}
		return &intersection{build(n.X), build(n.Y)}
	}
	panic("dispatch: an expression of an unknown kind")
}

type union struct{ x, y stream }

func (u *union) seek(at int64) (int64, error) {
	x, err := u.x.seek(at)
	if err != nil {
		return 0, err
	}
	y, err := u.y.seek(at)
	return min(x, y), err
}

type intersection struct{ x, y stream }

func (i *intersection) seek(at int64) (int64, error) {
	for {
		x, err := i.x.seek(at)
		if err != nil || x == end {
			return x, err
		}
		y, err := i.y.seek(x)
		if err != nil || y == x {
			return y, err
		}
		at = y
		if at == end {
			return end, nil
		}
	}
}

type difference struct{ x, y stream }

func (d *difference) seek(at int64) (int64, error) {
	for {
		x, err := d.x.seek(at)
		if err != nil || x == end {
			return x, err
		}
		y, err := d.y.seek(x)
		if err != nil || y != x {
			return x, err
		}
		at = x + 1
	}
}

// Chunks of a posting list grow while it is read in order, and start small
// again after a jump: the partner in an intersection is sparse there.
const (
	minChunk = 16
	maxChunk = 4096
)

// postings is one posting list, read in chunks.
type postings struct {
	read   func(after int64, limit int) ([]int64, error)
	chunk  []int64
	after  int64 // the last number read
	limit  int
	ending bool // the chunk is the last one
}

func newPostings(read func(int64, int) ([]int64, error), after int64) *postings {
	return &postings{read: read, after: after, limit: minChunk}
}

func (p *postings) seek(at int64) (int64, error) {
	for {
		for i, n := range p.chunk {
			if n >= at {
				p.chunk = p.chunk[i:]
				return n, nil
			}
		}
		p.chunk = nil
		if p.ending {
			return end, nil
		}
		if at-1 > p.after {
			p.after, p.limit = at-1, minChunk
		}
		chunk, err := p.read(p.after, p.limit)
		if err != nil {
			return 0, err
		}
		p.ending = len(chunk) < p.limit
		p.chunk = chunk
		if len(chunk) > 0 {
			p.after = chunk[len(chunk)-1]
		}
		p.limit = min(p.limit*4, maxChunk)
	}
}

// device is one target of a page and what is known before it is sent to.
type device struct {
	target store.Target
	entry  entry // what a list said of it; zero in a range
	// settled devices are not sent to: outcome is theirs already, and event
	// and extra say why, as in a note.
	settled bool
	outcome hub.Outcome
	event   event
	extra   int64
	reason  string
	trial   bool      // a suspect that is tried again
	sentAt  time.Time // when the attempt began
}

// number is the one under which the log knows the device: its registration's,
// or its place in a direct send.
func (dv *device) number() int64 {
	if dv.entry.Direct > 0 {
		return int64(dv.entry.Direct)
	}
	return dv.target.Number
}

// unsent settles a device that is not sent to.
func (dv *device) unsent(o hub.Outcome, why event, extra int64) {
	dv.settled, dv.outcome, dv.event, dv.extra = true, o, why, extra
}

// page is a run of devices that are sent to, and committed, together.
type page struct {
	in      interval // the registration numbers that it answers for
	devices []device
	probe   bool // asks whether the service has come back: any failure says no
}

// readPage reads the first page of the interval, at most limit devices. The
// page's own interval ends where the next one begins.
func (j *send) readPage(r store.Reader, in interval, limit int) (page, error) {
	numbers, err := take(audience(r, j.selector, j.expr, in), in.After, limit)
	if err != nil {
		return page{}, err
	}
	p := page{in: in}
	if len(numbers) == limit {
		p.in.Last = numbers[len(numbers)-1]
	}
	if len(numbers) == 0 {
		return p, nil
	}
	targets, err := r.Targets(j.selector, numbers, false, j.now())
	if err != nil {
		return page{}, err
	}
	healthy, err := j.healthy(r)
	if err != nil {
		return page{}, err
	}
	first := map[string]int64{}
	for _, t := range targets {
		dv := device{target: t}
		if err := j.settle(r, &dv, healthy, first); err != nil {
			return page{}, err
		}
		p.devices = append(p.devices, dv)
	}
	return p, nil
}

// take reads up to limit numbers above after.
func take(s stream, after int64, limit int) ([]int64, error) {
	var out []int64
	for len(out) < limit {
		n, err := s.seek(after + 1)
		if err != nil {
			return nil, err
		}
		if n == end {
			break
		}
		out = append(out, n)
		after = n
	}
	return out, nil
}

// settle decides the devices that are not sent to: duplicates and suspects.
// first remembers, for a page, who takes the one copy of a shared handle.
func (j *send) settle(r store.Reader, dv *device, healthy bool, first map[string]int64) error {
	t := &dv.target
	if t.Shared && j.selector.Kind == hub.Native {
		key := hub.HandleKey(j.selector.Platform, t.Handle)
		n, known := first[key]
		if !known {
			var err error
			if n, err = j.firstOf(r, t.Handle); err != nil {
				return err
			}
			first[key] = n
		}
		if n < t.Number {
			dv.unsent(hub.Skipped, duplicate, n)
			return nil
		}
	}
	j.settleSuspect(dv, t.SuspectSince, healthy)
	return nil
}

// settleSuspect drops a suspect, or puts it on trial once its delay is over and
// the service is answering well.
func (j *send) settleSuspect(dv *device, since time.Time, healthy bool) {
	switch {
	case since.IsZero():
	case healthy && j.now().Sub(since) >= j.d.cfg.SuspectAfter:
		dv.trial = true
	default:
		dv.unsent(hub.Dropped, suspected, since.UnixMilli())
	}
}

// firstOf returns the registration that takes a handle's one copy: the lowest
// number that matches, and has been what it is since the send began; end if
// there is none.
func (j *send) firstOf(r store.Reader, handle string) (int64, error) {
	first := int64(end)
	err := r.Sharing(j.selector, handle, j.now(), func(t store.Target) bool {
		if t.Changed <= j.seq && matches(j.expr, t.Tags) {
			first = t.Number
		}
		return first == end
	})
	return first, err
}

// matches evaluates an expression (nil: everyone) on a registration's own tags.
func matches(expr tagexpr.Node, tags []string) bool {
	return expr == nil || tagexpr.Match(expr, carried(tags))
}

// carried is a registration's tags as package tagexpr asks for them.
func carried(tags []string) func(folded string) bool {
	set := make(map[string]bool, len(tags))
	for _, t := range tags {
		set[tagexpr.Fold(t)] = true
	}
	return func(folded string) bool { return set[folded] }
}
