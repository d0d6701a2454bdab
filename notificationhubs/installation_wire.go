package notificationhubs

import (
	"maps"
	"strings"

	"github.com/fanfare-hub/fanfare/internal/wire"
)

func installationToWire(i *Installation) wire.Installation {
	w := wire.Installation{
		InstallationID: i.ID, UserID: i.UserID, Platform: string(i.Platform), PushChannel: i.PushChannel,
		ExpirationTime: i.ExpirationTime, Tags: i.Tags, PushVariables: i.PushVariables, Templates: templatesToWire(i.Platform, i.Templates),
	}
	if b := i.Browser; b != nil {
		w.Browser = &wire.BrowserChannel{Endpoint: b.Endpoint, P256DH: b.P256DH, Auth: b.Auth}
	}
	for name, t := range i.SecondaryTiles {
		if w.SecondaryTiles == nil {
			w.SecondaryTiles = map[string]wire.SecondaryTile{}
		}
		w.SecondaryTiles[name] = wire.SecondaryTile{PushChannel: t.PushChannel, Tags: t.Tags, Templates: templatesToWire(i.Platform, t.Templates)}
	}
	return w
}

func installationFromWire(w *wire.Installation) *Installation {
	i := &Installation{
		ID: w.InstallationID, UserID: w.UserID, Platform: Platform(w.Platform), PushChannel: w.PushChannel, ChannelExpired: w.PushChannelExpired,
		ExpirationTime: w.ExpirationTime, Tags: w.Tags, PushVariables: w.PushVariables, Templates: templatesFromWire(w.Templates),
	}
	if b := w.Browser; b != nil {
		i.Browser = &BrowserChannel{b.Endpoint, b.P256DH, b.Auth}
	}
	for name, t := range w.SecondaryTiles {
		if i.SecondaryTiles == nil {
			i.SecondaryTiles = map[string]SecondaryTile{}
		}
		i.SecondaryTiles[name] = SecondaryTile{t.PushChannel, t.PushChannelExpired, t.Tags, templatesFromWire(t.Templates)}
	}
	return i
}

func templatesToWire(p Platform, in map[string]InstallationTemplate) map[string]wire.InstallationTemplate {
	if len(in) == 0 {
		return nil
	}
	out := make(map[string]wire.InstallationTemplate, len(in))
	for name, t := range in {
		t.Headers = withTemplateHeaders(p, &t)
		out[name] = wire.InstallationTemplate(t)
	}
	return out
}

// withTemplateHeaders returns a template's headers and those that its body
// tells. The caller's map stays as it is.
func withTemplateHeaders(p Platform, t *InstallationTemplate) map[string]string {
	given := map[string]bool{}
	for name := range t.Headers {
		given[strings.ToLower(name)] = true
	}
	all := maps.Clone(t.Headers)
	for _, h := range templateHeaders(p, t.Body) {
		if given[strings.ToLower(h.Name)] {
			continue
		}
		if all == nil {
			all = map[string]string{}
		}
		all[h.Name] = h.Value
	}
	return all
}

func templatesFromWire(in map[string]wire.InstallationTemplate) map[string]InstallationTemplate {
	if len(in) == 0 {
		return nil
	}
	out := make(map[string]InstallationTemplate, len(in))
	for name, t := range in {
		out[name] = InstallationTemplate(t)
	}
	return out
}
