// Package hubwire turns the wire's registrations into the domain's, and back:
// what the API reads and writes one by one, jobs do by the line.
package hubwire

import (
	"fmt"
	"strconv"
	"time"

	"github.com/fanfare-hub/fanfare/internal/egress"
	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/tagexpr"
	"github.com/fanfare-hub/fanfare/internal/wire"
)

// FromWire is the domain's form of what a client wrote, valid: *hub.Invalid if
// it is not. What the client says of id, ETag and expiry is not taken over: it
// is not the client's to say.
func FromWire(w *wire.Registration) (hub.Registration, error) {
	platform, _ := hub.ParsePlatform(w.Platform) // wire gives no other names
	reg := hub.Registration{
		Platform: platform, Handle: w.Handle, Tags: Distinct(w.Tags), PushVariables: w.PushVariables,
		SecondaryTileName: w.SecondaryTileName,
	}
	if platform == hub.Browser {
		reg.Browser = &hub.BrowserKeys{P256DH: w.P256DH, Auth: w.Auth}
	}
	if w.Template {
		reg.Template = &hub.TemplateBody{
			Name: w.TemplateName, Body: w.BodyTemplate, Expiry: w.Expiry, Priority: w.Priority, MessageType: w.MessageType,
		}
		for _, h := range w.Headers {
			reg.Template.Headers = append(reg.Template.Headers, hub.Header(h))
		}
	}
	if err := reg.Validate(); err != nil {
		return hub.Registration{}, err
	}
	return reg, CheckChannel(platform, reg.Handle)
}

// ToWire is the wire's form of a stored registration.
func ToWire(reg *hub.Registration) wire.Registration {
	w := wire.Registration{
		Platform: reg.Platform.String(), ETag: strconv.FormatInt(reg.ETag, 10), ExpirationTime: orNever(reg.ExpiresAt),
		RegistrationID: reg.ID, Tags: reg.Tags, PushVariables: reg.PushVariables, Handle: reg.Handle,
		SecondaryTileName: reg.SecondaryTileName,
	}
	if reg.Browser != nil {
		w.P256DH, w.Auth = reg.Browser.P256DH, reg.Browser.Auth
	}
	if t := reg.Template; t != nil {
		w.Template = true
		w.BodyTemplate, w.TemplateName = t.Body, t.Name
		w.Expiry, w.Priority, w.MessageType = t.Expiry, t.Priority, t.MessageType
		for _, h := range t.Headers {
			w.Headers = append(w.Headers, wire.Header(h))
		}
	}
	return w
}

func orNever(t time.Time) time.Time {
	if t.IsZero() {
		return hub.NeverExpires
	}
	return t
}

// ExpiresAt is when what is written now expires by the hub's own rule; zero:
// never.
func ExpiresAt(h *hub.Hub, now time.Time) time.Time {
	if h.RegistrationTTL <= 0 {
		return time.Time{}
	}
	return now.Add(h.RegistrationTTL)
}

// Distinct drops tags that differ from an earlier one in letter case alone.
func Distinct(tags []string) []string {
	seen := make(map[string]bool, len(tags))
	var out []string
	for _, t := range tags {
		if f := tagexpr.Fold(t); !seen[f] {
			seen[f] = true
			out = append(out, t)
		}
	}
	return out
}

// CheckChannel refuses, as *hub.Invalid, a handle that is a URL of anything but
// its push service. Fanfare connects to these, with a token, on the word of
// whoever registered them. Handles that are no URLs pass.
func CheckChannel(p hub.Platform, handle string) error {
	var err error
	switch p {
	case hub.WNS:
		err = egress.WNSHosts.Check(handle)
	case hub.MPNS:
		err = egress.MPNSHosts.Check(handle)
	case hub.Browser:
		err = egress.CheckPublicURL(handle)
	}
	if err != nil {
		return &hub.Invalid{Msg: fmt.Sprintf("The PNS handle is not valid: %s.", err)}
	}
	return nil
}
