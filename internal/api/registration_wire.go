package api

import (
	"strconv"
	"time"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/tagexpr"
	"github.com/fanfare-hub/fanfare/internal/wire"
)

// registrationOf is the domain's form of what a client wrote.
func registrationOf(w *wire.Registration) hub.Registration {
	platform, _ := hub.ParsePlatform(w.Platform) // wire gives no other names
	reg := hub.Registration{
		Platform: platform, Handle: w.Handle, Tags: distinct(w.Tags), PushVariables: w.PushVariables,
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
	return reg
}

// entryOf is the wire's form of a stored registration. Fanfare does not keep
// when one was created, only when it was written last.
func entryOf(reg *hub.Registration, address string) wire.Entry {
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
	return wire.Entry{URL: address, Title: reg.ID, Published: reg.UpdatedAt, Updated: reg.UpdatedAt, Registration: w}
}

func orNever(t time.Time) time.Time {
	if t.IsZero() {
		return hub.NeverExpires
	}
	return t
}

// expiresAt is when what is written now expires by the hub's own rule; zero:
// never.
func (r *request) expiresAt() time.Time {
	if r.hub.RegistrationTTL <= 0 {
		return time.Time{}
	}
	return r.now.Add(r.hub.RegistrationTTL)
}

// distinct drops tags that differ from an earlier one in letter case alone.
func distinct(tags []string) []string {
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
