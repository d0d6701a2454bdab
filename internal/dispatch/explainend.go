package dispatch

import (
	"fmt"
	"strings"
	"time"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pns"
	"github.com/fanfare-hub/fanfare/internal/store"
)

// classWords say what came of an attempt.
var classWords = [...]string{
	pns.Unknown:    "was sent and never answered: it may have arrived",
	pns.OK:         "was accepted",
	pns.Drop:       "was answered: the handle is dead",
	pns.Update:     "was accepted, and the handle replaced",
	pns.Retry:      "met a trouble that may pass",
	pns.Reconnect:  "lost its connection",
	pns.Credential: "was refused for the hub's credential",
	pns.Body:       "was refused for good, which says nothing against the handle",
	pns.Hold:       "was refused for this handle, which is kept",
	pns.Unsent:     "did not reach the push service",
}

var againWords = map[pns.Again]string{
	pns.WithFreshToken: "a fresh access token", pns.WithOtherEnvironment: "the other environment", pns.WithNewConn: "another connection",
}

// showAttempts tells every attempt, with the push service's own answer.
func (q *inquiry) showAttempts(f *finding, s *subject) {
	made := 0
	for i := range s.notes {
		n := &s.notes[i]
		if n.event != tried {
			continue
		}
		made++
		word := "ended in a way that this version does not know"
		if int(n.class) < len(classWords) {
			word = classWords[n.class]
		}
		again := ""
		if n.again != pns.No {
			again = fmt.Sprintf(", at a second try at once with %s, the first having been answered%s", againWords[n.again], quoted(n.before))
		}
		step := f.step("attempt", "Attempt %d %s%s; credential version %d.", made, word, again, n.credential)
		step.At, step.Answer, step.Correlation = n.at, n.reason, n.correlation
		if n.ownID {
			step.Correlation = q.ownID(s)
		}
	}
	if s.outcome == nil || *s.outcome != hub.Success || s.last() != nil {
		return
	}
	step := f.step("attempt", "Attempt %d was accepted. Of a plain success the log keeps the time of its commit, and no words of the service.", made+1)
	step.At = s.endedAt
	if s.platform == hub.APNs {
		step.Correlation = q.ownID(s) // the apns-id that was sent
	}
}

// ownID is the message id that the device's requests carried; "" if the
// registration, of whose id it is made, is gone.
func (q *inquiry) ownID(s *subject) string {
	switch {
	case s.direct:
		return messageID(q.n.ID, messageOwner("", int(s.number)))
	case s.reg != nil:
		return messageID(q.n.ID, s.reg.ID)
	case s.who.registration == hashOf("registration", q.device):
		return messageID(q.n.ID, q.device)
	}
	return ""
}

// showHandle says what became of the handle, and what is held against it now.
func (q *inquiry) showHandle(f *finding, s *subject) {
	for i := range s.notes {
		switch n := &s.notes[i]; n.ruling {
		case toDelete, toSuspect, doubted:
			f.step("handle", "Called dead: %s.", s.fate(n)).At = n.at
		case replaced:
			f.step("handle", "The push service gave a new handle, which has taken its place.").At = n.at
		case cleared:
			f.step("handle", "The handle was a suspect and was tried: it is not one any more.").At = n.at
		case otherWorked:
			f.step("handle", "The handle works in the other environment, which is tried first from now on.").At = n.at
		}
	}
	since := s.target.SuspectSince
	if since.IsZero() {
		return
	}
	f.step("handle", "It is suspected of being dead, and not sent to before %s; fanfare hub suspects can confirm or clear it.", stamp(since.Add(q.d.cfg.SuspectAfter))).At = since
}

// showGaps says what is no longer known.
func (q *inquiry) showGaps(f *finding, s *subject) {
	if s.outcome != nil && *s.outcome != hub.Success && s.last() == nil {
		f.step("unknown", "The log has the outcome and no note of the answer: it had no room, or was written by another version of Fanfare.")
	} else if q.lacking {
		f.step("unknown", "Some notes of this send had no room in the log: attempts may be missing.")
	}
	if q.cutIDs {
		f.step("unknown", "Some correlation ids of this send had no room in the log.")
	}
	if q.n.PerhapsTwice > 0 && f.Cause == Delivered {
		f.step("unknown", "A process ended in the middle of the send: up to %d of its devices may have got it twice.", q.n.PerhapsTwice)
	}
	if s.reg == nil && !s.direct {
		f.step("unknown", "Tags, template and handle of the registration that is gone are no longer known.")
	}
	if q.n.State.Final() {
		f.step("unknown", "All of this is kept until %s.", stamp(q.n.EndedAt.Add(q.d.cfg.Retention)))
	}
}

