package notificationhubs

import (
	"fmt"
	"strings"

	"github.com/fanfare-hub/fanfare/internal/wire"
)

func registrationToWire(r *Registration) (wire.Registration, error) {
	for _, tag := range r.Tags {
		if strings.Contains(tag, ",") { // which parts tags on the wire
			return wire.Registration{}, fmt.Errorf("notificationhubs: the tag %q: it holds a comma", tag)
		}
	}
	w := wire.Registration{
		Platform: string(r.Platform), Tags: r.Tags, PushVariables: r.PushVariables, Handle: r.Handle,
		P256DH: r.P256DH, Auth: r.Auth, SecondaryTileName: r.SecondaryTileName,
	}
	if r.Template != nil {
		templateToWire(r.Template, r.Platform, &w)
	}
	return w, nil
}

func templateToWire(t *RegistrationTemplate, p Platform, w *wire.Registration) {
	w.Template, w.TemplateName, w.BodyTemplate = true, t.Name, t.Body
	w.Expiry, w.Priority, w.MessageType = t.Expiry, t.Priority, t.MessageType
	given := map[string]bool{}
	for _, h := range t.Headers {
		given[strings.ToLower(h.Name)] = true
		w.Headers = append(w.Headers, wire.Header(h))
	}
	for _, h := range templateHeaders(p, t.Body) {
		if !given[strings.ToLower(h.Name)] {
			w.Headers = append(w.Headers, wire.Header(h))
		}
	}
}

func registrationFromWire(w *wire.Registration) Registration {
	r := Registration{
		ID: w.RegistrationID, ETag: ETag(w.ETag), Platform: Platform(w.Platform), Handle: w.Handle, P256DH: w.P256DH, Auth: w.Auth,
		Tags: w.Tags, PushVariables: w.PushVariables, SecondaryTileName: w.SecondaryTileName, ExpirationTime: w.ExpirationTime,
	}
	if !w.Template {
		return r
	}
	r.Template = &RegistrationTemplate{Name: w.TemplateName, Body: w.BodyTemplate, Expiry: w.Expiry, Priority: w.Priority, MessageType: w.MessageType}
	for _, h := range w.Headers {
		r.Template.Headers = append(r.Template.Headers, Header(h))
	}
	return r
}
