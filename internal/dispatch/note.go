package dispatch

import (
	"crypto/sha256"
	"strings"
	"time"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pns"
	"github.com/fanfare-hub/fanfare/internal/store"
)

// event is what a note is about. Stored; do not renumber.
type event uint8

const (
	tried         event = iota // an attempt was made: the gist says what came of it
	unrendered                 // no attempt: its template could not be rendered
	noConnector                // no attempt: this program has no connector for the platform
	noCredential               // no attempt: the hub had no credential
	badCredential              // no attempt: no connector could be built for the credential
	duplicate                  // not sent to: extra is the number, or the place in a direct send, that has the handle's one copy
	suspected                  // not sent to: its handle is a suspect since extra (ms since 1970)
	ranOut                     // not sent to: the time for retries was over
	tooOld                     // not sent to: the notification's own expiry had passed
	wentAway                   // not sent to again: its registration was gone
	unmatched                  // not sent to again: its tags did not match any more
	malformed                  // not sent to: its handle is not one of the platform
)

// ruling is what was decided of a handle after an answer. Stored.
type ruling uint8

const (
	unruled     ruling = iota
	toDelete           // to be deleted, unless it was written since
	toSuspect          // called dead while too many were: kept, and suspected
	doubted            // malformed where nothing had been accepted yet: kept
	replaced           // the service gave a new one
	cleared            // a suspect that is none any more
	otherWorked        // it works in the environment that the credential does not name
)

// gist is what the notes of many devices have in common.
type gist struct {
	event      event
	class      pns.Class // with tried, like all below
	outcome    hub.Outcome
	ruling     ruling
	final      bool   // the device's outcome is this one
	reason     string // in the service's own words
	again      pns.Again
	before     string // with again: the answer to the first try
	credential int64  // the version that was in use; 0: none
	ownID      bool   // the correlation id is our own message id
}

// note is what the log keeps of one device beyond its outcome.
type note struct {
	gist
	number      int64 // as in logEntry
	at          time.Time
	extra       int64  // see event; of a dead handle: dead since, in ms since 1970
	correlation string // the service's id for the request
	who         identity
}

// hash is the beginning of a SHA-256: the log shows neither handles nor ids.
type hash [8]byte

// identity tells whose number it was once the registration is gone: kept only
// where the note is about its end, or what may become it.
type identity struct{ registration, installation, handle hash }

func hashOf(kind, text string) (h hash) {
	if text != "" {
		sum := sha256.Sum256([]byte(kind + "\n" + text))
		copy(h[:], sum[:])
	}
	return h
}

func handleHash(p hub.Platform, handle string) hash {
	return hashOf("handle "+p.String(), hub.HandleKey(p, handle))
}

func identityOf(p hub.Platform, t *store.Target) identity {
	return identity{hashOf("registration", t.RegistrationID), hashOf("installation", t.InstallationID), handleHash(p, t.Handle)}
}

// noteUnsent notes why a device was not sent to.
func (j *send) noteUnsent(r *report, dv *device, o hub.Outcome) {
	r.notes = append(r.notes, note{
		gist: gist{event: dv.event, outcome: o, final: true, reason: dv.reason}, number: dv.number(), at: j.now(), extra: dv.extra,
	})
}

// noteAttempt notes an answer, unless it is a plain success.
func (j *send) noteAttempt(r *report, dv *device, a *answer) {
	if a.Class == pns.OK && a.Again == pns.No && !dv.trial {
		return
	}
	n := note{
		gist: gist{
			class: a.Class, outcome: a.Outcome, final: a.settles(), reason: pns.Reason(a.Reason),
			again: a.second, before: pns.Reason(a.before), credential: j.lane.version,
		},
		number: dv.number(), at: dv.sentAt, correlation: pns.Reason(a.Correlation),
	}
	if !a.DeadSince.IsZero() {
		n.extra = a.DeadSince.UnixMilli()
	}
	if n.correlation != "" && strings.EqualFold(n.correlation, j.target(dv).MessageID) {
		n.correlation, n.ownID = "", true
	}
	r.notes = append(r.notes, n)
}

// rule adds to the note at a place what was decided of the handle.
func (j *send) rule(r *report, at int, d ruling, t *store.Target) {
	n := &r.notes[at]
	n.ruling = d
	if (d == toDelete || d == toSuspect || d == replaced) && t.RegistrationID != "" {
		n.who = identityOf(j.selector.Platform, t)
	}
}
