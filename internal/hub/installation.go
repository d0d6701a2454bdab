package hub

import (
	"maps"
	"slices"
	"time"

	"github.com/fanfare-hub/fanfare/internal/tagexpr"
)

// Installation is a device's document: one channel, tags, and any number of
// templates. Sends see it as the registrations that Derive returns.
type Installation struct {
	ID              string
	UserID          string
	Platform        Platform
	Handle          string
	Browser         *BrowserKeys
	ChannelAsString bool // a browser channel came as a JSON string, and is echoed so
	ChannelExpired  bool
	Tags            []string
	PushVariables   map[string]string
	Templates       map[string]InstallationTemplate
	SecondaryTiles  map[string]SecondaryTile // WNS only
	ExpiresAt       time.Time                // zero: never
	UpdatedAt       time.Time
}

// InstallationTemplate is one entry of an installation's templates.
type InstallationTemplate struct {
	Body    string
	Headers map[string]string
	Expiry  string
	Tags    []string
}

// SecondaryTile is a WNS tile with a channel of its own.
type SecondaryTile struct {
	Handle         string
	ChannelExpired bool
	Tags           []string
	Templates      map[string]InstallationTemplate
}

// Handles returns the handles that an installation has: the device's, and those
// of its tiles.
func (i *Installation) Handles() []string {
	all := []string{i.Handle}
	for _, t := range i.SecondaryTiles {
		all = append(all, t.Handle)
	}
	return all
}

// The bounds of an installation.
const (
	maxInstallationID = 512 // bytes
	maxTemplates      = 100
	maxTiles          = 20
	// maxDerived bounds the registrations and tags that an installation stands
	// for: all are written in one commit, and every template carries the tags of
	// its device again.
	maxDerived = 10_000
)

// Validate says what is wrong with an installation that a client wrote, as
// *Invalid. Its templates count as having the headers that Complete adds, but
// are left as they are: a client reads back what it wrote.
func (i *Installation) Validate() error {
	if err := i.validate(); err != nil {
		return invalid("Installation validation failed with following error(s):\n\n%s", err)
	}
	return nil
}

func (i *Installation) validate() error {
	if len(i.ID) > maxInstallationID || tagexpr.CheckSystemID(i.ID) != nil {
		return invalid("installationId %.130q is not valid: letters, digits and - _ @ # . : = are allowed, at most %d.", i.ID, maxInstallationID)
	}
	if i.UserID != "" && (len(i.UserID) > maxInstallationID || tagexpr.CheckSystemID(i.UserID) != nil) {
		return invalid("userId %.130q is not valid: letters, digits and - _ @ # . : = are allowed, at most %d.", i.UserID, maxInstallationID)
	}
	if !i.Platform.known() {
		return invalid("platform is missing or unknown.")
	}
	if i.Handle == "" {
		return invalid("pushChannel is missing.")
	}
	if err := ValidateHandle(i.Platform, i.Handle, i.Browser); err != nil {
		return err
	}
	if err := validateTags(i.Tags); err != nil {
		return err
	}
	if err := validateVariables(i.PushVariables); err != nil {
		return err
	}
	if err := validateTemplates(i.Platform, i.Templates); err != nil {
		return err
	}
	if err := i.validateTiles(); err != nil {
		return err
	}
	return i.validateSize()
}

func (i *Installation) validateSize() error {
	n := 0
	for _, r := range Derive(i) {
		n += 1 + len(r.Tags)
	}
	if n > maxDerived {
		return invalid("The installation stands for %d registrations and tags: every template carries the device's tags again. At most %d are allowed.", n, maxDerived)
	}
	return nil
}

func (i *Installation) validateTiles() error {
	if len(i.SecondaryTiles) > 0 && i.Platform != WNS {
		return invalid("secondaryTiles are for the platform wns only.")
	}
	if len(i.SecondaryTiles) > maxTiles {
		return invalid("There are %d secondary tiles; at most %d are allowed.", len(i.SecondaryTiles), maxTiles)
	}
	for _, name := range slices.Sorted(maps.Keys(i.SecondaryTiles)) {
		t := i.SecondaryTiles[name]
		if name == "" || len(name) > maxTile {
			return invalid("A secondary tile's id has 1 to %d bytes.", maxTile)
		}
		if err := ValidateHandle(WNS, t.Handle, nil); err != nil {
			return invalid("secondaryTiles/%s: %s", name, err)
		}
		if err := validateTags(t.Tags); err != nil {
			return err
		}
		if err := validateTemplates(WNS, t.Templates); err != nil {
			return err
		}
	}
	return nil
}

func validateTemplates(p Platform, templates map[string]InstallationTemplate) error {
	if len(templates) > maxTemplates {
		return invalid("There are %d templates; at most %d are allowed.", len(templates), maxTemplates)
	}
	for _, name := range slices.Sorted(maps.Keys(templates)) {
		t := templates[name]
		if name == "" {
			return invalid("A template needs a name.")
		}
		body := t.templateBody(p, name)
		if err := body.Validate(p); err != nil {
			return invalid("templates/%.200s: %s", name, err)
		}
		// What a client reads it may write back: the name is shown as a tag,
		// whatever its characters are.
		given := slices.DeleteFunc(slices.Clone(t.Tags), func(tag string) bool { return tagexpr.Fold(tag) == tagexpr.Fold(name) })
		if err := validateTags(given); err != nil {
			return err
		}
	}
	return nil
}

// templateBody is the template as its registration has it.
func (t *InstallationTemplate) templateBody(p Platform, name string) *TemplateBody {
	b := &TemplateBody{Name: name, Body: t.Body, Expiry: t.Expiry}
	for _, h := range slices.Sorted(maps.Keys(t.Headers)) {
		b.Headers = append(b.Headers, Header{h, t.Headers[h]})
	}
	b.Complete(p)
	return b
}

// Derive returns the registrations that sends see of an installation: the
// native one, one for each template in order of name, and the same for each
// secondary tile. A channel that has expired has none; those of the tiles are
// others than the installation's. Number, ID and ETag are the store's to give.
func Derive(i *Installation) []Registration {
	d := deriver{installation: i}
	if !i.ChannelExpired {
		d.add("", i.Handle, i.Tags, i.Templates)
	}
	for _, name := range slices.Sorted(maps.Keys(i.SecondaryTiles)) {
		if t := i.SecondaryTiles[name]; !t.ChannelExpired {
			d.add(name, t.Handle, t.Tags, t.Templates)
		}
	}
	return d.out
}

type deriver struct {
	installation *Installation
	out          []Registration
}

func (d *deriver) add(tile, handle string, tags []string, templates map[string]InstallationTemplate) {
	i := d.installation
	own := []string{"$InstallationId:{" + i.ID + "}"}
	if i.UserID != "" {
		own = append(own, "$UserId:{"+i.UserID+"}")
	}
	own = distinct(append(own, tags...))
	base := Registration{
		Platform: i.Platform, Handle: handle, Browser: i.Browser, Tags: own, PushVariables: i.PushVariables,
		SecondaryTileName: tile, InstallationID: i.ID, ExpiresAt: i.ExpiresAt, UpdatedAt: i.UpdatedAt,
	}
	d.out = append(d.out, base)
	for _, name := range slices.Sorted(maps.Keys(templates)) {
		t := templates[name]
		r := base
		r.Template = t.templateBody(i.Platform, name)
		r.Tags = distinct(slices.Concat(own, t.Tags, []string{name})) // Azure adds the name
		d.out = append(d.out, r)
	}
}
