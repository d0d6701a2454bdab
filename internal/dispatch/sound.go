package dispatch

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/fanfare-hub/fanfare/internal/store"
)

// maxSoundings is how many devices, one after the other, must fail before a
// failure that may be a device's own is taken for the service's.
const maxSoundings = 5

// take decides what an ended page means for the range, and returns what can be
// committed for it: nothing while others are sounded.
func (r *rangeRun) take(rep *report) []*report {
	switch {
	case rep.failure == nil:
		r.st.end(rep.in, false)
		if rep.answered { // not by a device that was skipped
			return append(r.works(), rep)
		}
		return []*report{rep}
	case !rep.failure.doubt:
		r.doubted = append(r.doubted, rep)
		return r.fails(rep.failure)
	}
	r.doubted = append(r.doubted, rep)
	r.probing = true
	if rep.probe {
		r.sounded++
	}
	if r.sounded < maxSoundings {
		return nil
	}
	return r.fails(mildest(r.doubted))
}

// mildest is the failure whose wait is the shortest: what one device asked for
// must not make all others wait.
func mildest(failed []*report) *fail {
	return slices.MinFunc(failed, func(a, b *report) int { return cmp.Compare(a.failure.retryAfter, b.failure.retryAfter) }).failure
}

// works notes that the service has answered a device. What was in doubt failed
// for its devices' own sakes.
func (r *rangeRun) works() (settled []*report) {
	if !r.st.FailingSince.IsZero() {
		r.st.recovered(r.now())
	}
	r.probing, r.sounded = false, 0
	for _, rep := range r.doubted {
		own := rep.own()
		r.st.end(own.in, own.untouched())
		settled = append(settled, own)
	}
	r.doubted = nil
	return settled
}

// fails notes that the service fails: with it the reports in doubt, which it
// returns.
func (r *rangeRun) fails(f *fail) (settled []*report) {
	settled, r.doubted = r.doubted, nil
	r.failure = f
	began := settled[0].began
	for _, rep := range settled {
		r.st.end(rep.in, rep.untouched())
		began = earlier(began, rep.began)
	}
	if r.st.FailingSince.IsZero() {
		r.st.FailingSince = began
	}
	return settled
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// pick reads one device from anywhere in what is left of the range: the first
// may be the one that always fails.
func (r *rangeRun) pick(rd store.Reader) (page, error) {
	in, at := r.st.anywhere(rand.Int64N)
	p, err := r.readPage(rd, interval{After: at, Last: in.Last, Repeat: in.Repeat}, 1)
	if err == nil && len(p.devices) == 0 {
		p, err = r.readPage(rd, in, 1)
	}
	return p, err
}

// anywhere returns an interval that is left and a number in it, the last one
// excluded. n is rand.Int64N.
func (st *rangeState) anywhere(n func(int64) int64) (in interval, at int64) {
	var all int64
	for _, in := range st.Left {
		all += in.Last - in.After
	}
	skip := n(all)
	for _, in = range st.Left {
		if size := in.Last - in.After; skip >= size {
			skip -= size
			continue
		}
		break
	}
	return in, in.After + skip
}

// begin moves a page's interval, which is a part of one that is left, to Open; an
// empty page is done.
func (st *rangeState) begin(p *page) {
	i := slices.IndexFunc(st.Left, func(in interval) bool { return in.After <= p.in.After && p.in.Last <= in.Last })
	before, after := st.Left[i], st.Left[i]
	before.Last, after.After = p.in.After, p.in.Last
	rest := slices.DeleteFunc([]interval{before, after}, func(in interval) bool { return in.After == in.Last })
	st.Left = slices.Replace(st.Left, i, i+1, rest...)
	if len(p.devices) > 0 {
		st.Open = append(st.Open, p.in)
	}
}

// end takes a page out of Open; back says that nothing of it was settled.
func (st *rangeState) end(in interval, back bool) {
	st.Open = slices.DeleteFunc(st.Open, func(o interval) bool { return o.After == in.After })
	if back {
		in.Repeat = false
		st.Left = append(st.Left, in)
		st.sort()
	}
}

// sort puts what is left in order, and joins what was cut apart.
func (st *rangeState) sort() {
	slices.SortFunc(st.Left, func(a, b interval) int { return int(a.After - b.After) })
	joined := st.Left[:0]
	for _, in := range st.Left {
		if last := len(joined) - 1; last >= 0 && joined[last].Last == in.After && joined[last].Repeat == in.Repeat {
			joined[last].Last = in.Last
			continue
		}
		joined = append(joined, in)
	}
	st.Left = joined
}
