package dispatch

import (
	"cmp"
	"encoding/binary"
	"errors"
	"slices"
	"time"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pns"
)

// maxNotes bounds a page's notes, in bytes. Correlation ids go first, then the
// notes that fewest devices share.
const maxNotes = 64 << 10

const notesVersion = 1

// What the second byte of packed notes says.
const (
	leftOutIDs   = 1 << iota // correlation ids did not fit
	leftOutNotes             // some notes did not fit
)

// What a group's entries have.
const (
	hasFinal = 1 << iota
	hasOwnID
	hasCorrelation
	hasExtra
	hasIdentity
)

// packNotes writes notes in groups of equal gist: each gist once, then the
// devices, as distances between their numbers. A thousand equal answers are a
// few KiB.
func packNotes(notes []note) []byte {
	if len(notes) == 0 {
		return nil
	}
	groups := groupNotes(notes)
	out, whole := packGroups(groups, true)
	if whole {
		return out
	}
	if out, whole = packGroups(groups, false); !whole {
		out[1] |= leftOutNotes
	}
	out[1] |= leftOutIDs
	return out
}

// groupNotes returns the groups, the largest first, each in order of number.
func groupNotes(notes []note) [][]note {
	byGist := map[gist]int{}
	var groups [][]note
	for _, n := range notes {
		at, ok := byGist[n.gist]
		if !ok {
			at = len(groups)
			byGist[n.gist] = at
			groups = append(groups, nil)
		}
		groups[at] = append(groups[at], n)
	}
	for _, g := range groups {
		slices.SortFunc(g, func(a, b note) int { return cmp.Compare(a.number, b.number) })
	}
	slices.SortStableFunc(groups, func(a, b []note) int { return len(b) - len(a) })
	return groups
}

func packGroups(groups [][]note, ids bool) (out []byte, whole bool) {
	out, whole = []byte{notesVersion, 0}, true
	for _, g := range groups {
		head, flags, base := packHead(g, ids)
		var entries []byte
		count, before := 0, int64(0)
		for i := range g {
			e := packEntry(&g[i], flags, before, base)
			if len(out)+len(head)+binary.MaxVarintLen32+len(entries)+len(e) > maxNotes {
				whole = false
				break
			}
			entries = append(entries, e...)
			before = g[i].number
			count++
		}
		if count > 0 {
			out = append(binary.AppendUvarint(append(out, head...), uint64(count)), entries...)
		}
	}
	return out, whole
}

func packHead(g []note, ids bool) (head []byte, flags byte, base int64) {
	n := &g[0]
	base = n.at.UnixMilli()
	for i := range g {
		base = min(base, g[i].at.UnixMilli())
		if g[i].extra != 0 {
			flags |= hasExtra
		}
		if g[i].who != (identity{}) {
			flags |= hasIdentity
		}
		if ids && g[i].correlation != "" {
			flags |= hasCorrelation
		}
	}
	if n.final {
		flags |= hasFinal
	}
	if n.ownID {
		flags |= hasOwnID
	}
	head = []byte{byte(n.event), byte(n.class), byte(n.outcome), byte(n.ruling), byte(n.again), flags}
	head = binary.AppendUvarint(head, uint64(n.credential))
	head = appendText(head, n.reason)
	head = appendText(head, n.before)
	return binary.AppendUvarint(head, uint64(base)), flags, base
}

func packEntry(n *note, flags byte, before, base int64) []byte {
	b := binary.AppendUvarint(nil, uint64(n.number-before))
	b = binary.AppendUvarint(b, uint64(n.at.UnixMilli()-base))
	if flags&hasExtra != 0 {
		b = binary.AppendUvarint(b, uint64(n.extra))
	}
	if flags&hasCorrelation != 0 {
		b = appendText(b, n.correlation)
	}
	if flags&hasIdentity != 0 {
		b = append(append(append(b, n.who.registration[:]...), n.who.installation[:]...), n.who.handle[:]...)
	}
	return b
}

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

var errNotes = errors.New("dispatch: notes that cannot be read")

// unpackNotes reads what packNotes wrote. leftOut says what had no room.
func unpackNotes(b []byte) (notes []note, leftOut byte, err error) {
	if len(b) == 0 {
		return nil, 0, nil
	}
	if len(b) < 2 || b[0] != notesVersion {
		return nil, 0, errNotes
	}
	r := &noteReader{b: b[2:]}
	for len(r.b) > 0 && !r.bad {
		notes = r.group(notes)
	}
	if r.bad {
		return nil, 0, errNotes
	}
	return notes, b[1], nil
}

// noteReader takes packed notes apart; bad says that they were cut short.
type noteReader struct {
	b   []byte
	bad bool
}

func (r *noteReader) take(n uint64) []byte {
	if r.bad || n > uint64(len(r.b)) {
		r.bad = true
		return nil
	}
	out := r.b[:n]
	r.b = r.b[n:]
	return out
}

func (r *noteReader) number() int64 {
	v, n := binary.Uvarint(r.b)
	if n <= 0 || r.bad {
		r.bad = true
		return 0
	}
	r.b = r.b[n:]
	return int64(v)
}

func (r *noteReader) text() string { return string(r.take(uint64(r.number()))) }

func (r *noteReader) group(notes []note) []note {
	head := r.take(6)
	if r.bad {
		return nil
	}
	flags := head[5]
	g := gist{
		event: event(head[0]), class: pns.Class(head[1]), outcome: hub.Outcome(head[2]), ruling: ruling(head[3]), again: pns.Again(head[4]),
		final: flags&hasFinal != 0, ownID: flags&hasOwnID != 0,
		credential: r.number(), reason: r.text(), before: r.text(),
	}
	base := r.number()
	number := int64(0)
	for count := r.number(); count > 0 && !r.bad; count-- {
		n := note{gist: g}
		number += r.number()
		n.number, n.at = number, time.UnixMilli(base+r.number()).UTC()
		if flags&hasExtra != 0 {
			n.extra = r.number()
		}
		if flags&hasCorrelation != 0 {
			n.correlation = r.text()
		}
		if flags&hasIdentity != 0 {
			for _, h := range []*hash{&n.who.registration, &n.who.installation, &n.who.handle} {
				copy(h[:], r.take(uint64(len(h))))
			}
		}
		notes = append(notes, n)
	}
	return notes
}
