package notificationhubs

import "github.com/fanfare-hub/fanfare/internal/wire"

// TemplatePatch adds operations on one template to a patch. Only Set makes a
// template that is not there.
type TemplatePatch struct {
	patch *InstallationPatch
	path  []string
}

// Set sets the whole template, whether it is there or not.
func (t TemplatePatch) Set(template InstallationTemplate) TemplatePatch {
	w := templateForPatch(template)
	t.patch.set(&w, t.path...)
	return t
}

// Remove removes the template; that it is not there is no error.
func (t TemplatePatch) Remove() TemplatePatch {
	t.patch.remove(t.path...)
	return t
}

// SetBody sets the body alone: headers that the old one told stay.
func (t TemplatePatch) SetBody(body string) TemplatePatch {
	t.patch.set(body, below(t.path, "body")...)
	return t
}

// SetHeader sets one header.
func (t TemplatePatch) SetHeader(name, value string) TemplatePatch {
	t.patch.set(value, below(t.path, "headers", name)...)
	return t
}

// RemoveHeader removes one header.
func (t TemplatePatch) RemoveHeader(name string) TemplatePatch {
	t.patch.remove(below(t.path, "headers", name)...)
	return t
}

// SetExpiry sets the expiry of what APNs is sent; "" is none.
func (t TemplatePatch) SetExpiry(expiry string) TemplatePatch {
	t.patch.setOrRemove(expiry, below(t.path, "expiry")...)
	return t
}

// AddTags adds tags to those of the template.
func (t TemplatePatch) AddTags(tags ...string) TemplatePatch {
	t.patch.addTags(t.path, tags)
	return t
}

// RemoveTags removes tags of the template.
func (t TemplatePatch) RemoveTags(tags ...string) TemplatePatch {
	t.patch.removeTags(t.path, tags)
	return t
}

// SetTags sets the template's tags in place of those that there are.
func (t TemplatePatch) SetTags(tags ...string) TemplatePatch {
	t.patch.setTags(t.path, tags)
	return t
}

// TilePatch adds operations on one secondary tile to a patch. Only Set makes a
// tile that is not there.
type TilePatch struct {
	patch *InstallationPatch
	path  []string
}

// Set sets the whole tile, whether it is there or not.
func (t TilePatch) Set(tile SecondaryTile) TilePatch {
	w := wire.SecondaryTile{PushChannel: tile.PushChannel, Tags: tile.Tags, Templates: templatesToWire(WNS, tile.Templates)}
	t.patch.set(&w, t.path...)
	return t
}

// Remove removes the tile; that it is not there is no error.
func (t TilePatch) Remove() TilePatch {
	t.patch.remove(t.path...)
	return t
}

// SetPushChannel sets the tile's channel, which is then alive.
func (t TilePatch) SetPushChannel(channel string) TilePatch {
	t.patch.set(channel, below(t.path, "pushChannel")...)
	return t
}

// AddTags adds tags to those of the tile.
func (t TilePatch) AddTags(tags ...string) TilePatch {
	t.patch.addTags(t.path, tags)
	return t
}

// RemoveTags removes tags of the tile.
func (t TilePatch) RemoveTags(tags ...string) TilePatch {
	t.patch.removeTags(t.path, tags)
	return t
}

// SetTags sets the tile's tags in place of those that there are.
func (t TilePatch) SetTags(tags ...string) TilePatch {
	t.patch.setTags(t.path, tags)
	return t
}

// Template is the tile's template of a name, for what is to be changed of it.
func (t TilePatch) Template(name string) TemplatePatch {
	return TemplatePatch{t.patch, below(t.path, "templates", name)}
}

// templateForPatch adds the headers that the body tells. A patch does not know
// its platform, and does not need to: what tells WNS's headers is no message of
// MPNS, nor the reverse.
func templateForPatch(t InstallationTemplate) wire.InstallationTemplate {
	for _, p := range []Platform{WNS, MPNS} {
		t.Headers = withTemplateHeaders(p, &t)
	}
	return wire.InstallationTemplate(t)
}
