package pnssim

import (
	"cmp"
	"context"
	"slices"
	"strings"
)

// Query selects pushes.
type Query struct {
	Service Service // "": every service's
	Handle  string  // a device of Service; "": every device's
	After   int64   // only those with a higher number
	Limit   int     // at most so many, the oldest first
}

// Page is what a Query found.
type Page struct {
	Pushes []Received
	More   bool  // there are more than Limit
	Last   int64 // the number of the newest push of all
}

// Pushes returns a page of what devices got. What was dropped over the bounds
// (Config.History for a device, 100,000 in all) is not in it.
func (s *Sim) Pushes(q Query) Page {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.inbox.page(q)
}

// Await returns what Pushes does as soon as that is n pushes, n being no more
// than the limit. It ends early with ctx or with the Sim.
func (s *Sim) Await(ctx context.Context, q Query, n int) (p Page, err error) {
	err = s.until(ctx, n, func() int {
		p = s.inbox.page(q)
		return len(p.Pushes)
	})
	return p, err
}

// Push returns the push with a number; false if it never was, or is dropped.
func (s *Sim) Push(number int64) (Received, bool) {
	p := s.Pushes(Query{After: number - 1, Limit: 1})
	if len(p.Pushes) == 0 || p.Pushes[0].Number != number {
		return Received{}, false
	}
	return p.Pushes[0], true
}

func (b *inbox) page(q Query) Page {
	p := Page{Last: b.last}
	take := func(r Received) (full bool) {
		if p.More = len(p.Pushes) >= q.Limit; !p.More {
			p.Pushes = append(p.Pushes, r)
		}
		return p.More
	}
	if q.Handle != "" {
		got := b.byDevice[key(q.Service, q.Handle)]
		for i := place(got, q.After+1); i < len(got) && !take(got[i]); i++ {
		}
		return p
	}
	at, _ := slices.BinarySearchFunc(b.order, q.After+1, func(a arrival, n int64) int { return cmp.Compare(a.number, n) })
	for _, a := range b.order[at:] {
		if q.Service != "" && a.device.service != q.Service {
			continue
		}
		got := b.byDevice[a.device]
		i := place(got, a.number)
		if i < len(got) && got[i].Number == a.number && take(got[i]) {
			break
		}
	}
	return p
}

// place is where the push with a number stands among a device's, or would.
func place(got []Received, number int64) int {
	i, _ := slices.BinarySearchFunc(got, number, func(r Received, n int64) int { return cmp.Compare(r.Number, n) })
	return i
}

// Device is one that got something, or whose fate was set.
type Device struct {
	Service Service
	Handle  string    // in the form in which handles are compared
	Pushes  int       // that are kept
	Last    *Received // nil: none is kept
	Fate    Fate      // the one that was set, or that the handle asks for
	Set     bool      // the fate was set
}

// Key tells devices apart, and orders them: the service, a slash, the handle.
func (d Device) Key() string { return string(d.Service) + "/" + d.Handle }

// Devices returns at most limit devices of a service ("": of every one), in the
// order of their keys, from the one after a key on; and whether there are more.
func (s *Sim) Devices(svc Service, after string, limit int) (page []Device, more bool) {
	first, handle, _ := strings.Cut(after, "/")
	from := device{Service(first), handle}
	var all []device
	take := func(k device) {
		if (svc == "" || k.service == svc) && compare(k, from) > 0 {
			all = append(all, k)
		}
	}
	s.mu.Lock()
	for k := range s.inbox.byDevice {
		take(k)
	}
	for k := range s.fates {
		if s.inbox.byDevice[k] == nil {
			take(k)
		}
	}
	s.mu.Unlock()
	slices.SortFunc(all, compare) // of many thousand devices: pushes shall not wait for it
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, k := range all[:min(len(all), limit)] {
		page = append(page, s.device(k))
	}
	return page, len(all) > limit
}

// Device looks at one device. Any well-formed handle is one, also where nothing
// has come to it yet.
func (s *Sim) Device(svc Service, handle string) Device {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.device(key(svc, handle))
}

func compare(a, b device) int {
	return cmp.Or(cmp.Compare(a.service, b.service), cmp.Compare(a.handle, b.handle))
}

// device looks at a device. The caller holds mu.
func (s *Sim) device(k device) Device {
	d := Device{Service: k.service, Handle: k.handle, Fate: s.fateOf(k)}
	_, d.Set = s.fates[k]
	if got := s.inbox.byDevice[k]; len(got) > 0 {
		last := got[len(got)-1]
		d.Pushes, d.Last = len(got), &last
	}
	return d
}
