package dispatch

import (
	"fmt"
	"strings"
	"time"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pns"
)

// conclude finds the cause and writes the verdict.
func (q *inquiry) conclude(f *finding, s *subject) {
	if s.outcome != nil {
		f.Outcome = s.outcome.String()
		f.Cause, f.Verdict = q.ended(s)
		f.step("outcome", "It is counted as %s.", f.Outcome).At = s.endedAt
		return
	}
	if q.n.State == hub.Scheduled || q.n.State == hub.Canceled {
		q.concludeUnsent(f)
		return
	}
	w := q.listed(s)
	if w == nil && f.failed == "" {
		w = q.ranged(s)
	}
	switch {
	case w != nil:
		f.Cause, f.Verdict = w.cause, w.verdict()
		f.step("waiting", "%s", w.detail()).At = w.due
	case f.failed != "":
		f.Cause, f.Verdict = f.failed, "It is no part of the send: "+strings.ToLower(f.why[:1])+f.why[1:]
	case q.n.Test:
		f.Cause, f.Verdict = NotPicked, fmt.Sprintf("A test send reaches at most %d devices, chosen at random, and this one was not among them.", testDevices)
	case q.writtenSince(s):
		f.Cause, f.Verdict = ChangedSince, fmt.Sprintf("The send passed it by, though it would reach it as it is now: the registration was written after the send had begun (%s), and what it was before is no longer known.", stamp(s.reg.UpdatedAt))
	default:
		f.Cause, f.Verdict = Unaccounted, "It should be part of the send as it is now, and the log does not know it: nothing that is kept says why."
	}
}

func (q *inquiry) writtenSince(s *subject) bool {
	if q.n.Sequence > 0 {
		return s.target.Written > q.n.Sequence
	}
	return s.reg != nil && s.reg.UpdatedAt.After(q.n.StartedAt)
}

func (w *waiting) verdict() string {
	switch w.cause {
	case Queued:
		return "It has not been sent to yet: its turn comes."
	case InFlight:
		return "It is being sent to now."
	case WaitsForService:
		return fmt.Sprintf("It waits%s, since the whole push service fails%s.", w.until(), quoted(w.reason))
	case WaitsForCredential:
		return fmt.Sprintf("It waits%s, or for a new credential, since the push service refuses the hub's%s.", w.until(), quoted(w.reason))
	}
	return fmt.Sprintf("It waits%s and is tried again, after %s.", w.until(), counted(w.attempt, "attempt"))
}

// until says when the task goes on.
func (w *waiting) until() string {
	if w.due.IsZero() {
		return " for its turn"
	}
	return " until " + stamp(w.due)
}