// concludeUnsent is conclude for a scheduled send that has not begun.
func (q *inquiry) concludeUnsent(f *finding) {
	if q.n.State == hub.Canceled {
		f.Cause, f.Verdict = Withdrawn, fmt.Sprintf("Nobody gets it: the send was scheduled for %s, and cancelled at %s.", stamp(q.n.ScheduledAt), stamp(q.n.EndedAt))
		return
	}
	f.Cause, f.Verdict = NotYetDue, fmt.Sprintf("The send is scheduled for %s, and reaches whom it is for then.", stamp(q.n.ScheduledAt))
	if f.failed != "" {
		f.Verdict += " As things are now this is not one of them: " + strings.ToLower(f.why[:1]) + f.why[1:]
	}
	f.step("waiting", "It waits for its time.").At = q.n.ScheduledAt
}

// nobody explains a device of which nothing is known that the send reached.
func (q *inquiry) nobody() Explained {
	f := &finding{}
	switch {
	case q.n.Direct != nil:
		f.Cause = NotAddressed
		f.Verdict = fmt.Sprintf("The send is a direct one to %s, and none of them is this device's.", counted(len(q.n.Direct), "handle"))
	case q.channel != nil && q.channel.ChannelExpired:
		f.Cause, f.Verdict = q.expired(q.channel)
	case q.n.State == hub.Scheduled:
		f.Cause = DeviceUnknown
		f.Verdict = fmt.Sprintf("No installation, registration, user or handle of this name is known now; the send is scheduled for %s, and reaches whom it is for then.", stamp(q.n.ScheduledAt))
	default:
		f.Cause = DeviceUnknown
		f.Verdict = "No installation, registration, user or handle of this name is known now, and this send did not delete one; what was deleted otherwise is no longer known."
	}
	about := "registration"
	if f.Cause == DeviceUnknown {
		about = "unknown"
	}
	f.step(about, "%s", f.Verdict)
	if q.channel != nil {
		f.InstallationID, f.Platform = q.channel.ID, q.channel.Platform.String()
	}
	return f.Explained
}

// expired is for an installation whose channel is marked as expired.
func (q *inquiry) expired(i *hub.Installation) (Cause, string) {
	end := q.ends[i.ID]
	switch {
	case end.At.IsZero() && !i.UpdatedAt.After(q.began()):
		return ChannelExpired, fmt.Sprintf("The installation's channel had been marked as expired before the send, since its push service had called it dead; when is no longer known (%s at the latest).", stamp(i.UpdatedAt))
	case end.At.IsZero():
		return DeviceUnknown, "The installation's channel is marked as expired; whether it was so before the send is no longer known."
	case !end.At.After(q.began()):
		return ChannelExpired, fmt.Sprintf("The installation's channel had been marked as expired before the send, at %s: %s.", stamp(end.At), how(end))
	}
	return DeviceUnknown, fmt.Sprintf("The installation's channel was marked as expired at %s, after the send had begun: %s; which registrations it had at the send is no longer known.", stamp(end.At), how(end))
}

// how says on whose word a channel was marked as expired.
func how(end store.ChannelEnd) string {
	if end.Notification == "" {
		return "an operator had confirmed that it is dead"
	}
	return fmt.Sprintf("its push service had answered the notification %s with %s", end.Notification, end.Outcome)
}

// formerly says of an installation with a channel how it lost the one before; ""
// where that is told already, or it lost none.
func (q *inquiry) formerly(installation string) string {
	end := q.ends[installation]
	switch {
	case end.At.IsZero() || end.Notification == q.n.ID:
		return ""
	case end.At.After(q.began()):
		return fmt.Sprintf("; the channel that its installation had before was marked as expired at %s, after the send had begun (%s), and whether the send reached that is no longer known", stamp(end.At), how(end))
	}
	return fmt.Sprintf("; the channel that its installation had before had been marked as expired at %s, before the send (%s)", stamp(end.At), how(end))
}

// began is when the send began, or now.
func (q *inquiry) began() time.Time {
	if q.n.StartedAt.IsZero() {
		return q.now
	}
	return q.n.StartedAt
}
