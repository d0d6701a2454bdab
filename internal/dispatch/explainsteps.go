package dispatch

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pns"
	"github.com/fanfare-hub/fanfare/internal/tagexpr"
)

// The bounds of what a step shows, in bytes.
const (
	maxShownBody = 4096
	maxShownTags = 500
)

// finding is what is said of one subject.
type finding struct {
	Explained
	failed Cause // the first check that keeps the device out of the send
	why    string
}

func (f *finding) step(about, format string, args ...any) *Step {
	f.Steps = append(f.Steps, Step{About: about, Text: fmt.Sprintf(format, args...)})
	return &f.Steps[len(f.Steps)-1]
}

// fails adds a step that keeps the device out of the send.
func (f *finding) fails(c Cause, about, format string, args ...any) {
	s := f.step(about, format, args...)
	if f.failed == "" {
		f.failed, f.why = c, s.Text
	}
}

// stamp is how times are shown.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

func kindName(k hub.Kind) string {
	if k == hub.Template {
		return "template"
	}
	return "native"
}

// explain goes through one subject as the pipeline does.
func (q *inquiry) explain(ctx context.Context, s *subject) Explained {
	f := &finding{Explained: Explained{Platform: s.platform.String()}}
	if s.reg != nil {
		f.RegistrationID, f.InstallationID, f.Kind = s.reg.ID, s.reg.InstallationID, kindName(s.reg.Kind())
	}
	if s.direct {
		f.Kind = kindName(hub.Native)
		f.step("registration", "A direct send reaches handles, whatever is registered; this is handle %d of %d.", s.number, len(q.n.Direct))
	} else {
		q.checkRegistration(f, s)
		q.checkTags(f, s)
		q.showTemplate(ctx, f, s)
	}
	q.showCredential(f, s)
	q.showAttempts(f, s)
	q.conclude(f, s)
	q.showHandle(f, s)
	q.showGaps(f, s)
	return f.Explained
}

// checkRegistration asks whether the registration was one that the send reaches.
func (q *inquiry) checkRegistration(f *finding, s *subject) {
	if s.reg == nil {
		f.step("registration", "The registration is gone: the log knows that this send dealt with it, and no more of what it was.")
		return
	}
	switch {
	case q.n.Bound > 0 && s.number > q.n.Bound:
		f.fails(RegisteredLater, "registration", "It was registered after the send had begun (or changed its platform or kind since, which makes a new one): last written %s%s.", stamp(s.reg.UpdatedAt), q.formerly(s.reg.InstallationID))
	case q.n.State == hub.Canceled:
		f.step("registration", "The send was cancelled before it began; the registration was last written %s.", stamp(s.reg.UpdatedAt))
	case q.n.Bound == 0 && q.n.StartedAt.IsZero():
		f.step("registration", "The send has not begun: who is registered when it does is part of it.")
	case q.n.Bound == 0:
		f.step("registration", "How far the send reached is not known: it was made by an earlier version of Fanfare. The registration was last written %s.", stamp(s.reg.UpdatedAt))
	default:
		f.step("registration", "It was registered when the send began; last written %s.", stamp(s.reg.UpdatedAt))
	}
	if e := s.reg.ExpiresAt; !e.IsZero() && !e.After(q.began()) {
		f.fails(Expired, "registration", "It expired at %s, before the send came to it.", stamp(e))
	}
	if q.n.Kind == hub.Native && s.platform != q.n.Platform {
		f.fails(OtherPlatform, "registration", "The send is for %s, and the registration is of %s.", q.n.Platform, s.platform)
	}
	if k := s.reg.Kind(); k != q.n.Kind {
		f.fails(OtherKind, "registration", "The send is a %s one, and the registration a %s one.", kindName(q.n.Kind), kindName(k))
	}
}

// checkTags asks which part of the tag expression keeps the registration out.
func (q *inquiry) checkTags(f *finding, s *subject) {
	if s.reg == nil {
		return
	}
	if q.expr == nil {
		f.step("tags", "The send has no tag expression: it is for everybody.")
		return
	}
	caveat := ""
	if q.n.Sequence > 0 && s.target.Changed > q.n.Sequence {
		caveat = "; so it is now: its handle or its tags were changed after the send had begun"
	}
	why := tagexpr.Why(q.expr, carried(s.reg.Tags))
	switch {
	case why == "":
		f.step("tags", "The tag expression %s holds for its tags (%s)%s.", q.expr, shownTags(s.reg.Tags), caveat)
	case s.outcome != nil: // it held when the send came by
		f.step("tags", "The tag expression %s does not hold any more: %s is false for its tags now (%s).", q.expr, why, shownTags(s.reg.Tags))
	default:
		f.fails(TagsDoNotMatch, "tags", "The tag expression %s does not hold: %s is false for its tags (%s)%s.", q.expr, why, shownTags(s.reg.Tags), caveat)
	}
}

func shownTags(tags []string) string {
	if len(tags) == 0 {
		return "it has none"
	}
	return clip(strings.Join(tags, ", "), maxShownTags)
}

func clip(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}

// showTemplate renders the template again, as it is now.
func (q *inquiry) showTemplate(ctx context.Context, f *finding, s *subject) {
	if s.reg == nil || s.reg.Template == nil || q.n.Kind != hub.Template {
		return
	}
	caveat := ""
	if q.n.Sequence > 0 && s.target.Written > q.n.Sequence {
		caveat = "; so it is now: the registration was written after the send had begun"
	}
	name := "Its template"
	if s.reg.Template.Name != "" {
		name += fmt.Sprintf(" %q", s.reg.Template.Name)
	}
	m, err := newMessages(q.d.cfg.Store, &q.n)
	var msg *pns.Message
	if err == nil {
		msg, err = m.of(ctx, &s.target)
	}
	if err != nil {
		f.step("template", "%s cannot be rendered: %v%s.", name, err, caveat)
		return
	}
	f.step("template", "%s renders as %s%s%s.", name, clip(string(msg.Body), maxShownBody), shownHeaders(msg.Headers), caveat)
}

func shownHeaders(headers []hub.Header) string {
	var all []string
	for _, h := range headers {
		all = append(all, h.Name+": "+h.Value)
	}
	if all == nil {
		return ""
	}
	return " with " + clip(strings.Join(all, ", "), maxShownTags)
}

// showCredential says what the hub sends with, now.
func (q *inquiry) showCredential(f *finding, s *subject) {
	service, known := q.d.cfg.Connectors[s.platform]
	c, has := q.creds[s.platform]
	switch {
	case !known:
		f.step("credential", "Fanfare has no connector for %s.", s.platform)
	case !has:
		f.step("credential", "The hub has no credential for %s now.", service.Credential)
	case s.platform == hub.APNs:
		f.step("credential", "The hub's credential for apns has version %d now, and names the environment %s%s.", c.Version, appleEnvironment(c.Properties["Endpoint"]), otherEnvironment(s))
	default:
		f.step("credential", "The hub's credential for %s has version %d now.", service.Credential, c.Version)
	}
}

// appleEnvironment names the environment of an endpoint, or another host.
func appleEnvironment(endpoint string) string {
	text := strings.ToLower(endpoint)
	switch {
	case strings.Contains(text, "sandbox") || strings.Contains(text, "development"):
		return "sandbox"
	case text == "" || strings.Contains(text, "push.apple.com"):
		return "production"
	}
	return clip(endpoint, maxShownTags)
}

func otherEnvironment(s *subject) string {
	if s.target.OtherEnvironment {
		return "; this handle last worked in the other one"
	}
	return ""
}
