package api

import (
	"time"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/hubwire"
	"github.com/fanfare-hub/fanfare/internal/wire"
)

// revive makes the channels of what a client wrote alive: whether one has
// expired is not the client's to say, but its push service's.
func revive(w *wire.Installation) {
	w.PushChannelExpired = false
	for id, t := range w.SecondaryTiles {
		t.PushChannelExpired = false
		w.SecondaryTiles[id] = t
	}
}

// installationOf is the domain's form of an installation.
func installationOf(w *wire.Installation) hub.Installation {
	platform, _ := hub.ParsePlatform(w.Platform) // Validate refuses 0
	inst := hub.Installation{
		ID: w.InstallationID, UserID: w.UserID, Platform: platform, Handle: w.PushChannel, ChannelAsString: w.ChannelAsString,
		ChannelExpired: w.PushChannelExpired, Tags: hubwire.Distinct(w.Tags), PushVariables: w.PushVariables, Templates: templatesOf(w.Templates),
		ExpiresAt: w.ExpirationTime,
	}
	if w.Browser != nil {
		inst.Handle = w.Browser.Endpoint
		inst.Browser = &hub.BrowserKeys{P256DH: w.Browser.P256DH, Auth: w.Browser.Auth}
	}
	if len(w.SecondaryTiles) > 0 {
		inst.SecondaryTiles = make(map[string]hub.SecondaryTile, len(w.SecondaryTiles))
	}
	for id, t := range w.SecondaryTiles {
		inst.SecondaryTiles[id] = hub.SecondaryTile{
			Handle: t.PushChannel, ChannelExpired: t.PushChannelExpired, Tags: hubwire.Distinct(t.Tags), Templates: templatesOf(t.Templates),
		}
	}
	return inst
}

func templatesOf(w map[string]wire.InstallationTemplate) map[string]hub.InstallationTemplate {
	if len(w) == 0 {
		return nil
	}
	out := make(map[string]hub.InstallationTemplate, len(w))
	for name, t := range w {
		t.Tags = hubwire.Distinct(t.Tags)
		out[name] = hub.InstallationTemplate(t)
	}
	return out
}

// installationWire is the wire's form of a stored installation.
func installationWire(inst *hub.Installation) wire.Installation {
	w := wire.Installation{
		InstallationID: inst.ID, UserID: inst.UserID, Platform: inst.Platform.String(), PushChannel: inst.Handle,
		ChannelAsString: inst.ChannelAsString, PushChannelExpired: inst.ChannelExpired, ExpirationTime: inst.ExpiresAt,
		Tags: inst.Tags, PushVariables: inst.PushVariables, Templates: templatesWire(inst.Templates),
	}
	if b := inst.Browser; b != nil {
		w.Browser = &wire.BrowserChannel{Endpoint: inst.Handle, P256DH: b.P256DH, Auth: b.Auth}
		w.PushChannel = ""
	}
	if len(inst.SecondaryTiles) > 0 {
		w.SecondaryTiles = make(map[string]wire.SecondaryTile, len(inst.SecondaryTiles))
	}
	for id, t := range inst.SecondaryTiles {
		w.SecondaryTiles[id] = wire.SecondaryTile{
			PushChannel: t.Handle, PushChannelExpired: t.ChannelExpired, Tags: t.Tags, Templates: templatesWire(t.Templates),
		}
	}
	return w
}

func templatesWire(in map[string]hub.InstallationTemplate) map[string]wire.InstallationTemplate {
	if len(in) == 0 {
		return nil
	}
	out := make(map[string]wire.InstallationTemplate, len(in))
	for name, t := range in {
		out[name] = wire.InstallationTemplate(t)
	}
	return out
}

// showNames shows a template's name as its tag where the client gave it no
// tags, as Azure does. Sends find every template by its name in any case.
func showNames(w *wire.Installation) {
	nameTemplates(w.Templates)
	for _, t := range w.SecondaryTiles {
		nameTemplates(t.Templates)
	}
}

func nameTemplates(templates map[string]wire.InstallationTemplate) {
	for name, t := range templates {
		if len(t.Tags) == 0 {
			t.Tags = []string{name}
			templates[name] = t
		}
	}
}

// installationExpiry honours a date that the client gave, also the end of the
// calendar, which it may have read here as never; without one the hub's rule
// holds.
func (r *request) installationExpiry(given time.Time) time.Time {
	if given.IsZero() {
		return r.expiresAt()
	}
	return given
}