func (w *waiting) detail() string {
	text := "It stands in a task that is at work"
	if !w.due.IsZero() {
		text = "It stands in a task that is due then"
	}
	text += quoted(w.reason)
	if w.attempt > 0 {
		text += ", after " + counted(w.attempt, "attempt")
	}
	if !w.giveUp.IsZero() {
		text += "; its time runs out at " + stamp(w.giveUp)
	}
	return text + "."
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// quoted puts a reason in parentheses, if there is one.
func quoted(reason string) string {
	if reason == "" {
		return ""
	}
	return " (" + reason + ")"
}

// ended is the cause and the verdict of a device that has its outcome.
func (q *inquiry) ended(s *subject) (Cause, string) {
	n := s.last()
	switch {
	case n == nil:
		return q.endedUnnoted(s)
	case n.event == tried:
		return q.answered(s, n)
	}
	switch why := quoted(n.reason); n.event {
	case unrendered:
		return TemplateFailed, "Its template could not be rendered" + why + "."
	case noConnector:
		return NoConnector, fmt.Sprintf("Fanfare has no connector for %s.", s.platform)
	case noCredential:
		return NoCredential, fmt.Sprintf("The hub had no credential for %s.", s.platform)
	case badCredential:
		return BadCredential, fmt.Sprintf("The hub's credential for %s cannot be used%s.", s.platform, why)
	case malformed:
		return HandleUnusable, "Nothing was sent to it. " + n.reason
	case duplicate:
		if s.direct {
			return Duplicate, fmt.Sprintf("It was skipped: the same handle is number %d of the send, and gets its one copy there.", n.extra)
		}
		return Duplicate, "It was skipped: " + s.otherName(n.extra) + " has the same handle and gets its one copy."
	case suspected:
		return SuspectHandle, fmt.Sprintf("It was not sent to: its handle is suspected of being dead since %s.", stamp(time.UnixMilli(n.extra)))
	case tooOld:
		return NotificationExpired, fmt.Sprintf("It was abandoned at %s: the notification's own expiry, %s, had passed%s.", stamp(n.at), stamp(q.n.Expiry), s.lastAnswer())
	case wentAway:
		return GoneMeanwhile, fmt.Sprintf("It was not tried again at %s: the registration had gone or expired%s.", stamp(n.at), s.lastAnswer())
	case unmatched:
		return ChangedMeanwhile, fmt.Sprintf("It was not tried again at %s: its tags did not match any more%s.", stamp(n.at), s.lastAnswer())
	}
	return RanOut, fmt.Sprintf("It was abandoned at %s: the %v that Fanfare tries for were over%s.", stamp(n.at), q.d.cfg.RetryWindow, s.lastAnswer())
}

func (s *subject) otherName(number int64) string {
	if s.other != "" {
		return "the registration " + s.other
	}
	return fmt.Sprintf("the registration of number %d, which is gone now,", number)
}

// lastAnswer says what the last attempt gave.
func (s *subject) lastAnswer() string {
	for i := len(s.notes) - 1; i >= 0; i-- {
		if n := &s.notes[i]; n.event == tried {
			return fmt.Sprintf("; the last attempt, at %s, ended as %s%s", stamp(n.at), n.outcome, quoted(n.reason))
		}
	}
	return "; it was never tried, since its push service failed all that time"
}

// endedUnnoted is for what the log keeps no note of.
func (q *inquiry) endedUnnoted(s *subject) (Cause, string) {
	switch *s.outcome {
	case hub.Success:
		return Delivered, fmt.Sprintf("The push service accepted it by %s.", stamp(s.endedAt))
	case hub.Skipped:
		return Duplicate, "It was skipped: another one has the same handle and gets its one copy."
	case hub.Abandoned:
		return RanOut, fmt.Sprintf("It was abandoned at %s: its time had run out.", stamp(s.endedAt))
	}
	return AnswerNotKept, fmt.Sprintf("It ended as %s by %s; why is no longer known.", *s.outcome, stamp(s.endedAt))
}

// answered is for a device whose outcome is the push service's answer.
func (q *inquiry) answered(s *subject, n *note) (Cause, string) {
	why := quoted(n.reason)
	switch n.class {
	case pns.OK, pns.Update:
		return Delivered, fmt.Sprintf("The push service accepted it at %s.", stamp(n.at))
	case pns.Drop:
		return deadCause(n.ruling), fmt.Sprintf("The push service called its handle dead%s; %s.", why, s.fate(n))
	case pns.Hold:
		return q.held(n)
	case pns.Credential:
		return CredentialRefused, fmt.Sprintf("The push service refused the hub's credential (version %d) for it%s; the handle is kept.", n.credential, why)
	case pns.Body:
		return refusedMessage(n)
	}
	return TriedOnce, fmt.Sprintf("A test send tries once, and that ended as %s%s.", n.outcome, why)
}

// refusedMessage is for what is final about what was sent, or where to.
func refusedMessage(n *note) (Cause, string) {
	why := quoted(n.reason)
	switch n.outcome {
	case hub.InvalidNotificationSize:
		return MessageTooLarge, "The message is too large for the push service" + why + "."
	case hub.BadChannel:
		return HandleUnusable, "Nothing can be sent to its handle" + why + "; it is kept."
	case hub.PnsUnreachable:
		return Unreachable, "The push service could not be reached, and is not waited for" + why + "."
	case hub.InvalidNotificationFormat, hub.WrongChannel:
		return MessageRefused, "The message was refused" + why + "."
	}
	return MessageRefused, "The request was refused" + why + "."
}

func deadCause(r ruling) Cause {
	switch r {
	case toSuspect:
		return HandleDisbelieved
	case doubted:
		return HandleDoubted
	}
	return HandleDead
}

// held is for final answers that say nothing against the handle.
func (q *inquiry) held(n *note) (Cause, string) {
	switch n.outcome {
	case hub.Dropped, hub.ChannelDisconnected:
		return Discarded, "The push service took it and threw it away" + quoted(n.reason) + "; the handle is kept."
	case hub.WrongChannel, hub.WrongToken, hub.InvalidCredentials, hub.BadChannel:
		return OtherApp, "The push service does not have the handle for this app" + quoted(n.reason) + "; it is kept."
	}
	return MessageRefused, "The push service refused it" + quoted(n.reason) + "; the handle is kept."
}

// fate says what became of a handle that was called dead.
func (s *subject) fate(n *note) string {
	switch {
	case n.ruling == toSuspect && s.reg == nil && !s.direct:
		return "so many were that it was not believed: the handle was suspected, and the registration has gone since"
	case n.ruling == toSuspect:
		return "so many were that it was not believed: the handle is suspected, and kept"
	case n.ruling == doubted:
		return "nothing had been accepted yet with the credential, so the handle is kept"
	case s.direct:
		return "registrations with it that were not written since are deleted"
	case s.reg == nil && s.who.installation != hash{}:
		return "the installation's channel was marked as expired"
	case s.reg == nil:
		return "the registration was deleted"
	case n.extra != 0 && s.reg.UpdatedAt.UnixMilli() > n.extra:
		return fmt.Sprintf("it had been so since %s, before the registration was last written (%s), which is kept", stamp(time.UnixMilli(n.extra)), stamp(s.reg.UpdatedAt))
	case s.reg.UpdatedAt.After(n.at):
		return fmt.Sprintf("the registration was written since (%s), and is kept", stamp(s.reg.UpdatedAt))
	}
	return "the registration is about to be deleted"
}
