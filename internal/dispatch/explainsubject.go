package dispatch

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/store"
	"github.com/fanfare-hub/fanfare/internal/tagexpr"
)

// subject is one registration, or one handle of a direct send, that is explained.
type subject struct {
	number   int64 // in the log
	platform hub.Platform
	reg      *hub.Registration // nil: gone, or a direct send's handle without one
	direct   bool
	who      identity     // of one that is gone
	target   store.Target // of reg, or of a direct send's handle
	other    string       // the id of the registration that has this handle's one copy
	outcome  *hub.Outcome
	endedAt  time.Time
	notes    []note // in the order written
}

// longAgo makes the store show what has expired and was not swept yet.
var longAgo = time.Unix(1, 0)

// findSubjects finds the registrations that device names, in whichever way.
func (q *inquiry) findSubjects(r store.Reader) error {
	regs, err := q.registrations(r)
	if err != nil {
		return err
	}
	if q.n.Direct != nil {
		q.findDirect(regs)
		return nil
	}
	q.more = len(regs) > maxExplained
	for i := range regs[:min(len(regs), maxExplained)] {
		q.subjects = append(q.subjects, &subject{number: regs[i].Number, platform: regs[i].Platform, reg: &regs[i]})
	}
	i, err := r.Installation(q.n.HubID, q.device, longAgo)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	q.channel = &i
	if err != nil {
		return err
	}
	return q.readEnd(r, i.ID)
}

// readEnd reads how an installation's channel was last called dead.
func (q *inquiry) readEnd(r store.Reader, installation string) error {
	if _, read := q.ends[installation]; read || installation == "" {
		return nil
	}
	end, err := r.ChannelEnd(q.n.HubID, installation)
	if errors.Is(err, store.ErrNotFound) {
		return nil // the registration outlives it for a moment
	}
	q.ends[installation] = end
	return err
}

// registrations returns those that device names, in order of number: one more
// than are explained if there are more.
func (q *inquiry) registrations(r store.Reader) ([]hub.Registration, error) {
	var out []hub.Registration
	add := func(more []hub.Registration, err error) error {
		for _, reg := range more {
			if !slices.ContainsFunc(out, func(o hub.Registration) bool { return o.Number == reg.Number }) {
				out = append(out, reg)
			}
		}
		return err
	}
	one, err := r.Registration(q.n.HubID, q.device, longAgo)
	switch {
	case err == nil:
		out = append(out, one)
	case !errors.Is(err, store.ErrNotFound):
		return nil, err
	}
	filters := []store.RegistrationFilter{{Handle: q.device}}
	if strings.HasPrefix(q.device, "$") {
		filters = append(filters, store.RegistrationFilter{Tag: q.device})
	} else if tagexpr.CheckSystemID(q.device) == nil {
		filters = append(filters, store.RegistrationFilter{Tag: "$InstallationId:{" + q.device + "}"}, store.RegistrationFilter{Tag: "$UserId:{" + q.device + "}"})
	}
	for _, f := range filters {
		if err := add(r.ListRegistrations(q.n.HubID, f, 0, maxExplained+1, longAgo)); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(out, func(a, b hub.Registration) int { return int(a.Number - b.Number) })
	return out, nil
}

// findDirect finds the device among the handles of a direct send: by its own
// handle, or by a registration's.
func (q *inquiry) findDirect(regs []hub.Registration) {
	p := q.n.Platform
	for i, h := range q.n.Direct {
		s := &subject{number: int64(i + 1), platform: p, direct: true, target: store.Target{Handle: h.Handle, Browser: h.Browser}}
		key := hub.HandleKey(p, h.Handle)
		named := hub.HandleKey(p, q.device) == key
		for k := range regs {
			if regs[k].Platform == p && hub.HandleKey(p, regs[k].Handle) == key {
				named, s.reg = true, &regs[k]
			}
		}
		if !named {
			continue
		}
		if len(q.subjects) == maxExplained {
			q.more = true
			return
		}
		q.subjects = append(q.subjects, s)
	}
}

// adopt takes up a number whose registration is gone, if the note of its end
// says that it was the device's.
func (q *inquiry) adopt(p hub.Platform, n *note) {
	if q.n.Direct != nil || n.who == (identity{}) || q.subject(n.number) != nil {
		return
	}
	named := n.who.registration == hashOf("registration", q.device) ||
		n.who.installation == hashOf("installation", q.device) || n.who.handle == handleHash(p, q.device)
	switch {
	case !named:
	case len(q.subjects) >= maxExplained:
		q.more = true
	default:
		q.subjects = append(q.subjects, &subject{number: n.number, platform: p, who: n.who})
	}
}

func (q *inquiry) subject(number int64) *subject {
	for _, s := range q.subjects {
		if s.number == number {
			return s
		}
	}
	return nil
}

// readState reads what the store knows of the subjects now.
func (q *inquiry) readState(r store.Reader) error {
	for _, s := range q.subjects {
		if err := q.readTarget(r, s); err != nil {
			return err
		}
		if err := q.readCredential(r, s.platform); err != nil {
			return err
		}
		if s.reg == nil {
			continue
		}
		if err := q.readEnd(r, s.reg.InstallationID); err != nil {
			return err
		}
	}
	return nil
}

func (q *inquiry) readTarget(r store.Reader, s *subject) error {
	if s.direct {
		suspects, err := r.Suspects(q.n.HubID, s.platform, []string{s.target.Handle})
		s.target.SuspectSince = suspects[s.target.Handle]
		return err
	}
	if s.reg == nil {
		return nil
	}
	of := store.Selector{HubID: q.n.HubID, Platform: s.platform, Kind: s.reg.Kind()}
	targets, err := r.Targets(of, []int64{s.number}, true, longAgo)
	if err != nil || len(targets) != 1 {
		return err
	}
	s.target = targets[0]
	if last := s.last(); last != nil && last.event == duplicate {
		others, err := r.Targets(of, []int64{last.extra}, false, longAgo)
		if len(others) == 1 {
			s.other = others[0].RegistrationID
		}
		return err
	}
	return nil
}

func (q *inquiry) readCredential(r store.Reader, p hub.Platform) error {
	service, ok := q.d.cfg.Connectors[p]
	if _, read := q.creds[p]; !ok || read {
		return nil
	}
	c, err := r.Credential(q.n.HubID, service.Credential)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	q.creds[p] = c
	return err
}

// last is the note of the device's end; nil: there is none.
func (s *subject) last() *note {
	for i := range slices.Backward(s.notes) {
		if s.notes[i].final {
			return &s.notes[i]
		}
	}
	return nil
}
